//! RESERVED_MESSAGE_NO_DELETE.

use prost_reflect::MessageDescriptor;

use super::category::Category::{Csr, File, Package, Wire, WireJson};
use super::findings::Findings;
use super::ranges::{MAX_FIELD, Promise, Range, keep, keep_names};
use super::rule::{Check, Example, Rule, info};

pub static RULE: Rule = Rule {
    info: info(
        "RESERVED_MESSAGE_NO_DELETE",
        "What a message reserves stays reserved.",
        "A reserved number or name belonged to a field once, and old peers still send it. Using it again \
         reads their data as something else. Ranges may be split or joined, as long as every number \
         stays.",
    ),
    categories: &[File, Package, WireJson, Wire, Csr],
    check: Check::MessagePair(check),
    example: Example {
        old: &[(
            "a.proto",
            "syntax = \"proto3\";\nmessage M {\n  reserved 2, 5 to 9;\n  reserved \"b\";\n}\n",
        )],
        new: &[("a.proto", "syntax = \"proto3\";\nmessage M {\n  reserved 5 to 9;\n}\n")],
    },
};

fn check(old: &MessageDescriptor, new: &MessageDescriptor, findings: &mut Findings) {
    let ranges = |it: &MessageDescriptor| it.reserved_ranges().map(Range::from).collect::<Vec<_>>();
    let promise = Promise {
        verb: "reserves",
        statement: "reserved",
        home: format!("message `{}`", new.name()),
        max: MAX_FIELD,
    };
    keep(&promise, (old, &ranges(old)), (new, &ranges(new)), findings);
    keep_names(&promise, (old, old.reserved_names()), (new, new.reserved_names()), findings);
}

#[cfg(test)]
mod tests {
    use super::super::tests::says;

    #[test]
    fn every_range_and_name_that_shrinks_is_named() {
        says(
            &super::RULE,
            "message M { reserved 2, 4 to 8, 100 to max; reserved \"a\", \"b\"; }",
            "message M { reserved 6, 100 to 200, 202 to max; reserved \"b\"; }",
            &[
                "2:1-2:64: message `M` no longer reserves 2 of `reserved 2;`; 2:1-2:65: it did here",
                "2:1-2:64: message `M` no longer reserves 201 of `reserved 100 to max;`; 2:1-2:65: it did here",
                "2:1-2:64: message `M` no longer reserves 4 to 5, 7 to 8 of `reserved 4 to 8;`; 2:1-2:65: it did here",
                "2:1-2:64: message `M` no longer reserves the name `a`; 2:1-2:65: it did here",
            ],
        );
    }

    #[test]
    fn split_joined_and_grown_ranges_are_fine() {
        says(
            &super::RULE,
            "message M { reserved 2 to 5, 6; }",
            "message M { reserved 2, 3 to 4, 5 to 9; }",
            &[],
        );
    }
}
