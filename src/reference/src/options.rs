//! What a caller can choose about a server, and the figures it cannot. Not the command line: that is `main.rs`.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::Request;
use protogate_runtime::{
    AtOnce, AuthLayer, Credentials, MethodCaps, Methods, Need, Observer, Policy, RateLimitLayer, Ready, Tls,
};
use tonic::body::Body;

use crate::pb::FILE_DESCRIPTOR_SET;

/// The name of the service.
pub const SERVICE: &str = "user.UserService";

/// The largest message the server decodes or encodes, in bytes: 50 MiB.
pub const MESSAGE_LIMIT: usize = 50 * 1024 * 1024;

/// The most bytes one `ImportUsers` call may hold before it is refused with `RESOURCE_EXHAUSTED`: 256 MiB.
///
/// An import is all or nothing, so it is held in memory until its last message.
pub const IMPORT_LIMIT: usize = 256 * 1024 * 1024;

/// How many users `ListUsers` returns when the request says 0.
pub const DEFAULT_PAGE: usize = 100;

/// The paths that need no token: who watches a server or asks what it can do does not have one.
pub const EXEMPT: [&str; 3] = [
    "/grpc.health.v1.Health/",
    "/grpc.reflection.v1.ServerReflection/",
    "/grpc.reflection.v1alpha.ServerReflection/",
];

/// How a server behaves.
#[derive(Clone)]
#[non_exhaustive]
pub struct Options {
    /// How long running calls may go on after the shutdown began. What is still open then is cut.
    pub drain: Duration,
    /// Whether the server wears the layers of `protogate-runtime`. Without them it answers as tonic does.
    pub harden: bool,
    /// The bearer token that calls need, but for those to `exempt`. None is needed without one.
    pub token: Option<String>,
    /// The beginnings of the paths that need no token: [`EXEMPT`].
    pub exempt: Vec<String>,
    /// Whom calls are asked for, in the place of `token` and `exempt`.
    pub auth: Option<AuthLayer>,
    /// How often each caller may call.
    pub limit: Option<RateLimitLayer>,
    /// How many calls may be under way, where the server wears layers.
    pub at_once: AtOnce,
    /// The longest that any call may take.
    pub cap: Option<Duration>,
    /// The longest that the calls to some methods may take.
    pub method_caps: MethodCaps,
    /// Who is told of each call: the log, the metrics.
    pub observers: Vec<Arc<dyn Observer>>,
    /// Whether each call has a span for OpenTelemetry.
    #[cfg(feature = "otlp")]
    pub spans: bool,
    /// TLS on the socket; plain without it.
    pub tls: Option<Arc<Tls>>,
    /// What health says while the server runs; that it serves without it.
    pub ready: Option<Ready>,
    /// What reflection tells, an encoded `FileDescriptorSet`: what the server was generated from.
    pub descriptors: Cow<'static, [u8]>,
    /// What becomes of each request before anything here sees it, as of one that comes through a proxy.
    pub front: Option<fn(Request<Body>) -> Request<Body>>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            drain: Duration::from_secs(10),
            harden: true,
            token: None,
            exempt: EXEMPT.map(str::to_owned).into(),
            auth: None,
            limit: None,
            at_once: AtOnce::default(),
            cap: None,
            method_caps: MethodCaps::default(),
            observers: Vec::new(),
            #[cfg(feature = "otlp")]
            spans: false,
            tls: None,
            ready: None,
            descriptors: Cow::Borrowed(FILE_DESCRIPTOR_SET),
            front: None,
        }
    }
}

impl Options {
    /// The same options with another drain deadline.
    #[must_use]
    pub fn with_drain(self, drain: Duration) -> Self {
        Self { drain, ..self }
    }

    /// The same options with or without the layers of `protogate-runtime`.
    #[must_use]
    pub fn with_harden(self, harden: bool) -> Self {
        Self { harden, ..self }
    }

    /// The same options with this bearer token, or without any.
    #[must_use]
    pub fn with_token(self, token: Option<String>) -> Self {
        Self { token, ..self }
    }

    /// The same options, where callers are asked for like this.
    #[must_use]
    pub fn with_auth(self, auth: Option<AuthLayer>) -> Self {
        Self { auth, ..self }
    }

    /// The same options with this limit for each caller.
    #[must_use]
    pub fn with_limit(self, limit: Option<RateLimitLayer>) -> Self {
        Self { limit, ..self }
    }

    /// The same options with other numbers of calls under way.
    #[must_use]
    pub fn with_at_once(self, at_once: AtOnce) -> Self {
        Self { at_once, ..self }
    }

    /// The same options with longest calls for some methods.
    #[must_use]
    pub fn with_method_caps(self, method_caps: MethodCaps) -> Self {
        Self { method_caps, ..self }
    }

    /// The same options with others to tell of calls.
    #[must_use]
    pub fn with_observers(self, observers: Vec<Arc<dyn Observer>>) -> Self {
        Self { observers, ..self }
    }

    /// The same options under TLS, or without.
    #[must_use]
    pub fn with_tls(self, tls: Option<Arc<Tls>>) -> Self {
        Self { tls, ..self }
    }

    /// The same options, where health says what this does.
    #[must_use]
    pub fn with_ready(self, ready: Ready) -> Self {
        Self { ready: Some(ready), ..self }
    }

    /// Who is asked for: as `auth` says, else by the one token, if there is one.
    pub(crate) fn asks(&self) -> Option<AuthLayer> {
        let of_token = || {
            let token = self.token.as_deref()?;
            // A pattern begins with a slash; a path that does not is that of no method.
            let rules = self.exempt.iter().filter_map(|prefix| format!("{prefix}*").parse().ok());
            let rules = rules.map(|glob| (glob, Need::Public)).collect();
            let credentials = Credentials::default().with_token(token, "token", Vec::new());
            Some(AuthLayer::new(Policy::new(rules, Need::Authenticated), credentials, SERVICE))
        };
        self.auth.clone().or_else(of_token)
    }

    /// The same options, where calls to these paths need no token either.
    #[must_use]
    pub fn with_exempt(mut self, paths: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.exempt.extend(paths.into_iter().map(Into::into));
        self
    }

    /// The same options with other descriptors for reflection.
    #[must_use]
    pub fn with_descriptors(self, descriptors: Vec<u8>) -> Self {
        Self { descriptors: Cow::Owned(descriptors), ..self }
    }

    /// The same options behind something that changes requests.
    #[must_use]
    pub fn with_front(self, front: fn(Request<Body>) -> Request<Body>) -> Self {
        Self { front: Some(front), ..self }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Whether there is a token, never which.
        f.debug_struct("Options")
            .field("drain", &self.drain)
            .field("harden", &self.harden)
            .field("token", &self.token.is_some())
            .finish_non_exhaustive()
    }
}

/// The methods of the server: those of the schema, and health and reflection.
#[must_use]
pub fn methods() -> Methods {
    Methods::from_descriptor_set(FILE_DESCRIPTOR_SET).unwrap_or_default()
}
