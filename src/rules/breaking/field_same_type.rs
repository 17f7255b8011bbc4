//! FIELD_SAME_TYPE.

use prost_reflect::{EnumValueDescriptor, Kind};

use super::category::Category::{Csr, File, Package};
use super::element::Field;
use super::findings::Findings;
use super::rule::{Check, Example, Rule, info};

pub static RULE: Rule = Rule {
    info: info(
        "FIELD_SAME_TYPE",
        "A field keeps its type.",
        "Generated code has another type for every scalar, message and enum, and most of them have another \
         encoding as well. A message or enum is the same when its full name is: moving it to another \
         package or out of the message it is nested in makes it another type.",
    ),
    categories: &[File, Package, Csr],
    check: Check::FieldPair(check),
    example: Example {
        old: &[("a.proto", "syntax = \"proto3\";\nmessage M {\n  int32 a = 1;\n}\n")],
        new: &[("a.proto", "syntax = \"proto3\";\nmessage M {\n  string a = 1;\n}\n")],
    },
};

fn check(old: &Field, new: &Field, findings: &mut Findings) {
    if !old.has_type_of(new) {
        changed_type(old, new, "", findings);
    }
}

/// Says that a type changed.
pub(super) fn changed_type(old: &Field, new: &Field, note: &str, findings: &mut Findings) {
    let (was, is) = (old.type_name(), new.type_name());
    findings
        .add(new.type_spot(), format!("{} changed type from `{was}` to `{is}`{note}", new.title()))
        .was(old.type_spot(), format!("it was `{was}` here"))
        .help(format!("leave it `{was}` and add a new field of type `{is}`"));
}

/// The same full name; or, of enums, the same short name and everything the old one has. Always true of
/// scalars.
pub(super) fn names_agree(old: &Field, new: &Field) -> bool {
    match (old.kind(), new.kind()) {
        (Kind::Message(old), Kind::Message(new)) => old.full_name() == new.full_name(),
        (Kind::Enum(old), Kind::Enum(new)) => {
            let has = |it: &EnumValueDescriptor| {
                new.get_value_by_name(it.name()).is_some_and(|same| same.number() == it.number())
            };
            old.full_name() == new.full_name()
                || (old.name() == new.name() && old.values().all(|it| has(&it)))
        }
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::says;

    #[test]
    fn the_type_is_shown_wherever_it_stands() {
        let said = |place: &str, was_at: &str, was: &str, is: &str| {
            format!(
                "{place}: field 1 `a` of message `M` changed type from `{was}` to `{is}`; {was_at}: it was `{was}` here"
            )
        };
        for (old, new, expected) in [
            ("int32 a = 1;", "sint32 a = 1;", said("2:13-2:19", "2:13-2:18", "int32", "sint32")),
            ("repeated M a = 1;", "repeated .M.N a = 1;", said("2:22-2:26", "2:22-2:23", "M", "M.N")),
            ("N a = 1;", "int32 a = 1;", said("2:13-2:18", "2:13-2:14", "M.N", "int32")),
        ] {
            let message = |field: &str| format!("message M {{ {field} message N {{}} }}");
            says(&super::RULE, &message(old), &message(new), &[&expected]);
        }
    }

    #[test]
    fn a_group_is_not_a_message() {
        says(
            &super::RULE,
            "syntax = \"proto2\"; message M { optional group A = 1 {} }",
            "syntax = \"proto2\"; message M { optional A a = 1; message A {} }",
            &["1:41-1:42: field 1 `a` of message `M` changed type from `group M.A` to `M.A`; \
               1:41-1:46: it was `group M.A` here"],
        );
    }
}
