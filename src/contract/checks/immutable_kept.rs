//! Whether an update leaves IMMUTABLE fields as they are.

use super::{Check, Class, Level, Seen, Verdict, decoded, fail, replies_of};
use crate::{
    client::Code,
    diag::RuleInfo,
    promise::{
        Behavior,
        behavior::{is, values_of},
    },
};

pub(super) static CHECK: Check = Check {
    info: RuleInfo {
        id: "PG166",
        name: "immutable_kept",
        summary: "An update does not change a field of `field_behavior = IMMUTABLE`.",
        explain: "Such a field is set when the resource is created and never again; others keep copies of it because \
                  of that. An update that sends another value must be refused, or leave the field as it is.\n\n\
                  Copy the fields of an update one by one into the stored resource and leave these out, in any \
                  language; or compare them first and answer INVALID_ARGUMENT. With a field mask, refuse paths that \
                  name them.",
        url: Some("https://google.aip.dev/203"),
    },
    applies: &[Class::Immutable],
    level: Level::On,
    check,
};

fn check(seen: &Seen<'_>) -> Verdict {
    let [before, ..] = seen.base else { return Verdict::Pass };
    if before.status().code != Code::Ok {
        return Verdict::Pass;
    }
    let immutable = |field: &_| is(field, Behavior::Immutable);
    let sent: Vec<_> = seen.sent.iter().flat_map(|it| values_of(it, &immutable)).collect();
    let before: Vec<_> = replies_of(seen, before).iter().flat_map(|it| values_of(it, &immutable)).collect();
    let changed = decoded(seen).iter().flat_map(|it| values_of(it, &immutable)).find(|found| {
        let was = before.iter().find(|(name, _)| *name == found.0);
        sent.contains(found) && was.is_some_and(|(_, value)| *value != found.1)
    });
    match changed {
        Some((name, _)) => fail(name.clone(), format!("the update changed the IMMUTABLE field `{name}`")),
        None => Verdict::Pass,
    }
}
