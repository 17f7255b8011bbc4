//! FIELD_WIRE_JSON_COMPATIBLE_CARDINALITY.

use super::cardinality::{Multiplicity, changed_cardinality};
use super::category::Category::{Csr, WireJson};
use super::element::Field;
use super::findings::Findings;
use super::rule::{Check, Example, Rule, info};

pub static RULE: Rule = Rule {
    info: info(
        "FIELD_WIRE_JSON_COMPATIBLE_CARDINALITY",
        "A field keeps a cardinality that reads the same on the wire and in JSON.",
        "A single value, a required one, a list and a map are four things; whether absence can be seen \
         makes no difference.",
    ),
    categories: &[WireJson, Csr],
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
        Multiplicity::Repeated => 3,
        Multiplicity::Map => 4,
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
        says(
            &super::RULE,
            "message M { map<int32, M> a = 1; }",
            "message M { repeated M a = 1; }",
            &[
                "2:13-2:30: field 1 `a` of message `M` changed cardinality from map to repeated; 2:13-2:33: it was map here",
            ],
        );
    }
}
