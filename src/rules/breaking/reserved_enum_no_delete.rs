//! RESERVED_ENUM_NO_DELETE.

use prost_reflect::EnumDescriptor;

use super::category::Category::{Csr, File, Package, Wire, WireJson};
use super::findings::Findings;
use super::ranges::{MAX_VALUE, Promise, Range, keep, keep_names};
use super::rule::{Check, Example, Rule, info};

pub static RULE: Rule = Rule {
    info: info(
        "RESERVED_ENUM_NO_DELETE",
        "What an enum reserves stays reserved.",
        "A reserved number or name belonged to a value once, and old peers still send it. Ranges may be \
         split or joined, as long as every number stays.",
    ),
    categories: &[File, Package, WireJson, Wire, Csr],
    check: Check::EnumPair(check),
    example: Example {
        old: &[(
            "a.proto",
            "syntax = \"proto3\";\nenum E {\n  ZERO = 0;\n  reserved 2, 5 to 9;\n  reserved \"ONE\";\n}\n",
        )],
        new: &[("a.proto", "syntax = \"proto3\";\nenum E {\n  ZERO = 0;\n  reserved 5 to 9;\n}\n")],
    },
};

fn check(old: &EnumDescriptor, new: &EnumDescriptor, findings: &mut Findings) {
    let ranges = |it: &EnumDescriptor| it.reserved_ranges().map(Range::from).collect::<Vec<_>>();
    let promise = Promise {
        verb: "reserves",
        statement: "reserved",
        home: format!("enum `{}`", new.name()),
        max: MAX_VALUE,
    };
    keep(&promise, (old, &ranges(old)), (new, &ranges(new)), findings);
    keep_names(&promise, (old, old.reserved_names()), (new, new.reserved_names()), findings);
}

#[cfg(test)]
mod tests {
    use super::super::tests::says;

    #[test]
    fn ranges_end_where_they_say() {
        says(
            &super::RULE,
            "enum E { Z = 0; reserved -5 to -3, 7 to max; reserved \"A\"; }",
            "enum E { Z = 0; reserved -5 to -4, 8 to max; }",
            &[
                "2:1-2:47: enum `E` no longer reserves -3 of `reserved -5 to -3;`; 2:1-2:61: it did here",
                "2:1-2:47: enum `E` no longer reserves 7 of `reserved 7 to max;`; 2:1-2:61: it did here",
                "2:1-2:47: enum `E` no longer reserves the name `A`; 2:1-2:61: it did here",
            ],
        );
    }
}
