//! A connection that can be cut from outside. tonic waits for its connections without a deadline and keeps
//! no handle to them; failing their I/O is the one way to end them all, handlers included.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::watch;
use tonic::transport::server::Connected;

use crate::{Connection, Peer};

/// A connection that fails as soon as its watch says `true`.
pub struct Severable {
    stream: Connection,
    cut: Cut,
}

impl fmt::Debug for Severable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Severable").field("stream", &self.stream).finish_non_exhaustive()
    }
}

enum Cut {
    Waiting(Pin<Box<dyn Future<Output = ()> + Send>>),
    Done,
}

impl Severable {
    /// A connection that `cut` may end. It is cut as well when the sender of `cut` is gone.
    #[must_use]
    pub fn new(stream: Connection, mut cut: watch::Receiver<bool>) -> Self {
        let wait = async move {
            // A sender that is gone without a word is a server that ended: cut as well.
            drop(cut.wait_for(|cut| *cut).await);
        };
        Self { stream, cut: Cut::Waiting(Box::pin(wait)) }
    }

    /// An error once the connection is cut; until then the task is woken when it happens.
    fn check(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        if let Cut::Waiting(wait) = &mut self.cut {
            if wait.as_mut().poll(cx).is_pending() {
                return Ok(());
            }
            self.cut = Cut::Done;
        }
        Err(io::Error::new(io::ErrorKind::ConnectionAborted, "the drain deadline has passed"))
    }
}

impl AsyncRead for Severable {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.check(cx)?;
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Severable {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.check(cx)?;
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.check(cx)?;
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.check(cx)?;
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

impl Connected for Severable {
    type ConnectInfo = Peer;

    fn connect_info(&self) -> Peer {
        self.stream.connect_info()
    }
}
