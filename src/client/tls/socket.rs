//! A connection to a target, in the clear or in TLS. Says nothing on it.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};
use tokio_rustls::{TlsConnector, client::TlsStream, rustls::pki_types::ServerName};

use super::{Tls, TlsOptions, problem};
use crate::client::{CallError, Target};

/// What HTTP/2 is spoken over.
pub(in crate::client) enum Socket {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// Connects, and shakes hands where the target is one of TLS.
///
/// # Errors
/// No connection, or no TLS.
pub(in crate::client) async fn connect(target: &Target, tls: Option<&Tls>) -> Result<Socket, CallError> {
    let authority = target.authority().as_str();
    let failed = |error: io::Error| CallError::connect(authority, &error);
    let io = TcpStream::connect((target.host(), target.port())).await.map_err(failed)?;
    io.set_nodelay(true).map_err(failed)?;
    if !target.is_tls() {
        return Ok(Socket::Plain(io));
    }
    let system;
    let tls = match tls {
        Some(tls) => tls,
        None => {
            system = Tls::new(&TlsOptions::default())?;
            &system
        }
    };
    let name = match &tls.name {
        Some(name) => name.clone(),
        None => ServerName::try_from(target.host().to_owned()).map_err(|_| {
            CallError::tls_options(format!("`{}` is no name that a certificate can have", target.host()))
        })?,
    };
    let stream = TlsConnector::from(tls.config.clone())
        .connect(name, io)
        .await
        .map_err(|error| problem::of_handshake(&error, target, tls))?;
    if stream.get_ref().1.alpn_protocol() != Some(b"h2") {
        let (problem, said) = problem::no_http2();
        return Err(CallError::tls(authority, problem, said));
    }
    Ok(Socket::Tls(Box::new(stream)))
}

impl AsyncRead for Socket {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Socket::Plain(io) => Pin::new(io).poll_read(cx, buf),
            Socket::Tls(io) => Pin::new(io).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Socket {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Socket::Plain(io) => Pin::new(io).poll_write(cx, buf),
            Socket::Tls(io) => Pin::new(io).poll_write(cx, buf),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Socket::Plain(io) => Pin::new(io).poll_write_vectored(cx, bufs),
            Socket::Tls(io) => Pin::new(io).poll_write_vectored(cx, bufs),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Socket::Plain(io) => io.is_write_vectored(),
            Socket::Tls(io) => io.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Socket::Plain(io) => Pin::new(io).poll_flush(cx),
            Socket::Tls(io) => Pin::new(io).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Socket::Plain(io) => Pin::new(io).poll_shutdown(cx),
            Socket::Tls(io) => Pin::new(io).poll_shutdown(cx),
        }
    }
}
