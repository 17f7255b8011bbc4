//! What every layer here is to tower: one service around another. A layer says only what it does to a call.

use std::pin::Pin;
use std::task::{Context, Poll};

use http::{Request, Response};
use tonic::body::Body;
use tower::Service;

/// What comes of a call.
pub type Answer<E> = Pin<Box<dyn Future<Output = Result<Response<Body>, E>> + Send>>;

/// A layer of this package, by what it does to a call.
pub trait Around<S: Service<Request<Body>>> {
    /// Answers `request` itself, or lets `inner` do so.
    fn call(&self, inner: &mut S, request: Request<Body>) -> Answer<S::Error>;
}

/// A service that wears the layer `L`.
#[derive(Debug, Clone)]
pub struct Worn<L, S> {
    layer: L,
    inner: S,
}

impl<L, S> Worn<L, S> {
    /// What the `layer` method of a [`tower::Layer`] gives.
    pub fn new(layer: L, inner: S) -> Self {
        Self { layer, inner }
    }
}

impl<L, S> Service<Request<Body>> for Worn<L, S>
where
    L: Around<S>,
    S: Service<Request<Body>, Response = Response<Body>>,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = Answer<S::Error>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        self.layer.call(&mut self.inner, request)
    }
}

/// Makes each of these types a [`tower::Layer`].
macro_rules! wear {
    ($layer:ty) => {
        impl<S> tower::Layer<S> for $layer {
            type Service = crate::Worn<Self, S>;

            fn layer(&self, inner: S) -> Self::Service {
                crate::Worn::new(self.clone(), inner)
            }
        }
    };
}
pub(crate) use wear;
