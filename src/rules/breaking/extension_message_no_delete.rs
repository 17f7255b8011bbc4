//! EXTENSION_MESSAGE_NO_DELETE.

use prost_reflect::MessageDescriptor;

use super::category::Category::{Csr, File, Package};
use super::findings::Findings;
use super::ranges::{MAX_FIELD, Promise, Range, keep};
use super::rule::{Check, Example, Rule, info};

pub static RULE: Rule = Rule {
    info: info(
        "EXTENSION_MESSAGE_NO_DELETE",
        "The extension ranges of a message stay.",
        "Somebody may extend the message with any number of the range: their file stops compiling. \
         Ranges may be split or joined, as long as every number stays.",
    ),
    categories: &[File, Package, Csr],
    check: Check::MessagePair(check),
    example: Example {
        old: &[("a.proto", "syntax = \"proto2\";\nmessage M {\n  extensions 100 to 199;\n}\n")],
        new: &[("a.proto", "syntax = \"proto2\";\nmessage M {\n  extensions 100 to 149;\n}\n")],
    },
};

fn check(old: &MessageDescriptor, new: &MessageDescriptor, findings: &mut Findings) {
    let ranges = |it: &MessageDescriptor| it.extension_ranges().map(Range::from).collect::<Vec<_>>();
    let promise = Promise {
        verb: "opens",
        statement: "extensions",
        home: format!("message `{}`", new.name()),
        max: MAX_FIELD,
    };
    keep(&promise, (old, &ranges(old)), (new, &ranges(new)), findings);
}

#[cfg(test)]
mod tests {
    use super::super::tests::says;

    #[test]
    fn a_range_may_be_split_and_not_shrink() {
        says(
            &super::RULE,
            "syntax = \"proto2\"; message M { extensions 1 to 9, 20 to max; }",
            "syntax = \"proto2\"; message M { extensions 1 to 4, 5 to 8, 20 to max; }",
            &["1:20-1:71: message `M` no longer opens 9 of `extensions 1 to 9;`; 1:20-1:63: it did here"],
        );
    }
}
