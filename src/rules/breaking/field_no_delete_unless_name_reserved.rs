//! FIELD_NO_DELETE_UNLESS_NAME_RESERVED.

use prost_reflect::MessageDescriptor;

use super::category::Category::{Csr, WireJson};
use super::element::Field;
use super::field_no_delete::deleted;
use super::findings::Findings;
use super::rule::{Check, Example, Rule, info};

pub static RULE: Rule = Rule {
    info: info(
        "FIELD_NO_DELETE_UNLESS_NAME_RESERVED",
        "A field is not deleted without reserving its name.",
        "JSON knows a field by its name. Without `reserved \"name\";` somebody will use the name again for \
         something else, and old JSON will be read as that.",
    ),
    categories: &[WireJson, Csr],
    check: Check::FieldGone(check),
    example: Example {
        old: &[("a.proto", "syntax = \"proto3\";\nmessage M {\n  int32 a = 1;\n  int32 b = 2;\n}\n")],
        new: &[("a.proto", "syntax = \"proto3\";\nmessage M {\n  reserved 2;\n  int32 a = 1;\n}\n")],
    },
};

fn check(gone: &Field, message: &MessageDescriptor, findings: &mut Findings) {
    if !message.reserved_names().any(|name| name == gone.name()) {
        deleted(gone, message, &format!(" without reserving the name `{}`", gone.name()), findings);
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::says;

    #[test]
    fn only_the_reserved_name_helps() {
        let old = "message M { int32 b = 2; }";
        says(&super::RULE, old, "message M { reserved \"b\"; }", &[]);
        says(
            &super::RULE,
            old,
            "message M { reserved 2; reserved \"c\"; }",
            &["2:1-2:40: field 2 `b` of message `M` was deleted without reserving the name `b`; \
               2:13-2:25: it was field 2 here"],
        );
    }
}
