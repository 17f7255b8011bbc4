//! `init`: a first `protogate.toml`, from what is in the current folder; and snippets for CI.

use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use ignore::WalkBuilder;

use super::args::{Ci, Init};
use super::block::{Block, Ignored, Word};
use super::config::{CONFIG, FILE_NAME};
use super::{Context, Outcome};
use crate::diag::{Diagnostic, Place, Report, Section};

pub fn init(arguments: &Init, context: &Context) -> Outcome {
    if let Some(ci) = arguments.ci {
        let snippet = match ci {
            Ci::Github => include_str!("../../templates/ci/github.yaml"),
            Ci::Gitlab => include_str!("../../templates/ci/gitlab.yaml"),
            Ci::PreCommit => include_str!("../../templates/ci/pre-commit.yaml"),
        };
        return Ok(Report::default().with(Section::Line(snippet.trim_end().to_owned())));
    }
    let config = &context.config;
    let buf_yaml_is_here = !config.modules.is_empty() && config.folder.as_os_str().is_empty();
    let (input, block) = match (&*config.modules, buf_yaml_is_here) {
        ([_, _, ..], true) => return Err(vec![several_modules()]),
        ([module], true) => (Some(module.path.clone()), Some(&module.breaking)),
        _ => (proto_folder(Path::new(".")), None),
    };
    let Some(input) = input.map(|path| if path.is_empty() { ".".to_owned() } else { path }) else {
        return Err(vec![
            Diagnostic::failure(&CONFIG, "there is no .proto file here or below")
                .help("run `protogate init` in the folder of your schema or above it"),
        ]);
    };
    let branch = default_branch();
    let text = written(&input, branch.as_deref(), block);
    let created = OpenOptions::new().write(true).create_new(true).open(FILE_NAME);
    created
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(|error| vec![not_written(&error)])?;
    let baseline = match branch {
        Some(_) => "",
        None => " --against BASELINE",
    };
    let next = format!(
        "wrote {FILE_NAME}:\n\n{text}\nnext:\n  protogate check-breaking{baseline}\n  protogate init --ci github    or gitlab, pre-commit"
    );
    Ok(Report::default().with(Section::Line(next)))
}

fn several_modules() -> Diagnostic {
    Diagnostic::failure(&CONFIG, "the buf.yaml here has several modules, and protogate.toml knows one input")
        .at(Place::file("buf.yaml"))
        .help("keep the buf.yaml: without a protogate.toml it is read as it is")
}

fn not_written(error: &std::io::Error) -> Diagnostic {
    let help = match error.kind() {
        std::io::ErrorKind::AlreadyExists => {
            "nothing was changed: edit the file, or move it away and run the command again"
        }
        _ => "make the folder writable",
    };
    Diagnostic::failure(&CONFIG, format!("cannot write {FILE_NAME}: {error}"))
        .at(Place::file(FILE_NAME))
        .help(help)
}

/// The file, with a comment for every line.
fn written(input: &str, branch: Option<&str>, block: Option<&Block>) -> String {
    let mut text = String::from(
        "# How this repository uses protogate. Every key: docs/configuration.md of protogate.\n",
    );
    // Writing into a String cannot fail.
    let _ = writeln!(text, "\n# Where the schema is; imports are relative to it.\ninput = {}", quoted(input));
    let _ = match branch {
        Some(branch) => writeln!(
            text,
            "\n# What it must not break: the same folder on the default branch.\nbaseline = {}",
            quoted(&format!("git:{branch}"))
        ),
        None => writeln!(
            text,
            "\n# What it must not break: a folder, a descriptor set, or a git revision.\n# baseline = \"git:main\""
        ),
    };
    let _ = writeln!(text, "\n[breaking]");
    let block = block.cloned().unwrap_or_default();
    let words = |words: &[Word]| list(words.iter().map(|word| word.text.as_str()));
    let paths = |paths: &[Ignored]| list(paths.iter().map(|path| path.word.text.as_str()));
    let _ = match block.used.is_empty() {
        true => writeln!(
            text,
            "# FILE, PACKAGE, WIRE_JSON, WIRE, CSR or PROVEN, and single rules: `protogate rules`.\nuse = [\"FILE\"]"
        ),
        false => writeln!(text, "use = {}", words(&block.used)),
    };
    if !block.except.is_empty() {
        let _ = writeln!(text, "except = {}", words(&block.except));
    }
    if !block.ignore.is_empty() {
        let _ = writeln!(text, "ignore = {}", paths(&block.ignore));
    }
    if block.unstable_packages {
        let _ = writeln!(text, "ignore-unstable-packages = true");
    }
    if !block.ignore_only.is_empty() {
        let _ = writeln!(text, "\n[breaking.ignore-only]");
        let mut lines: Vec<String> = block
            .ignore_only
            .iter()
            .map(|(rule, list)| format!("{} = {}\n", rule.text, paths(list)))
            .collect();
        lines.sort();
        text.push_str(&lines.concat());
    }
    text
}

fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

fn list<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    format!("[{}]", texts.map(quoted).collect::<Vec<_>>().join(", "))
}

/// The folder that all `.proto` files are below, `/`-separated; git's ignore files are heeded.
fn proto_folder(here: &Path) -> Option<String> {
    let files = WalkBuilder::new(here).build().filter_map(Result::ok).map(ignore::DirEntry::into_path);
    let protos = files.filter(|path| path.extension().is_some_and(|it| it == "proto"));
    let folders = protos.filter_map(|path| path.parent().map(Path::to_path_buf));
    let common = folders.reduce(|one, other| {
        one.components()
            .zip(other.components())
            .take_while(|(a, b)| a == b)
            .map(|(a, _)| a)
            .collect::<PathBuf>()
    })?;
    let inside = common.strip_prefix(here).unwrap_or(&common);
    let parts: Option<Vec<&str>> = inside.components().map(|part| part.as_os_str().to_str()).collect();
    Some(parts?.join("/"))
}

/// The branch that others start from: what the remote calls its own, or else `main` or `master`.
fn default_branch() -> Option<String> {
    let git = |arguments: &[&str]| {
        let output = Command::new("git").args(arguments).stderr(Stdio::null()).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    git(&["symbolic-ref", "--short", "refs/remotes/origin/HEAD"]).or_else(|| {
        let known = |branch: &&str| git(&["rev-parse", "--verify", "--quiet", branch]).is_some();
        ["main", "master"].into_iter().find(known).map(str::to_owned)
    })
}
