//! Why a call could not be made. What a server answers, however bad, is not here: it is an `Exchange`.

use std::{fmt, io, time::Duration};

use super::{Code, Status, TlsProblem};

/// What is heard of a TLS server that is called in the clear.
pub(super) const SPEAKS_TLS: &str = "it speaks TLS";

/// The call could not be made. Its text says what to do about it.
#[derive(Debug, Clone)]
pub struct CallError {
    kind: Box<Kind>,
}

#[derive(Debug, Clone)]
enum Kind {
    Target { text: String, problem: &'static str },
    TlsOptions { said: String },
    Tls { authority: String, problem: TlsProblem, said: String },
    Connect { authority: String, cause: io::ErrorKind, text: String },
    Timeout { authority: String, waited: Duration },
    NotHttp2 { authority: String, heard: String },
    NotReady { authority: String, said: String, waited: Duration },
    Busy { authority: String },
    Call { path: String, problem: String },
    Reflection { problem: String, put_off: bool },
    NoReflection,
}

impl CallError {
    pub(super) fn target(text: &str, problem: &'static str) -> Self {
        Kind::Target { text: text.to_owned(), problem }.into()
    }

    pub(super) fn tls_options(said: String) -> Self {
        Kind::TlsOptions { said }.into()
    }

    pub(super) fn tls(authority: &str, problem: TlsProblem, said: String) -> Self {
        Kind::Tls { authority: authority.to_owned(), problem, said }.into()
    }

    pub(super) fn connect(authority: &str, error: &io::Error) -> Self {
        Kind::Connect { authority: authority.to_owned(), cause: error.kind(), text: error.to_string() }.into()
    }

    pub(super) fn timeout(authority: &str, waited: Duration) -> Self {
        Kind::Timeout { authority: authority.to_owned(), waited }.into()
    }

    pub(super) fn not_http2(authority: &str, heard: String) -> Self {
        Kind::NotHttp2 { authority: authority.to_owned(), heard }.into()
    }

    pub(super) fn not_ready(authority: &str, said: String, waited: Duration) -> Self {
        Kind::NotReady { authority: authority.to_owned(), said, waited }.into()
    }

    pub(super) fn busy(authority: &str) -> Self {
        Kind::Busy { authority: authority.to_owned() }.into()
    }

    pub(super) fn call(path: &str, problem: impl fmt::Display) -> Self {
        Kind::Call { path: path.to_owned(), problem: problem.to_string() }.into()
    }

    pub(super) fn reflection(problem: impl fmt::Display) -> Self {
        Kind::Reflection { problem: problem.to_string(), put_off: false }.into()
    }

    pub(super) fn reflection_status(status: &Status) -> Self {
        let put_off = matches!(status.code, Code::Unavailable | Code::ResourceExhausted);
        Kind::Reflection { problem: format!("{}: {}", status.code, status.message), put_off }.into()
    }

    pub(super) fn no_reflection() -> Self {
        Kind::NoReflection.into()
    }

    /// Nothing listens at the target.
    pub fn is_refused(&self) -> bool {
        matches!(&*self.kind, Kind::Connect { cause: io::ErrorKind::ConnectionRefused, .. })
    }

    /// No connection: refused, unreachable, a name that does not resolve, or no answer in time.
    pub fn is_unreachable(&self) -> bool {
        matches!(&*self.kind, Kind::Connect { .. } | Kind::Timeout { .. })
    }

    /// Something answers at the target, and it does not speak HTTP/2.
    pub fn is_not_http2(&self) -> bool {
        matches!(&*self.kind, Kind::NotHttp2 { .. })
    }

    /// The server answers, and says that it is not ready yet.
    pub fn is_not_ready(&self) -> bool {
        matches!(&*self.kind, Kind::NotReady { .. })
    }

    /// The server had no time to be asked for its schema: UNAVAILABLE or RESOURCE_EXHAUSTED.
    pub fn is_put_off(&self) -> bool {
        matches!(&*self.kind, Kind::Reflection { put_off: true, .. })
    }

    /// The target's text is wrong or asks for what is not supported; no connection was tried.
    pub fn is_bad_target(&self) -> bool {
        matches!(&*self.kind, Kind::Target { .. })
    }

    /// What was asked of TLS cannot be had: a file, a key, a name. No connection was tried.
    pub fn is_bad_tls(&self) -> bool {
        matches!(&*self.kind, Kind::TlsOptions { .. })
    }

    /// Why there is no TLS with the server, if that is why.
    pub fn tls_problem(&self) -> Option<TlsProblem> {
        match &*self.kind {
            Kind::Tls { problem, .. } => Some(*problem),
            _ => None,
        }
    }

    /// The server speaks TLS, and the target is one of plaintext.
    pub fn is_tls_where_plaintext_was_meant(&self) -> bool {
        matches!(&*self.kind, Kind::NotHttp2 { heard, .. } if heard == SPEAKS_TLS)
    }

    /// The call itself cannot be written as HTTP/2 (path, metadata or script); nothing was sent.
    pub fn is_bad_call(&self) -> bool {
        matches!(&*self.kind, Kind::Call { .. })
    }

    /// The server does not offer reflection at all, as opposed to offering it and answering badly.
    pub fn is_no_reflection(&self) -> bool {
        matches!(&*self.kind, Kind::NoReflection)
    }
}

impl From<Kind> for CallError {
    fn from(kind: Kind) -> Self {
        CallError { kind: Box::new(kind) }
    }
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.kind {
            Kind::Target { text, problem } => {
                write!(f, "`{text}` is not a target: {problem}; write http://HOST:PORT or https://HOST:PORT")
            }
            Kind::TlsOptions { said } => f.write_str(said),
            Kind::Tls { authority, said, .. } => write!(f, "no TLS with {authority}: {said}"),
            Kind::NotHttp2 { authority, heard } if heard == SPEAKS_TLS => {
                write!(f, "{authority} does not speak plaintext: {heard}; write https://{authority}")
            }
            Kind::Connect { authority, cause: io::ErrorKind::ConnectionRefused, .. } => {
                write!(f, "nothing listens at {authority}: start the server or give another target")
            }
            Kind::Connect { authority, text, .. } => {
                write!(f, "cannot connect to {authority}: {text}; check the host, the port and the network")
            }
            Kind::Timeout { authority, waited } => write!(
                f,
                "no connection to {authority} within {waited:?}: check the host and the port, or give the server more time"
            ),
            Kind::NotHttp2 { authority, heard } => {
                write!(f, "{authority} does not speak HTTP/2: {heard}; give the port of the gRPC server")
            }
            Kind::NotReady { authority, said, waited } => {
                write!(
                    f,
                    "{authority} is not ready after {waited:?}: {said}; give it more time, or read its log"
                )
            }
            Kind::Busy { authority } => write!(
                f,
                "{authority} opened no stream within the deadline of the call: its limit of concurrent streams is \
                 used up; use fewer workers or more connections"
            ),
            Kind::Call { path, problem } => write!(f, "the call of {path} cannot be sent: {problem}"),
            Kind::Reflection { problem, .. } => {
                write!(f, "the reflection of the server cannot be used: {problem}; give the schema as files")
            }
            Kind::NoReflection => write!(
                f,
                "the server offers no reflection, neither grpc.reflection.v1 nor v1alpha: give the schema as files"
            ),
        }
    }
}

impl std::error::Error for CallError {}
