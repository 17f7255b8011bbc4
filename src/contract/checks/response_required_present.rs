//! Whether a reply has its required fields.

use super::{Check, Class, Level, Seen, Verdict, decoded, fail, inner};
use prost_reflect::{Cardinality, DynamicMessage, ReflectMessage as _};

use crate::diag::RuleInfo;

pub(super) static CHECK: Check = Check {
    info: RuleInfo {
        id: "PG123",
        name: "response_required_present",
        summary: "A reply of proto2 has every required field.",
        explain: "A parser refuses a message without them: the client fails though the server believes all is \
                  well.\n\n\
                  Set the field, or make it optional in the schema first and everywhere. prost in Rust writes \
                  a default by itself; Go, Python and Java refuse to serialise, unless the partial variants \
                  are used (`AllowPartial`, `SerializePartialToString`, `buildPartial`).",
        url: Some("https://protobuf.dev/programming-guides/proto2/"),
    },
    applies: &[Class::Valid, Class::Invalid],
    level: Level::On,
    check,
};

fn check(seen: &Seen<'_>) -> Verdict {
    for reply in decoded(seen) {
        if let Some(field) = missing(&reply) {
            return fail(field.clone(), format!("a reply lacks the required field `{field}`"));
        }
    }
    Verdict::Pass
}

fn missing(message: &DynamicMessage) -> Option<String> {
    let desc = message.descriptor();
    let required = desc.fields().filter(|field| field.cardinality() == Cardinality::Required);
    let here =
        required.filter(|field| !message.has_field(field)).map(|field| field.full_name().to_owned()).next();
    here.or_else(|| inner(message).iter().find_map(|it| missing(it)))
}
