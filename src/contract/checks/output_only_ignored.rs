//! Whether what a client sends in an OUTPUT_ONLY field is ignored.

use prost_reflect::Value;

use super::{Check, Class, Level, Seen, Verdict, decoded, fail, replies_of, same_as_plain};
use crate::{
    diag::RuleInfo,
    promise::{
        Behavior,
        behavior::{is, values_of},
    },
};

pub(super) static CHECK: Check = Check {
    info: RuleInfo {
        id: "PG164",
        name: "output_only_ignored",
        summary: "A value sent in a field of `field_behavior = OUTPUT_ONLY` changes nothing.",
        explain: "Only the server sets such a field. A client that reads a resource, changes it and sends it back \
                  sends the field along: that must neither be an error nor be stored, or the caller decides on the \
                  time of creation, the state or the owner.\n\n\
                  Build what is stored from the fields a caller may set, one by one, instead of saving the message \
                  as it came: in Rust and Go construct a new value, in Python `CopyFrom` and then `ClearField`, in \
                  Java `toBuilder().clearX()`. Set the field afterwards, from the server's own data.",
        url: Some("https://google.aip.dev/203"),
    },
    applies: &[Class::OutputOnly],
    level: Level::On,
    check,
};

fn check(seen: &Seen<'_>) -> Verdict {
    let output_only = |field: &_| is(field, Behavior::OutputOnly);
    let sent: Vec<_> = seen.sent.iter().flat_map(|it| values_of(it, &output_only)).collect();
    let before: Vec<_> = seen
        .base
        .iter()
        .flat_map(|it| replies_of(seen, it))
        .flat_map(|it| values_of(&it, &output_only))
        .collect();
    let kept = decoded(seen).iter().flat_map(|it| values_of(it, &output_only)).find(|found| {
        let is_ours = !matches!(found.1, Value::Bool(_) | Value::EnumNumber(_));
        is_ours && sent.contains(found) && !before.contains(found)
    });
    match kept {
        Some((name, _)) => fail(
            name.clone(),
            format!("the server took over what the client sent in the OUTPUT_ONLY field `{name}`"),
        ),
        None => same_as_plain(seen),
    }
}
