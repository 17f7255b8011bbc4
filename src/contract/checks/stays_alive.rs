//! Whether the server is still there after a call that no client need fear to make.

use super::{Check, Class, Level, Seen, Verdict, fail};
use crate::diag::RuleInfo;

pub(in crate::contract) static CHECK: Check = Check {
    info: RuleInfo {
        id: "PG110",
        name: "stays_alive",
        summary: "The server still takes connections after a valid call.",
        explain: "The process ended, or stopped listening: one request takes the service away from everybody. \
                  Nothing worse can be found, so the run ends here and reports what it has.\n\n\
                  A stack overflow, memory that runs out, an abort and a crash in native code end a process; a \
                  panic or an exception usually does not. Read the last lines of its log and its exit status: \
                  137 or SIGKILL is memory, 134 or SIGABRT an abort. In Rust look for `panic = \"abort\"`, \
                  recursion by input and `Vec::with_capacity` of a number from the request; in Go for \
                  concurrent writes to a map and a panic in a goroutine, which no interceptor recovers; in \
                  Python for C extensions and `os._exit`; in Java for `System.exit` and OutOfMemoryError.\n\n\
                  With several workers more than one call can have been under way: each is kept as a case, and \
                  `--workers 1` leaves one.",
        url: Some("https://github.com/grpc/grpc/blob/master/doc/statuscodes.md"),
    },
    applies: &[Class::Valid, Class::Invalid, Class::UnknownFields, Class::UnknownMethod],
    level: Level::On,
    check,
};

fn check(seen: &Seen<'_>) -> Verdict {
    match seen.alive {
        true => Verdict::Pass,
        false => fail(DEAD, "after this call the server could not be reached any more"),
    }
}

/// The cause of a death, here and after malformed input.
pub(in crate::contract) const DEAD: &str = "DEAD";
