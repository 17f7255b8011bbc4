//! The parts of the configuration that are about what is made and what is called.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Deserializer, de::Error as _};

use crate::codegen::Output;

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
    /// `[generate.docs]`
    pub docs: Docs,
    /// Whether methods without `google.api.http` have a route.
    pub http_default: Option<bool>,
    /// A folder in which each service gets a file to fill in, once.
    pub services: Option<String>,
    /// Plugins of protoc that make more.
    pub plugin: Vec<Plugin>,
}

/// `[generate.docs]`: what the pages say.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Docs {
    /// Their title.
    pub title: Option<String>,
    /// The host and port that the snippets call.
    pub address: Option<String>,
    /// The schema since which changes are marked.
    pub since: Option<String>,
    /// The percentage of elements that must have a comment.
    #[serde(deserialize_with = "percent")]
    pub min_coverage: Option<u8>,
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

/// `80`
fn percent<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u8>, D::Error> {
    let percent = i64::deserialize(deserializer)?;
    let fits = u8::try_from(percent).ok().filter(|it| *it <= 100);
    fits.map(Some).ok_or_else(|| D::Error::custom("expected a percentage: 0 to 100"))
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
