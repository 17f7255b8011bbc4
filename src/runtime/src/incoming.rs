//! The connections of a socket, for ever. Handshakes run beside each other, so that a client which is slow with its own
//! holds up nobody else's.

use std::io;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};

use crate::connection::Connection;

/// How long the server waits after a connection could not be accepted.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// How long a handshake may take.
#[cfg(feature = "tls")]
const HANDSHAKE: Duration = Duration::from_secs(5);

/// How many handshakes run at a time; further connections wait for them in the system's queue. Large, as one that has not
/// begun costs a few KiB, and who opens connections and says nothing must not keep out the others.
#[cfg(feature = "tls")]
const HANDSHAKES: usize = 8192;

/// Where connections come from.
#[derive(Debug)]
pub struct Incoming(Source);

#[derive(Debug)]
enum Source {
    Plain(TcpListener),
    #[cfg(feature = "tls")]
    Tls {
        connections: tokio::sync::mpsc::Receiver<Connection>,
        _accepting: Accepting,
    },
}

/// The task that accepts, which ends with its receiver.
#[cfg(feature = "tls")]
#[derive(Debug)]
struct Accepting(tokio::task::JoinHandle<()>);

#[cfg(feature = "tls")]
impl Drop for Accepting {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Incoming {
    /// Plain connections.
    #[must_use]
    pub fn plain(listener: TcpListener) -> Self {
        Self(Source::Plain(listener))
    }

    /// Connections under TLS, whose handshakes are done. Needs a runtime of tokio's around it.
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn tls(listener: TcpListener, tls: std::sync::Arc<crate::Tls>) -> Self {
        let (ready, connections) = tokio::sync::mpsc::channel(HANDSHAKES);
        let accepting = tokio::spawn(async move {
            loop {
                // A place first: nobody is accepted who would have to wait in memory.
                let Ok(place) = ready.clone().reserve_owned().await else { return };
                let (stream, acceptor) = (accept(&listener).await, tls.acceptor());
                tokio::spawn(async move {
                    let peer = stream.peer_addr().ok();
                    match tokio::time::timeout(HANDSHAKE, acceptor.accept(stream)).await {
                        Ok(Ok(stream)) => drop(place.send(Connection::tls(stream))),
                        Ok(Err(error)) => tracing::debug!(?peer, %error, "a TLS handshake failed"),
                        Err(_) => tracing::debug!(?peer, "a TLS handshake took too long"),
                    }
                });
            }
        });
        Self(Source::Tls { connections, _accepting: Accepting(accepting) })
    }

    /// The next connection. To be dropped while waiting costs none.
    pub async fn next(&mut self) -> Option<Connection> {
        match &mut self.0 {
            Source::Plain(listener) => Some(Connection::plain(accept(listener).await)),
            #[cfg(feature = "tls")]
            Source::Tls { connections, .. } => connections.recv().await,
        }
    }
}

/// The next connection of the socket, whatever happens to others.
async fn accept(listener: &TcpListener) -> TcpStream {
    loop {
        let error: io::Error = match listener.accept().await {
            Ok((stream, _)) => {
                // Small answers at once. A socket that refuses is already broken, and will say so.
                let _ = stream.set_nodelay(true);
                return stream;
            }
            Err(error) => error,
        };
        // Out of file descriptors, most likely, and the next try would fail as fast: tonic's own loop spins on it. A
        // pause lets connections end.
        tracing::warn!(%error, "cannot accept a connection");
        tokio::time::sleep(ACCEPT_PAUSE).await;
    }
}
