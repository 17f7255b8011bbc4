//! The helper of this package's tests: a service that follows a script, and the answer that comes of it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are tests")]

use std::collections::VecDeque;
use std::convert::Infallible;
use std::future::{pending, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode};
use http_body::Frame;
use tonic::body::Body;
use tonic::{Code, Status};
use tower::{Layer, Service};

use crate::answer;

/// What the inner service does with a call.
#[derive(Debug, Clone, Copy)]
pub enum Script {
    /// Answers one empty message and OK, without reading the request.
    Ok,
    /// Reads the request to its end or error, then answers one empty message and OK.
    ReadThenOk,
    /// Reads the request to its end or error, then answers this code without a message.
    ReadThen(Code),
    PanicInCall,
    PanicInFuture,
    PanicInBody,
    /// Never answers.
    Silent,
    /// Answers headers and one message, and never ends.
    Endless,
}

#[derive(Debug, Clone)]
pub struct Scripted(pub Script);

impl Service<Request<Body>> for Scripted {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let script = self.0;
        assert!(!matches!(script, Script::PanicInCall), "secret");
        Box::pin(async move {
            let message = || Frame::data(Bytes::from_static(&[0; 5]));
            let ok = || Frame::trailers(answer::trailers(&Status::ok("")));
            Ok(match script {
                Script::PanicInFuture => panic!("secret"),
                Script::Silent => pending().await,
                Script::ReadThen(code) => {
                    drain(request.into_body()).await;
                    answer::trailers_only(Status::new(code, "inner"))
                }
                Script::ReadThenOk => {
                    drain(request.into_body()).await;
                    Response::new(body([message(), ok()], Then::End))
                }
                Script::PanicInBody => Response::new(body([message()], Then::Panic)),
                Script::Endless => Response::new(body([message()], Then::Wait)),
                _ => Response::new(body([message(), ok()], Then::End)),
            })
        })
    }
}

/// What a body does after its last frame.
#[derive(Debug, Clone, Copy)]
pub enum Then {
    End,
    Wait,
    Panic,
}

struct Frames(VecDeque<Frame<Bytes>>, Then);

impl http_body::Body for Frames {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        match (self.0.pop_front(), self.1) {
            (Some(frame), _) => Poll::Ready(Some(Ok(frame))),
            (None, Then::End) => Poll::Ready(None),
            (None, Then::Wait) => Poll::Pending,
            (None, Then::Panic) => panic!("secret"),
        }
    }
}

/// A body of these frames.
pub fn body(frames: impl IntoIterator<Item = Frame<Bytes>>, then: Then) -> Body {
    Body::new(Frames(frames.into_iter().collect(), then))
}

/// A gRPC request without a message.
pub fn request() -> Request<Body> {
    let request = Request::post("/a.B/C").header("content-type", "application/grpc");
    request.body(Body::empty()).unwrap()
}

/// A gRPC request whose body comes in these pieces.
pub fn request_of(pieces: &[&[u8]]) -> Request<Body> {
    let frames: Vec<_> = pieces.iter().map(|piece| Frame::data(Bytes::copy_from_slice(piece))).collect();
    request().map(|_| body(frames, Then::End))
}

/// All that came back.
#[derive(Debug)]
pub struct Answer {
    pub http: StatusCode,
    pub headers: HeaderMap,
    pub data: Vec<u8>,
}

impl Answer {
    /// A header or trailer as text; empty without it.
    pub fn status(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

/// One call of the scripted service under `layer`.
pub async fn call<L>(layer: L, script: Script, request: Request<Body>) -> Answer
where
    L: Layer<Scripted>,
    L::Service: Service<Request<Body>, Response = Response<Body>, Error = Infallible>,
{
    let mut service = layer.layer(Scripted(script));
    poll_fn(|cx| service.poll_ready(cx)).await.unwrap();
    let (parts, body) = service.call(request).await.unwrap().into_parts();
    let (data, trailers) = drain(body).await;
    let mut headers = parts.headers;
    headers.extend(trailers);
    Answer { http: parts.status, headers, data }
}

/// The bytes and trailers of a body, up to its end or error.
pub async fn drain(mut body: impl http_body::Body<Data = Bytes> + Unpin) -> (Vec<u8>, HeaderMap) {
    let (mut data, mut trailers) = (Vec::new(), HeaderMap::new());
    while let Some(Ok(frame)) = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
        match frame.into_data() {
            Ok(piece) => data.extend_from_slice(&piece),
            Err(frame) => trailers.extend(frame.into_trailers().unwrap_or_default()),
        }
    }
    (data, trailers)
}
