//! The gRPC status of an exchange, as the specification reads it. Judges no status.

use std::fmt;

use percent_encoding::percent_decode;

use super::{End, Exchange};

macro_rules! codes {
    ($($variant:ident = $number:literal, $name:literal;)*) => {
        /// The status codes of gRPC, by their names in `google.rpc.Code`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[expect(missing_docs, reason = "each is documented by google/rpc/code.proto")]
        pub enum Code { $($variant = $number,)* }

        impl Code {
            /// Every code, by number.
            pub const ALL: [Code; 17] = [$(Code::$variant,)*];

            /// Its name in `google.rpc.Code`, such as `NOT_FOUND`.
            pub fn name(self) -> &'static str {
                match self { $(Code::$variant => $name,)* }
            }
        }
    };
}

codes! {
    Ok = 0, "OK";
    Cancelled = 1, "CANCELLED";
    Unknown = 2, "UNKNOWN";
    InvalidArgument = 3, "INVALID_ARGUMENT";
    DeadlineExceeded = 4, "DEADLINE_EXCEEDED";
    NotFound = 5, "NOT_FOUND";
    AlreadyExists = 6, "ALREADY_EXISTS";
    PermissionDenied = 7, "PERMISSION_DENIED";
    ResourceExhausted = 8, "RESOURCE_EXHAUSTED";
    FailedPrecondition = 9, "FAILED_PRECONDITION";
    Aborted = 10, "ABORTED";
    OutOfRange = 11, "OUT_OF_RANGE";
    Unimplemented = 12, "UNIMPLEMENTED";
    Internal = 13, "INTERNAL";
    Unavailable = 14, "UNAVAILABLE";
    DataLoss = 15, "DATA_LOSS";
    Unauthenticated = 16, "UNAUTHENTICATED";
}

impl Code {
    /// The code of this name.
    pub fn from_name(name: &str) -> Option<Code> {
        Code::ALL.into_iter().find(|code| code.name() == name)
    }

    /// The code of this number.
    pub fn from_number(number: u32) -> Option<Code> {
        Code::ALL.get(usize::try_from(number).ok()?).copied()
    }

    /// Its number on the wire.
    pub fn number(self) -> u32 {
        self as u32
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// What a gRPC library would tell its user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// The code.
    pub code: Code,
    /// `grpc-message`, percent-decoded; for a synthetic status what happened instead.
    pub message: String,
    /// The server sent no usable `grpc-status`: the code was derived from how the call ended.
    pub synthetic: bool,
}

impl Exchange {
    /// The status of the call, by "Responses" and "Errors" of gRPC over HTTP/2 and by
    /// `http-grpc-status-mapping.md`.
    pub fn status(&self) -> Status {
        match &self.end {
            End::Trailers | End::TrailersOnly | End::NoTrailers => {}
            end => return synthetic(code_of(end), broken(end)),
        }
        let Some(sent) = self.trailer("grpc-status") else { return self.without_status() };
        let code =
            std::str::from_utf8(sent).ok().and_then(|text| text.parse().ok()).and_then(Code::from_number);
        match code {
            Some(code) => Status { code, message: self.message(), synthetic: false },
            None => synthetic(Code::Unknown, format!("grpc-status is `{}`", sent.escape_ascii())),
        }
    }

    /// The key of this outcome in tables: the status code, or how the stream broke, such as `RST_STREAM(CANCEL)`.
    pub fn outcome(&self) -> String {
        match &self.end {
            End::Trailers | End::TrailersOnly | End::NoTrailers => self.status().code.name().to_owned(),
            end => end.to_string(),
        }
    }

    /// The first trailer of this name, which is in lower case.
    pub fn trailer(&self, name: &str) -> Option<&[u8]> {
        self.trailers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_slice())
    }

    /// The first response header of this name, which is in lower case.
    pub fn header(&self, name: &str) -> Option<&[u8]> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_slice())
    }

    /// "When decoding invalid values, implementations MUST NOT error or throw away the message."
    fn message(&self) -> String {
        percent_decode(self.trailer("grpc-message").unwrap_or_default()).decode_utf8_lossy().into_owned()
    }

    fn without_status(&self) -> Status {
        let http = self.http_status.unwrap_or_default();
        let code = match http {
            400 => Code::Internal,
            401 => Code::Unauthenticated,
            403 => Code::PermissionDenied,
            404 => Code::Unimplemented,
            429 | 502..=504 => Code::Unavailable,
            _ => Code::Unknown,
        };
        synthetic(code, format!("HTTP {http} without grpc-status"))
    }
}

fn synthetic(code: Code, message: String) -> Status {
    Status { code, message, synthetic: true }
}

fn broken(end: &End) -> String {
    match end {
        End::Closed(text) => text.clone(),
        end => end.to_string(),
    }
}

/// The table of HTTP/2 error codes in "Errors" of gRPC over HTTP/2, and what clients do where it is silent.
fn code_of(end: &End) -> Code {
    match end {
        End::Reset(code) => match h2::Reason::from(*code) {
            h2::Reason::STREAM_CLOSED => Code::Unknown,
            h2::Reason::REFUSED_STREAM => Code::Unavailable,
            h2::Reason::CANCEL => Code::Cancelled,
            h2::Reason::ENHANCE_YOUR_CALM => Code::ResourceExhausted,
            h2::Reason::INADEQUATE_SECURITY => Code::PermissionDenied,
            _ => Code::Internal,
        },
        End::GoAway(_) | End::Closed(_) => Code::Unavailable,
        End::Cancelled => Code::Cancelled,
        End::Hang => Code::DeadlineExceeded,
        End::OverCap => Code::ResourceExhausted,
        End::Violation(_) => Code::Internal,
        End::Trailers | End::TrailersOnly | End::NoTrailers => Code::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn ended(end: End, http: u16, trailers: &[(&str, &[u8])]) -> Exchange {
        Exchange {
            http_status: Some(http),
            headers: Vec::new(),
            messages: Vec::new(),
            leftover: bytes::Bytes::new(),
            trailers: trailers.iter().map(|(name, value)| ((*name).to_owned(), value.to_vec())).collect(),
            end,
            t_headers: None,
            arrivals: Vec::new(),
            unread: 0,
            elapsed: Duration::ZERO,
        }
    }

    #[test]
    fn names_and_numbers_lead_back_to_their_code() {
        for code in Code::ALL {
            assert_eq!(Code::from_name(code.name()), Some(code));
            assert_eq!(Code::from_number(code.number()), Some(code));
        }
        assert_eq!((Code::from_number(17), Code::from_name("ok")), (None, None));
    }

    #[test]
    fn a_sent_status_is_read_as_sent() {
        for (number, message, code, text) in [
            ("0", "", Code::Ok, ""),
            ("5", "no%20user %E2%82%AC", Code::NotFound, "no user €"),
            ("13", "100%, %zz%ff", Code::Internal, "100%, %zz\u{fffd}"),
        ] {
            let trailers: &[(&str, &[u8])] =
                &[("grpc-status", number.as_bytes()), ("grpc-message", message.as_bytes())];
            let status = ended(End::Trailers, 503, trailers).status();
            assert_eq!(status, Status { code, message: text.to_owned(), synthetic: false });
        }
    }

    #[test]
    fn a_missing_status_is_derived_and_marked() {
        let no_such: &[(&str, &[u8])] = &[("grpc-status", b"17")];
        let no_number: &[(&str, &[u8])] = &[("grpc-status", b"\xff")];
        for (exchange, code, outcome) in [
            (ended(End::NoTrailers, 200, &[]), Code::Unknown, "UNKNOWN"),
            (ended(End::NoTrailers, 404, &[]), Code::Unimplemented, "UNIMPLEMENTED"),
            (ended(End::TrailersOnly, 503, &[]), Code::Unavailable, "UNAVAILABLE"),
            (ended(End::TrailersOnly, 401, &[]), Code::Unauthenticated, "UNAUTHENTICATED"),
            (ended(End::Trailers, 200, no_such), Code::Unknown, "UNKNOWN"),
            (ended(End::Trailers, 200, no_number), Code::Unknown, "UNKNOWN"),
            (ended(End::Reset(8), 200, &[]), Code::Cancelled, "RST_STREAM(CANCEL)"),
            (ended(End::Reset(0x77), 200, &[]), Code::Internal, "RST_STREAM(Reason(77))"),
            (ended(End::GoAway(11), 200, &[]), Code::Unavailable, "GOAWAY(ENHANCE_YOUR_CALM)"),
            (ended(End::Hang, 200, &[]), Code::DeadlineExceeded, "HANG"),
        ] {
            let status = exchange.status();
            assert_eq!((status.code, status.synthetic), (code, true), "{exchange:?}");
            assert_eq!(exchange.outcome(), outcome);
        }
    }
}
