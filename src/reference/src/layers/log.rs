//! One line per call through `tracing`: method, status, elapsed time. Nothing about users: no ids, no bodies.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body::{Frame, SizeHint};
use protogate_runtime::{Answer, Around, Worn};
use tonic::body::Body;
use tonic::{Code, Status};
use tower::{Layer, Service};

/// Logs each call at `INFO`; does nothing where `tracing` is not listening.
#[derive(Debug, Clone, Copy)]
pub struct LogLayer;

impl<S> Layer<S> for LogLayer {
    type Service = Worn<Self, S>;

    fn layer(&self, inner: S) -> Self::Service {
        Worn::new(*self, inner)
    }
}

impl<S> Around<S> for LogLayer
where
    S: Service<Request<Body>, Response = Response<Body>>,
    S::Future: Send + 'static,
{
    fn call(&self, inner: &mut S, request: Request<Body>) -> Answer<S::Error> {
        if !tracing::enabled!(tracing::Level::INFO) {
            return Box::pin(inner.call(request));
        }
        let line = Line { method: request.uri().path().to_owned(), began: Instant::now(), code: None };
        let answer = inner.call(request);
        Box::pin(async move { answer.await.map(|response| logged(response, line)) })
    }
}

/// The line of one call, written when it is dropped: also when the client goes away first.
struct Line {
    method: String,
    began: Instant,
    code: Option<Code>,
}

impl Line {
    /// Remembers the status if `headers` carry one: a call without messages ends in its headers, all others in
    /// their trailers.
    fn read(&mut self, headers: &HeaderMap) {
        self.code = Status::from_header_map(headers).map(|status| status.code()).or(self.code);
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        let status = self.code.map_or_else(|| "unfinished".to_owned(), |code| format!("{code:?}"));
        let elapsed_us = u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX);
        tracing::info!(method = self.method, status, elapsed_us, "call");
    }
}

fn logged(response: Response<Body>, mut line: Line) -> Response<Body> {
    line.read(response.headers());
    response.map(|inner| Body::new(LoggedBody { inner, line }))
}

struct LoggedBody {
    inner: Body,
    line: Line,
}

impl http_body::Body for LoggedBody {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let frame = Pin::new(&mut self.inner).poll_frame(cx);
        match &frame {
            Poll::Ready(Some(Ok(frame))) => {
                if let Some(trailers) = frame.trailers_ref() {
                    self.line.read(trailers);
                }
            }
            Poll::Ready(Some(Err(status))) => self.line.code = Some(status.code()),
            _ => {}
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
