//! The settings of the server, as the file of `--config` writes them. All of them may be left out.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use serde::Deserialize;

/// What a file may say. Names that are not here are refused.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Config {
    pub addr: Option<String>,
    pub rest_addr: Option<String>,
    /// `memory`, a path, or the address of a database.
    pub store: Option<PathBuf>,
    pub store_connections: Option<usize>,
    /// The address of the broker that hears what happens to users.
    #[cfg(feature = "amqp")]
    pub events: Option<String>,
    pub drain: Option<u64>,
    pub metrics_addr: Option<String>,
    pub log: Log,
    pub tls: Tls,
    pub auth: Auth,
    pub deadline: Deadline,
    pub limit: Limit,
    #[cfg(feature = "otlp")]
    pub otlp: Otlp,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Log {
    /// Whether calls are logged to stderr, without a file.
    pub calls: bool,
    pub file: Option<PathBuf>,
    pub format: Option<Format>,
    /// Names of metadata, or `*`.
    pub metadata: Vec<String>,
    /// The size from which on a file is moved aside.
    pub max_bytes: Option<u64>,
    /// How many old files stay.
    pub keep: Option<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    Text,
    Json,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Tls {
    pub cert: Option<PathBuf>,
    pub key: Option<PathBuf>,
    pub client_ca: Option<PathBuf>,
    pub client: Option<Client>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Client {
    Required,
    Optional,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Auth {
    pub token: Option<String>,
    pub tokens: Vec<Token>,
    pub jwt: Jwt,
    /// Roles by a name in a client's certificate.
    pub certificates: BTreeMap<String, Vec<String>>,
    pub policy: Vec<Rule>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Token {
    pub name: String,
    pub token: String,
    #[serde(default)]
    pub roles: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Jwt {
    pub jwks: Option<PathBuf>,
    pub issuer: Option<String>,
    pub audience: Option<String>,
    pub leeway: Option<String>,
    /// The claims that hold roles.
    pub roles: Option<Vec<String>>,
}

/// What some methods ask for: `need`, or `roles` of which the caller has one.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Rule {
    pub methods: Vec<String>,
    pub need: Option<Need>,
    #[serde(default)]
    pub roles: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Need {
    Public,
    Authenticated,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Deadline {
    pub cap: Option<String>,
    /// Durations by method patterns.
    pub methods: BTreeMap<String, String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Limit {
    pub rate: Option<f64>,
    pub burst: Option<u32>,
    /// Calls under way, of everybody and of one caller.
    pub calls: Option<u32>,
    pub calls_each: Option<u32>,
}

#[cfg(feature = "otlp")]
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Otlp {
    pub endpoint: Option<String>,
}

/// Whether a store is a database rather than a file.
pub fn is_address(store: &Path) -> bool {
    store.to_str().is_some_and(|store| store.starts_with("postgres://") || store.starts_with("postgresql://"))
}

impl Config {
    /// Reads the file at `path`; paths in it are from its folder.
    ///
    /// # Errors
    /// A sentence that names the file, and the line where there is one.
    pub fn read(path: &Path) -> Result<Self, String> {
        let name = path.display();
        let text = std::fs::read_to_string(path)
            .map_err(|error| format!("cannot read {name} ({error}): give another --config"))?;
        let mut config: Self = toml::from_str(&text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            let line = text.get(..at).unwrap_or_default().matches('\n').count() + 1;
            format!("{name}:{line}: {}", error.message().replace('\n', " "))
        })?;
        let folder = path.parent().unwrap_or(Path::new(""));
        let files = [
            config.store.as_mut().filter(|store| *store != Path::new("memory") && !is_address(store)),
            config.log.file.as_mut(),
            config.tls.cert.as_mut(),
            config.tls.key.as_mut(),
            config.tls.client_ca.as_mut(),
            config.auth.jwt.jwks.as_mut(),
        ];
        for file in files.into_iter().flatten() {
            *file = folder.join(&*file);
        }
        Ok(config)
    }
}
