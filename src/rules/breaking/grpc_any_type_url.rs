//! GRPC_ANY_TYPE_URL.

use prost_reflect::MessageDescriptor;

use super::category::Category::{Grpc, Proven};
use super::element::{Element, Spot};
use super::findings::Findings;
use super::rule::{Check, Example, Rule, own};
use crate::diag::Peer;

pub static RULE: Rule = Rule {
    info: own(
        "GRPC_ANY_TYPE_URL",
        "A message that may travel in an `Any` keeps its full name.",
        "The name of a message is nowhere on the wire, except in the type URL of a `google.protobuf.Any`, as in the \
         details of a status: who reads one of the old name does not find the type any more. This rule speaks of a \
         message that is gone under its full name where the schema has a field of the type `Any`, and of one that no \
         field and no rpc of the schema uses: such a message travels by its name or not at all.",
    ),
    categories: &[Grpc, Proven],
    check: Check::NameGone(check),
    example: Example {
        old: &[(
            "a.proto",
            "syntax = \"proto3\";\nimport \"google/protobuf/any.proto\";\nmessage M {}\nmessage Event {\n  \
             google.protobuf.Any detail = 1;\n}\n",
        )],
        new: &[(
            "a.proto",
            "syntax = \"proto3\";\nimport \"google/protobuf/any.proto\";\nmessage N {}\nmessage Event {\n  \
             google.protobuf.Any detail = 1;\n}\n",
        )],
    },
};

fn check(gone: &MessageDescriptor, findings: &mut Findings) {
    let (_, new) = findings.schemas();
    let uses = findings.uses();
    let how = match (uses.has_any(), uses.is_used(gone.full_name())) {
        (true, _) => "a type URL of an `Any` may hold it",
        (false, false) => "no field and no rpc uses it, so that it travels by its name",
        (false, true) => return,
    };
    let name = gone.full_name();
    let file = gone.parent_file();
    let message = format!("`{name}` is gone: {how}");
    let said = match new.file(file.name()) {
        Some(file) => findings.add(Spot::file(file.descriptor()), message),
        None => findings.add_gone(&file, message),
    };
    said.was(gone.whole(), "it was here")
        .breaks(&[Peer::OldClients, Peer::NewClients, Peer::StoredData], None)
        .help(format!("keep `{name}` until nobody sends or keeps it"));
}

#[cfg(test)]
mod tests {
    use super::super::tests::says;
    use super::RULE;

    const ANY: &str = "import \"google/protobuf/any.proto\"; message E { google.protobuf.Any any = 1; } ";

    #[test]
    fn a_renamed_message_is_gone_from_every_any() {
        says(
            &RULE,
            &format!("{ANY} message M {{}} message User {{ M m = 1; }}"),
            &format!("{ANY} message N {{}} message User {{ N m = 1; }}"),
            &["a.proto: `M` is gone: a type URL of an `Any` may hold it; 2:81-2:93: it was here"],
        );
    }

    #[test]
    fn without_an_any_only_a_message_that_nothing_uses_is_known_by_its_name() {
        says(
            &RULE,
            "message M { N n = 1; } message N {} message Keep {}",
            "message Keep {}",
            &["a.proto: `M` is gone: no field and no rpc uses it, so that it travels by its name; \
               2:1-2:23: it was here"],
        );
        says(&RULE, "message M { map<string, string> m = 1; }", "message M {}", &[]);
        says(
            &RULE,
            "message M {} service S { rpc A(M) returns (M); }",
            "message N {} service S { rpc A(N) returns (N); }",
            &[],
        );
    }
}
