//! CONTRACT_RESOURCE.

use prost_reflect::{DynamicMessage, MessageDescriptor, Value};

use super::category::Category::Contract;
use super::findings::Findings;
use super::options::{Optioned, text, texts};
use super::rule::{Check, Example, Rule, own};
use crate::diag::Peer;

pub static RULE: Rule = Rule {
    info: own(
        "CONTRACT_RESOURCE",
        "A resource keeps its type and its patterns.",
        "`google.api.resource` says what the names of a resource look like. Clients build and take apart names by it, and \
         keep them: when a pattern is another, names that were stored match none. A further pattern behind the others \
         breaks nobody; the order counts, because the first one is what names are built by.",
    ),
    categories: &[Contract],
    check: Check::MessagePair(check),
    example: Example {
        old: &[(
            "a.proto",
            "syntax = \"proto3\";\nimport \"google/api/resource.proto\";\nmessage Book {\n  option (google.api.resource) = \
             {type: \"x.com/Book\", pattern: \"books/{book}\"};\n  string name = 1;\n}\n",
        )],
        new: &[(
            "a.proto",
            "syntax = \"proto3\";\nimport \"google/api/resource.proto\";\nmessage Book {\n  option (google.api.resource) = \
             {type: \"x.com/Book\", pattern: \"shelves/{shelf}/books/{book}\"};\n  string name = 1;\n}\n",
        )],
    },
};

const OPTION: &str = "google.api.resource";

fn check(old: &MessageDescriptor, new: &MessageDescriptor, findings: &mut Findings) {
    if old.descriptor_proto().options.is_none() {
        return;
    }
    let Some((number, Value::Message(was))) = old.option(OPTION) else { return };
    let is = match new.option(OPTION) {
        Some((_, Value::Message(is))) => Some(is),
        _ => None,
    };
    for what in differences(&was, is.as_ref()) {
        findings
            .add(new.option_spot(number), format!("resource `{}` {what}", text(&was, "type")))
            .was(old.option_spot(number), "it was this here")
            .breaks(&[Peer::OldClients, Peer::StoredData], None)
            .help("keep what is there, and add another pattern behind it");
    }
}

pub(super) fn differences(was: &DynamicMessage, is: Option<&DynamicMessage>) -> Vec<String> {
    let Some(is) = is else { return vec!["is no resource any more".to_owned()] };
    let mut said = Vec::new();
    let (before, after) = (text(was, "type"), text(is, "type"));
    if before != after {
        said.push(format!("is called `{after}` now"));
    }
    let patterns =
        |it: &DynamicMessage| it.get_field_by_name("pattern").map(|it| texts(&it)).unwrap_or_default();
    let (before, after) = (patterns(was), patterns(is));
    let gone: Vec<&String> = before.iter().filter(|it| !after.contains(it)).collect();
    said.extend(gone.iter().map(|it| format!("has no longer the pattern `{it}`")));
    if gone.is_empty() && !after.starts_with(&before) {
        said.push("has its patterns in another order".to_owned());
    }
    said
}

#[cfg(test)]
mod tests {
    use super::super::tests::schema;
    use super::super::{Selection, check};

    #[track_caller]
    fn differ(old: &str, new: &str, expected: &[&str]) {
        let message = |resource: &str| {
            let option = match resource {
                "" => String::new(),
                resource => format!("option (google.api.resource) = {{{resource}}};"),
            };
            let text = format!(
                "syntax = \"proto3\"; import \"google/api/resource.proto\"; message M {{ {option} }}"
            );
            schema(&[("a.proto", &text)])
        };
        let selection = Selection::new(&["CONTRACT_RESOURCE".to_owned()], &[]).unwrap();
        let said = check(&message(old), &message(new), &selection);
        assert_eq!(said.iter().map(|it| it.message.as_str()).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn patterns_may_only_grow_at_their_end() {
        let one = "type: \"x/M\", pattern: \"a/{a}\"";
        let two = "type: \"x/M\", pattern: [\"a/{a}\", \"b/{b}\"]";
        differ(
            one,
            "type: \"x/M\", pattern: \"b/{b}\"",
            &["resource `x/M` has no longer the pattern `a/{a}`"],
        );
        differ(
            one,
            "type: \"x/M\", pattern: [\"b/{b}\", \"a/{a}\"]",
            &["resource `x/M` has its patterns in another order"],
        );
        differ(one, "type: \"x/N\", pattern: \"a/{a}\"", &["resource `x/M` is called `x/N` now"]);
        differ(two, one, &["resource `x/M` has no longer the pattern `b/{b}`"]);
        differ(two, "", &["resource `x/M` is no resource any more"]);
        differ(one, two, &[]);
        differ("", one, &[]);
    }
}
