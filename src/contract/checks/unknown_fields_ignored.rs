//! Whether a request with unknown fields is answered like the same request without them.

use prost_reflect::DynamicMessage;

use super::{Check, Class, Level, Seen, Verdict, ended, fail};
use crate::{client::Exchange, diag::RuleInfo, values::encode};

pub(super) static CHECK: Check = Check {
    info: RuleInfo {
        id: "PG108",
        name: "unknown_fields_ignored",
        summary: "Fields that the server does not know change nothing.",
        explain: "A newer client sends fields that an older server has never heard of; protobuf promises that \
                  they are skipped. A server that refuses them breaks with the next release of its own \
                  clients.\n\n\
                  The request is sent without them, with them, and without them again; it fails only when the \
                  answer with them is like neither. Look for strict parsers, JSON transcoding that refuses \
                  unknown names, and signatures over raw bytes.",
        url: Some("https://protobuf.dev/programming-guides/proto3/#unknowns"),
    },
    applies: &[Class::UnknownFields],
    level: Level::On,
    check,
};

fn check(seen: &Seen<'_>) -> Verdict {
    let with = seen.exchange;
    let [before, after] = seen.base else { return Verdict::Pass };
    if ![with, before, after].into_iter().all(ended) {
        return Verdict::Pass;
    }
    let outcome = with.outcome();
    if outcome != before.outcome() && outcome != after.outcome() {
        let without = before.outcome();
        return fail(&*outcome, format!("{without} without unknown fields, {outcome} with them"));
    }
    let stable = replies(seen, before) == replies(seen, after);
    if seen.method.reads && stable && replies(seen, with) != replies(seen, before) {
        return fail("RESPONSE", "the response changes when the request carries unknown fields");
    }
    Verdict::Pass
}

/// Decoded, because a map may be written in any order.
fn replies(seen: &Seen<'_>, exchange: &Exchange) -> Vec<Option<Vec<u8>>> {
    let decode =
        |bytes: &bytes::Bytes| DynamicMessage::decode(seen.method.desc.output(), bytes.as_ref()).ok();
    exchange.messages.iter().map(|(_, bytes)| decode(bytes).map(|message| encode(&message))).collect()
}
