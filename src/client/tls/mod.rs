//! TLS as the client speaks it: whom it trusts, who it is, and what a handshake that fails means.
//!
//! rustls with ring; TLS 1.2 and 1.3, and HTTP/2 in ALPN or nothing. Without an authority of the user's own the roots
//! of the system are trusted, `SSL_CERT_FILE` and `SSL_CERT_DIR` included, as curl and grpcurl do it.

mod anybody;
mod asked;
mod problem;
mod socket;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use tokio_rustls::rustls::{
    self, ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject},
};

pub use self::problem::TlsProblem;
pub(super) use self::problem::{of_silence, seen};
pub(super) use self::socket::{Socket, connect};
use self::{anybody::Anybody, asked::Asked};
use super::CallError;

/// What the user says about TLS.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TlsOptions {
    /// PEM: the authorities to trust, in place of the system's.
    pub ca: Option<PathBuf>,
    /// PEM: our certificate, those between it and its authority after it, and its private key.
    pub identity: Option<(PathBuf, PathBuf)>,
    /// The name that the server's certificate has to have, and that is sent as SNI, where it is not the target's host.
    pub server_name: Option<String>,
    /// Trusts whoever answers.
    pub insecure: bool,
}

/// TLS, set up. Clones share it.
#[derive(Debug, Clone)]
pub struct Tls {
    config: Arc<ClientConfig>,
    name: Option<ServerName<'static>>,
    /// Whether a server asked who we are. Nothing where we have something to show.
    asked: Option<Arc<Asked>>,
}

impl Tls {
    /// Reads the files.
    ///
    /// # Errors
    /// A file that is missing or is not what it should be, a key that does not belong to its certificate, a name that
    /// is none, a system without roots.
    pub fn new(options: &TlsOptions) -> Result<Tls, CallError> {
        let name = options.server_name.as_deref().map(|name| {
            let parsed = ServerName::try_from(name.to_owned());
            parsed.map_err(|_| CallError::tls_options(format!("`{name}` is no name of a server")))
        });
        let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| CallError::tls_options(error.to_string()))?;
        let builder = if options.insecure {
            builder.dangerous().with_custom_certificate_verifier(Arc::new(Anybody::new()))
        } else {
            let roots = match &options.ca {
                Some(path) => authorities(path)?,
                None => system()?,
            };
            builder.with_root_certificates(roots)
        };
        let mut asked = None;
        let mut config = match &options.identity {
            Some((certificate, key)) => {
                let chain = certificates(certificate)?;
                builder
                    .with_client_auth_cert(chain, private_key(key)?)
                    .map_err(|error| CallError::tls_options(problem::of_identity(certificate, key, &error)))?
            }
            None => {
                let resolver = Arc::new(Asked::default());
                asked = Some(resolver.clone());
                builder.with_client_cert_resolver(resolver)
            }
        };
        config.alpn_protocols = vec![b"h2".to_vec()];
        Ok(Tls { config: Arc::new(config), name: name.transpose()?, asked })
    }

    /// A server asked for a certificate, and we have none.
    fn was_asked(&self) -> bool {
        self.asked.as_ref().is_some_and(|asked| asked.by_somebody())
    }
}

fn read(path: &Path) -> Result<Vec<u8>, CallError> {
    std::fs::read(path)
        .map_err(|error| CallError::tls_options(format!("cannot read {}: {error}", path.display())))
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, CallError> {
    let shown = path.display();
    let read = read(path)?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&read).collect();
    match found {
        Ok(found) if !found.is_empty() => Ok(found),
        Ok(_) => Err(CallError::tls_options(format!(
            "{shown} holds no certificate: it has to be PEM, with `-----BEGIN CERTIFICATE-----`"
        ))),
        Err(error) => Err(CallError::tls_options(format!("{shown} is damaged PEM: {error}"))),
    }
}

fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>, CallError> {
    let shown = path.display();
    let read = read(path)?;
    match PrivateKeyDer::from_pem_slice(&read) {
        Ok(key) => Ok(key),
        Err(rustls::pki_types::pem::Error::NoItemsFound) => Err(CallError::tls_options(format!(
            "{shown} holds no private key: it has to be PEM, with `-----BEGIN PRIVATE KEY-----`, and without a password"
        ))),
        Err(error) => Err(CallError::tls_options(format!("{shown} is damaged PEM: {error}"))),
    }
}

fn authorities(path: &Path) -> Result<RootCertStore, CallError> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(path)? {
        let added = roots.add(certificate);
        added.map_err(|_| {
            CallError::tls_options(format!("{} holds what is no certificate", path.display()))
        })?;
    }
    Ok(roots)
}

fn system() -> Result<RootCertStore, CallError> {
    let mut roots = RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    // One that cannot be used is no reason to trust none of the others.
    roots.add_parsable_certificates(found.certs);
    match (roots.is_empty(), found.errors.first()) {
        (false, _) => Ok(roots),
        (true, Some(error)) => {
            Err(CallError::tls_options(format!("the system's certificates cannot be read: {error}")))
        }
        (true, None) => {
            Err(CallError::tls_options("the system has no certificates of authorities".to_owned()))
        }
    }
}
