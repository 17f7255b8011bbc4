//! `protogate.toml`: what the commands do without being told on the command line. Where there is none, a
//! `buf.yaml` says where the schema is and what `check-breaking` asks.
//!
//! Every path in it is relative to the folder it stands in, and the command line wins over it. Unknown
//! keys are errors: a setting that is silently ignored is worse than none.

mod sections;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::Spanned;

use super::block::{Block, Ignored, Word};
use super::buf_yaml::{self, Module};
use super::paths::{inside, normal};
use super::policy::{Policy, WrittenAcceptance, WrittenDeletion};

use crate::diag::{Diagnostic, Place, RuleInfo, Span};
use crate::schema::nearest;

pub use sections::{Contract, Gate, GatePhase, Generate, Plugin, Reference};

/// The file's name.
pub const FILE_NAME: &str = "protogate.toml";

/// A configuration that cannot be used.
pub static CONFIG: RuleInfo = RuleInfo {
    id: "CONFIG",
    name: "CONFIG",
    summary: "The configuration can be used.",
    explain: "`protogate.toml` or `buf.yaml` is missing although it was named, is not TOML or YAML, holds a \
              key that is not known, or ignores a path that is nowhere. Keys and their meaning: \
              `docs/configuration.md`.",
    url: None,
};

/// The whole file.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Config {
    /// Where the schema is: what INPUT defaults to.
    pub input: Option<String>,
    /// The accepted schema: what `--against` defaults to.
    pub baseline: Option<String>,
    /// `[breaking]`, as written.
    #[serde(rename = "breaking")]
    written: Breaking,
    /// `[generate]`
    pub generate: Generate,
    /// `[contract]`
    pub contract: Contract,
    /// `[reference]`
    pub reference: Reference,
    /// `[gate]`
    pub gate: Gate,
    /// What `[breaking]` says beyond rules and paths.
    #[serde(skip)]
    pub policy: Policy,
    /// The file, if there is one.
    #[serde(skip)]
    pub file: Option<PathBuf>,
    /// The folder the file stands in, as seen from the current one. Empty for the current folder.
    #[serde(skip)]
    pub folder: PathBuf,
    /// The block that is asked of a schema that is in none of the modules.
    #[serde(skip)]
    pub breaking: Block,
    /// The modules of a `buf.yaml`; none in a `protogate.toml`.
    #[serde(skip)]
    pub modules: Vec<Module>,
    /// What the `buf.yaml` ignores outside of its modules.
    #[serde(skip)]
    pub astray: Block,
}

/// Which rules run, and which changes do not count.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct Breaking {
    /// Rule IDs and categories; empty means the category FILE.
    #[serde(rename = "use")]
    used: Vec<Spanned<String>>,
    /// Rule IDs and categories that do not run.
    except: Vec<Spanned<String>>,
    /// Files and folders.
    ignore: Vec<Spanned<String>>,
    /// The same for one rule or category.
    ignore_only: BTreeMap<Spanned<String>, Vec<Spanned<String>>>,
    /// Whether packages such as `shop.v1beta1` may break.
    ignore_unstable_packages: bool,
    /// The languages that code is generated for; nothing for any.
    languages: Option<Vec<Spanned<String>>>,
    /// The messages of which bytes are kept; nothing where nobody says.
    stored: Option<Vec<Spanned<String>>>,
    /// Custom options that are a part of the contract.
    options: Vec<Spanned<String>>,
    /// What is compared with, in place of `baseline`.
    against: Vec<String>,
    /// The releases that are looked back on: `git:tags`.
    history: Option<Spanned<String>>,
    /// The version that is being made.
    release: Option<Spanned<String>>,
    /// When something may be deleted.
    deletion: Option<WrittenDeletion>,
    /// Accepted breaks.
    accept: Vec<WrittenAcceptance>,
    /// The file of breaks that were there when the check was adopted.
    ratchet: Option<String>,
}

impl Breaking {
    /// Paths are relative to the file, or as imports know them.
    fn block(&self, input: Option<&str>, place: impl Fn(std::ops::Range<usize>) -> Place) -> Block {
        let word = |word: &Spanned<String>| Word { text: word.get_ref().clone(), place: place(word.span()) };
        let root = input.and_then(normal);
        let ignored = |path: &Spanned<String>| {
            let name = normal(path.get_ref()).map(|path| {
                let below_input = root.as_deref().and_then(|root| inside(&path, root));
                below_input.map_or(path.clone(), str::to_owned)
            });
            Ignored { word: word(path), name }
        };
        let only = self.ignore_only.iter();
        Block {
            used: self.used.iter().map(word).collect(),
            except: self.except.iter().map(word).collect(),
            ignore: self.ignore.iter().map(ignored).collect(),
            ignore_only: only
                .map(|(rule, paths)| (word(rule), paths.iter().map(ignored).collect()))
                .collect(),
            unstable_packages: self.ignore_unstable_packages,
            languages: self.languages.as_ref().map(|list| list.iter().map(word).collect()),
            stored: self.stored.as_ref().map(|list| list.iter().map(word).collect()),
            options: self.options.iter().map(word).collect(),
            ..Block::default()
        }
    }

    fn policy(&self, place: impl Fn(std::ops::Range<usize>) -> Place) -> Result<Policy, Diagnostic> {
        let word = |word: &Spanned<String>| Word { text: word.get_ref().clone(), place: place(word.span()) };
        Ok(Policy {
            against: self.against.clone(),
            history: self.history.as_ref().map(word),
            release: self.release.as_ref().map(word),
            deletion: self.deletion.as_ref().map(Into::into),
            accept: self.accept.iter().map(|it| it.read(&place)).collect::<Result<_, _>>()?,
            ratchet: self.ratchet.clone(),
        })
    }
}

impl Config {
    /// Reads `path`, or else the `protogate.toml` of the current folder or the nearest one around it, or
    /// else the `buf.yaml` of `input` or the nearest one around it, or else none at all.
    ///
    /// # Errors
    ///
    /// A diagnostic that points into the file.
    pub fn load(path: Option<&Path>, input: Option<&str>) -> Result<Config, Diagnostic> {
        let named = path.map(Path::to_path_buf);
        let found = named.or_else(|| nearest_file(FILE_NAME)).or_else(|| {
            let around_input = Path::new(input?).ancestors().map(|folder| folder.join(buf_yaml::FILE_NAME));
            around_input.into_iter().find(|path| path.is_file())
        });
        let Some(path) = found.or_else(|| nearest_file(buf_yaml::FILE_NAME)) else {
            return Ok(Config::default());
        };
        let shown = path.display().to_string();
        let text = std::fs::read_to_string(&path).map_err(|error| {
            Diagnostic::failure(&CONFIG, format!("cannot read {shown}: {error}"))
                .at(Place::file(shown.as_str()))
                .help("name an existing file with --config, or leave it out")
        })?;
        let is_yaml = path.extension().is_some_and(|it| it == "yaml" || it == "yml");
        let mut config =
            if is_yaml { Config::from_buf(&shown, &text) } else { Config::parse(&shown, &text) }?;
        config.folder = path.parent().unwrap_or(Path::new("")).to_path_buf();
        config.file = Some(path);
        Ok(config)
    }

    fn from_buf(shown: &str, text: &str) -> Result<Config, Diagnostic> {
        let file = buf_yaml::parse(shown, text)?;
        let (input, breaking) = match &*file.modules {
            [only] if only.path.is_empty() => (Some(".".to_owned()), only.breaking.clone()),
            [only] => (Some(only.path.clone()), only.breaking.clone()),
            [first, ..] => (None, first.breaking.clone()),
            [] => (None, Block::default()),
        };
        Ok(Config { input, breaking, modules: file.modules, astray: file.astray, ..Config::default() })
    }

    /// Reads the text of a `protogate.toml`.
    ///
    /// # Errors
    ///
    /// A diagnostic that points into it.
    pub fn parse(shown: &str, text: &str) -> Result<Config, Diagnostic> {
        let place = |span: Option<std::ops::Range<usize>>| {
            let span = span.map(|range| Span::from_bytes(text, range.start, range.end));
            Place { file: shown.into(), span, text: Some(text.into()) }
        };
        let parsed: Result<Config, toml::de::Error> = toml::from_str(text);
        let mut config = parsed.map_err(|error| {
            let place = place(error.span());
            let help = did_you_mean(error.message())
                .unwrap_or_else(|| "see docs/configuration.md for the keys and their values".to_owned());
            Diagnostic::failure(&CONFIG, error.message().to_owned()).at(place).help(help)
        })?;
        config.breaking = config.written.block(config.input.as_deref(), |range| place(Some(range)));
        config.policy = config.written.policy(|range| place(Some(range)))?;
        Ok(config)
    }

    /// A path of the file, as seen from the current folder. Git sources and addresses stay as they are.
    pub fn resolve(&self, path: &str) -> String {
        if path.starts_with("git:") || self.folder.as_os_str().is_empty() {
            return path.to_owned();
        }
        self.folder.join(path).display().to_string()
    }
}

/// serde says "unknown field `x`, expected one of `a`, `b`" (or `a, b`): the nearest of those it expected.
pub fn did_you_mean(message: &str) -> Option<String> {
    let (_, rest) = message.split_once('`')?;
    let (unknown, rest) = rest.split_once('`')?;
    let (_, expected) = rest.split_once("expected")?;
    let is_of_a_word = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
    let words =
        expected.split(|c: char| !is_of_a_word(c)).filter(|word| !["", "one", "of", "or"].contains(word));
    nearest(unknown, words).map(|name| format!("did you mean `{name}`?"))
}

/// The file of this name in this folder or in the nearest folder above it, spelled relative to this one.
fn nearest_file(name: &str) -> Option<PathBuf> {
    let here = std::env::current_dir().ok()?;
    let mut prefix = PathBuf::new();
    for folder in here.ancestors() {
        if folder.join(name).is_file() {
            return Some(prefix.join(name));
        }
        prefix.push("..");
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refused(text: &str, message: &str, line: u32, help: &str) {
        let diagnostic = Config::parse("protogate.toml", text).unwrap_err();
        assert!(diagnostic.message.contains(message), "{}", diagnostic.message);
        assert_eq!(diagnostic.place.unwrap().span_or_start().start_line, line);
        assert!(diagnostic.help.unwrap().contains(help));
    }

    #[test]
    fn unknown_keys_and_wrong_values_are_shown_where_they_stand() {
        refused(
            "input = \"proto\"\nbaselin = \"b\"",
            "unknown field `baselin`",
            2,
            "did you mean `baseline`?",
        );
        refused("[gate]\nphases = [\"generat\"]", "unknown variant `generat`", 2, "did you mean `generate`?");
        refused("[contract]\ndeadline = \"soon\"", "expected number", 2, "docs/configuration.md");
        refused("input = ", "", 1, "docs/configuration.md");
    }

    #[test]
    fn paths_are_relative_to_the_file() {
        let config = Config { folder: "../..".into(), ..Config::default() };
        assert_eq!(config.resolve("proto"), "../../proto");
        assert_eq!(config.resolve("git:main"), "git:main");
        assert_eq!(Config::default().resolve("proto"), "proto");
    }
}
