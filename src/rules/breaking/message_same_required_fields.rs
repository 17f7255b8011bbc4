//! MESSAGE_SAME_REQUIRED_FIELDS.

use prost_reflect::{FieldDescriptor, MessageDescriptor};

use super::category::Category::{Csr, File, Package, Wire, WireJson};
use super::element::Element;
use super::findings::Findings;
use super::rule::{Check, Example, Rule, info};

pub static RULE: Rule = Rule {
    info: info(
        "MESSAGE_SAME_REQUIRED_FIELDS",
        "No required field comes or goes.",
        "A peer that does not know a new required field does not send it, and a peer that still requires \
         a deleted one does not find it: the message as a whole is refused on arrival.",
    ),
    categories: &[File, Package, WireJson, Wire, Csr],
    check: Check::MessagePair(check),
    example: Example {
        old: &[("a.proto", "syntax = \"proto2\";\nmessage M {\n  required int32 a = 1;\n}\n")],
        new: &[(
            "a.proto",
            "syntax = \"proto2\";\nmessage M {\n  required int32 a = 1;\n  required int32 b = 2;\n}\n",
        )],
    },
};

fn check(old: &MessageDescriptor, new: &MessageDescriptor, findings: &mut Findings) {
    let is_required = |message: &MessageDescriptor, field: &FieldDescriptor| {
        message.get_field(field.number()).is_some_and(|it| it.is_required())
    };
    for gone in old.fields().filter(|it| it.is_required() && !is_required(new, it)) {
        findings
            .add(new.whole(), format!("required {} is gone", title(&gone)))
            .was(gone.whole(), "it was required here")
            .help("keep it as it was, and stop reading it");
    }
    for added in new.fields().filter(|it| it.is_required() && !is_required(old, it)) {
        findings
            .add(added.whole(), format!("required {} was added", title(&added)))
            .was(old.whole(), "old peers know the message like this")
            .help("make it `optional`");
    }
}

fn title(field: &FieldDescriptor) -> String {
    format!("field {} `{}` of message `{}`", field.number(), field.name(), field.parent_message().name())
}

#[cfg(test)]
mod tests {
    use super::super::tests::says;

    #[test]
    fn coming_going_and_changing_count() {
        says(
            &super::RULE,
            "syntax = \"proto2\"; message M { required int32 a = 1; optional int32 b = 2; }",
            "syntax = \"proto2\"; message M { optional int32 a = 1; required int32 b = 2; }",
            &[
                "1:20-1:77: required field 1 `a` of message `M` is gone; 1:32-1:53: it was required here",
                "1:54-1:75: required field 2 `b` of message `M` was added; 1:20-1:77: old peers know the message like this",
            ],
        );
    }
}
