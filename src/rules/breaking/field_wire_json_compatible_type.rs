//! FIELD_WIRE_JSON_COMPATIBLE_TYPE.

use prost_types::field_descriptor_proto::Type;

use super::category::Category::{Csr, WireJson};
use super::element::Field;
use super::field_same_type::{changed_type, names_agree};
use super::findings::Findings;
use super::rule::{Check, Example, Rule, info};

pub static RULE: Rule = Rule {
    info: info(
        "FIELD_WIRE_JSON_COMPATIBLE_TYPE",
        "A field keeps a type that reads the same on the wire and in JSON.",
        "Compatible are int32 and uint32; int64 and uint64; fixed32 and sfixed32; fixed64 and sfixed64. \
         Everything else is written differently in JSON, on the wire, or both. A message has to keep its \
         full name; an enum its short name and all its values.",
    ),
    categories: &[WireJson, Csr],
    check: Check::FieldPair(check),
    example: Example {
        old: &[("a.proto", "syntax = \"proto3\";\nmessage M {\n  int32 a = 1;\n}\n")],
        new: &[("a.proto", "syntax = \"proto3\";\nmessage M {\n  int64 a = 1;\n}\n")],
    },
};

fn check(old: &Field, new: &Field, findings: &mut Findings) {
    if group(old.proto().r#type()) != group(new.proto().r#type()) || !names_agree(old, new) {
        changed_type(old, new, "", findings);
    }
}

/// One type that stands for all that are compatible with it.
fn group(kind: Type) -> Type {
    match kind {
        Type::Int32 | Type::Uint32 => Type::Int32,
        Type::Int64 | Type::Uint64 => Type::Int64,
        Type::Fixed32 | Type::Sfixed32 => Type::Fixed32,
        Type::Fixed64 | Type::Sfixed64 => Type::Fixed64,
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::says;

    #[test]
    fn what_json_writes_as_a_string_stays_one() {
        says(
            &super::RULE,
            "message M { string a = 1; int64 b = 2; int32 c = 3; }",
            "message M { bytes a = 1; uint64 b = 2; uint32 c = 3; }",
            &[
                "2:13-2:18: field 1 `a` of message `M` changed type from `string` to `bytes`; 2:13-2:19: it was `string` here",
            ],
        );
    }

    #[test]
    fn an_enum_may_be_replaced_by_one_that_has_all_its_values() {
        says(
            &super::RULE,
            "message M { A.E a = 1; A.E b = 2; A.E c = 3; }\nmessage A { enum E { Z = 0; } }",
            "message M { B.E a = 1; B.F b = 2; C.E c = 3; }\nmessage A { enum E { Z = 0; } }\nmessage B { enum E { Z = 0; Y = 1; } enum F { ZF = 0; } }\nmessage C { enum E { X = 0; } }",
            &[
                "2:24-2:27: field 2 `b` of message `M` changed type from `A.E` to `B.F`; 2:24-2:27: it was `A.E` here",
                "2:35-2:38: field 3 `c` of message `M` changed type from `A.E` to `C.E`; 2:35-2:38: it was `A.E` here",
            ],
        );
    }
}
