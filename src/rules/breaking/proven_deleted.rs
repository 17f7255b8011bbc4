//! PROVEN_DELETED.

use super::category::Category::Proven;
use super::findings::Findings;
use super::proven::{ours, say};
use super::rule::{Check, Example, Rule};
use crate::rules::witness::{Difference, Nature};

pub static RULE: Rule = Rule {
    info: ours(
        "PROVEN_DELETED",
        "What goes away was announced and is never used again.",
        "Old writers still write the field or value, and nobody hears them. That is not said of a field \
         that was deprecated and whose number and name are reserved now, and not of a value of an open enum \
         whose number and name are reserved: those who had to know were told. A reader of a closed enum drops the number, \
         reserved or not.",
    ),
    categories: &[Proven],
    check: Check::Shown(check),
    example: Example {
        old: &[("a.proto", "syntax = \"proto3\";\nmessage M {\n  int32 a = 1;\n}\n")],
        new: &[("a.proto", "syntax = \"proto3\";\nmessage M {}\n")],
    },
};

fn check(it: &Difference, findings: &mut Findings) {
    let is_deleted = matches!(it.nature, Nature::Deleted { .. } | Nature::EnumDeleted { .. });
    if is_deleted && (it.is_break() || findings.tells_of_every_deletion()) {
        say(it, "deprecate it first; when it goes, reserve its number and its name", findings);
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::schema;
    use super::super::{Selection, check};
    use super::RULE;

    /// A value that goes with its number and name reserved, in this syntax.
    fn findings(syntax: &str) -> usize {
        let text = |value: &str| {
            format!("syntax = \"{syntax}\"; message M {{ optional E e = 1; }} enum E {{ Z = 0; {value} }}")
        };
        let selection = Selection::new(&[RULE.info.id.to_owned()], &[]).unwrap();
        let (old, new) = (text("A = 1;"), text("reserved 1; reserved \"A\";"));
        check(&schema(&[("a.proto", &old)]), &schema(&[("a.proto", &new)]), &selection).len()
    }

    #[test]
    fn a_reserved_value_is_announced_where_the_enum_is_open_and_lost_where_it_is_closed() {
        assert_eq!((findings("proto3"), findings("proto2")), (0, 1));
    }
}
