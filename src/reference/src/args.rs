//! The words of the command line, and the variables that stand for them. What they leave out, the file of `--config`
//! says, else [`crate::config`].

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::config::{Client, Config, Format};

/// The reference UserService: a gRPC server to test against
#[derive(Debug, Parser)]
#[command(version, after_help = EXAMPLES, args_conflicts_with_subcommands = true)]
pub struct Arguments {
    #[command(subcommand)]
    pub command: Option<Command>,

    #[command(flatten)]
    pub serve: Serve,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Asks a running server for its health: for the checks of containers
    ///
    /// Exit codes: 0 serving, 1 not serving, 2 no answer.
    Healthcheck(Healthcheck),
}

#[derive(Debug, Args)]
pub struct Healthcheck {
    /// Address of the server
    #[arg(long, value_name = "HOST:PORT", env = "USER_SERVICE_ADDR", default_value = "127.0.0.1:50051")]
    pub addr: String,

    /// The service to ask for; all of the server without it
    #[arg(long, value_name = "NAME", default_value = "")]
    pub service: String,

    /// Seconds to wait for the answer
    #[arg(long, value_name = "SECONDS", default_value_t = 3)]
    pub timeout: u64,

    /// The authority of the server's certificate (PEM): asks under TLS
    #[arg(long, value_name = "FILE")]
    pub tls_ca: Option<PathBuf>,

    /// The name in the server's certificate; the host of --addr without it
    #[arg(long, value_name = "NAME", requires = "tls_ca")]
    pub tls_name: Option<String>,

    /// A certificate to show (PEM)
    #[arg(long, value_name = "FILE", requires_all = ["tls_ca", "tls_key"])]
    pub tls_cert: Option<PathBuf>,

    /// Its private key (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct Serve {
    /// A file with any of these settings, and more: docs/running.md has them
    #[arg(long, value_name = "FILE", env = "USER_SERVICE_CONFIG")]
    pub config: Option<PathBuf>,

    /// Address to listen on; port 0 takes a free port [default: 127.0.0.1:50051]
    #[arg(long, value_name = "HOST:PORT", env = "USER_SERVICE_ADDR")]
    addr: Option<String>,

    /// Address to serve HTTP and JSON on as well; port 0 takes a free port
    ///
    /// The routes are those of `google.api.http` in the schema; the calls are those of gRPC, with the same layers.
    #[arg(long, value_name = "HOST:PORT", env = "USER_SERVICE_REST_ADDR")]
    rest_addr: Option<String>,

    /// Where users are kept: `memory`, the path of a file, or the address of a PostgreSQL database
    ///
    /// An address is postgres://USER:PASSWORD@HOST:PORT/DATABASE; what else it may say are tokio-postgres' parameters.
    /// The variable keeps a password out of the list of processes.
    ///
    /// Without it, users.redb in the data folder of the user: $XDG_DATA_HOME/protogate or
    /// ~/.local/share/protogate, ~/Library/Application Support/protogate on macOS, %APPDATA%\protogate on Windows.
    #[arg(long, value_name = "memory|PATH|URL", env = "USER_SERVICE_STORE", hide_env_values = true)]
    store: Option<PathBuf>,

    /// The most connections to the database [default: 16]
    #[arg(long, value_name = "NUMBER", env = "USER_SERVICE_STORE_CONNECTIONS")]
    store_connections: Option<usize>,

    /// Publish what happens to users to the broker at this address: amqp://USER:PASSWORD@HOST:PORT/VHOST
    ///
    /// To the topic exchange `user.events`, as user.created, user.updated and user.deleted; needs a --store in PostgreSQL,
    /// which keeps each event until the broker has confirmed it.
    #[cfg(feature = "amqp")]
    #[arg(long, value_name = "URL", env = "USER_SERVICE_EVENTS", hide_env_values = true)]
    events: Option<String>,

    /// Seconds that running calls may take to end after SIGTERM or Ctrl-C [default: 10]
    #[arg(long, value_name = "SECONDS", env = "USER_SERVICE_DRAIN")]
    drain: Option<u64>,

    /// Log every call to stderr: method, status, elapsed time
    #[arg(long)]
    log: bool,

    /// Log every call to the end of a file, which may be moved away meanwhile
    #[arg(long, value_name = "FILE", env = "USER_SERVICE_LOG_FILE")]
    log_file: Option<PathBuf>,

    /// How a call is logged [default: text]
    #[arg(long, value_name = "FORMAT", env = "USER_SERVICE_LOG_FORMAT")]
    log_format: Option<Format>,

    /// Ask for this bearer token; health and reflection need none
    ///
    /// Calls without `authorization: Bearer TOKEN` end with UNAUTHENTICATED, before their messages are read.
    #[arg(long, value_name = "TOKEN", env = "USER_SERVICE_TOKEN", hide_env_values = true, value_parser = token)]
    token: Option<String>,

    /// Take JSON Web Tokens that are signed with a key of this JWKS file
    #[arg(long, value_name = "FILE", env = "USER_SERVICE_JWKS")]
    jwks: Option<PathBuf>,

    /// The `iss` of those tokens
    #[arg(long, value_name = "ISSUER", env = "USER_SERVICE_JWT_ISSUER")]
    jwt_issuer: Option<String>,

    /// The `aud` of those tokens [default: user.UserService]
    #[arg(long, value_name = "AUDIENCE", env = "USER_SERVICE_JWT_AUDIENCE")]
    jwt_audience: Option<String>,

    /// The certificate of the server (PEM): serve under TLS
    #[arg(long, value_name = "FILE", env = "USER_SERVICE_TLS_CERT")]
    tls_cert: Option<PathBuf>,

    /// Its private key (PEM)
    #[arg(long, value_name = "FILE", env = "USER_SERVICE_TLS_KEY")]
    tls_key: Option<PathBuf>,

    /// Ask clients for a certificate of this authority (PEM); its name is who calls
    #[arg(long, value_name = "FILE", env = "USER_SERVICE_TLS_CLIENT_CA")]
    tls_client_ca: Option<PathBuf>,

    /// Whether a client has to show one [default: required]
    #[arg(long, value_name = "WHETHER", env = "USER_SERVICE_TLS_CLIENT")]
    tls_client: Option<Client>,

    /// The longest that any call may take, such as 30s
    #[arg(long, value_name = "DURATION", env = "USER_SERVICE_DEADLINE")]
    deadline: Option<String>,

    /// How many calls a second each caller may make, for long
    #[arg(long, value_name = "NUMBER", env = "USER_SERVICE_RATE")]
    rate: Option<f64>,

    /// How many calls it may make at once [default: those of a second]
    #[arg(long, value_name = "NUMBER", env = "USER_SERVICE_BURST")]
    burst: Option<u32>,

    /// Serve /metrics, /healthz and /readyz here over HTTP
    #[arg(long, value_name = "HOST:PORT", env = "USER_SERVICE_METRICS_ADDR")]
    metrics_addr: Option<String>,

    /// Send spans to the OpenTelemetry collector at this address, by gRPC
    #[cfg(feature = "otlp")]
    #[arg(long, value_name = "URI", env = "OTEL_EXPORTER_OTLP_ENDPOINT")]
    otlp_endpoint: Option<String>,
}

const EXAMPLES: &str = "\
Prints `listening on http://HOST:PORT` once it is ready (https under TLS), and `rest listening on …` with --rest-addr.
A second signal ends it at once.
A flag counts before its variable, the variable before the file of --config.

Examples:
  user-service                                      users kept in the data folder, port 50051
  user-service --store memory --addr 127.0.0.1:0    nothing kept, a free port
  user-service --store ./users.redb --log           users kept in a file, calls on stderr
  user-service --store postgres://users@localhost/users    users kept in PostgreSQL, beside other instances
  user-service --tls-cert server.pem --tls-key server.key --metrics-addr 127.0.0.1:9464
  user-service healthcheck --addr 127.0.0.1:50051   0 serving, 1 not, 2 no answer

Exit codes: 0 stopped as asked, 2 could not start or serve";

/// A token that a client can send in a header.
pub fn token(text: &str) -> Result<String, String> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err("a token has letters, digits and signs, no spaces: give another".to_owned());
    }
    Ok(text.to_owned())
}

impl Serve {
    /// `file`, with what the command line says in the place of what it says.
    pub fn over(self, mut file: Config) -> Config {
        fn put<T>(into: &mut Option<T>, value: Option<T>) {
            if value.is_some() {
                *into = value;
            }
        }
        put(&mut file.addr, self.addr);
        put(&mut file.rest_addr, self.rest_addr);
        put(&mut file.store, self.store);
        put(&mut file.store_connections, self.store_connections);
        #[cfg(feature = "amqp")]
        put(&mut file.events, self.events);
        put(&mut file.drain, self.drain);
        put(&mut file.metrics_addr, self.metrics_addr);
        file.log.calls |= self.log;
        put(&mut file.log.file, self.log_file);
        put(&mut file.log.format, self.log_format);
        put(&mut file.auth.token, self.token);
        put(&mut file.auth.jwt.jwks, self.jwks);
        put(&mut file.auth.jwt.issuer, self.jwt_issuer);
        put(&mut file.auth.jwt.audience, self.jwt_audience);
        put(&mut file.tls.cert, self.tls_cert);
        put(&mut file.tls.key, self.tls_key);
        put(&mut file.tls.client_ca, self.tls_client_ca);
        put(&mut file.tls.client, self.tls_client);
        put(&mut file.deadline.cap, self.deadline);
        put(&mut file.limit.rate, self.rate);
        put(&mut file.limit.burst, self.burst);
        #[cfg(feature = "otlp")]
        put(&mut file.otlp.endpoint, self.otlp_endpoint);
        file
    }
}
