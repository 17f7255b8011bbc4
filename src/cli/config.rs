//! `protogate.toml`: what the commands do without being told on the command line.
//!
//! Every path in it is relative to the folder it stands in, and the command line wins over it. Unknown
//! keys are errors: a setting that is silently ignored is worse than none.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Deserializer};

use crate::diag::{Diagnostic, Place, RuleInfo, Span};
use crate::schema::nearest;

/// The file's name.
pub const FILE_NAME: &str = "protogate.toml";

/// A configuration that cannot be used.
pub static CONFIG: RuleInfo = RuleInfo {
    id: "CONFIG",
    name: "CONFIG",
    summary: "The configuration can be used.",
    explain: "`protogate.toml` is missing although it was named, is not TOML, or holds a key that protogate \
              does not know. Nothing was done. Keys and their meaning: `docs/configuration.md`.",
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
    /// `[breaking]`
    pub breaking: Breaking,
    /// `[generate]`
    pub generate: Generate,
    /// `[contract]`
    pub contract: Contract,
    /// `[reference]`
    pub reference: Reference,
    /// `[gate]`
    pub gate: Gate,
    /// The folder the file stands in, as seen from the current one. Empty for the current folder.
    #[serde(skip)]
    pub folder: PathBuf,
}

/// Which rules run.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Breaking {
    /// Rule IDs and categories; empty means the category FILE.
    #[serde(rename = "use")]
    pub include: Vec<String>,
    /// Rule IDs and categories that do not run.
    pub except: Vec<String>,
}

/// Where generated files go.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Generate {
    /// What `--out` defaults to.
    pub out: Option<String>,
    /// A folder whose templates win over the built-in ones of the same name.
    pub templates: Option<String>,
    /// The command that generated files name as the way to make them again.
    pub command: Option<String>,
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
    /// Methods to test, as globs over `package.Service/Method`.
    pub method: Vec<String>,
    /// Checks not to run, by name or code.
    pub skip: Vec<String>,
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

fn duration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    let text = String::deserialize(deserializer)?;
    humantime::parse_duration(&text).map(Some).map_err(serde::de::Error::custom)
}

impl Config {
    /// Reads `path`, or else the `protogate.toml` of the current folder or the nearest one around it, or
    /// else none at all.
    ///
    /// # Errors
    ///
    /// A diagnostic that points into the file.
    pub fn load(path: Option<&Path>) -> Result<Config, Diagnostic> {
        let Some(path) = path.map(Path::to_path_buf).or_else(nearest_file) else {
            return Ok(Config::default());
        };
        let shown = path.display().to_string();
        if path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml") {
            return Err(Diagnostic::failure(&CONFIG, "buf.yaml is not read yet")
                .at(Place::file(shown))
                .help("write the same settings into a protogate.toml"));
        }
        let text = std::fs::read_to_string(&path).map_err(|error| {
            Diagnostic::failure(&CONFIG, format!("cannot read {shown}: {error}"))
                .at(Place::file(shown.as_str()))
                .help("name an existing file with --config, or leave it out")
        })?;
        let mut config = Config::parse(&shown, &text)?;
        config.folder = path.parent().unwrap_or(Path::new("")).to_path_buf();
        Ok(config)
    }

    fn parse(shown: &str, text: &str) -> Result<Config, Diagnostic> {
        toml::from_str(text).map_err(|error| {
            let span = error.span().map(|range| Span::from_bytes(text, range.start, range.end));
            let place = Place { file: shown.into(), span, text: Some(text.into()) };
            let help = did_you_mean(error.message())
                .unwrap_or_else(|| "see docs/configuration.md for the keys and their values".to_owned());
            Diagnostic::failure(&CONFIG, error.message().to_owned()).at(place).help(help)
        })
    }

    /// A path of the file, as seen from the current folder. Git sources and addresses stay as they are.
    pub fn resolve(&self, path: &str) -> String {
        if path.starts_with("git:") || self.folder.as_os_str().is_empty() {
            return path.to_owned();
        }
        self.folder.join(path).display().to_string()
    }
}

/// serde says "unknown field `x`, expected one of `a`, `b`": the nearest of those it expected.
fn did_you_mean(message: &str) -> Option<String> {
    let mut words = message.split('`').skip(1).step_by(2);
    let unknown = words.next()?;
    nearest(unknown, words).map(|name| format!("did you mean `{name}`?"))
}

/// The `protogate.toml` of this folder or of the nearest folder above it, spelled relative to this one.
fn nearest_file() -> Option<PathBuf> {
    let here = std::env::current_dir().ok()?;
    let mut prefix = PathBuf::new();
    for folder in here.ancestors() {
        if folder.join(FILE_NAME).is_file() {
            return Some(prefix.join(FILE_NAME));
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
