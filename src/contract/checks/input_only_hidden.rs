//! Whether INPUT_ONLY fields stay out of responses.

use super::{Check, Class, Level, Seen, Verdict, decoded, fail};
use crate::{
    diag::RuleInfo,
    promise::{
        Behavior,
        behavior::{is, values_of},
    },
};

pub(super) static CHECK: Check = Check {
    info: RuleInfo {
        id: "PG165",
        name: "input_only_hidden",
        summary: "No response has a field of `field_behavior = INPUT_ONLY`.",
        explain: "Such a field is for what a caller may send and nobody may read: a password, a token, a flag of the \
                  request. In a response it ends up in logs, caches and browsers.\n\n\
                  Build responses from the fields they may have, or clear the field last: `..Default::default()` in \
                  Rust, a new struct in Go, `ClearField` in Python, `clearX()` in Java. Better still, do not store \
                  it in the message that is returned.",
        url: Some("https://google.aip.dev/203"),
    },
    applies: &[Class::Valid, Class::Invalid, Class::Repeat],
    level: Level::On,
    check,
};

fn check(seen: &Seen<'_>) -> Verdict {
    let shown = decoded(seen).iter().flat_map(|it| values_of(it, &|it| is(it, Behavior::InputOnly))).next();
    match shown {
        Some((name, _)) => fail(name.clone(), format!("the response shows the INPUT_ONLY field `{name}`")),
        None => Verdict::Pass,
    }
}
