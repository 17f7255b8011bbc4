//! TLS whose certificate, key and authority are files that may change while the server runs. Connections that are open
//! keep what they have agreed on; new ones get the new files.

mod names;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arc_swap::ArcSwap;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};

pub(crate) use names::names;

/// Where the files are, all PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// The server's certificate, and behind it those that lead to its authority.
    pub cert: PathBuf,
    /// Its private key.
    pub key: PathBuf,
    /// The authorities whose clients are known; none are asked for a certificate without it.
    pub client_ca: Option<PathBuf>,
    /// Whether a client may do without a certificate. One that it shows must be right all the same.
    pub client_optional: bool,
}

impl TlsFiles {
    /// A server without certificates of clients.
    #[must_use]
    pub fn new(cert: impl Into<PathBuf>, key: impl Into<PathBuf>) -> Self {
        Self { cert: cert.into(), key: key.into(), client_ca: None, client_optional: false }
    }

    /// The same, where clients show a certificate of one of these authorities.
    #[must_use]
    pub fn with_client_ca(self, ca: impl Into<PathBuf>) -> Self {
        Self { client_ca: Some(ca.into()), ..self }
    }

    /// The same, where clients may show a certificate and need not.
    #[must_use]
    pub fn with_client_optional(self) -> Self {
        Self { client_optional: true, ..self }
    }

    fn config(&self) -> Result<ServerConfig, String> {
        let provider = Arc::new(ring::default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?;
        let builder = match &self.client_ca {
            None => builder.with_no_client_auth(),
            Some(ca) => {
                let mut roots = RootCertStore::empty();
                for authority in certificates(ca)? {
                    roots.add(authority).map_err(|error| format!("{}: {error}", ca.display()))?;
                }
                let verifier = WebPkiClientVerifier::builder_with_provider(roots.into(), provider);
                let verifier = if self.client_optional { verifier.allow_unauthenticated() } else { verifier };
                let verifier = verifier.build().map_err(|error| format!("{}: {error}", ca.display()))?;
                builder.with_client_cert_verifier(verifier)
            }
        };
        let chain = certificates(&self.cert)?;
        let key = PrivateKeyDer::from_pem_file(&self.key)
            .map_err(|error| format!("{} has no private key as PEM ({error})", self.key.display()))?;
        // Also refuses a key that is not the certificate's, as between the two steps of a careless rotation.
        let mut config = builder.with_single_cert(chain, key).map_err(|error| {
            format!("{} and {} do not go together ({error})", self.cert.display(), self.key.display())
        })?;
        config.alpn_protocols = vec![b"h2".to_vec()];
        Ok(config)
    }
}

/// The certificates of a file, at least one.
fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let unread = |error| format!("cannot read the certificates of {} ({error})", path.display());
    let all: Vec<_> =
        CertificateDer::pem_file_iter(path).map_err(unread)?.collect::<Result<_, _>>().map_err(unread)?;
    if all.is_empty() {
        return Err(format!("{} has no certificate as PEM", path.display()));
    }
    Ok(all)
}

/// TLS as its files say now.
#[derive(Debug)]
pub struct Tls {
    files: TlsFiles,
    config: ArcSwap<ServerConfig>,
}

impl Tls {
    /// Reads the files.
    ///
    /// # Errors
    /// A sentence that names the file, when one cannot be read or used.
    pub fn open(files: TlsFiles) -> Result<Self, String> {
        let config = ArcSwap::from_pointee(files.config()?);
        Ok(Self { files, config })
    }

    /// Reads the files again, for connections to come.
    ///
    /// # Errors
    /// As [`Tls::open`]; all stays as it was.
    pub fn reload(&self) -> Result<(), String> {
        self.config.store(self.files.config()?.into());
        Ok(())
    }

    /// The files to watch.
    #[must_use]
    pub fn files(&self) -> Vec<PathBuf> {
        let files = &self.files;
        [Some(&files.cert), Some(&files.key), files.client_ca.as_ref()]
            .into_iter()
            .flatten()
            .cloned()
            .collect()
    }

    /// What takes the next connection.
    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(self.config.load_full())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use rcgen::{CertificateParams, KeyPair};

    use super::*;

    /// A certificate that has signed itself, and its key.
    fn pair() -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let certificate =
            CertificateParams::new(vec!["localhost".to_owned()]).unwrap().self_signed(&key).unwrap();
        (certificate.pem(), key.serialize_pem())
    }

    #[test]
    fn files_that_do_not_go_together_are_named_and_the_old_ones_stay() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let (cert, key) = pair();
        fs::write(at("cert"), &cert).unwrap();
        fs::write(at("key"), &key).unwrap();
        let tls = Tls::open(TlsFiles::new(at("cert"), at("key"))).unwrap();
        let before = tls.config.load_full();
        for (file, content, said) in [
            ("key", pair().1, "do not go together"),
            ("key", "nothing".to_owned(), "no private key"),
            ("cert", "nothing".to_owned(), "no certificate"),
        ] {
            fs::write(at(file), content).unwrap();
            let why = tls.reload().unwrap_err();
            assert!(why.contains(said) && why.contains(&*at(file).to_string_lossy()), "{why}");
            assert!(Arc::ptr_eq(&before, &tls.config.load_full()));
            fs::write(at("cert"), &cert).unwrap();
            fs::write(at("key"), &key).unwrap();
        }
        tls.reload().unwrap();
        assert!(!Arc::ptr_eq(&before, &tls.config.load_full()));
        let gone = TlsFiles::new(at("cert"), at("key")).with_client_ca(at("gone"));
        assert!(Tls::open(gone).unwrap_err().contains("gone"));
    }
}
