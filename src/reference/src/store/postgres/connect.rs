//! From an address to a pool of connections, and why there may be none.

use std::time::Duration;

use deadpool_postgres::{Manager, ManagerConfig, Pool, RecyclingMethod, Runtime};
use tokio_postgres::config::SslMode;
use tokio_postgres::{Config, NoTls};

use super::failure::describe;
use super::migrate::{MigrateError, VERSION, migrate};

/// How the database is used.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct PostgresOptions {
    /// The most connections of this instance. Those of all instances have to fit the server's `max_connections`.
    pub connections: usize,
    /// How long a call waits for a connection, be it a free one or a new one.
    pub wait: Duration,
    /// How long a statement may run, whatever the deadline of its call.
    pub statement: Duration,
    /// Whether events are written for what happens to users. They wait in the table `user_events`
    /// until a [`super::Relay`] has published them.
    pub events: bool,
}

impl Default for PostgresOptions {
    fn default() -> Self {
        let (wait, statement) = (Duration::from_secs(3), Duration::from_secs(30));
        Self { connections: 16, wait, statement, events: false }
    }
}

impl PostgresOptions {
    /// The same options with at most this many connections.
    #[must_use]
    pub fn with_connections(self, connections: usize) -> Self {
        Self { connections, ..self }
    }

    /// The same options with or without events.
    #[must_use]
    pub fn with_events(self, events: bool) -> Self {
        Self { events, ..self }
    }
}

/// Why a database could not be used. Its text is one sentence that says what to do, and holds no password.
#[derive(Debug)]
pub struct PostgresError(String);

impl std::fmt::Display for PostgresError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for PostgresError {}

/// How long a server may be silent at the end of a connection before it is asked for a sign of life, and how long
/// what was sent to it may wait to be acknowledged.
const SILENCE: Duration = Duration::from_secs(10);

/// What `url` says, with what holds for all our connections.
pub(super) fn config(url: &str, options: &PostgresOptions) -> Result<Config, PostgresError> {
    let parsed = url.parse::<Config>();
    let mut config = parsed.map_err(|error| {
        PostgresError(format!(
            "--store is no address of a PostgreSQL database ({}): give one such as postgres://user:password@host/database",
            describe(&error)
        ))
    })?;
    if config.get_ssl_mode() == SslMode::Require {
        let why = "--store asks for TLS to PostgreSQL, which this program does not speak: leave sslmode away and \
                   reach the database through a socket, a private network or a sidecar";
        return Err(PostgresError(why.to_owned()));
    }
    if config.get_application_name().is_none() {
        config.application_name("user-service");
    }
    let ours = format!(
        "-c statement_timeout={0} -c idle_in_transaction_session_timeout={0}",
        options.statement.as_millis()
    );
    // The last of two settings counts: those of the address are after ours.
    let both = config.get_options().map_or_else(|| ours.clone(), |theirs| format!("{ours} {theirs}"));
    config.options(both).connect_timeout(options.wait);
    config.keepalives(true).keepalives_idle(SILENCE).keepalives_interval(SILENCE / 5).keepalives_retries(3);
    config.tcp_user_timeout(SILENCE);
    Ok(config)
}

/// The database and its hosts, as a sentence can name them.
pub(super) fn place(config: &Config) -> String {
    let hosts: Vec<String> = config
        .get_hosts()
        .iter()
        .map(|host| match host {
            tokio_postgres::config::Host::Tcp(name) => name.clone(),
            #[cfg(unix)]
            tokio_postgres::config::Host::Unix(path) => path.display().to_string(),
        })
        .collect();
    let name = config.get_dbname().or(config.get_user()).unwrap_or_default();
    format!("the PostgreSQL database {name:?} at {}", hosts.join(", "))
}

/// Reaches the database, makes it as this program needs it, and keeps connections to it.
pub(super) async fn open(config: Config, options: &PostgresOptions) -> Result<Pool, PostgresError> {
    let place = place(&config);
    let unreachable = |error: &tokio_postgres::Error| {
        PostgresError(format!(
            "cannot use {place} ({}): start it, or check user, password and name in --store",
            describe(error)
        ))
    };
    let (mut client, connection) = config.connect(NoTls).await.map_err(|error| unreachable(&error))?;
    let connection = tokio::spawn(connection);
    let migrated = migrate(&mut client).await;
    drop(client);
    // How it ended is what `migrated` says.
    drop(connection.await);
    migrated.map_err(|error| match error {
        MigrateError::Newer(there) => PostgresError(format!(
            "{place} has version {there} of the tables, and this program knows none after {VERSION}: start a newer user-service"
        )),
        MigrateError::Failed(error) => unreachable(&error),
    })?;
    let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
    let wait = Some(options.wait);
    Pool::builder(Manager::from_config(config, NoTls, recycling))
        .max_size(options.connections.max(1))
        .wait_timeout(wait)
        .create_timeout(wait)
        .recycle_timeout(wait)
        .runtime(Runtime::Tokio1)
        .build()
        .map_err(|error| PostgresError(format!("cannot keep connections to {place}: {error}")))
}
