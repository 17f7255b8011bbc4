//! What can be wrong between a schema and its generated files, and how we say it.

use std::path::Path;

use crate::diag::{Diagnostic, Place, RuleInfo, Severity};

macro_rules! problem {
    ($name:ident, $summary:literal, $explain:literal) => {
        pub(super) static $name: RuleInfo = RuleInfo {
            id: stringify!($name),
            name: stringify!($name),
            summary: $summary,
            explain: $explain,
            url: None,
        };
    };
}

problem!(
    GENERATED_DRIFT,
    "Generated files are what the schema makes of them today.",
    "A generated file is missing, was edited, or belongs to something the schema no longer has. Generated \
     files are never edited by hand: change the schema or the template, generate again, and commit the \
     result together with the change."
);
problem!(
    GENERATED_NOT_OURS,
    "Only files that protogate made are overwritten.",
    "A file stands where a generated one belongs, and its first line does not say that protogate made it. \
     Nothing was written. Move the file away, or generate into another folder."
);
problem!(
    GENERATED_IO,
    "The output folder can be read and written.",
    "A generated file could not be read, written or removed. Each file is replaced in one step, so none is \
     half written; files before this one in the order of their names may already be new."
);
problem!(
    GENERATE_NAME,
    "Every name of the schema has a form of its own in Rust.",
    "Rust code uses other cases than Protocol Buffers, so two names of a schema can become the same name \
     in Rust (`foo_bar` and `FooBar`), and a name of underscores only becomes none. Rename one of them."
);
problem!(
    GENERATE_TEMPLATE,
    "Every template can be read and rendered.",
    "A template does not parse, uses a name that its view does not have, or takes too many steps. Names \
     are strict: a misspelled one is an error, never an empty string."
);

/// Every kind of problem, for `explain`.
pub static PROBLEMS: [&RuleInfo; 5] =
    [&GENERATED_DRIFT, &GENERATED_NOT_OURS, &GENERATED_IO, &GENERATE_NAME, &GENERATE_TEMPLATE];

pub(super) fn io(verb: &str, path: &Path, error: &std::io::Error) -> Diagnostic {
    let shown = path.display().to_string();
    Diagnostic::failure(&GENERATED_IO, format!("cannot {verb} {shown}: {error}")).at(Place::file(shown))
}

pub(super) fn not_ours(path: &Path) -> Diagnostic {
    let shown = path.display().to_string();
    Diagnostic::failure(
        &GENERATED_NOT_OURS,
        format!("{shown} was not made by protogate; nothing was written"),
    )
    .at(Place::file(shown))
    .help("move it away, or generate into another folder")
}

pub(super) fn drifted(path: &Path, what: &str, mend: &str) -> Diagnostic {
    let shown = path.display().to_string();
    Diagnostic::new(&GENERATED_DRIFT, Severity::Error, format!("{shown} {what}"))
        .at(Place::file(shown))
        .help(format!("run `{mend}` and commit the result"))
}

pub(super) fn name(message: String) -> Diagnostic {
    Diagnostic::failure(&GENERATE_NAME, message).help("rename it, or one of the two")
}
