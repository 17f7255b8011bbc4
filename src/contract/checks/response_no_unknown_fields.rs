//! Whether a reply holds fields that the schema does not have.

use super::{Check, Class, Level, Seen, Verdict, decoded, fail, inner};
use prost_reflect::{DynamicMessage, ReflectMessage as _};

use crate::diag::RuleInfo;

pub(super) static CHECK: Check = Check {
    info: RuleInfo {
        id: "PG121",
        name: "response_no_unknown_fields",
        summary: "A reply has no field that its type does not declare.",
        explain: "The server speaks a newer schema than this one, or another. That breaks nobody by itself and \
                  shows that the schema here is out of date.\n\n\
                  Compare the schema with the one that the server was built from, in whatever language it is \
                  written; with `--reflect` this cannot happen unless reflection itself is out of date.",
        url: Some("https://protobuf.dev/programming-guides/proto3/#unknowns"),
    },
    applies: &[Class::Valid, Class::Invalid],
    level: Level::Warn,
    check,
};

fn check(seen: &Seen<'_>) -> Verdict {
    for reply in decoded(seen) {
        if let Some((message, number)) = unknown(&reply) {
            return fail(
                format!("{message} {number}"),
                format!("a reply has field {number}, which `{message}` does not declare"),
            );
        }
    }
    Verdict::Pass
}

/// The first unknown field, in the message or below, with the type it was found in.
fn unknown(message: &DynamicMessage) -> Option<(String, u32)> {
    let here = message
        .unknown_fields()
        .next()
        .map(|field| (message.descriptor().full_name().to_owned(), field.number()));
    here.or_else(|| inner(message).iter().find_map(|it| unknown(it)))
}
