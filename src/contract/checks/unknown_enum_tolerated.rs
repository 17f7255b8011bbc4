//! Whether a number that an open enum does not declare is survived.

use super::{Check, Class, Level, Seen, Verdict, fail};
use crate::{client::Code, diag::RuleInfo};

pub(super) static CHECK: Check = Check {
    info: RuleInfo {
        id: "PG119",
        name: "unknown_enum_tolerated",
        summary: "An undeclared enum number is accepted or refused as an argument.",
        explain: "proto3 enums are open: a newer client sends numbers that this server does not know. That is \
                  no fault of the server, so that INTERNAL, UNKNOWN or a crash is the wrong answer.\n\n\
                  Give each `match` or `switch` over an enum a default. In Rust use `try_from` and not \
                  `unwrap`; in Java handle `UNRECOGNIZED`; in Go and Python do not index a table with the \
                  number.",
        url: Some("https://protobuf.dev/programming-guides/enum/"),
    },
    applies: &[Class::UnknownEnum],
    level: Level::On,
    check,
};

fn check(seen: &Seen<'_>) -> Verdict {
    let status = seen.exchange.status();
    match status.code {
        Code::Unknown | Code::Internal | Code::DataLoss if !status.synthetic => fail(
            status.code.name(),
            format!("an undeclared enum number was answered with {}: {}", status.code, status.message),
        ),
        _ => Verdict::Pass,
    }
}
