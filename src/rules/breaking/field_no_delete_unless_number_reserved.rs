//! FIELD_NO_DELETE_UNLESS_NUMBER_RESERVED.

use prost_reflect::MessageDescriptor;

use super::category::Category::{Csr, Wire, WireJson};
use super::element::Field;
use super::field_no_delete::deleted;
use super::findings::Findings;
use super::rule::{Check, Example, Rule, info};

pub static RULE: Rule = Rule {
    info: info(
        "FIELD_NO_DELETE_UNLESS_NUMBER_RESERVED",
        "A field is not deleted without reserving its number.",
        "The binary encoding knows a field by its number. Without `reserved 2;` somebody will use the number \
         again for something else, and old bytes will be read as that.",
    ),
    categories: &[WireJson, Wire, Csr],
    check: Check::FieldGone(check),
    example: Example {
        old: &[("a.proto", "syntax = \"proto3\";\nmessage M {\n  int32 a = 1;\n  int32 b = 2;\n}\n")],
        new: &[("a.proto", "syntax = \"proto3\";\nmessage M {\n  reserved \"b\";\n  int32 a = 1;\n}\n")],
    },
};

fn check(gone: &Field, message: &MessageDescriptor, findings: &mut Findings) {
    if !message.reserved_ranges().any(|range| range.contains(&gone.number())) {
        deleted(gone, message, &format!(" without reserving the number {}", gone.number()), findings);
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::says;

    #[test]
    fn only_the_reserved_number_helps() {
        let old = "message M { int32 b = 2; }";
        for reserved in ["2", "1 to 3", "1 to max", "2, 4"] {
            says(&super::RULE, old, &format!("message M {{ reserved {reserved}; }}"), &[]);
        }
        says(
            &super::RULE,
            old,
            "message M { reserved 1, 3 to max; }",
            &["2:1-2:36: field 2 `b` of message `M` was deleted without reserving the number 2; \
               2:13-2:25: it was field 2 here"],
        );
    }
}
