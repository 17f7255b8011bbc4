//! What the body of a request turned out to be, and the answer that then follows, whatever the handler says.

use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{HeaderMap, Response};
use http_body::{Frame, SizeHint};
use tonic::body::Body;
use tonic::{Code, Status};

use crate::answer;

/// What the request turned out to be, known to its answer.
#[derive(Debug, Clone, Default)]
pub(crate) struct Verdict(Arc<OnceLock<Status>>);

impl Verdict {
    /// The first one stands.
    pub(crate) fn is(&self, status: Status) -> Status {
        self.0.get_or_init(|| status).clone()
    }

    /// The answer as the request calls for it.
    pub(crate) fn over(self, mut response: Response<Body>) -> Response<Body> {
        self.mend(response.headers_mut());
        response.map(|inner| Body::new(Mended { inner, verdict: self }))
    }

    /// Replaces the status that `headers` carry, if any, when the request calls for another.
    fn mend(&self, headers: &mut HeaderMap) {
        let (Some(verdict), Some(given)) = (self.0.get(), Status::from_header_map(headers)) else { return };
        // Whoever refused a broken body, for whatever reason, has refused it.
        if verdict.code() == Code::ResourceExhausted || given.code() == Code::Ok {
            answer::replace(headers, verdict);
        }
    }
}

/// What comes next of a request: a piece of it, its end, or nothing yet.
pub(crate) enum Next<'a, 'w> {
    Piece(&'a Bytes),
    End,
    /// Wakes the reader with it when the verdict may fall for want of a piece.
    Waiting(&'a mut Context<'w>),
}

/// A request's body under watch. It ends in an error where the verdict falls, which stops the decoder.
pub(crate) struct Watched<W> {
    inner: Body,
    verdict: Verdict,
    watch: W,
    over: bool,
}

impl<W: FnMut(Next<'_, '_>) -> Option<Status>> Watched<W> {
    pub(crate) fn new(inner: Body, verdict: Verdict, watch: W) -> Self {
        Self { inner, verdict, watch, over: false }
    }
}

impl<W: FnMut(Next<'_, '_>) -> Option<Status> + Unpin> http_body::Body for Watched<W> {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let this = &mut *self;
        // Once: whoever reads on after an error finds the end.
        if this.over {
            return Poll::Ready(None);
        }
        let Poll::Ready(frame) = Pin::new(&mut this.inner).poll_frame(cx) else {
            let Some(verdict) = (this.watch)(Next::Waiting(cx)) else { return Poll::Pending };
            this.over = true;
            return Poll::Ready(Some(Err(this.verdict.is(verdict))));
        };
        let verdict = match &frame {
            Some(Ok(frame)) => match frame.data_ref() {
                Some(piece) => (this.watch)(Next::Piece(piece)),
                // Trailers, which end a body as well.
                None => (this.watch)(Next::End),
            },
            // The stream was reset: nobody is left to hear of it.
            Some(Err(_)) => None,
            None => (this.watch)(Next::End),
        };
        this.over = verdict.is_some() || frame.is_none();
        Poll::Ready(match verdict {
            Some(verdict) => Some(Err(this.verdict.is(verdict))),
            None => frame,
        })
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// The answer's body, its trailers mended.
struct Mended {
    inner: Body,
    verdict: Verdict,
}

impl http_body::Body for Mended {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        Pin::new(&mut self.inner).poll_frame(cx).map_ok(|mut frame| {
            if let Some(trailers) = frame.trailers_mut() {
                self.verdict.mend(trailers);
            }
            frame
        })
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
