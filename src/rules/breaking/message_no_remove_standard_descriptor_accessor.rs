//! MESSAGE_NO_REMOVE_STANDARD_DESCRIPTOR_ACCESSOR.

use prost_reflect::MessageDescriptor;

use super::category::Category::{Csr, File, Package};
use super::element::{Element, token};
use super::findings::Findings;
use super::rule::{Check, Example, Rule, info};

pub static RULE: Rule = Rule {
    info: info(
        "MESSAGE_NO_REMOVE_STANDARD_DESCRIPTOR_ACCESSOR",
        "A message keeps its standard descriptor accessor.",
        "With `option no_standard_descriptor_accessor = true;` C++ classes lose their `descriptor()` \
         function.",
    ),
    categories: &[File, Package, Csr],
    check: Check::MessagePair(check),
    example: Example {
        old: &[("a.proto", "syntax = \"proto2\";\nmessage M {}\n")],
        new: &[(
            "a.proto",
            "syntax = \"proto2\";\nmessage M {\n  option no_standard_descriptor_accessor = true;\n}\n",
        )],
    },
};

fn check(old: &MessageDescriptor, new: &MessageDescriptor, findings: &mut Findings) {
    if !is_without(old) && is_without(new) {
        findings
            .add(
                new.token(token::MESSAGE_NO_ACCESSOR),
                format!("message `{}` lost its standard descriptor accessor", new.name()),
            )
            .was(old.whole(), "it had one here")
            .help("delete the option `no_standard_descriptor_accessor`");
    }
}

fn is_without(message: &MessageDescriptor) -> bool {
    let options = message.descriptor_proto().options.as_ref();
    options.is_some_and(|options| options.no_standard_descriptor_accessor())
}

#[cfg(test)]
mod tests {
    use super::super::tests::says;

    #[test]
    fn giving_it_back_is_fine() {
        says(
            &super::RULE,
            "syntax = \"proto2\"; message M { } message N { option no_standard_descriptor_accessor = true; }",
            "syntax = \"proto2\"; message M { option no_standard_descriptor_accessor = true; } message N { }",
            &["1:32-1:78: message `M` lost its standard descriptor accessor; 1:20-1:33: it had one here"],
        );
    }
}
