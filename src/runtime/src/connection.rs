//! A connection of a client, plain or under TLS, that knows whose it is.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tonic::transport::server::Connected;

use crate::peer::Peer;

/// What a server serves on.
#[derive(Debug)]
pub struct Connection {
    stream: Stream,
    peer: Peer,
}

#[derive(Debug)]
enum Stream {
    Plain(TcpStream),
    #[cfg(feature = "tls")]
    Tls(Box<tokio_rustls::server::TlsStream<TcpStream>>),
}

impl Connection {
    /// A connection as it was accepted.
    #[must_use]
    pub fn plain(stream: TcpStream) -> Self {
        Self { peer: peer(&stream), stream: Stream::Plain(stream) }
    }

    /// The same after its handshake.
    #[cfg(feature = "tls")]
    pub(crate) fn tls(stream: tokio_rustls::server::TlsStream<TcpStream>) -> Self {
        let (tcp, tls) = stream.get_ref();
        // The first certificate is the client's own, and rustls has checked it.
        let own = tls.peer_certificates().and_then(|chain| chain.first());
        let certificate = own.map(|own| crate::tls::names(own).into());
        Self { peer: Peer { certificate, ..peer(tcp) }, stream: Stream::Tls(Box::new(stream)) }
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
        match &mut $self.get_mut().stream {
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
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        either!(self, stream => stream.poll_read(cx, buf))
    }
}

impl AsyncWrite for Connection {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        either!(self, stream => stream.poll_write(cx, buf))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
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

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        either!(self, stream => stream.poll_flush(cx))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        either!(self, stream => stream.poll_shutdown(cx))
    }
}
