//! What a caller can choose about a server, and the figures it cannot. Not the command line: that is `main.rs`.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use http::Request;
use tonic::body::Body;

use crate::pb::FILE_DESCRIPTOR_SET;

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
