//! FIELD_SAME_ONEOF.

use super::category::Category::{Csr, File, Package, Wire, WireJson};
use super::element::{Element, Field};
use super::findings::Findings;
use super::rule::{Check, Example, Rule, info};

pub static RULE: Rule = Rule {
    info: info(
        "FIELD_SAME_ONEOF",
        "A field stays in its oneof, or outside of any.",
        "Setting one field of a oneof clears the others. A message that an old peer wrote with two fields \
         set loses one of them as soon as both are in the same oneof. The oneof that proto3 makes for an \
         `optional` field does not count.",
    ),
    categories: &[File, Package, WireJson, Wire, Csr],
    check: Check::FieldPair(check),
    example: Example {
        old: &[(
            "a.proto",
            "syntax = \"proto3\";\nmessage M {\n  oneof x {\n    int32 a = 1;\n    int32 b = 2;\n  }\n  oneof y {\n    int32 c = 3;\n  }\n}\n",
        )],
        new: &[(
            "a.proto",
            "syntax = \"proto3\";\nmessage M {\n  oneof x {\n    int32 a = 1;\n  }\n  oneof y {\n    int32 b = 2;\n    int32 c = 3;\n  }\n}\n",
        )],
    },
};

fn check(old: &Field, new: &Field, findings: &mut Findings) {
    let (was, is) = (old.written_oneof(), new.written_oneof());
    let names = (was.as_ref().map(|it| it.name()), is.as_ref().map(|it| it.name()));
    if names.0 == names.1 {
        return;
    }
    let (moved, before) = match names {
        (Some(was), Some(is)) => (format!("from oneof `{was}` to oneof `{is}`"), format!("in oneof `{was}`")),
        (Some(was), None) => (format!("out of oneof `{was}`"), format!("in oneof `{was}`")),
        (None, Some(is)) => (format!("into oneof `{is}`"), "in no oneof".to_owned()),
        (None, None) => return,
    };
    findings
        .add(new.whole(), format!("{} moved {moved}", new.title()))
        .was(old.whole(), format!("it was {before} here"))
        .help("leave it where it was, and add a new field where you want one");
}

#[cfg(test)]
mod tests {
    use super::super::tests::says;

    #[test]
    fn into_out_of_and_between() {
        let (free, x, y) = (
            "message M { int32 a = 1; }",
            "message M { oneof x { int32 a = 1; } }",
            "message M { oneof y { int32 a = 1; } }",
        );
        for (old, new, said) in [
            (
                free,
                x,
                "2:23-2:35: field 1 `a` of message `M` moved into oneof `x`; 2:13-2:25: it was in no oneof here",
            ),
            (
                x,
                free,
                "2:13-2:25: field 1 `a` of message `M` moved out of oneof `x`; 2:23-2:35: it was in oneof `x` here",
            ),
            (
                x,
                y,
                "2:23-2:35: field 1 `a` of message `M` moved from oneof `x` to oneof `y`; \
                 2:23-2:35: it was in oneof `x` here",
            ),
        ] {
            says(&super::RULE, old, new, &[said]);
        }
    }

    #[test]
    fn proto3_optional_is_no_oneof() {
        says(&super::RULE, "message M { int32 a = 1; }", "message M { optional int32 a = 1; }", &[]);
    }
}
