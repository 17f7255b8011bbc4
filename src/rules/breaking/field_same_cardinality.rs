//! FIELD_SAME_CARDINALITY.

use super::cardinality::changed_cardinality;
use super::category::Category::{File, Package};
use super::element::Field;
use super::findings::Findings;
use super::rule::{Check, Example, Rule, info};

pub static RULE: Rule = Rule {
    info: info(
        "FIELD_SAME_CARDINALITY",
        "A field keeps its cardinality.",
        "There are five: optional with explicit presence (absent can be told from the default), optional \
         with implicit presence (it cannot), required, repeated, and map. Generated code has another type \
         for each. Adding or removing `optional` in proto3, and moving a scalar into or out of a oneof, \
         changes presence too.",
    ),
    categories: &[File, Package],
    check: Check::FieldPair(check),
    example: Example {
        old: &[("a.proto", "syntax = \"proto3\";\nmessage M {\n  int32 a = 1;\n}\n")],
        new: &[("a.proto", "syntax = \"proto3\";\nmessage M {\n  repeated int32 a = 1;\n}\n")],
    },
};

fn check(old: &Field, new: &Field, findings: &mut Findings) {
    changed_cardinality(old, new, |multiplicity| multiplicity, findings);
}

#[cfg(test)]
mod tests {
    use super::super::tests::says;

    fn change(old: &str, new: &str, was: &str, is: &str) {
        let message = |field: &str| format!("message M {{\n{field}\n}}");
        let whole = |field: &str| format!("3:1-3:{}", field.len() + 1);
        let expected = format!(
            "{}: field 1 `a` of message `M` changed cardinality from {was} to {is}; {}: it was {was} here",
            whole(new),
            whole(old)
        );
        says(&super::RULE, &message(old), &message(new), &[&expected]);
    }

    #[test]
    fn presence_is_part_of_it() {
        let (implicit, explicit) = ("optional with implicit presence", "optional with explicit presence");
        change("int32 a = 1;", "optional int32 a = 1;", implicit, explicit);
        change("optional int32 a = 1;", "int32 a = 1;", explicit, implicit);
        change("M a = 1;", "int32 a = 1;", explicit, implicit);
        change("map<int32, int32> a = 1;", "repeated int32 a = 1;", "map", "repeated");
    }

    #[test]
    fn map_entries_and_the_proto3_optional_of_a_message_do_not_count() {
        says(
            &super::RULE,
            "message M { map<int32, int32> a = 1; }",
            "message M { map<int32, M> a = 1; }",
            &[],
        );
        says(&super::RULE, "message M { M a = 1; }", "message M { optional M a = 1; }", &[]);
    }
}
