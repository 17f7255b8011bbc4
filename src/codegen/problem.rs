//! What can be wrong between a schema and its generated files, and how we say it.

use std::path::Path;

use super::origin::Origin;
use crate::diag::{Diagnostic, Place, RuleInfo, Severity};

macro_rules! problem {
    ($name:ident, $summary:literal, $explain:literal) => {
        #[doc = $summary]
        pub static $name: RuleInfo = RuleInfo {
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
    "A file stands where a generated one belongs, and the manifest of the output folder does not name it; or a link or \
     a folder stands there. Nothing was written. Move it away, or generate into another folder; `--force` keeps a copy \
     of a file and then writes."
);
problem!(
    GENERATED_EDITED,
    "Generated files are not edited.",
    "A generated file no longer holds what the manifest of the output folder says it held when it was made: somebody \
     edited it, or it was merged by hand. Writing it again would lose that work, so nothing was written. Make the change \
     where the file is made from, then undo it in the file; or use `--force`, which keeps a copy beside it. Where git \
     changed the ends of lines, that is no edit."
);
problem!(
    GENERATED_IO,
    "The output folder can be read and written.",
    "A generated file could not be read, written or removed. The folder, or where that cannot be done each file, is replaced \
     in one step, so none is half written. Run the same again when the cause is gone: what this run wrote and did not write is known to the next one."
);
problem!(
    SERVICE_INCOMPLETE,
    "A service has the methods of its schema.",
    "The file that implements a service was seeded once and is yours since, so a method that the schema gained is not in it, \
     or one that the schema lost still is. The compiler refuses both; this says it before, with the method to paste."
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
problem!(
    GENERATE_HTTP,
    "Every rule of `google.api.http` can be served.",
    "A route names a field that the message does not have, or that has no text (a message, a list), takes content where \
     HTTP has none, or has a path that `google/api/http.proto` does not know: neither the gateway nor the OpenAPI document \
     can be made from it. Or it is that of another method too: then it is the first one's, and this is a warning."
);

/// Every kind of problem, for `explain`.
pub static PROBLEMS: [&RuleInfo; 8] = [
    &GENERATED_DRIFT,
    &GENERATED_NOT_OURS,
    &GENERATED_EDITED,
    &GENERATED_IO,
    &SERVICE_INCOMPLETE,
    &GENERATE_NAME,
    &GENERATE_TEMPLATE,
    &GENERATE_HTTP,
];

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
    .help("move it away, generate into another folder, or use --force, which keeps a copy")
}

pub(super) fn in_the_way(path: &Path, what: &Path, kind: &str) -> Diagnostic {
    let (shown, what) = (path.display(), what.display().to_string());
    Diagnostic::failure(
        &GENERATED_NOT_OURS,
        format!("{shown} cannot be written, because {what} is {kind}; nothing was written"),
    )
    .at(Place::file(what))
    .help("move it away, or generate into another folder")
}

/// The diff is from what the schema makes to what stands there, so that it reads as what somebody did.
pub(super) fn edited(path: &Path, origin: &Origin, diff: &str) -> Diagnostic {
    let shown = path.display().to_string();
    Diagnostic::failure(
        &GENERATED_EDITED,
        format!("{shown} was edited after it was made; nothing was written\n{}", diff.trim_end()),
    )
    .at(Place::file(shown))
    .help(format!(
        "make the change in {}, and undo it here; or use --force, which keeps a copy",
        origin.place_of_edits()
    ))
}

/// An edited file that the schema no longer makes: it is the user's from now on.
pub fn released(path: &Path) -> Diagnostic {
    let shown = path.display().to_string();
    let said =
        format!("{shown} belongs to nothing in the schema any more, but was edited: it is left as it is");
    Diagnostic::new(&GENERATED_EDITED, Severity::Warning, said)
        .at(Place::file(shown))
        .help("delete it, or keep it as a file of your own")
}

pub(super) fn changed_meanwhile(path: &Path, what_was_done: &str) -> Diagnostic {
    let shown = path.display().to_string();
    Diagnostic::failure(
        &GENERATED_EDITED,
        format!("{shown} was changed while files were written, {what_was_done}"),
    )
    .at(Place::file(shown))
    .help("run the same again")
}

pub(super) fn saved_meanwhile(path: &Path, copy: &Path) -> Diagnostic {
    let shown = path.display().to_string();
    let now = copy.display();
    Diagnostic::failure(
        &GENERATED_EDITED,
        format!("{shown} was saved at the moment at which the folder was put in place; that is now {now}"),
    )
    .at(Place::file(shown))
    .help("run the same again")
}

pub(super) fn drifted(path: &Path, what: &str, mend: &str) -> Diagnostic {
    let shown = path.display().to_string();
    Diagnostic::new(&GENERATED_DRIFT, Severity::Error, format!("{shown} {what}"))
        .at(Place::file(shown))
        .help(format!("run `{mend}` and commit the result"))
}

pub(super) fn drifted_by_hand(path: &Path, what: &str, place_of_edits: &str) -> Diagnostic {
    let shown = path.display().to_string();
    let diagnostic = Diagnostic::new(&GENERATED_DRIFT, Severity::Error, format!("{shown} {what}"));
    let help = match place_of_edits {
        "" => "move it away, or generate into another folder".to_owned(),
        place => format!("make the change in {place}, and undo it here"),
    };
    diagnostic.at(Place::file(shown)).help(help)
}

pub(super) fn name(message: String) -> Diagnostic {
    Diagnostic::failure(&GENERATE_NAME, message).help("rename it, or one of the two")
}
