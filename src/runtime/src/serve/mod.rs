//! A whole server: services, health and reflection on a socket the caller owns, until the caller says stop.

mod connections;
#[cfg(feature = "rest")]
mod rest;
mod run;
mod sever;
mod signals;

use std::borrow::Cow;
use std::convert::Infallible;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::{Request, Response};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tonic::body::Body;
use tonic::server::NamedService;
use tonic::service::{Routes, RoutesBuilder};
use tower::Service;

#[cfg(feature = "rest")]
pub use rest::Layered;
pub use signals::Signals;

use crate::{AtOnce, AuthLayer, Harden, Observer, RateLimitLayer};

/// Why a server could not run.
pub type ServeError = Box<dyn std::error::Error + Send + Sync>;

/// Services under the layers of this crate, with `grpc.health.v1` for each of them and for the whole (the empty name), and
/// reflection. Those layers that need no choice are worn unless told otherwise; who may call, how often and over TLS is to be
/// chosen.
///
/// ```no_run
/// # async fn serve(descriptors: &'static [u8]) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
/// # let routes = tonic::service::Routes::default();
/// use protogate_runtime::{AuthLayer, Credentials, Need, Policy, Server, Signals};
///
/// let credentials = Credentials::default().with_token("s3cret", "a colleague", Vec::new());
/// let public = vec![("/grpc.health.v1.Health/*".parse()?, Need::Public)];
/// let auth = AuthLayer::new(Policy::new(public, Need::Authenticated), credentials, "shop.Orders");
/// let listener = tokio::net::TcpListener::bind("127.0.0.1:50051").await?;
/// Server::new(descriptors)
///     .with_routes(routes, ["shop.Orders"])
///     .with_auth(auth)
///     .run(listener, Signals::install()?.stop())
///     .await
/// # }
/// ```
pub struct Server {
    descriptors: Cow<'static, [u8]>,
    routes: RoutesBuilder,
    /// What health knows.
    names: Vec<&'static str>,
    /// None where the server answers as tonic does.
    harden: Option<Harden>,
    observers: Vec<Arc<dyn Observer>>,
    auth: Option<AuthLayer>,
    limit: Option<RateLimitLayer>,
    at_once: AtOnce,
    drain: Duration,
    ready: Option<watch::Receiver<bool>>,
    front: Option<Front>,
    #[cfg(feature = "tls")]
    tls: Option<Arc<crate::Tls>>,
    #[cfg(feature = "otlp")]
    spans: bool,
    #[cfg(feature = "rest")]
    rest: Option<rest::Rest>,
}

/// What becomes of a request before anything here sees it.
type Front = fn(Request<Body>) -> Request<Body>;

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Server");
        shown.field("names", &self.names).field("harden", &self.harden).field("drain", &self.drain);
        shown.finish_non_exhaustive()
    }
}

impl Server {
    /// Without services yet. `descriptors` is an encoded `google.protobuf.FileDescriptorSet`, which reflection tells: the
    /// `FILE_DESCRIPTOR_SET` of the generated code.
    #[must_use]
    pub fn new(descriptors: impl Into<Cow<'static, [u8]>>) -> Server {
        Server {
            descriptors: descriptors.into(),
            routes: Routes::builder(),
            names: vec![""],
            harden: Some(Harden::default()),
            observers: Vec::new(),
            auth: None,
            limit: None,
            at_once: AtOnce::default(),
            drain: Duration::from_secs(10),
            ready: None,
            front: None,
            #[cfg(feature = "tls")]
            tls: None,
            #[cfg(feature = "otlp")]
            spans: false,
            #[cfg(feature = "rest")]
            rest: None,
        }
    }

    /// With one more service: what `into_server` of a generated adapter returns.
    #[must_use]
    pub fn with<S>(mut self, service: S) -> Server
    where
        S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>
            + NamedService
            + Clone
            + Send
            + Sync
            + 'static,
        S::Future: Send + 'static,
    {
        self.routes.add_service(service);
        self.names.push(S::NAME);
        self
    }

    /// With routes of one's own making in place of those that were there, and the names that health knows of them.
    #[must_use]
    pub fn with_routes(self, routes: Routes, names: impl IntoIterator<Item = &'static str>) -> Server {
        let names = std::iter::once("").chain(names).collect();
        Server { routes: routes.into(), names, ..self }
    }

    /// With other choices for the layers: the longest call, the largest message.
    #[must_use]
    pub fn with_harden(self, harden: Harden) -> Server {
        Server { harden: Some(harden), ..self }
    }

    /// Without the layers that need no choice: it answers as tonic does.
    #[must_use]
    pub fn without_harden(self) -> Server {
        Server { harden: None, ..self }
    }

    /// With something that sees every call: a [`CallLog`](crate::CallLog), metrics.
    #[must_use]
    pub fn with_observer(mut self, observer: Arc<dyn Observer>) -> Server {
        self.observers.push(observer);
        self
    }

    /// With this to say who may call; everybody may without it.
    #[must_use]
    pub fn with_auth(self, auth: AuthLayer) -> Server {
        Server { auth: Some(auth), ..self }
    }

    /// With a limit to how often each caller may call.
    #[must_use]
    pub fn with_limit(self, limit: RateLimitLayer) -> Server {
        Server { limit: Some(limit), ..self }
    }

    /// With other numbers of calls under way, of all callers and of one.
    #[must_use]
    pub fn with_at_once(self, at_once: AtOnce) -> Server {
        Server { at_once, ..self }
    }

    /// With another time that open calls have after the end was asked for; 10 seconds unless set.
    #[must_use]
    pub fn with_drain(self, drain: Duration) -> Server {
        Server { drain, ..self }
    }

    /// Where health says what this says, and not that the server serves as long as it runs.
    #[must_use]
    pub fn with_ready(self, ready: watch::Receiver<bool>) -> Server {
        Server { ready: Some(ready), ..self }
    }

    /// Behind something that changes requests before a layer sees them: what a proxy in front would add or take.
    #[must_use]
    pub fn with_front(self, front: fn(Request<Body>) -> Request<Body>) -> Server {
        Server { front: Some(front), ..self }
    }

    /// Under TLS.
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn with_tls(self, tls: Arc<crate::Tls>) -> Server {
        Server { tls: Some(tls), ..self }
    }

    /// With a span for each call.
    #[cfg(feature = "otlp")]
    #[must_use]
    pub fn with_spans(self) -> Server {
        Server { spans: true, ..self }
    }

    /// With HTTP and JSON on a socket of its own, over the same services in the same layers, under TLS where gRPC is. `router`
    /// is that of the generated `rest/mod.rs`, or a function that adds to it; its options have the limits of this server.
    #[cfg(feature = "rest")]
    #[must_use]
    pub fn with_rest<E: Into<ServeError>>(
        self,
        listener: TcpListener,
        router: impl FnOnce(Layered, crate::rest::Options) -> Result<crate::rest::Router, E> + Send + 'static,
    ) -> Server {
        Server { rest: Some(rest::Rest::new(listener, router)), ..self }
    }

    /// Serves until `shutdown` completes and the open calls have ended, but no longer than the time for them. Health
    /// says NOT_SERVING from `shutdown` on. A call that is open after that time ends with UNAVAILABLE.
    ///
    /// # Errors
    ///
    /// The descriptors cannot be read, or routes of HTTP do not fit to them. Nothing that a client or the network does is an
    /// error.
    pub async fn run(
        self,
        listener: TcpListener,
        shutdown: impl Future<Output = ()>,
    ) -> Result<(), ServeError> {
        run::run(self, listener, shutdown).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Those of this repository's own schema.
    const USERS: &[u8] = include_bytes!("../../../../generated/descriptor.binpb");

    #[tokio::test]
    async fn it_ends_when_it_is_told_and_begins_with_descriptors_only() {
        for (descriptors, serves) in [(USERS, true), (b"\xff", false)] {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let served = Server::new(descriptors).run(listener, std::future::ready(())).await;
            assert_eq!(served.is_ok(), serves, "{served:?}");
        }
    }
}
