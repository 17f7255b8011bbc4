//! A client of several servers of one service, which any generated client may be made of: it spreads calls over them,
//! leaves out those that do not answer, ends calls at their deadline, and makes those again that may be made again.
//!
//! ```no_run
//! use protogate_runtime::client::{Calls, Client, Options};
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let descriptors: &[u8] = &[];
//! let calls = Calls::from_descriptors(descriptors)?; // pb::FILE_DESCRIPTOR_SET
//! let servers = ["http://10.0.0.1:50051", "http://10.0.0.2:50051", "http://10.0.0.3:50051"];
//! let client = Client::new(servers, calls, Options::default())?;
//! // let users = UserServiceClient::new(client);
//! # Ok(()) }
//! ```
//!
//! **Retries** are those of gRFC A6, and none beside. A call is made again when it ended with `UNAVAILABLE`, no message
//! of its answer has reached the caller, and either its method is idempotent by the schema (`idempotency_level`) or it is
//! certain that no server has seen it; as often as [`Options::attempts`] says, while the budget of the client lasts, no
//! sooner than the server wants (`grpc-retry-pushback-ms`, `RetryInfo`), and not beyond the deadline. A call that streams
//! its requests is made again only when nothing of it was sent.
//!
//! Each server has one connection, which all calls share.
//!
//! Absent on purpose: no names are resolved to many addresses (give the addresses, or a proxy's), and no health is asked
//! for. A server is left out for what its calls say of it.

mod attempt;
mod budget;
mod calls;
mod connect;
mod headers;
mod pool;
mod retry;
#[cfg(test)]
mod tests;

use std::convert::Infallible;
use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::{HeaderValue, Request, Response, Uri};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use tonic::body::Body;
use tonic::transport::Endpoint;
use tower::{Layer as _, Service};

pub use calls::{Calls, Method};
pub use connect::ClientTls;
pub use headers::pass_on;

use crate::DeadlineLayer;
use crate::worn::Answer;
use budget::Budget;
use pool::Pool;
use retry::Retries;

/// How a client behaves.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Options {
    /// The longest that a call with one answer may take, all its attempts together; streams end when their caller says.
    /// The caller's own deadline counts where it is shorter. 10 s.
    pub deadline: Option<Duration>,
    /// How often a call may be made, the first time included. 4.
    pub attempts: usize,
    /// The wait before the second attempt; it doubles with each, is at most `backoff_most`, and is up to a fifth longer or
    /// shorter by chance. 50 ms.
    pub backoff: Duration,
    /// 1 s.
    pub backoff_most: Duration,
    /// How many failures, 1 to 1000, empty the budget of all retries: below half of it there are none. It should be above
    /// twice the calls that one server has at once, as they all fail when it does. 100.
    pub budget: u32,
    /// What a success gives back of what a failure takes. 0.1.
    pub budget_ratio: f32,
    /// How long a connection may take to be made. 2 s.
    pub connect_timeout: Duration,
    /// How long a connection with calls may be silent before it is asked for a sign of life. 30 s.
    pub keepalive: Duration,
    /// How long that sign may take before the connection is given up. 10 s.
    pub keepalive_timeout: Duration,
    /// TLS for servers whose URI begins with `https`.
    pub tls: Option<ClientTls>,
    token: Option<HeaderValue>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            deadline: Some(Duration::from_secs(10)),
            attempts: 4,
            backoff: Duration::from_millis(50),
            backoff_most: Duration::from_secs(1),
            budget: 100,
            budget_ratio: 0.1,
            connect_timeout: Duration::from_secs(2),
            keepalive: Duration::from_secs(30),
            keepalive_timeout: Duration::from_secs(10),
            tls: None,
            token: None,
        }
    }
}

impl Options {
    /// The same options with another deadline of calls with one answer.
    #[must_use]
    pub fn with_deadline(self, deadline: Option<Duration>) -> Self {
        Self { deadline, ..self }
    }

    /// The same options with so many attempts at most; 1 is no retries.
    #[must_use]
    pub fn with_attempts(self, attempts: usize) -> Self {
        Self { attempts, ..self }
    }

    /// The same options with another budget of retries.
    #[must_use]
    pub fn with_budget(self, budget: u32, budget_ratio: f32) -> Self {
        Self { budget, budget_ratio, ..self }
    }

    /// The same options with other waits between attempts.
    #[must_use]
    pub fn with_backoff(self, backoff: Duration, backoff_most: Duration) -> Self {
        Self { backoff, backoff_most, ..self }
    }

    /// The same options under TLS.
    #[must_use]
    pub fn with_tls(self, tls: ClientTls) -> Self {
        Self { tls: Some(tls), ..self }
    }

    /// The same options, where calls without an `authorization` of their own carry this bearer token.
    ///
    /// # Errors
    /// When the token cannot stand in a header.
    pub fn with_token(self, token: &str) -> Result<Self, ClientError> {
        let value = HeaderValue::from_str(&format!("Bearer {token}"));
        let mut value = value.map_err(|_| ClientError("the token cannot stand in a header".to_owned()))?;
        value.set_sensitive(true);
        Ok(Self { token: Some(value), ..self })
    }
}

/// Why a client could not be made: a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientError(String);

impl fmt::Display for ClientError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ClientError {}

/// A client, cheap to clone; its clones share connections and budget. It is the transport that a generated client takes.
#[derive(Clone)]
pub struct Client(Arc<Shared>);

/// What the clones of a client share.
struct Shared {
    pool: Pool,
    calls: Calls,
    budget: Budget,
    options: Options,
}

impl Client {
    /// A client of the servers at these URIs (`http://HOST:PORT`, or `https://…` under TLS). It connects when it is
    /// first used, within the tokio runtime that this is called in.
    ///
    /// # Errors
    /// When a URI is none, there are none, or the files of TLS cannot be used.
    pub fn new<U: AsRef<str>>(
        servers: impl IntoIterator<Item = U>,
        calls: Calls,
        options: Options,
    ) -> Result<Self, ClientError> {
        let tls = options.tls.as_ref().map(ClientTls::config).transpose().map_err(ClientError)?;
        let tls = tls.map(|config| TlsConnector::from(Arc::new(config)));
        let servers = servers.into_iter().map(|uri| endpoint(uri.as_ref(), tls.as_ref(), &options));
        let pool = Pool::new(servers.collect::<Result<_, _>>()?);
        if pool.len() == 0 {
            return Err(ClientError("a client needs the URI of at least one server".to_owned()));
        }
        let budget = Budget::new(options.budget, options.budget_ratio);
        Ok(Self(Arc::new(Shared { pool, calls, budget, options })))
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("servers", &self.0.pool.len()).finish_non_exhaustive()
    }
}

fn endpoint(uri: &str, tls: Option<&TlsConnector>, options: &Options) -> Result<pool::Endpoint, ClientError> {
    let wrong = |why: &str| ClientError(format!("{uri} {why}"));
    let parsed: Uri = uri.parse().map_err(|_| wrong("is no URI: give http://HOST:PORT"))?;
    let authority = parsed.authority().ok_or_else(|| wrong("has no host: give http://HOST:PORT"))?;
    if parsed.port_u16().is_none() {
        return Err(wrong("has no port: give http://HOST:PORT"));
    }
    let tls = match (parsed.scheme_str(), tls) {
        (Some("http"), _) => None,
        (Some("https"), Some(connector)) => {
            let host = authority.host().trim_start_matches('[').trim_end_matches(']');
            let name = options.tls.as_ref().and_then(|tls| tls.name.as_deref()).unwrap_or(host).to_owned();
            let name = ServerName::try_from(name).map_err(|_| wrong("has no name for a certificate"))?;
            Some((connector.clone(), name))
        }
        (Some("https"), None) => return Err(wrong("needs TLS: give the authority of its certificate")),
        _ => return Err(wrong("is neither http nor https")),
    };
    // Without the scheme of TLS, which is our connector's and not tonic's.
    let built = Endpoint::from_shared(format!("http://{authority}")).map_err(|_| wrong("is no URI"))?;
    let built = built
        .origin(parsed.clone())
        .connect_timeout(options.connect_timeout)
        .http2_keep_alive_interval(options.keepalive)
        .keep_alive_timeout(options.keepalive_timeout);
    Ok(pool::Endpoint::new(built.connect_with_connector_lazy(connect::Connector { tls })))
}

impl Service<Request<Body>> for Client {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Answer<Infallible>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let method = self.0.calls.find(request.uri().path());
        headers::complete(&mut request, method.kind, &self.0.options);
        // The deadline stands around all attempts.
        DeadlineLayer::default().layer(Retries { shared: Arc::clone(&self.0), method }).call(request)
    }
}
