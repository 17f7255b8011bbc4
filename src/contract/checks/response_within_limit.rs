//! Whether replies are as small as the contract says.

use super::{Check, Class, Level, Seen, Verdict, fail};
use crate::diag::RuleInfo;

pub(super) static CHECK: Check = Check {
    info: RuleInfo {
        id: "PG222",
        name: "response_within_limit",
        summary: "No reply is larger than the contract of its method says.",
        explain: "Asked of methods with `limits.max_response_bytes` in `(protogate.contract.v1.method)`. Clients have a limit \
                  of their own, 4 MiB in most languages: a reply beyond it is an error there, and never seen. Without \
                  pages a list grows until that day.\n\n\
                  The size is that of one message, uncompressed. Give the list `pagination`, stream it, or leave out \
                  what callers do not ask for (a field mask).",
        url: None,
    },
    applies: &[Class::Valid, Class::Invalid],
    level: Level::On,
    check,
};

fn check(seen: &Seen<'_>) -> Verdict {
    let Some(limit) = seen.method.limits.max_response_bytes else { return Verdict::Pass };
    let too_large =
        |(_, bytes): &&(u8, bytes::Bytes)| u64::try_from(bytes.len()).is_ok_and(|size| size > limit);
    match seen.exchange.messages.iter().find(too_large) {
        Some((_, bytes)) => {
            fail("TOO_LARGE", format!("a reply has {} bytes, and {limit} are allowed", bytes.len()))
        }
        None => Verdict::Pass,
    }
}
