//! What is asked of a server and what comes back: plain values, no sockets.

use std::{fmt, time::Duration};

use bytes::Bytes;

/// One thing the client side does on a stream, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Sends one encoded message behind a well-formed gRPC prefix.
    Send(Bytes),
    /// Sends bytes as they are, prefix and all: how malformed frames are made.
    Raw(Bytes),
    /// Waits.
    Pause(Duration),
    /// Waits until this many replies have arrived in all, or the call has ended.
    Await(usize),
    /// Stops reading once this many more bytes of the body have come: the receive window is not opened again after
    /// them. What the server sends within the window is still recorded. See [`Exchange::unread`].
    StopReading(usize),
    /// Reads again: opens the window by all that came in between.
    Resume,
    /// Half-closes: nothing more will be sent. A script without it never half-closes.
    HalfClose,
    /// Resets the stream with CANCEL.
    Cancel,
}

/// One call, complete: no stub, no descriptor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// `/package.Service/Method`.
    pub path: String,
    /// Request metadata; names ending in `-bin` carry raw bytes and are base64-encoded on the wire.
    ///
    /// An entry named `content-type`, `te`, `user-agent` or `grpc-timeout` replaces ours, an empty one takes it
    /// away; `:method` replaces POST.
    pub metadata: Vec<(String, Vec<u8>)>,
    /// Sent as `grpc-timeout` and enforced on our side a little later, so that a server that honours it
    /// is heard first.
    pub deadline: Duration,
    /// What the client does. Nothing is sent after a [`Step::HalfClose`].
    pub script: Vec<Step>,
}

/// How a call ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// Trailers arrived after the response headers.
    Trailers,
    /// The response was headers with END_STREAM: gRPC's Trailers-Only form.
    TrailersOnly,
    /// END_STREAM on a DATA frame: no trailers at all.
    NoTrailers,
    /// RST_STREAM from the server, with its HTTP/2 error code.
    Reset(u32),
    /// GOAWAY, with its HTTP/2 error code. After NO_ERROR the call is made again where that is safe, and this is
    /// not seen.
    GoAway(u32),
    /// The connection was lost.
    Closed(String),
    /// We reset the stream ourselves ([`Step::Cancel`]).
    Cancelled,
    /// The server broke a rule of HTTP/2: the error code we answered with.
    Violation(u32),
    /// More came than is kept (see `Options::reply_cap`); we stopped reading.
    OverCap,
    /// Nothing more came before the deadline and its grace.
    Hang,
}

/// The name used in tables of statuses, such as `RST_STREAM(CANCEL)`.
impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // h2's `Debug` of a reason is its name in RFC 9113, or the number in hexadecimal.
        match self {
            End::Trailers => f.write_str("TRAILERS"),
            End::TrailersOnly => f.write_str("TRAILERS_ONLY"),
            End::NoTrailers => f.write_str("NO_TRAILERS"),
            End::Reset(code) => write!(f, "RST_STREAM({:?})", h2::Reason::from(*code)),
            End::GoAway(code) => write!(f, "GOAWAY({:?})", h2::Reason::from(*code)),
            End::Closed(_) => f.write_str("CLOSED"),
            End::Cancelled => f.write_str("CANCELLED_BY_US"),
            End::Violation(code) => write!(f, "VIOLATION({:?})", h2::Reason::from(*code)),
            End::OverCap => f.write_str("OVER_CAP"),
            End::Hang => f.write_str("HANG"),
        }
    }
}

/// Everything that came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    /// The `:status` of the response, if headers arrived.
    pub http_status: Option<u16>,
    /// Response headers, names in lower case, in order; `-bin` values are raw bytes again, where they were base64.
    pub headers: Vec<(String, Vec<u8>)>,
    /// Each length-prefixed message of the response body, with its flag byte.
    pub messages: Vec<(u8, Bytes)>,
    /// Bytes of the body that do not make a whole message.
    pub leftover: Bytes,
    /// Trailers, names in lower case, in order. For [`End::TrailersOnly`] a copy of the headers.
    pub trailers: Vec<(String, Vec<u8>)>,
    /// How it ended.
    pub end: End,
    /// When the response headers arrived, if they did. Counts, like all times here, from the first byte sent.
    pub t_headers: Option<Duration>,
    /// When each message was whole, one for each of `messages`.
    pub arrivals: Vec<Duration>,
    /// Bytes of the body that came while the script was not reading and had their window kept back, in all. More
    /// than the window ([`Options::window`](super::Options)) is a [`End::Violation`].
    pub unread: usize,
    /// From the first byte sent to the end.
    pub elapsed: Duration,
}

impl Exchange {
    /// When the first message was whole.
    pub fn t_first(&self) -> Option<Duration> {
        self.arrivals.first().copied()
    }
}
