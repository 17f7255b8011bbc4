//! Why a TLS connection did not come about: from what rustls saw to what a person can do something about.

use std::{io, path::Path};

use tokio_rustls::rustls::{AlertDescription as Alert, CertificateError, Error, InconsistentKeys};

use super::Tls;
use crate::client::{CallError, Target};

/// What is wrong between the two sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TlsProblem {
    /// The server's certificate is signed by nobody who is trusted.
    Authority,
    /// The server's certificate is for another name.
    Name,
    /// The server's certificate has expired or is not valid yet.
    Time,
    /// Something else is wrong with the server's certificate.
    Certificate,
    /// The server wants a certificate of ours, and we have none.
    WantsIdentity,
    /// The server does not take our certificate.
    RefusesIdentity,
    /// The server does not speak TLS.
    Plaintext,
    /// The server speaks TLS and no HTTP/2 in it.
    NoHttp2,
    /// The two have nothing in common, or the handshake broke.
    Handshake,
}

/// The handshake ended with this.
pub(super) fn of_handshake(error: &io::Error, target: &Target, tls: &Tls) -> CallError {
    let authority = target.authority().as_str();
    match seen(error) {
        Some(error) => of(error, authority, tls),
        // It may be starting, so that this is for whoever waits to try again.
        None => {
            let text = format!("it ended the TLS handshake ({error}), as a server may that speaks plaintext");
            CallError::connect(authority, &io::Error::new(error.kind(), text))
        }
    }
}

/// What rustls said, if it was rustls.
pub(in crate::client) fn seen(error: &io::Error) -> Option<&Error> {
    error.get_ref()?.downcast_ref()
}

/// The connection was lost after the handshake and before the server said a word: with TLS 1.3 that is when it has
/// looked at our certificate.
pub(in crate::client) fn of_silence(error: Option<&Error>, target: &Target, tls: &Tls) -> Option<CallError> {
    let authority = target.authority().as_str();
    let asked = || CallError::tls(authority, TlsProblem::WantsIdentity, WANTS_IDENTITY.to_owned());
    error.map(|error| of(error, authority, tls)).or_else(|| tls.was_asked().then(asked))
}

const WANTS_IDENTITY: &str = "it asks for a client certificate, and takes nobody without one";

fn of(error: &Error, authority: &str, tls: &Tls) -> CallError {
    let (problem, said) = match error {
        Error::InvalidCertificate(error) => of_certificate(error),
        Error::NoApplicationProtocol | Error::AlertReceived(Alert::NoApplicationProtocol) => no_http2(),
        Error::AlertReceived(Alert::CertificateRequired) => {
            (TlsProblem::WantsIdentity, WANTS_IDENTITY.to_owned())
        }
        Error::AlertReceived(_) if tls.was_asked() => (TlsProblem::WantsIdentity, WANTS_IDENTITY.to_owned()),
        Error::AlertReceived(
            alert @ (Alert::BadCertificate
            | Alert::UnsupportedCertificate
            | Alert::CertificateRevoked
            | Alert::CertificateExpired
            | Alert::CertificateUnknown
            | Alert::UnknownCA
            | Alert::AccessDenied
            | Alert::DecryptError),
        ) if tls.asked.is_none() => {
            (TlsProblem::RefusesIdentity, format!("it does not take our certificate ({alert:?})"))
        }
        Error::InvalidMessage(_) => (TlsProblem::Plaintext, "it does not answer in TLS".to_owned()),
        error => (TlsProblem::Handshake, error.to_string()),
    };
    CallError::tls(authority, problem, said)
}

fn of_certificate(error: &CertificateError) -> (TlsProblem, String) {
    use CertificateError as E;
    match error {
        E::UnknownIssuer => {
            (TlsProblem::Authority, "its certificate is signed by no authority that is trusted".to_owned())
        }
        E::BadSignature => {
            let said = "its certificate is not signed by the authority it names, or by another authority of the same name";
            (TlsProblem::Authority, said.to_owned())
        }
        E::NotValidForName | E::NotValidForNameContext { .. } => (
            TlsProblem::Name,
            format!("its {error}").replace("its certificate not", "its certificate is not"),
        ),
        E::Expired | E::NotValidYet => (TlsProblem::Time, format!("its certificate is {error}")),
        E::ExpiredContext { time, not_after } => {
            let days = time.as_secs().saturating_sub(not_after.as_secs()) / (24 * 3600);
            (TlsProblem::Time, format!("its certificate expired {days} days ago"))
        }
        E::NotValidYetContext { time, not_before } => {
            let days = not_before.as_secs().saturating_sub(time.as_secs()) / (24 * 3600);
            (TlsProblem::Time, format!("its certificate is not valid before {days} days from now"))
        }
        E::Other(other) if format!("{other:?}").contains("CaUsedAsEndEntity") => (
            TlsProblem::Certificate,
            "it shows the certificate of an authority (CA:TRUE) as its own".to_owned(),
        ),
        error => (TlsProblem::Certificate, format!("its certificate cannot be used: {error}")),
    }
}

pub(super) fn no_http2() -> (TlsProblem, String) {
    (TlsProblem::NoHttp2, "it does not offer HTTP/2 (`h2` in ALPN), which gRPC needs".to_owned())
}

/// What is wrong with our own certificate.
pub(super) fn of_identity(certificate: &Path, key: &Path, error: &Error) -> String {
    let (certificate, key) = (certificate.display(), key.display());
    match error {
        Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => {
            format!("the key {key} does not belong to the certificate {certificate}")
        }
        error => format!("the certificate {certificate} and its key {key} cannot be used: {error}"),
    }
}
