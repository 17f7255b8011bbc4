//! IMPORT_NO_DELETE.

use std::collections::BTreeSet;

use prost_reflect::FileDescriptor;

use super::category::Category::Import;
use super::element::{Kind, Spot};
use super::findings::Findings;
use super::rule::{Check, Example, Rule, own};

pub static RULE: Rule = Rule {
    info: own(
        "IMPORT_NO_DELETE",
        "Who imports a file finds everything in it that was there.",
        "Schemas of other people import a file by its path, for the types that it declares and for those of the files it \
         imports publicly. When the file is gone, or a type has moved, or an `import public` is gone, those schemas do \
         not compile. A type may move when the file that it was in imports its new home publicly.",
    ),
    categories: &[Import],
    check: Check::File(check),
    example: Example {
        old: &[
            ("a.proto", "syntax = \"proto3\";\nimport public \"b.proto\";\n"),
            ("b.proto", "syntax = \"proto3\";\nmessage N {}\n"),
        ],
        new: &[
            ("a.proto", "syntax = \"proto3\";\nimport \"b.proto\";\n"),
            ("b.proto", "syntax = \"proto3\";\nmessage N {}\n"),
        ],
    },
};

fn check(old: &FileDescriptor, new: Option<&FileDescriptor>, findings: &mut Findings) {
    let Some(new) = new else {
        findings
            .add_gone(old, format!("nobody can import `{}` any more", old.name()))
            .was(Spot::file(old), "it was here")
            .help("keep a file at this path that imports publicly what took its place");
        return;
    };
    let found = visible(new);
    let gone: Vec<(String, Kind)> = visible(old).into_iter().filter(|it| !found.contains(it)).collect();
    if gone.is_empty() {
        return;
    }
    let homes: BTreeSet<String> = gone
        .iter()
        .filter_map(|(name, kind)| kind.file_in(new.parent_pool(), name))
        .map(|home| format!("`import public \"{}\";`", home.name()))
        .collect();
    let help = match homes.is_empty() {
        true => "keep them with `option deprecated = true;`".to_owned(),
        false => format!("write {}", homes.into_iter().collect::<Vec<_>>().join(" and ")),
    };
    let names: Vec<String> = gone.iter().map(|(name, _)| format!("`{name}`")).collect();
    findings
        .add(Spot::file(new), format!("who imports `{}` no longer finds {}", old.name(), some(&names)))
        .was(Spot::file(old), "it had them here")
        .help(help);
}

/// The first three and how many more there are.
fn some(names: &[String]) -> String {
    const SHOWN: usize = 3;
    let mut shown = names.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    if names.len() > SHOWN {
        shown += &format!(" and {} more", names.len() - SHOWN);
    }
    shown
}

/// What importers of a file can name, but for what is inside of something else.
fn visible(file: &FileDescriptor) -> BTreeSet<(String, Kind)> {
    let mut found = BTreeSet::new();
    let mut seen = BTreeSet::from([file.name().to_owned()]);
    let mut waiting = vec![file.clone()];
    while let Some(file) = waiting.pop() {
        found.extend(file.messages().map(|it| (it.full_name().to_owned(), Kind::Message)));
        found.extend(file.enums().map(|it| (it.full_name().to_owned(), Kind::Enum)));
        found.extend(file.extensions().map(|it| (it.full_name().to_owned(), Kind::Extension)));
        waiting.extend(file.public_dependencies().filter(|it| seen.insert(it.name().to_owned())));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::tests::says_of_files;
    use super::RULE;

    const HEAD: &str = "syntax = \"proto3\"; package p; ";

    #[track_caller]
    fn differ(old: &[(&str, &str)], new: &[(&str, &str)], expected: &[&str]) {
        let with_head =
            |files: &[(&str, &str)]| files.iter().map(|(_, text)| format!("{HEAD}{text}")).collect();
        let (old_texts, new_texts): (Vec<String>, Vec<String>) = (with_head(old), with_head(new));
        let old: Vec<(&str, &str)> =
            old.iter().zip(&old_texts).map(|((name, _), text)| (*name, &**text)).collect();
        let new: Vec<(&str, &str)> =
            new.iter().zip(&new_texts).map(|((name, _), text)| (*name, &**text)).collect();
        says_of_files(&RULE, &old, &new, expected);
    }

    #[test]
    fn a_moved_type_is_found_where_the_old_file_imports_it_publicly() {
        let old = [("a.proto", "message M { message In {} } enum E { Z = 0; }"), ("b.proto", "")];
        let moved = "message M { message In {} } enum E { Z = 0; }";
        differ(
            &old,
            &[("a.proto", ""), ("b.proto", moved)],
            &["a.proto: who imports `a.proto` no longer finds `p.E`, `p.M`; a.proto: it had them here"],
        );
        differ(&old, &[("a.proto", "import public \"b.proto\";"), ("b.proto", moved)], &[]);
    }

    #[test]
    fn files_and_public_imports_are_kept() {
        let of_b = ("b.proto", "message N {}");
        let public = [("a.proto", "import public \"b.proto\"; message M { N n = 1; }"), of_b];
        differ(
            &public,
            &[("a.proto", "import \"b.proto\"; message M { N n = 1; }"), of_b],
            &["a.proto: who imports `a.proto` no longer finds `p.N`; a.proto: it had them here"],
        );
        differ(&public, &public, &[]);
        differ(
            &[("c.proto", ""), of_b],
            &[of_b],
            &["c.proto: nobody can import `c.proto` any more; c.proto: it was here"],
        );
    }
}
