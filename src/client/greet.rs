//! A connection by hand: says hello as HTTP/2 does and looks whether the server acknowledges it. Makes no call.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    time::timeout,
};

use super::{
    CallError, Target, Tls,
    tls::{Socket, connect},
};

/// What the server acknowledged in time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Greeting {
    /// Our SETTINGS.
    pub settings: bool,
    /// Our PING.
    pub ping: bool,
}

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const ACK: u8 = 1;
/// A frame of nothing but its head: length, type, flags, stream.
const EMPTY_SETTINGS: &[u8] = &[0, 0, 0, SETTINGS, 0, 0, 0, 0, 0];
const SETTINGS_ACK: &[u8] = &[0, 0, 0, SETTINGS, ACK, 0, 0, 0, 0];
const OUR_PING: &[u8] = b"\0\0\x08\x06\0\0\0\0\0protgate";

/// Connects, sends SETTINGS and PING, and waits for both acknowledgements.
///
/// # Errors
/// No connection.
pub(super) async fn greet(
    target: &Target,
    tls: Option<&Tls>,
    within: Duration,
) -> Result<Greeting, CallError> {
    let authority = target.authority().as_str();
    let failed = |error: std::io::Error| CallError::connect(authority, &error);
    let connecting = timeout(within, connect(target, tls)).await;
    let mut socket = connecting.map_err(|_| CallError::timeout(authority, within))??;
    // TLS keeps what is written until it is flushed.
    socket.write_all(&[PREFACE, EMPTY_SETTINGS, OUR_PING].concat()).await.map_err(failed)?;
    socket.flush().await.map_err(failed)?;
    let mut greeting = Greeting::default();
    // Too late and cut off are the same: what has not come until then has not come.
    let _ = timeout(within, listen(&mut socket, &mut greeting)).await;
    Ok(greeting)
}

async fn listen(socket: &mut Socket, greeting: &mut Greeting) -> std::io::Result<()> {
    while !(greeting.settings && greeting.ping) {
        let mut head = [0; 9];
        socket.read_exact(&mut head).await?;
        let length = u64::from(u32::from_be_bytes([0, head[0], head[1], head[2]]));
        // Discards the body without holding it: it can announce 16 MiB.
        let body = tokio::io::copy(&mut (&mut *socket).take(length), &mut tokio::io::sink()).await?;
        if body < length {
            return Ok(());
        }
        match (head[3], head[4] & ACK) {
            (SETTINGS, 0) => {
                socket.write_all(SETTINGS_ACK).await?;
                socket.flush().await?;
            }
            (SETTINGS, _) => greeting.settings = true,
            (PING, ACK) => greeting.ping = true,
            _ => {}
        }
    }
    Ok(())
}
