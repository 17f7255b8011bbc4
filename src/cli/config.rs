//! `protogate.toml`: what the commands do without being told on the command line. Where there is none, a
//! `buf.yaml` says where the schema is and what `check-breaking` asks.
//!
//! Every path in it is relative to the folder it stands in, and the command line wins over it. Unknown
//! keys are errors: a setting that is silently ignored is worse than none.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Deserializer, de::Error as _};
use toml::Spanned;

use super::block::{Block, Ignored, Word};
use super::buf_yaml::{self, Module};
use super::paths::{inside, normal};
use super::policy::{Policy, WrittenAcceptance, WrittenDeletion};

use crate::codegen::Output;
use crate::diag::{Diagnostic, Place, RuleInfo, Span};
use crate::schema::nearest;

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

/// Where generated files go.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Generate {
    /// What `--out` defaults to.
    pub out: Option<String>,
    /// The kinds of files to make.
    #[serde(deserialize_with = "outputs")]
    pub outputs: Option<Vec<Output>>,
    /// The types that files are made of; all when empty.
    pub types: Vec<String>,
    /// A folder whose templates win over the built-in ones of the same name.
    pub templates: Option<String>,
    /// The command that generated files name as the way to make them again.
    pub command: Option<String>,
    /// Plugins of protoc that make more.
    pub plugin: Vec<Plugin>,
}

/// `[[generate.plugin]]`: a plugin of protoc.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Plugin {
    /// Program and arguments.
    pub command: Vec<String>,
    /// The folder its files go to, below that of `[generate]`.
    pub out: String,
    /// What protoc's `--NAME_opt` says.
    #[serde(default)]
    pub options: Vec<String>,
    /// How long it may take.
    #[serde(default, deserialize_with = "duration")]
    pub time_limit: Option<Duration>,
}

/// How hard to test.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Contract {
    /// Random cases per method.
    pub cases: Option<u32>,
    /// Cases under way at once.
    pub workers: Option<usize>,
    /// The deadline of one call.
    #[serde(deserialize_with = "duration")]
    pub deadline: Option<Duration>,
    /// The time one run may take.
    #[serde(deserialize_with = "duration")]
    pub max_time: Option<Duration>,
    /// How long a server may take until it is ready.
    #[serde(deserialize_with = "duration")]
    pub wait: Option<Duration>,
    /// PEM: the authorities whose certificates are trusted.
    pub ca: Option<String>,
    /// PEM: our own certificate.
    pub cert: Option<String>,
    /// PEM: its private key.
    pub key: Option<String>,
    /// The name that the server's certificate must have.
    pub server_name: Option<String>,
    /// Whether whoever answers is trusted.
    pub insecure: bool,
    /// Methods to test, as globs over `package.Service/Method`.
    pub method: Vec<String>,
    /// Checks not to run, by name or code.
    pub skip: Vec<String>,
    /// The largest request message the server takes.
    #[serde(deserialize_with = "size")]
    pub max_request_bytes: Option<u64>,
    /// How long a unary call may take.
    #[serde(deserialize_with = "duration")]
    pub max_latency: Option<Duration>,
    /// Program and arguments that leave the service with nothing in it; run before each sequence of calls.
    pub reset_command: Vec<String>,
    /// Methods that may be called without credentials, as globs over `package.Service/Method`.
    pub public: Vec<String>,
    /// Callers that the server knows, by name: the header of each, as `--identity` has it behind the `=`.
    pub identities: BTreeMap<String, String>,
    /// Side files, laid over the schema one after the other.
    pub side: Vec<String>,
    /// The file of known failures, in place of the one beside this file.
    pub known: Option<String>,
}

/// What `serve-reference` runs.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Reference {
    /// Program and first arguments; the command line's arguments follow.
    pub command: Vec<String>,
}

/// What `gate` does.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Gate {
    /// `generate`, `check-breaking`, `contract`; all of them when empty.
    pub phases: Vec<GatePhase>,
    /// Program and arguments of the service under test. `{port}` is a free port, `{temp}` a fresh folder
    /// that is removed afterwards.
    pub start: Vec<String>,
    /// A line the service prints when it is ready, with `{target}` where its address stands. Without it
    /// the service is ready when `target` accepts connections.
    pub ready: Option<String>,
    /// The address to call, when the service does not print it. May hold `{port}`.
    pub target: Option<String>,
    /// How long the service may take to become ready.
    #[serde(deserialize_with = "duration")]
    pub start_time: Option<Duration>,
}

/// One step of the gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GatePhase {
    /// Generated files are as the schema makes them.
    Generate,
    /// The schema breaks nobody.
    CheckBreaking,
    /// The running service keeps the contract.
    Contract,
}

impl GatePhase {
    /// All steps, in their order.
    pub const ALL: [GatePhase; 3] = [GatePhase::Generate, GatePhase::CheckBreaking, GatePhase::Contract];

    /// The name in `phases` and in reports.
    pub fn name(self) -> &'static str {
        match self {
            GatePhase::Generate => "generate",
            GatePhase::CheckBreaking => "check-breaking",
            GatePhase::Contract => "contract",
        }
    }
}

/// `["rust", "python"]`
fn outputs<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<Output>>, D::Error> {
    let names = Vec::<String>::deserialize(deserializer)?;
    let one = |name: &String| {
        let known = Output::ALL.map(|(name, _)| name).join(", ");
        Output::named(name).ok_or_else(|| D::Error::custom(format!("`{name}` is none of {known}")))
    };
    names.iter().map(one).collect::<Result<_, _>>().map(Some)
}

/// `4194304`, `"4194304"`, `"4MiB"`, `"512 KiB"` or `"1MB"`.
fn size<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Bytes(u64),
        Text(String),
    }
    let text = match Written::deserialize(deserializer)? {
        Written::Bytes(bytes) => return Ok(Some(bytes)),
        Written::Text(text) => text,
    };
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, unit) = text.split_at(end);
    let unit = match unit.trim() {
        "" | "B" => Some(1),
        "KiB" => Some(1 << 10),
        "MiB" => Some(1 << 20),
        "GiB" => Some(1 << 30),
        "KB" | "kB" => Some(1_000),
        "MB" => Some(1_000_000),
        "GB" => Some(1_000_000_000),
        _ => None,
    };
    let bytes = unit.and_then(|unit| digits.parse::<u64>().ok()?.checked_mul(unit));
    let wrong = || serde::de::Error::custom("expected a size such as 4194304, \"512KiB\" or \"4MiB\"");
    bytes.map(Some).ok_or_else(wrong)
}

fn duration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    let text = String::deserialize(deserializer)?;
    humantime::parse_duration(&text).map(Some).map_err(serde::de::Error::custom)
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
