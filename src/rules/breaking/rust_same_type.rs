//! RUST_SAME_TYPE.

use super::category::Category;
use super::element::Element;
use super::findings::Findings;
use super::rule::{Check, Example, Rule, own};
use super::rust::{ItemKind, Surface};

pub static RULE: Rule = Rule {
    info: own(
        "RUST_SAME_TYPE",
        "A field keeps its type in Rust.",
        "`optional` makes an `Option` of a field, `repeated` a `Vec`, and another message another struct, \
         in a `Box` where it may hold the message that the field is in: code that uses the field does not compile. Types that are one in Rust (`int32` and `sint32`) are no change here, though they \
         are one on the wire. An enum is an `i32` with methods of its own type beside it.",
    ),
    categories: &[Category::Rust],
    check: Check::Surfaces(check),
    example: Example {
        old: &[("a.proto", "syntax = \"proto3\";\nmessage M {\n  int32 a = 1;\n}\n")],
        new: &[("a.proto", "syntax = \"proto3\";\nmessage M {\n  optional int32 a = 1;\n}\n")],
    },
};

fn check(old: &Surface, new: &Surface, findings: &mut Findings) {
    let structs = old.pairs(new, ItemKind::Struct);
    for (path, old, new) in structs.chain(old.pairs(new, ItemKind::Enum)) {
        for (name, was) in &old.members {
            let Some(is) = new.members.get(name).filter(|it| it.r#type != was.r#type) else { continue };
            findings
                .add(
                    is.home.whole(),
                    format!("`{path}::{name}` was `{}` in Rust and is `{}` now", was.r#type, is.r#type),
                )
                .was(was.home.whole(), "it was made of this")
                .witness(Err("only code that uses it minds".to_owned()))
                .help("add a field with another name, or raise the major version of the crate");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::says;
    use super::RULE;

    #[track_caller]
    fn differ(old: &str, new: &str, what: &str) {
        let message = |field: &str| {
            format!(
                "import \"google/protobuf/wrappers.proto\"; message N {{}} enum E {{ Z = 0; }} message M {{\n{field}\n}}"
            )
        };
        let place = |field: &str| format!("3:1-3:{}", field.len() + 1);
        let said = format!("{}: `M::a` {what}; {}: it was made of this", place(new), place(old));
        let expected: &[&str] = if what.is_empty() { &[] } else { &[&said] };
        says(&RULE, &message(old), &message(new), expected);
    }

    #[test]
    fn options_lists_maps_and_messages_count_and_encodings_do_not() {
        differ("int32 a = 1;", "optional int32 a = 1;", "was `i32` in Rust and is `Option<i32>` now");
        differ("optional string a = 1;", "string a = 1;", "was `Option<String>` in Rust and is `String` now");
        differ("N a = 1;", "repeated N a = 1;", "was `Option<N>` in Rust and is `Vec<N>` now");
        differ(
            "N a = 1;",
            "map<string, N> a = 1;",
            "was `Option<N>` in Rust and is `HashMap<String, N>` now",
        );
        differ("N a = 1;", "M a = 1;", "was `Option<N>` in Rust and is `Option<Box<M>>` now");
        differ(
            "repeated M a = 1;",
            "map<string, M> a = 1;",
            "was `Vec<M>` in Rust and is `HashMap<String, M>` now",
        );
        differ("int32 a = 1;", "E a = 1;", "was `i32` in Rust and is `i32 of E` now");
        differ("google.protobuf.Int32Value a = 1;", "optional int32 a = 1;", "");
        differ("int32 a = 1;", "sint32 a = 2;", "");
    }
}
