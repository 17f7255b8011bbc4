//! Why a call failed, in one word.

use std::fmt;

/// The status codes of gRPC but OK, with their numbers
/// (<https://github.com/grpc/grpc/blob/master/doc/statuscodes.md>).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(i32)]
pub enum Code {
    /// The caller gave up.
    Cancelled = 1,
    /// Nobody knows.
    Unknown = 2,
    /// The request is wrong, whatever the state of the service is.
    InvalidArgument = 3,
    /// The time was up before the call ended.
    DeadlineExceeded = 4,
    /// What was asked for is not there.
    NotFound = 5,
    /// What was to be created is there.
    AlreadyExists = 6,
    /// The caller is known, and may not.
    PermissionDenied = 7,
    /// A quota is used up, or the disk is full.
    ResourceExhausted = 8,
    /// The state of the service forbids it, until somebody changes that state.
    FailedPrecondition = 9,
    /// A concurrent call came first: try the whole again.
    Aborted = 10,
    /// Past the end of what there is now.
    OutOfRange = 11,
    /// The method is not there.
    Unimplemented = 12,
    /// A promise that the service relies on is broken.
    Internal = 13,
    /// Not now: try the same again, later.
    Unavailable = 14,
    /// Data is lost for good.
    DataLoss = 15,
    /// The caller is not known.
    Unauthenticated = 16,
}

impl Code {
    /// All, in the order of their numbers.
    pub const ALL: [Code; 16] = [
        Code::Cancelled,
        Code::Unknown,
        Code::InvalidArgument,
        Code::DeadlineExceeded,
        Code::NotFound,
        Code::AlreadyExists,
        Code::PermissionDenied,
        Code::ResourceExhausted,
        Code::FailedPrecondition,
        Code::Aborted,
        Code::OutOfRange,
        Code::Unimplemented,
        Code::Internal,
        Code::Unavailable,
        Code::DataLoss,
        Code::Unauthenticated,
    ];

    /// The one of a number; [`Code::Unknown`] for a number that has none, as the specification asks.
    #[must_use]
    pub fn from_number(number: i32) -> Code {
        Code::ALL.into_iter().find(|code| *code as i32 == number).unwrap_or(Code::Unknown)
    }

    /// The name in the specification: `NOT_FOUND`.
    #[must_use]
    pub fn name(self) -> &'static str {
        crate::code_name(tonic::Code::from(self as i32))
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_of_tonic_has_one_of_ours() {
        for (number, code) in (1..).zip(Code::ALL) {
            assert_eq!(Code::from_number(number), code);
            assert_eq!(tonic::Code::from(number) as i32, code as i32);
        }
        assert_eq!((Code::from_number(0), Code::from_number(17)), (Code::Unknown, Code::Unknown));
        assert_eq!(Code::AlreadyExists.to_string(), "ALREADY_EXISTS");
    }
}
