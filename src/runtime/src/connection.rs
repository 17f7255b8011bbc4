//! A connection of a client, plain or under TLS, that knows whose it is, and that ends when its client does not begin.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep};
use tonic::transport::server::Connected;

use crate::peer::Peer;

/// So many bytes are the preface of HTTP/2 (RFC 9113, 3.4). Before it nobody asks a connection for a sign of life.
const PREFACE: usize = 24;

/// How long a client has for them.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a server serves on.
#[derive(Debug)]
pub struct Connection {
    stream: Stream,
    peer: Peer,
    /// Until the client has begun.
    beginning: Option<Beginning>,
}

/// What is to come of a connection that has just been accepted, and until when.
#[derive(Debug)]
struct Beginning {
    left: usize,
    end: Pin<Box<Sleep>>,
}

impl Beginning {
    fn new() -> Option<Self> {
        Some(Self { left: PREFACE, end: Box::pin(sleep(PATIENCE)) })
    }
}

#[derive(Debug)]
enum Stream {
    Plain(TcpStream),
    #[cfg(feature = "tls")]
    Tls(Box<tokio_rustls::server::TlsStream<TcpStream>>),
}

impl Connection {
    /// A connection as it was accepted. Needs a runtime of tokio's around it, with a clock.
    #[must_use]
    pub fn plain(stream: TcpStream) -> Self {
        Self { peer: peer(&stream), stream: Stream::Plain(stream), beginning: Beginning::new() }
    }

    /// The same after its handshake.
    #[cfg(feature = "tls")]
    pub(crate) fn tls(stream: tokio_rustls::server::TlsStream<TcpStream>) -> Self {
        let (tcp, tls) = stream.get_ref();
        // The first certificate is the client's own, and rustls has checked it.
        let own = tls.peer_certificates().and_then(|chain| chain.first());
        let certificate = own.map(|own| crate::tls::names(own).into());
        let peer = Peer { certificate, ..peer(tcp) };
        Self { peer, stream: Stream::Tls(Box::new(stream)), beginning: Beginning::new() }
    }
}

fn peer(stream: &TcpStream) -> Peer {
    Peer { addr: stream.peer_addr().ok(), local: stream.local_addr().ok(), certificate: None }
}

impl Connected for Connection {
    type ConnectInfo = Peer;

    fn connect_info(&self) -> Peer {
        self.peer.clone()
    }
}

/// Does the same with whichever stream it is.
macro_rules! either {
    ($self:ident, $stream:ident => $does:expr) => {
        match &mut $self.stream {
            Stream::Plain(plain) => {
                let $stream = Pin::new(plain);
                $does
            }
            #[cfg(feature = "tls")]
            Stream::Tls(tls) => {
                let $stream = Pin::new(tls.as_mut());
                $does
            }
        }
    };
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let before = buf.filled().len();
        let read = either!(this, stream => stream.poll_read(cx, buf));
        let Some(beginning) = &mut this.beginning else { return read };
        if read.is_ready() {
            beginning.left = beginning.left.saturating_sub(buf.filled().len() - before);
            if beginning.left == 0 {
                this.beginning = None;
            }
            return read;
        }
        ready!(beginning.end.as_mut().poll(cx));
        tracing::debug!(peer = ?this.peer.addr, "a connection did not begin");
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        either!(self, stream => stream.poll_write(cx, buf))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        either!(self, stream => stream.poll_write_vectored(cx, bufs))
    }

    fn is_write_vectored(&self) -> bool {
        match &self.stream {
            Stream::Plain(plain) => plain.is_write_vectored(),
            #[cfg(feature = "tls")]
            Stream::Tls(tls) => tls.is_write_vectored(),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        either!(self, stream => stream.poll_flush(cx))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        either!(self, stream => stream.poll_shutdown(cx))
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    /// Who says nothing, or too little, is let go; nobody asks when who has begun says more.
    #[tokio::test]
    async fn a_client_that_does_not_begin_is_not_waited_for() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        for (sent, stays) in [(0, false), (PREFACE - 1, false), (PREFACE, true), (PREFACE + 9, true)] {
            let mut client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
            client.write_all(&vec![b'x'; sent]).await.unwrap();
            let mut server = Connection::plain(listener.accept().await.unwrap().0);
            server.beginning.as_mut().unwrap().end = Box::pin(sleep(Duration::from_secs(1)));
            server.read_exact(&mut vec![0; sent]).await.unwrap();
            assert_eq!(server.beginning.is_none(), stays, "{sent}");
            if !stays {
                let end = server.read(&mut [0]).await.unwrap_err();
                assert_eq!(end.kind(), io::ErrorKind::TimedOut, "{sent}");
            }
        }
    }
}
