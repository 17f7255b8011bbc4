//! When a call is made again, and when it is not.

use std::convert::Infallible;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderValue, Request, Response};
use http_body::{Body as _, Frame, SizeHint};
use tonic::Status;
use tonic::body::Body;
use tower::Service;

use super::attempt::{Attempt, Failure, Until, Wait, attempt};
use super::calls::Method;
use super::{Options, Shared, headers};
use crate::worn::Answer;
use crate::{EndsAt, Kind, answer, ids};

/// One call, of a method that is known.
pub(super) struct Retries {
    pub(super) shared: Arc<Shared>,
    pub(super) method: Method,
}

impl Service<Request<Body>> for Retries {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Answer<Infallible>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let (shared, method) = (Arc::clone(&self.shared), self.method);
        Box::pin(async move {
            let answered = call(&shared, method, request).await;
            Ok(answered.unwrap_or_else(answer::trailers_only))
        })
    }
}

async fn call(shared: &Shared, method: Method, request: Request<Body>) -> Result<Response<Body>, Status> {
    let (parts, body) = request.into_parts();
    let ends = parts.extensions.get::<EndsAt>().map(|ends| ends.0);
    let mut message = Message::new(method.kind, body).await?;
    let until = match method.kind {
        _ if !method.idempotent || !message.is_whole() => Until::Headers,
        Kind::Unary => Until::End,
        _ => Until::Message,
    };
    let (mut tried, mut made) = (Vec::new(), 1);
    loop {
        let none = || Status::unavailable("the client has no server");
        let (place, held) = shared.pool.pick(tokio::time::Instant::now(), &tried).ok_or_else(none)?;
        let endpoint = Arc::clone(&held.0);
        let request = request_of(&parts, message.body(), ends, made);
        let Attempt { response, failure } = attempt(held, request, until).await;
        let now = tokio::time::Instant::now();
        let Some(failure) = failure else {
            endpoint.answered(now);
            shared.budget.succeeded();
            return Ok(response);
        };
        endpoint.failed(now);
        tried.push(place);
        // A server that was not reached is not burdened by another attempt.
        if !failure.unsent {
            shared.budget.failed();
        }
        let may = if failure.unsent { message.is_there() } else { method.idempotent && message.is_whole() };
        let others = tried.len() < shared.pool.len();
        let wait = next(&shared.options, failure, made, others).filter(|_| may);
        let Some(wait) = wait.filter(|_| failure.unsent || shared.budget.allows()) else {
            return Ok(response);
        };
        if ends.is_some_and(|ends| Instant::now() + wait >= ends) {
            return Ok(response);
        }
        // A failed answer is no call of its server any more.
        drop(response);
        tokio::time::sleep(wait).await;
        made += 1;
    }
}

/// How long to wait before the attempt that follows `made` of them; `None` where there is none.
fn next(options: &Options, failure: Failure, made: usize, others: bool) -> Option<Duration> {
    if made >= options.attempts {
        return None;
    }
    match failure.wait {
        Wait::Never => None,
        Wait::For(wait) => Some(wait),
        // Nobody has been asked in vain yet, but this one server.
        Wait::Unsaid if failure.unsent && others => Some(Duration::ZERO),
        Wait::Unsaid => {
            let doubled = options.backoff.saturating_mul(1 << (made - 1).min(16)).min(options.backoff_most);
            // 0.8 to 1.2 of it.
            let permille = u32::try_from(800 + ids::fresh()[0] % 401).unwrap_or(1000);
            Some(doubled.saturating_mul(permille) / 1000)
        }
    }
}

fn request_of(parts: &Parts, body: Body, ends: Option<Instant>, made: usize) -> Request<Body> {
    let mut request = Request::new(body);
    *request.method_mut() = parts.method.clone();
    *request.uri_mut() = parts.uri.clone();
    *request.version_mut() = parts.version;
    *request.headers_mut() = parts.headers.clone();
    headers::set_deadline(
        request.headers_mut(),
        ends.map(|ends| ends.saturating_duration_since(Instant::now())),
    );
    if made > 1 {
        request.headers_mut().insert("grpc-previous-rpc-attempts", HeaderValue::from(made - 1));
    }
    request
}

/// What a call says.
enum Message {
    /// All of it, as often as it takes.
    Whole(Bytes),
    /// A stream, which can be read once.
    Stream(Arc<Stream>),
}

struct Stream {
    body: Mutex<Body>,
    read: AtomicBool,
}

impl Message {
    async fn new(kind: Kind, mut body: Body) -> Result<Self, Status> {
        if matches!(kind, Kind::ClientStream | Kind::BidiStream) {
            let stream = Stream { body: Mutex::new(body), read: AtomicBool::new(false) };
            return Ok(Self::Stream(Arc::new(stream)));
        }
        let mut pieces = Vec::new();
        while let Some(frame) = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
            pieces.extend(frame?.into_data().ok());
        }
        // One message comes in one piece, which is not copied.
        Ok(Self::Whole(match &*pieces {
            [one] => one.clone(),
            _ => pieces.concat().into(),
        }))
    }

    fn is_whole(&self) -> bool {
        matches!(self, Self::Whole(_))
    }

    /// Whether nothing of it is gone.
    fn is_there(&self) -> bool {
        match self {
            Self::Whole(_) => true,
            Self::Stream(stream) => !stream.read.load(Ordering::Relaxed),
        }
    }

    fn body(&mut self) -> Body {
        match self {
            Self::Whole(bytes) => Body::new(Once(Some(bytes.clone()))),
            Self::Stream(stream) => Body::new(Reader(Arc::clone(stream))),
        }
    }
}

/// A body of one piece.
struct Once(Option<Bytes>);

impl http_body::Body for Once {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        Poll::Ready(self.0.take().map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.0.as_ref().map_or(0, |bytes| bytes.len() as u64))
    }
}

/// Reads the stream of a call, which another attempt may read in its place until it has begun.
struct Reader(Arc<Stream>);

impl http_body::Body for Reader {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        self.0.read.store(true, Ordering::Relaxed);
        let mut body = self.0.body.lock().unwrap_or_else(PoisonError::into_inner);
        Pin::new(&mut *body).poll_frame(cx)
    }
}
