//! FILE_NO_DELETE.

use super::category::Category::{self, Csr};
use super::element::{Kind, Spot};
use super::findings::Findings;
use super::rule::{Check, Example, Rule, info};
use crate::schema::{File, Schema};

pub static RULE: Rule = Rule {
    info: info(
        "FILE_NO_DELETE",
        "A file is not deleted.",
        "Others import it by its path, and in several languages generated code is included by a path made \
         from it. A renamed or moved file is a deleted one. Leave a file that says `import public` of the \
         new one. Imported files count as well, but not those that come with every compiler \
         (`google/protobuf/*`): they are still there.",
    ),
    categories: &[Category::File, Csr],
    check: Check::FileGone(check),
    example: Example {
        old: &[("a.proto", "syntax = \"proto3\";\n"), ("b.proto", "syntax = \"proto3\";\n")],
        new: &[("a.proto", "syntax = \"proto3\";\n")],
    },
};

fn check(gone: &File, new: &Schema, findings: &mut Findings) {
    let name = gone.name();
    let said = findings
        .add_gone(gone.descriptor(), format!("file `{name}` was deleted"))
        .was(Spot::file(gone.descriptor()), "it was here");
    match heir(gone, new) {
        Some(heir) => said.help(format!("leave a `{name}` that says `import public \"{heir}\";`")),
        None => said.help(format!("bring `{name}` back; deprecate what is in it instead")),
    }
}

/// The file that has its first type now.
fn heir(gone: &File, new: &Schema) -> Option<String> {
    let first = gone.descriptor().messages().next().map(|it| (Kind::Message, it.full_name().to_owned()));
    let (kind, name) = first
        .or_else(|| gone.descriptor().enums().next().map(|it| (Kind::Enum, it.full_name().to_owned())))?;
    Some(kind.file_of(new, &name)?.name().to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::tests::says_of_files;

    #[test]
    fn a_moved_file_is_deleted() {
        let text = "syntax = \"proto3\"; message M {}";
        says_of_files(
            &super::RULE,
            &[("a.proto", text)],
            &[("b/a.proto", text)],
            &["a.proto: file `a.proto` was deleted; a.proto: it was here"],
        );
    }
}
