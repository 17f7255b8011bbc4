//! One attempt of a call at one server, and what can be said of how it ended: above all, whether the server has seen it.

use std::collections::VecDeque;
use std::error::Error;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode};
use http_body::{Body as _, Frame};
use tonic::body::Body;
use tonic::{Code, ConnectError, Status};
use tonic_types::StatusExt as _;
use tower::{Service as _, ServiceExt as _};

use super::pool::Held;
use crate::answer::trailers_only;

/// The most bytes of an answer that are held back until its end is known.
const HELD_MOST: usize = 4 * 1024 * 1024;

/// How much of an answer is waited for before it is the caller's. What the caller has seen cannot be taken back, so that
/// a call is not retried any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Until {
    /// Its headers.
    Headers,
    /// The first message of a stream.
    Message,
    /// All of it.
    End,
}

/// What came of an attempt.
pub(crate) struct Attempt {
    pub(crate) response: Response<Body>,
    /// Why it might be made again; it ended in another way without it.
    pub(crate) failure: Option<Failure>,
}

/// An attempt that ended with `UNAVAILABLE`, or nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Failure {
    /// No server has done anything of it, for certain.
    pub(crate) unsent: bool,
    /// When the server wants to hear of it again.
    pub(crate) wait: Wait,
}

/// What a server says of a retry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wait {
    /// Nothing.
    Unsaid,
    /// No sooner than this.
    For(Duration),
    /// Never.
    Never,
}

/// Makes the attempt. `held` is given back when the answer has ended, or nobody reads on.
pub(crate) async fn attempt(held: Held, request: Request<Body>, until: Until) -> Attempt {
    let mut channel = held.0.channel.clone();
    let answered = match channel.ready().await {
        Ok(channel) => channel.call(request).await,
        Err(error) => Err(error),
    };
    match answered {
        Err(error) => lost(&error),
        Ok(response) => read(held, response, until).await,
    }
}

async fn read(held: Held, response: Response<Body>, until: Until) -> Attempt {
    let (parts, mut body) = response.into_parts();
    let mut failure = said(&parts.headers).or_else(|| by_http(&parts.headers, parts.status));
    let mut frames = VecDeque::new();
    let mut size = 0;
    let enough = |size: usize, frames: &VecDeque<Frame<Bytes>>| match until {
        Until::Headers => true,
        Until::Message => !frames.is_empty(),
        Until::End => size > HELD_MOST,
    };
    let ended_in_headers = parts.headers.contains_key(Status::GRPC_STATUS);
    while !ended_in_headers && failure.is_none() && !enough(size, &frames) {
        match poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
            None => break,
            Some(Err(status)) => return lost(&status),
            Some(Ok(frame)) => {
                size += frame.data_ref().map_or(0, Bytes::len);
                failure = frame.trailers_ref().and_then(said);
                frames.push_back(frame);
            }
        }
    }
    let body = Body::new(Rest { frames, body, held });
    Attempt { response: Response::from_parts(parts, body), failure }
}

/// The failure that headers or trailers tell of.
fn said(headers: &HeaderMap) -> Option<Failure> {
    let status = Status::from_header_map(headers)?;
    let pushback = headers.get("grpc-retry-pushback-ms").map(|value| {
        // What is no number, or is negative, means never (gRFC A6).
        let millis = value.to_str().ok().and_then(|text| text.parse::<u64>().ok());
        millis.map_or(Wait::Never, |millis| Wait::For(Duration::from_millis(millis)))
    });
    let info = || status.get_details_retry_info()?.retry_delay.map(Wait::For);
    (status.code() == Code::Unavailable)
        .then(|| Failure { unsent: false, wait: pushback.or_else(info).unwrap_or(Wait::Unsaid) })
}

/// What stands between may answer without a word of gRPC: the statuses that the specification reads as `UNAVAILABLE`.
fn by_http(headers: &HeaderMap, status: StatusCode) -> Option<Failure> {
    let unavailable = matches!(status.as_u16(), 429 | 502 | 503 | 504);
    (unavailable && !headers.contains_key(Status::GRPC_STATUS))
        .then_some(Failure { unsent: false, wait: Wait::Unsaid })
}

/// A call whose connection was lost, was never there, or whose stream the server reset.
fn lost(error: &(dyn Error + 'static)) -> Attempt {
    let (mut unsent, mut code, mut why) = (false, Code::Unavailable, error);
    let mut next = Some(error);
    while let Some(error) = next {
        why = error;
        if error.is::<ConnectError>() {
            unsent = true;
        } else if let Some(hyper) = error.downcast_ref::<hyper::Error>() {
            // It waited for its turn on a connection, which came to its end first.
            unsent |= hyper.is_canceled();
        } else if let Some(h2) = error.downcast_ref::<h2::Error>() {
            let reason = h2.reason();
            // RFC 9113: a stream above the last one of GOAWAY, or refused, was not processed in any way.
            unsent |= h2.is_go_away() && h2.is_remote() && reason == Some(h2::Reason::NO_ERROR);
            unsent |= h2.is_reset() && h2.is_remote() && reason == Some(h2::Reason::REFUSED_STREAM);
            if h2.is_reset() && !unsent {
                code = of_reset(reason);
            }
        }
        next = error.source();
    }
    let message = if unsent { "no server was reached" } else { "the connection was lost before the answer" };
    let response = trailers_only(Status::new(code, format!("{message}: {why}")));
    let failure = (code == Code::Unavailable).then_some(Failure { unsent, wait: Wait::Unsaid });
    Attempt { response, failure }
}

/// The code that the specification of gRPC over HTTP/2 gives to a reset.
fn of_reset(reason: Option<h2::Reason>) -> Code {
    match reason {
        Some(h2::Reason::CANCEL) => Code::Cancelled,
        Some(h2::Reason::ENHANCE_YOUR_CALM) => Code::ResourceExhausted,
        Some(h2::Reason::INADEQUATE_SECURITY) => Code::PermissionDenied,
        Some(h2::Reason::REFUSED_STREAM) => Code::Unavailable,
        _ => Code::Internal,
    }
}

/// An answer: what was held back of it, then what is still to come.
struct Rest {
    frames: VecDeque<Frame<Bytes>>,
    body: Body,
    #[allow(dead_code, reason = "counts as a call of its server until it is dropped")]
    held: Held,
}

impl http_body::Body for Rest {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        if let Some(frame) = self.frames.pop_front() {
            return Poll::Ready(Some(Ok(frame)));
        }
        let frame = std::task::ready!(Pin::new(&mut self.body).poll_frame(cx));
        // tonic says UNKNOWN of a connection that broke in the midst of a stream.
        Poll::Ready(frame.map(|frame| frame.map_err(|status| broken(&status))))
    }

    fn is_end_stream(&self) -> bool {
        self.frames.is_empty() && self.body.is_end_stream()
    }
}

/// A stream that ended without its trailers.
fn broken(status: &Status) -> Status {
    Status::from_header_map(lost(status).response.headers()).unwrap_or_else(|| status.clone())
}
