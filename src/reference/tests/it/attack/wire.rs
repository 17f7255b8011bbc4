//! Bytes as no library would send them.

use std::net::SocketAddr;

use bytes::Bytes;
use h2::client::SendRequest;
use http::Request;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

pub const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// The types of frames (RFC 9113, 6).
pub const HEADERS: u8 = 1;
pub const SETTINGS: u8 = 4;
pub const PING: u8 = 6;
pub const CONTINUATION: u8 = 9;

/// One frame.
pub fn frame(kind: u8, stream: u8, payload: &[u8]) -> Vec<u8> {
    let [_, length @ ..] = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[..], &[kind, 0, 0, 0, 0, stream], payload].concat()
}

/// A connection that has begun, as far as the server can tell.
pub async fn begun(addr: SocketAddr) -> std::io::Result<TcpStream> {
    let mut socket = TcpStream::connect(addr).await?;
    socket.write_all(&[PREFACE, &frame(SETTINGS, 0, &[])].concat()).await?;
    Ok(socket)
}

/// A connection by the book, for what is sent on it.
pub async fn http2(addr: SocketAddr) -> Option<SendRequest<Bytes>> {
    let socket = TcpStream::connect(addr).await.ok()?;
    let (send, connection) = h2::client::handshake(socket).await.ok()?;
    tokio::spawn(connection);
    send.ready().await.ok()
}

pub fn call(method: &str) -> Request<()> {
    let uri = format!("http://any/user.UserService/{method}");
    let request = Request::post(uri).header("content-type", "application/grpc").header("te", "trailers");
    request.body(()).unwrap()
}

/// The header of a message of so many bytes, and of its first field, a text that takes the rest of it.
pub fn one_text(length: usize) -> Vec<u8> {
    let text = length - 1 - 4;
    let varint = (0..4).map(|at| (text >> (7 * at) & 0x7f) as u8 | if at < 3 { 0x80 } else { 0 });
    [&[0][..], &u32::try_from(length).unwrap().to_be_bytes(), &[0x0a], &varint.collect::<Vec<_>>()].concat()
}

/// Sends `head`, and then so many bytes of text, as fast as the server takes them. How the call ended: its `grpc-status`, or
/// nothing where there was none.
pub async fn post(send: SendRequest<Bytes>, method: &str, head: Vec<u8>, mut left: usize) -> Option<String> {
    const PIECE: &[u8] = &[b'x'; 64 * 1024];
    let (response, mut body) = send.ready().await.ok()?.send_request(call(method), false).ok()?;
    let sending = async {
        body.send_data(head.into(), left == 0).ok()?;
        while left > 0 {
            body.reserve_capacity(PIECE.len().min(left));
            let room = std::future::poll_fn(|cx| body.poll_capacity(cx)).await?.ok()?;
            let piece = room.min(PIECE.len()).min(left);
            left -= piece;
            body.send_data(Bytes::from_static(&PIECE[..piece]), left == 0).ok()?;
        }
        Some(())
    };
    // Who refuses does not wait for the rest.
    let answering = async {
        let (head, mut rest) = response.await.ok()?.into_parts();
        let status = |headers: &http::HeaderMap| Some(headers.get("grpc-status")?.to_str().ok()?.to_owned());
        if let Some(status) = status(&head.headers) {
            return Some(status);
        }
        while let Some(piece) = rest.data().await {
            piece.ok()?;
        }
        status(&rest.trailers().await.ok()??)
    };
    tokio::pin!(answering);
    tokio::select! {
        status = &mut answering => status,
        _ = sending => answering.await,
    }
}
