//! FIELD_WIRE_COMPATIBLE_CARDINALITY.

use super::cardinality::{Multiplicity, changed_cardinality};
use super::category::Category::Wire;
use super::element::Field;
use super::findings::Findings;
use super::rule::{Check, Example, Rule, info};

pub static RULE: Rule = Rule {
    info: info(
        "FIELD_WIRE_COMPATIBLE_CARDINALITY",
        "A field keeps a cardinality that reads the same on the wire.",
        "A single value, a required one and many are three things; how presence is seen, and whether \
         many are a map, makes no difference to the bytes. buf counts single to `repeated` as a break \
         although strings, bytes and messages survive it.",
    ),
    categories: &[Wire],
    check: Check::FieldPair(check),
    example: Example {
        old: &[("a.proto", "syntax = \"proto3\";\nmessage M {\n  int32 a = 1;\n}\n")],
        new: &[("a.proto", "syntax = \"proto3\";\nmessage M {\n  repeated int32 a = 1;\n}\n")],
    },
};

fn check(old: &Field, new: &Field, findings: &mut Findings) {
    changed_cardinality(old, new, group, findings);
}

fn group(multiplicity: Multiplicity) -> u8 {
    match multiplicity {
        Multiplicity::Explicit | Multiplicity::Implicit => 1,
        Multiplicity::Required => 2,
        Multiplicity::Repeated | Multiplicity::Map => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::says;

    #[test]
    fn presence_does_not_count() {
        says(
            &super::RULE,
            "message M { int32 a = 1; int32 b = 2; }",
            "message M { optional int32 a = 1; repeated int32 b = 2; }",
            &[
                "2:35-2:56: field 2 `b` of message `M` changed cardinality from optional with implicit presence to repeated; 2:26-2:38: it was optional with implicit presence here",
            ],
        );
    }

    #[test]
    fn maps() {
        says(&super::RULE, "message M { map<int32, M> a = 1; }", "message M { repeated M a = 1; }", &[]);
    }
}
