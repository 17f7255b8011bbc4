//! Connections of a client: TCP, and TLS over it. tonic's own way to TLS is a feature that would have every build of this
//! package's users compile it.

use std::io;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::Uri;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use tokio_rustls::{TlsConnector, rustls};

/// Whom a client trusts, and what it shows. Read once, when the client is made.
#[derive(Debug, Clone)]
pub struct ClientTls {
    /// The authorities of the servers' certificates (PEM).
    pub ca: PathBuf,
    /// The client's own certificate and its private key (PEM).
    pub identity: Option<(PathBuf, PathBuf)>,
    /// The name in the servers' certificates; the host of each without it.
    pub name: Option<String>,
}

impl ClientTls {
    /// Trusts these authorities, and shows nothing.
    #[must_use]
    pub fn new(ca: impl Into<PathBuf>) -> Self {
        Self { ca: ca.into(), identity: None, name: None }
    }

    /// The same, and shows this certificate.
    #[must_use]
    pub fn with_identity(self, cert: impl Into<PathBuf>, key: impl Into<PathBuf>) -> Self {
        Self { identity: Some((cert.into(), key.into())), ..self }
    }

    /// The same, where all servers have this name.
    #[must_use]
    pub fn with_name(self, name: impl Into<String>) -> Self {
        Self { name: Some(name.into()), ..self }
    }

    /// What rustls needs of it, or a sentence.
    pub(crate) fn config(&self) -> Result<ClientConfig, String> {
        let read = |path: &PathBuf| {
            CertificateDer::pem_file_iter(path)
                .and_then(Iterator::collect::<Result<Vec<_>, _>>)
                .map_err(|error| format!("cannot read the certificates of {} ({error})", path.display()))
        };
        let mut roots = RootCertStore::empty();
        for authority in read(&self.ca)? {
            roots.add(authority).map_err(|error| format!("{}: {error}", self.ca.display()))?;
        }
        if roots.is_empty() {
            return Err(format!("{} has no certificate: give the authority as PEM", self.ca.display()));
        }
        let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error: rustls::Error| error.to_string())?
            .with_root_certificates(roots);
        let mut config = match &self.identity {
            None => builder.with_no_client_auth(),
            Some((cert, key)) => {
                let private = PrivateKeyDer::from_pem_file(key)
                    .map_err(|error| format!("{} has no private key as PEM ({error})", key.display()))?;
                builder.with_client_auth_cert(read(cert)?, private).map_err(|error| {
                    format!("{} and {} do not go together ({error})", cert.display(), key.display())
                })?
            }
        };
        config.alpn_protocols = vec![b"h2".to_vec()];
        Ok(config)
    }
}

/// A connection, with or without TLS.
pub(crate) enum Io {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// Connects to the authority of a URI.
#[derive(Clone)]
pub(crate) struct Connector {
    pub(crate) tls: Option<(TlsConnector, ServerName<'static>)>,
}

impl tower::Service<Uri> for Connector {
    type Response = TokioIo<Io>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<TokioIo<Io>>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let tls = self.tls.clone();
        Box::pin(async move {
            let host = uri.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
            let tcp = TcpStream::connect((host, uri.port_u16().unwrap_or(443))).await?;
            tcp.set_nodelay(true)?;
            let io = match tls {
                None => Io::Plain(tcp),
                Some((connector, name)) => Io::Tls(Box::new(connector.connect(name, tcp).await?)),
            };
            Ok(TokioIo::new(io))
        })
    }
}

macro_rules! either {
    ($self:ident, $io:ident => $what:expr) => {
        match $self.get_mut() {
            Io::Plain(it) => {
                let $io = Pin::new(it);
                $what
            }
            Io::Tls(it) => {
                let $io = Pin::new(&mut **it);
                $what
            }
        }
    };
}

impl AsyncRead for Io {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        either!(self, io => io.poll_read(cx, into))
    }
}

impl AsyncWrite for Io {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, from: &[u8]) -> Poll<io::Result<usize>> {
        either!(self, io => io.poll_write(cx, from))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        either!(self, io => io.poll_flush(cx))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        either!(self, io => io.poll_shutdown(cx))
    }
}
