//! Whether a resource is returned under the name it was asked for.

use prost_reflect::Value;

use super::{Check, Class, Level, Seen, Verdict, decoded, fail};
use crate::{
    diag::RuleInfo,
    promise::{Behavior, behavior::is},
};

use super::super::requests::NAMED;

pub(super) static CHECK: Check = Check {
    info: RuleInfo {
        id: "PG167",
        name: "identifier_stable",
        summary: "A resource read by its `field_behavior = IDENTIFIER` has that identifier.",
        explain: "The identifier names the resource for good: caches, links and references of others hold it. It was \
                  taken from an earlier answer of the server, and asking for it brought a resource with another \
                  one.\n\n\
                  Return the identifier as it is stored, and store it once: no new name on each read, no other case \
                  or encoding, no lookup that finds a neighbour (a prefix search, a key cut short).",
        url: Some("https://google.aip.dev/203"),
    },
    applies: &[Class::Valid, Class::Repeat],
    level: Level::On,
    check,
};

fn check(seen: &Seen<'_>) -> Verdict {
    let output = seen.method.desc.output();
    let field = output.fields().find(|field| is(field, Behavior::Identifier));
    let reads = seen.method.desc.name().starts_with("Get") && seen.label == NAMED;
    let ([sent], [reply], Some(field), true) = (seen.sent, &decoded(seen)[..], field, reads) else {
        return Verdict::Pass;
    };
    let asked = sent.get_field_by_name(field.name());
    match (asked.as_deref(), &*reply.get_field(&field)) {
        (Some(Value::String(asked)), Value::String(found)) if !asked.is_empty() && asked != found => {
            let name = field.name();
            fail(name, format!("`{name}` {asked:?} was asked for, and {found:?} was returned"))
        }
        _ => Verdict::Pass,
    }
}
