//! RUST_ITEM_NO_DELETE.

use super::category::Category;
use super::element::{Element, Spot};
use super::findings::Findings;
use super::rule::{Check, Example, Rule, own};
use super::rust::Surface;

pub static RULE: Rule = Rule {
    info: own(
        "RUST_ITEM_NO_DELETE",
        "Every struct, enum and trait stays at its path.",
        "Rust code names what prost and tonic generate by module and name: the package, the messages around it, and the \
         name in Rust's case. Who moves or renames one of them stops that code from compiling, whatever the bytes are. \
         What is another name only in the schema (`HTTP` and `Http`) is the same in Rust.",
    ),
    categories: &[Category::Rust],
    check: Check::Surfaces(check),
    example: Example {
        old: &[("a.proto", "syntax = \"proto3\";\npackage p;\nmessage M {}\n")],
        new: &[("a.proto", "syntax = \"proto3\";\npackage p;\nmessage N {}\n")],
    },
};

fn check(old: &Surface, new: &Surface, findings: &mut Findings) {
    for (path, item) in &old.items {
        let is_there = |path: &str| new.items.contains_key(path);
        // What was inside of what is gone is gone with it.
        if is_there(path) || item.inside.as_deref().is_some_and(|outer| !is_there(outer)) {
            continue;
        }
        let (word, file) = (item.kind.word(), item.home.file());
        let message = format!("Rust code finds no {word} `{path}` any more");
        let (_, schema) = findings.schemas();
        let said = match schema.file(file.name()) {
            Some(file) => findings.add(Spot::file(file.descriptor()), message),
            None => findings.add_gone(&file, message),
        };
        said.was(item.home.whole(), "it was made of this")
            .witness(Err("only code that names it minds".to_owned()))
            .help("keep it where it was, or raise the major version of the crate");
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{says, says_of_files};
    use super::RULE;

    #[test]
    fn a_path_is_the_package_the_messages_around_and_the_name_in_rusts_case() {
        says(
            &RULE,
            "package p; message M { message In { enum E { Z = 0; } } oneof one { int32 a = 1; } } service S {}",
            "package p; message M { message In {} }",
            &[
                "a.proto: Rust code finds no enum `p::m::One` any more; 2:57-2:83: it was made of this",
                "a.proto: Rust code finds no enum `p::m::in::E` any more; 2:37-2:54: it was made of this",
                "a.proto: Rust code finds no trait `p::s_server::S` any more; 2:86-2:98: it was made of this",
            ],
        );
        says(&RULE, "message HTTPServer {}", "message HttpServer {}", &[]);
    }

    #[test]
    fn a_package_takes_everything_along() {
        let text = |package: &str| {
            format!("syntax = \"proto3\"; package {package}; message M {{ message In {{}} }}")
        };
        says_of_files(
            &RULE,
            &[("a.proto", &text("p.v1"))],
            &[("a.proto", &text("p.v2"))],
            &["a.proto: Rust code finds no struct `p::v1::M` any more; 1:34-1:61: it was made of this"],
        );
    }
}
