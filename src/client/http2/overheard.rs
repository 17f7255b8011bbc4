//! The first bytes a server says, kept to tell the user what speaks there when it is not HTTP/2, and how TLS broke,
//! which h2 does not pass on.

use std::{
    io,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, ready},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_rustls::rustls;

use crate::client::{error::SPEAKS_TLS, tls};

const KEPT: usize = 64;

/// What was heard so far.
#[derive(Debug, Clone, Default)]
pub(super) struct Heard(Arc<Mutex<Ear>>);

#[derive(Debug, Default)]
struct Ear {
    /// At most 64 bytes.
    first: Vec<u8>,
    broke: Option<rustls::Error>,
}

impl Heard {
    fn ear(&self) -> MutexGuard<'_, Ear> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The server has not said a word.
    pub fn is_nothing(&self) -> bool {
        self.ear().first.is_empty()
    }

    /// Why TLS ended, where it did.
    pub fn broke(&self) -> Option<rustls::Error> {
        self.ear().broke.clone()
    }

    /// What speaks there, if it is certainly not HTTP/2.
    ///
    /// "The server connection preface consists of a potentially empty SETTINGS frame that MUST be the first frame
    /// the server sends" (RFC 9113, 3.4). GOAWAY in its place is let through: it says why it was sent.
    pub fn is_not_http2(&self) -> Option<String> {
        match self.ear().first.as_slice() {
            [] | [_] | [_, _] => None,
            [0x15 | 0x16, 3, ..] => Some(SPEAKS_TLS.to_owned()),
            [_, _, _, 4 | 7, ..] => None,
            bytes => {
                let line = bytes.split(|&byte| byte == b'\r' || byte == b'\n').next().unwrap_or(bytes);
                Some(format!("it answered `{}`", line.escape_ascii()))
            }
        }
    }
}

/// A connection that remembers the first bytes read from it.
pub(super) struct Overheard<S> {
    io: S,
    left: usize,
    heard: Heard,
}

impl<S> Overheard<S> {
    pub fn new(io: S) -> (Self, Heard) {
        let heard = Heard::default();
        (Overheard { io, left: KEPT, heard: heard.clone() }, heard)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Overheard<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let result = ready!(Pin::new(&mut self.io).poll_read(cx, buf));
        if let Some(error) = result.as_ref().err().and_then(tls::seen) {
            self.heard.ear().broke = Some(error.clone());
        }
        if self.left > 0 {
            let new = buf.filled().get(before..).unwrap_or_default();
            let new = new.get(..self.left).unwrap_or(new);
            self.heard.ear().first.extend_from_slice(new);
            self.left -= new.len();
        }
        Poll::Ready(result)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Overheard<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}
