//! For faults in HTTP rather than in an rpc: headers, trailers, frames, timing. The fault is one async function
//! that gets each request and the reference to answer it.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use tonic::body::Body;
use tonic::codegen::Service;
use tonic::codegen::http::{Request, Response};
use tonic::server::NamedService;
use tonic::service::Routes;
use user_service::pb::user::user_service_server::UserServiceServer;
use user_service::service::{Users, user_service};
use user_service::skeleton::user_service::UserServiceAdapter;

use crate::Setup;

/// The reference as a service of HTTP requests.
pub type Reference = UserServiceServer<UserServiceAdapter<Users>>;

/// The reference with `fault` around every call.
pub fn around<F, A>(setup: Setup, fault: F) -> Routes
where
    F: Fn(Reference, Request<Body>) -> A + Clone + Send + Sync + 'static,
    A: Future<Output = Response<Body>> + Send + 'static,
{
    Routes::new(Around { reference: user_service(setup.store), fault })
}

/// What the reference answers to `request`.
pub async fn answer(mut reference: Reference, request: Request<Body>) -> Response<Body> {
    // A generated service is always ready and never fails.
    let Ok(response) = reference.call(request).await;
    response
}

#[derive(Clone)]
struct Around<F> {
    reference: Reference,
    fault: F,
}

impl<F> NamedService for Around<F> {
    const NAME: &'static str = Reference::NAME;
}

impl<F, A> Service<Request<Body>> for Around<F>
where
    F: Fn(Reference, Request<Body>) -> A,
    A: Future<Output = Response<Body>> + Send + 'static,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let answer = (self.fault)(self.reference.clone(), request);
        Box::pin(async move { Ok(answer.await) })
    }
}
