//! What became of an attempt, and what it says about another.

use std::error::Error;
use std::time::Duration;

use http::{HeaderMap, Response};
use tonic::body::Body;
use tonic::{Code, ConnectError, Status, TimeoutExpired};
use tonic_types::StatusExt as _;

/// An attempt that is over.
pub enum Outcome {
    /// The server answers: what comes is the caller's.
    Answered(Response<Body>),
    /// It ended before its first message.
    Failed(Failure),
}

/// Why, and what may be done about it.
pub struct Failure {
    pub status: Status,
    /// Whether the server has not seen the call at all.
    pub never_left: bool,
    /// Whether the instance, rather than the call, is the reason.
    pub is_of_instance: bool,
    /// The server's word on another attempt.
    pub pushback: Pushback,
}

/// When to come again, by the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pushback {
    /// It says nothing.
    Silent,
    /// After this time.
    Wait(Duration),
    /// Not at all.
    Never,
}

impl Outcome {
    /// Of an answer's head: one that is all there is (`Trailers-Only`) holds the status.
    pub fn of(response: Response<Body>) -> Self {
        let Some(status) = Status::from_header_map(response.headers()) else {
            return Self::Answered(response);
        };
        if status.code() != Code::Unavailable {
            return Self::Answered(response);
        }
        let pushback = pushback(response.headers(), &status);
        Self::Failed(Failure { status, never_left: false, is_of_instance: true, pushback })
    }

    /// Of a connection that failed.
    pub fn of_error(error: tonic::transport::Error) -> Self {
        let never_left = has_not_left(&error);
        let status = Status::from_error(error.into());
        // A connection that ends in the middle is UNAVAILABLE to every client of gRPC, whatever HTTP calls it.
        let status = match status.code() {
            Code::Unknown | Code::Internal | Code::Cancelled => Status::unavailable(status.message()),
            _ => status,
        };
        let is_of_instance = status.code() == Code::Unavailable;
        Self::Failed(Failure { status, never_left, is_of_instance, pushback: Pushback::Silent })
    }
}

/// Whether tonic's own timer, which counts the same `grpc-timeout`, was the first to go off.
pub fn is_late(error: &(dyn Error + 'static)) -> bool {
    std::iter::successors(Some(error), |error| (**error).source()).any(|error| error.is::<TimeoutExpired>())
}

/// Whether a server cannot have begun to work on what failed so: there was no connection, it was closed before the call was
/// put on it, or the server refused the stream, which it must do unprocessed (RFC 9113, 8.7).
fn has_not_left(error: &(dyn Error + 'static)) -> bool {
    std::iter::successors(Some(error), |error| (**error).source()).any(|error| {
        let of_http = error.downcast_ref::<hyper::Error>();
        let of_http2 = error.downcast_ref::<h2::Error>();
        let is_refused = |it: &h2::Error| {
            it.reason() == Some(h2::Reason::REFUSED_STREAM) || it.is_go_away() && it.is_remote()
        };
        error.is::<ConnectError>()
            || of_http.is_some_and(hyper::Error::is_canceled)
            || of_http2.is_some_and(is_refused)
    })
}

/// `grpc-retry-pushback-ms`, else `google.rpc.RetryInfo`.
fn pushback(headers: &HeaderMap, status: &Status) -> Pushback {
    if let Some(value) = headers.get("grpc-retry-pushback-ms") {
        let milliseconds = value.to_str().ok().and_then(|text| text.parse::<i64>().ok());
        return match milliseconds.and_then(|it| u64::try_from(it).ok()) {
            Some(milliseconds) => Pushback::Wait(Duration::from_millis(milliseconds)),
            // Negative, or no number: A6 takes both for a no.
            None => Pushback::Never,
        };
    }
    let delay = status.get_details_retry_info().and_then(|info| info.retry_delay);
    delay.map_or(Pushback::Silent, Pushback::Wait)
}

#[cfg(test)]
mod tests {
    use tonic_types::ErrorDetails;

    use super::*;

    fn of(status: &Status, more: &[(&'static str, &str)]) -> Outcome {
        let mut response = crate::answer::trailers_only(status.clone());
        for (name, value) in more {
            response.headers_mut().insert(*name, value.parse().unwrap());
        }
        Outcome::of(response)
    }

    #[test]
    fn only_what_cannot_be_served_failed() {
        for status in [Status::not_found(""), Status::resource_exhausted(""), Status::aborted("")] {
            assert!(matches!(of(&status, &[]), Outcome::Answered(_)), "{status:?}");
        }
        assert!(matches!(Outcome::of(Response::new(Body::empty())), Outcome::Answered(_)));
    }

    #[test]
    fn the_server_says_when() {
        let wait = |milliseconds| Pushback::Wait(Duration::from_millis(milliseconds));
        let info = ErrorDetails::with_retry_info(Some(Duration::from_millis(250)));
        let informed = Status::with_error_details(Code::Unavailable, "later", info);
        let plain = Status::unavailable("later");
        for (status, more, expected) in [
            (&plain, &[][..], Pushback::Silent),
            (&informed, &[], wait(250)),
            (&informed, &[("grpc-retry-pushback-ms", "10")], wait(10)),
            (&plain, &[("grpc-retry-pushback-ms", "-1")], Pushback::Never),
            (&plain, &[("grpc-retry-pushback-ms", "soon")], Pushback::Never),
        ] {
            let Outcome::Failed(failure) = of(status, more) else { panic!("{status:?}") };
            assert_eq!((failure.pushback, failure.never_left), (expected, false));
        }
    }
}
