//! One call, as those who watch it see it.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU8, AtomicU16, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use http::{HeaderMap, HeaderValue, StatusCode, Uri};
use tonic::{Code, Status};

use crate::identity::Identity;
use crate::trace::TraceContext;

/// A call from its first byte to its last: also an extension of its request, behind an `Arc`.
#[derive(Debug)]
pub struct Call {
    pub(crate) uri: Uri,
    /// Its place among the methods of the server.
    pub method: Option<usize>,
    /// The client's `x-request-id`, or one made for it.
    pub request_id: HeaderValue,
    /// Its place in a trace.
    pub trace: TraceContext,
    /// Where it came from.
    pub peer: Option<SocketAddr>,
    /// The metadata of the request, where an observer reads it.
    pub metadata: Option<HeaderMap>,
    pub(crate) began: Instant,
    pub(crate) identity: OnceLock<Arc<Identity>>,
    /// What came in.
    pub received: Traffic,
    /// What went out.
    pub sent: Traffic,
    pub(crate) code: AtomicU8,
    pub(crate) http: AtomicU16,
}

/// Bytes and messages of one direction, prefixes included.
#[derive(Debug, Default)]
pub struct Traffic {
    pub(crate) bytes: AtomicU64,
    pub(crate) messages: AtomicU64,
}

impl Traffic {
    /// Bytes so far.
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Messages that have begun so far.
    pub fn messages(&self) -> u64 {
        self.messages.load(Ordering::Relaxed)
    }
}

/// No code of gRPC's.
const OPEN: u8 = u8::MAX;

impl Call {
    pub(crate) fn new(uri: Uri, method: Option<usize>, request_id: HeaderValue, trace: TraceContext) -> Self {
        Self {
            uri,
            method,
            request_id,
            trace,
            peer: None,
            metadata: None,
            began: Instant::now(),
            identity: OnceLock::new(),
            received: Traffic::default(),
            sent: Traffic::default(),
            code: AtomicU8::new(OPEN),
            http: AtomicU16::new(0),
        }
    }

    /// The path of the method, as the client wrote it.
    pub fn path(&self) -> &str {
        self.uri.path()
    }

    /// Who called, once that is known.
    pub fn identity(&self) -> Option<&Identity> {
        self.identity.get().map(Arc::as_ref)
    }

    /// How long it has taken so far.
    pub fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }

    /// The status it ended with. `CANCELLED` when its client went away before; `None` when the answer was HTTP's.
    pub fn code(&self) -> Option<Code> {
        match (self.code.load(Ordering::Relaxed), self.http()) {
            (OPEN, Some(http)) if http != StatusCode::OK => None,
            (OPEN, _) => Some(Code::Cancelled),
            (code, _) => Some(Code::from_i32(i32::from(code))),
        }
    }

    /// The HTTP status of the answer, if there was one.
    pub fn http(&self) -> Option<StatusCode> {
        StatusCode::from_u16(self.http.load(Ordering::Relaxed)).ok()
    }

    pub(crate) fn answered(&self, http: StatusCode, headers: &HeaderMap) {
        self.http.store(http.as_u16(), Ordering::Relaxed);
        self.read(headers);
    }

    /// Remembers the status if `headers` carry one: a call without messages ends in its headers, all others in their
    /// trailers.
    pub(crate) fn read(&self, headers: &HeaderMap) {
        if let Some(value) = headers.get(Status::GRPC_STATUS) {
            self.ended_with(Code::from_bytes(value.as_bytes()));
        }
    }

    pub(crate) fn ended_with(&self, code: Code) {
        self.code.store(code as u8, Ordering::Relaxed);
    }
}

/// The name of a code as the specification writes it.
#[must_use]
pub fn code_name(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}
