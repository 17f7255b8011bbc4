//! A call under way: the request that is kept for another attempt, and the answer that is still coming.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body as _, Frame, SizeHint};
use tokio::time::{Instant, Sleep, sleep_until};
use tonic::Status;
use tonic::body::Body;

use super::Shared;
use crate::answer;

/// A request that is to be sent, perhaps more than once.
pub enum Request {
    /// All of it.
    Kept(Vec<Bytes>),
    /// It can be sent once.
    Once(Option<Body>),
}

impl Request {
    /// Reads a request of one message, unless it is larger than `most`; then what was read is sent before the rest, once.
    pub async fn keep(mut body: Body, most: usize) -> Result<Self, Status> {
        let (mut read, mut size) = (Vec::new(), 0);
        while let Some(frame) = std::future::poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
            // A client sends no trailers.
            let Ok(data) = frame?.into_data() else { continue };
            size += data.len();
            read.push(data);
            if size > most {
                return Ok(Self::Once(Some(Body::new(Sent { first: read.into(), rest: Some(body) }))));
            }
        }
        Ok(Self::Kept(read))
    }

    pub fn is_kept(&self) -> bool {
        matches!(self, Self::Kept(_))
    }

    /// The body of the next attempt.
    pub fn body(&mut self) -> Body {
        match self {
            Self::Kept(read) => Body::new(Sent { first: read.clone().into(), rest: None }),
            Self::Once(body) => body.take().unwrap_or_default(),
        }
    }
}

/// What was read before, and then the rest.
struct Sent {
    first: VecDeque<Bytes>,
    rest: Option<Body>,
}

impl http_body::Body for Sent {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        if let Some(data) = self.first.pop_front() {
            return Poll::Ready(Some(Ok(Frame::data(data))));
        }
        match &mut self.rest {
            Some(rest) => Pin::new(rest).poll_frame(cx),
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.first.is_empty() && self.rest.as_ref().is_none_or(http_body::Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        let rest = self.rest.as_ref().map_or_else(|| SizeHint::with_exact(0), http_body::Body::size_hint);
        let first: u64 = self.first.iter().map(|data| data.len() as u64).sum();
        let mut hint = SizeHint::new();
        hint.set_lower(first + rest.lower());
        if let Some(upper) = rest.upper() {
            hint.set_upper(first + upper);
        }
        hint
    }
}

/// Counts as under way at its instance until it is dropped.
pub struct Seat {
    shared: Arc<Shared>,
    at: usize,
}

impl Seat {
    pub fn take(shared: &Arc<Shared>, at: usize) -> Self {
        shared.instances.begin(at);
        Self { shared: Arc::clone(shared), at }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.shared.instances.end(self.at);
    }
}

/// An answer until its deadline.
pub struct Answered {
    inner: Option<Body>,
    timer: Pin<Box<Sleep>>,
    _seat: Seat,
}

impl Answered {
    pub fn new(inner: Body, ends_at: Instant, seat: Seat) -> Body {
        Body::new(Self { inner: Some(inner), timer: Box::pin(sleep_until(ends_at)), _seat: seat })
    }
}

impl http_body::Body for Answered {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let this = &mut *self;
        let Some(inner) = &mut this.inner else { return Poll::Ready(None) };
        if this.timer.as_mut().poll(cx).is_pending() {
            return Pin::new(inner).poll_frame(cx);
        }
        // Dropping it resets the stream, so that the server stops as well.
        this.inner = None;
        Poll::Ready(Some(Ok(Frame::trailers(late()))))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.as_ref().is_none_or(http_body::Body::is_end_stream)
    }
}

/// The end of a call whose time is up.
fn late() -> HeaderMap {
    answer::trailers(&passed())
}

pub fn passed() -> Status {
    Status::deadline_exceeded("the deadline passed before the call ended")
}
