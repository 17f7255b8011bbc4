//! FIELD_NO_DELETE.

use prost_reflect::MessageDescriptor;

use super::category::Category::{Csr, File, Package};
use super::element::{Element, Field};
use super::findings::Findings;
use super::rule::{Check, Example, Rule, info};

pub static RULE: Rule = Rule {
    info: info(
        "FIELD_NO_DELETE",
        "A field is not deleted.",
        "Code that reads or writes the field stops compiling, and what old peers send in it is dropped. \
         A field is known by its number, so renumbering it deletes it. Reserving the number does not make \
         this rule silent: that is what the wire categories are for. Deprecate the field instead.",
    ),
    categories: &[File, Package, Csr],
    check: Check::FieldGone(check),
    example: Example {
        old: &[("a.proto", "syntax = \"proto3\";\nmessage M {\n  int32 a = 1;\n  int32 b = 2;\n}\n")],
        new: &[("a.proto", "syntax = \"proto3\";\nmessage M {\n  int32 a = 1;\n}\n")],
    },
};

fn check(gone: &Field, message: &MessageDescriptor, findings: &mut Findings) {
    deleted(gone, message, "", findings);
}

/// Says that a field was deleted, and how it should have been done.
pub(super) fn deleted(gone: &Field, message: &MessageDescriptor, without: &str, findings: &mut Findings) {
    let said = findings
        .add(message.whole(), format!("{} was deleted{without}", gone.title()))
        .was(gone.whole(), format!("it was {} here", gone.numbered()));
    let (number, name) = (gone.number(), gone.name());
    match message.get_field_by_name(name) {
        Some(now) => said
            .see(now.whole(), format!("`{name}` is field {} now", now.number()))
            .help(format!("renumbered {number} → {}: give `{name}` its number {number} back", now.number())),
        None => said.help(format!(
            "keep it with `[deprecated = true]`; if it has to go, write `reserved {number}; reserved \"{name}\";`"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::says;

    #[test]
    fn a_deleted_field_is_shown_at_its_message() {
        says(
            &super::RULE,
            "message M { int32 a = 1; int32 b = 2; }",
            "message M { int32 a = 1; reserved 2; reserved \"b\"; }",
            &["2:1-2:53: field 2 `b` of message `M` was deleted; 2:26-2:38: it was field 2 here"],
        );
    }

    #[test]
    fn a_renumbered_field_is_a_deleted_one() {
        says(
            &super::RULE,
            "message M { int32 b = 1; }",
            "message M { int32 b = 3; }",
            &["2:1-2:27: field 1 `b` of message `M` was deleted; 2:13-2:25: it was field 1 here; \
               2:13-2:25: `b` is field 3 now"],
        );
    }

    #[test]
    fn a_renamed_or_added_field_is_not() {
        says(&super::RULE, "message M { int32 a = 1; }", "message M { int64 b = 1; int32 c = 2; }", &[]);
    }
}
