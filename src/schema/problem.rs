//! What can be wrong with a source, and how we say it.

use std::path::Path;
use std::sync::Arc;

use crate::diag::{Diagnostic, Place, RuleInfo, Severity, Span};
use crate::schema::Source;

macro_rules! problem {
    ($name:ident, $summary:literal, $explain:literal) => {
        static $name: RuleInfo = RuleInfo {
            id: stringify!($name),
            name: stringify!($name),
            summary: $summary,
            explain: $explain,
            url: None,
        };
    };
}

problem!(
    SCHEMA_INPUT,
    "The input can be read.",
    "An input is a directory, a `.proto` file, a descriptor set (binary or JSON, also with gzip or zstd), a \
     tar or zip archive, or a git revision (`git:REV[:PATH]`, `git:merge-base(REV)[:PATH]`, \
     `git:latest-tag[:PATTERN[:PATH]]`, and for several baselines `git:tags[:PATTERN[:PATH]]`). This one is missing, not readable, or not what its name says. Nothing was checked."
);
problem!(
    SCHEMA_PARSE,
    "Every file is valid Protocol Buffers.",
    "The file does not follow the language specification (proto2 or proto3). Files that import it are \
     left out as well; all others are still checked."
);
problem!(
    SCHEMA_IMPORT,
    "Every import is found.",
    "Imports are looked up relative to the input directory, then among the files that come with \
     protogate: `google/protobuf/*`, `google/api/*`, `google/rpc/*`, `google/type/*`, \
     `google/longrunning/operations.proto`, `buf/validate/validate.proto` and \
     `protogate/contract/v1/contract.proto`."
);
problem!(
    SCHEMA_CYCLE,
    "Imports form no cycle.",
    "Two or more files import each other. Move what they share into a file of its own."
);
problem!(
    SCHEMA_LINK,
    "Every name refers to something.",
    "The file parses, but a type, option, number or default in it is wrong: not defined, defined twice, \
     out of range, or of another kind than its place asks for."
);
problem!(
    SCHEMA_TYPE,
    "Every type that is asked for is there.",
    "`--type` takes the full names of messages, enums and services, `package.Service/Method`, a package, or `package.**` \
     for all inside it. Only what the input itself declares can be asked for; what it imports comes along where it is used."
);
problem!(
    SCHEMA_EDITION,
    "Files use proto2 or proto3.",
    "protogate does not read Protobuf Editions yet. Reading such a file with proto3 rules would lose its \
     feature settings, so it is refused by name; every other file is still checked. Keep \
     `syntax = \"proto3\";` in files that protogate has to see."
);

/// Every kind of problem, for `explain`.
pub static PROBLEMS: [&RuleInfo; 7] = [
    &SCHEMA_INPUT,
    &SCHEMA_PARSE,
    &SCHEMA_IMPORT,
    &SCHEMA_CYCLE,
    &SCHEMA_LINK,
    &SCHEMA_TYPE,
    &SCHEMA_EDITION,
];

pub(super) fn nothing_here(source: &Source) -> Diagnostic {
    Diagnostic::failure(&SCHEMA_INPUT, format!("no .proto file in {source}"))
        .help("name the directory that imports are relative to, such as `proto`")
}

pub(super) fn twice(input: &super::source::Input, first: &str) -> Diagnostic {
    let message = format!("`{}` is in two modules: also {first}", input.name);
    Diagnostic::failure(&SCHEMA_INPUT, message)
        .at(Place::file(input.shown.clone()))
        .help("imports could mean either; rename one, or list it under `excludes` of its module")
}

pub(super) fn cannot_read(shown: &str, error: &std::io::Error) -> Diagnostic {
    Diagnostic::failure(&SCHEMA_INPUT, format!("cannot read {shown}: {error}"))
        .at(Place::file(shown))
        .help(
            "an input is a directory, a .proto file, a descriptor set (.binpb, .json), an archive (.tar, .zip), or \
             git:REV[:PATH]",
        )
}

pub(super) fn cannot_walk(error: &ignore::Error) -> Diagnostic {
    Diagnostic::failure(&SCHEMA_INPUT, error.to_string())
        .help("mend or remove the link or folder, or name a directory without it")
}

pub(super) fn bad_file_name(path: &Path) -> Diagnostic {
    Diagnostic::failure(&SCHEMA_INPUT, "the file name is not valid UTF-8, so nothing can import it")
        .at(Place::file(path.display().to_string()))
        .help("rename the file")
}

pub(super) fn not_utf8(place: Place, valid_up_to: usize) -> Diagnostic {
    Diagnostic::failure(&SCHEMA_PARSE, format!("the file is not UTF-8 (at byte {valid_up_to})"))
        .at(place)
        .help("save the file as UTF-8")
}

pub(super) fn too_large(place: Place) -> Diagnostic {
    let limit = super::MAX_FILE_BYTES / (1024 * 1024);
    Diagnostic::failure(&SCHEMA_INPUT, format!("the file is larger than {limit} MiB"))
        .at(place)
        .help("split the file, or move it out of the input directory")
}

pub(super) fn not_a_descriptor_set(shown: &str, error: &dyn std::fmt::Display) -> Diagnostic {
    Diagnostic::failure(&SCHEMA_INPUT, format!("not a descriptor set: {error}")).at(Place::file(shown)).help(
        "write one with `protogate generate`, `buf build -o FILE.binpb`, or \
         `protoc --include_imports --include_source_info -o FILE.binpb`",
    )
}

pub(super) fn nameless_file(shown: &str) -> Diagnostic {
    Diagnostic::failure(&SCHEMA_INPUT, "not a descriptor set: it holds a file without a name")
        .at(Place::file(shown))
        .help("write it again with protogate, buf or protoc")
}

pub(super) fn duplicate_file(shown: &str, name: &str) -> Diagnostic {
    Diagnostic::failure(&SCHEMA_INPUT, format!("the descriptor set holds `{name}` twice"))
        .at(Place::file(shown))
        .help("write it again with protogate, buf or protoc; sets are not merged by joining their bytes")
}

pub(super) fn not_an_archive(shown: &str, error: &std::io::Error) -> Diagnostic {
    Diagnostic::failure(&SCHEMA_INPUT, format!("cannot unpack the archive: {error}"))
        .at(Place::file(shown))
        .help("an archive is .tar, .tar.gz, .tgz, .tar.zst or .zip; it may be fetched or packed again")
}

pub(super) fn bad_source(spec: &str, why: &str) -> Diagnostic {
    Diagnostic::failure(&SCHEMA_INPUT, format!("cannot understand the source `{spec}`: {why}")).help(
        "write a path, git:REV[:PATH], git:merge-base(REV)[:PATH], git:latest-tag[:PATTERN[:PATH]], git:tags[:PATTERN[:PATH]], \
         DIR/.git#branch=NAME,subdir=PATH (also tag=, commit=, ref=), or FILE.tar#strip_components=N,subdir=PATH",
    )
}

/// An option after the `#` that is not one of `keys`, or has no value.
pub(super) fn bad_option(spec: &str, option: &str, keys: &[&str]) -> Diagnostic {
    let (key, value) = option.split_once('=').unwrap_or((option, ""));
    let diagnostic = bad_source(spec, &format!("`{option}` is not understood"));
    match nearest(key, keys.iter().copied()) {
        Some(known) if known == key => diagnostic.help(format!("give it a value: `{key}=VALUE`")),
        Some(known) => diagnostic.help(format!("did you mean `{known}={value}`?")),
        None => diagnostic.help(format!("it may have the options {}", keys.join(", "))),
    }
}

pub(super) fn unknown_format(spec: &str, format: &str, known: &[&str]) -> Diagnostic {
    let diagnostic = bad_source(spec, &format!("there is no format `{format}`"));
    match nearest(format, known.iter().copied()) {
        Some(known) => diagnostic.help(format!("did you mean `format={known}`?")),
        None => diagnostic.help(format!("the formats are {}", known.join(", "))),
    }
}

pub(super) fn not_a_repository(repository: &Path, error: &str) -> Diagnostic {
    Diagnostic::failure(&SCHEMA_INPUT, format!("no git repository at {}: {error}", repository.display()))
        .help("run protogate inside the repository, or name it: DIR/.git#branch=NAME")
}

pub(super) fn no_such_revision(repository: &Path, revision: &str) -> Diagnostic {
    Diagnostic::failure(&SCHEMA_INPUT, format!("no git revision `{revision}` in {}", here(repository)))
        .help("fetch it first (`git fetch origin BRANCH`, `git fetch --tags`), or name another revision")
}

pub(super) fn no_merge_base(repository: &Path, revision: &str) -> Diagnostic {
    let message = format!("HEAD and `{revision}` have no common commit in {}", here(repository));
    Diagnostic::failure(&SCHEMA_INPUT, message)
        .help("a shallow clone ends before it: `git fetch --unshallow` (in GitHub Actions, `fetch-depth: 0`)")
}

/// `git:tags` where one schema is needed.
pub(super) fn several_revisions(revision: &str) -> Diagnostic {
    Diagnostic::failure(
        &SCHEMA_INPUT,
        format!("`git:{revision}` means every release, and one schema is needed"),
    )
    .help("name one: git:latest-tag, or git:REV; only --against and `baseline` take all of them")
}

/// `git:tags` in a repository without releases.
pub(super) fn no_releases(repository: &Path, pattern: Option<&str>) -> Diagnostic {
    let which = pattern.map(|pattern| format!(" that matches `{pattern}`")).unwrap_or_default();
    Diagnostic::failure(&SCHEMA_INPUT, format!("there is no release tag{which} in {}", here(repository))).help(
        "a release tag is a version such as v1.2.3, or matches the pattern and ends in one; fetch them with \
         `git fetch --tags --unshallow`",
    )
}

pub(super) fn no_such_tag(repository: &Path, pattern: Option<&str>) -> Diagnostic {
    let which = pattern.map(|pattern| format!(" that matches `{pattern}`")).unwrap_or_default();
    let message = format!("no release tag{which} is reachable from HEAD in {}", here(repository));
    Diagnostic::failure(&SCHEMA_INPUT, message).help(match pattern {
        Some(_) => {
            "a release tag ends in a version such as v1.2.3; fetch them with `git fetch --tags --unshallow`; \
             for a folder, write git:latest-tag::PATH"
        }
        None => {
            "a release tag is a version such as v1.2.3; fetch them with `git fetch --tags --unshallow`, or name a \
             pattern: git:latest-tag:users/v*"
        }
    })
}

fn here(repository: &Path) -> String {
    if repository == Path::new(".") {
        "the repository around the current folder".to_owned()
    } else {
        repository.display().to_string()
    }
}

pub(super) fn no_such_folder(revision: &str, path: &str, error: &str) -> Diagnostic {
    Diagnostic::failure(&SCHEMA_INPUT, format!("cannot list `{path}` of git revision `{revision}`: {error}"))
        .help("the path is relative to the root of the repository")
}

pub(super) fn git_failed(revision: &str, error: &std::io::Error) -> Diagnostic {
    Diagnostic::failure(&SCHEMA_INPUT, format!("git could not read revision `{revision}`: {error}"))
        .help("run `git fsck` in the repository")
}

pub(super) fn missing_object(shown: &str, revision: &str) -> Diagnostic {
    Diagnostic::failure(
        &SCHEMA_INPUT,
        format!("git revision `{revision}` lists this file but lacks its content"),
    )
    .at(Place::file(shown))
    .help("the clone is partial or damaged: `git fetch --refetch`, or clone without a filter")
}

pub(super) fn edition(place: Place, edition: &str) -> Diagnostic {
    Diagnostic::failure(&SCHEMA_EDITION, format!("edition {edition} is not supported yet"))
        .at(place)
        .help("keep `syntax = \"proto3\";` in this file, or move the file out of the input directory")
}

/// What the guard refuses.
pub(super) fn unsound(shown: &Arc<str>, text: Option<Arc<str>>, why: &str) -> Diagnostic {
    let help = match text {
        Some(_) => "no compiler of proto2 and proto3 needs this: write it in fewer levels, or leave it out",
        None => "no compiler writes this: write the descriptor set again with protogate, buf or protoc",
    };
    let place = Place { file: shown.clone(), span: None, text };
    Diagnostic::failure(&SCHEMA_LINK, why).at(place).help(help)
}

pub(super) fn import_not_found(place: Place, import: &str, known: &[&str]) -> Diagnostic {
    let base = Diagnostic::failure(&SCHEMA_IMPORT, format!("import `{import}` not found")).at(place);
    match nearest(import, known.iter().copied()) {
        Some(name) => base.help(format!("did you mean `{name}`?")),
        None => base.help(
            "imports are relative to the input directory: name the directory above the imported path as \
             the input",
        ),
    }
}

pub(super) fn import_cycle(place: Place, cycle: &str) -> Diagnostic {
    Diagnostic::failure(&SCHEMA_CYCLE, format!("files import each other: {cycle}"))
        .at(place)
        .help("move what they share into a file of its own")
}

/// An error of the parser or the linker, with its spans turned into places of `text`.
pub(super) fn compiler(
    linking: bool,
    shown: &str,
    text: Option<&str>,
    error: &dyn miette::Diagnostic,
) -> Diagnostic {
    let rule = if linking { &SCHEMA_LINK } else { &SCHEMA_PARSE };
    let place = |label: &miette::LabeledSpan| Place {
        file: shown.into(),
        span: text.map(|text| Span::from_bytes(text, label.offset(), label.offset() + label.len())),
        text: text.map(Into::into),
    };
    let mut labels = error.labels().into_iter().flatten();
    let mut diagnostic = Diagnostic::failure(rule, error.to_string());
    // The last label is the one at fault; the ones before it are what it clashes with.
    let mut places: Vec<_> = labels.by_ref().collect();
    diagnostic.place = Some(match places.pop() {
        Some(label) => place(&label),
        None => Place { file: shown.into(), span: None, text: text.map(Into::into) },
    });
    for label in &places {
        diagnostic = diagnostic.related(place(label), label.label().unwrap_or("see also").to_owned());
    }
    let explained = || format!("`protogate explain {}` says what is expected", rule.id);
    diagnostic.help = Some(error.help().map_or_else(explained, |help| help.to_string()));
    diagnostic
}

/// The copy of a well-known file cannot be read, and ours is used in its place.
pub(super) fn stood_in_for(diagnostic: Diagnostic) -> Diagnostic {
    let help = "the file of this name that comes with protogate is used instead";
    Diagnostic { severity: Severity::Warning, help: Some(help.to_owned()), ..diagnostic }
}

/// The candidate that a typing mistake would most likely have meant, if any is near.
pub fn nearest<'a>(word: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let (score, best) = candidates
        .map(|candidate| (similar::TextDiff::from_chars(word, candidate).ratio(), candidate))
        .max_by(|a, b| a.0.total_cmp(&b.0))?;
    (score >= 0.75).then_some(best)
}

pub(super) fn no_such_type(name: &str, near: Option<&str>) -> Diagnostic {
    let help = match near {
        Some(near) => format!("did you mean `{near}`?"),
        None => "`protogate generate --output docs` lists what there is".to_owned(),
    };
    Diagnostic::failure(&SCHEMA_TYPE, format!("the schema has no `{name}`")).help(help)
}

pub(super) fn wanted_and_excluded(name: &str) -> Diagnostic {
    Diagnostic::failure(&SCHEMA_TYPE, format!("`{name}` is wanted and excluded")).help("name it once")
}

pub(super) fn method_lost(method: &str, lost: &str) -> Diagnostic {
    Diagnostic::failure(&SCHEMA_TYPE, format!("`{method}` stays, and its `{lost}` is excluded"))
        .help(format!("exclude `{method}` as well, or keep `{lost}`"))
}
