//! The command line of the reference server: arguments, signals, the one line on stdout and the exit code.
//! Everything that serves is in the library.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Parser;
use tokio::net::TcpListener;
use tonic::service::Routes;
use user_service::store::{EmbeddedStore, MemoryStore, UserStore};
use user_service::{Options, serve_with_rest, user_service};

mod place;
mod signals;

use signals::Signals;

/// The reference UserService: a gRPC server to test against
#[derive(Debug, Parser)]
#[command(version, after_help = EXAMPLES)]
struct Args {
    /// Address to listen on; port 0 takes a free port
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:50051")]
    addr: String,

    /// Address to serve HTTP and JSON on as well; port 0 takes a free port
    ///
    /// The routes are those of `google.api.http` in the schema; the calls are those of gRPC, with the same layers.
    #[arg(long, value_name = "HOST:PORT")]
    rest_addr: Option<String>,

    /// Where users are kept: `memory`, or the path of a file
    ///
    /// Without it, users.redb in the data folder of the user: $XDG_DATA_HOME/protogate or
    /// ~/.local/share/protogate, ~/Library/Application Support/protogate on macOS, %APPDATA%\protogate on Windows.
    #[arg(long, value_name = "memory|PATH")]
    store: Option<PathBuf>,

    /// Seconds that running calls may take to end after SIGTERM or Ctrl-C
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    drain: u64,

    /// Log every call to stderr: method, status, elapsed time
    #[arg(long)]
    log: bool,

    /// Ask for this bearer token; health and reflection need none
    ///
    /// Calls without `authorization: Bearer TOKEN` end with UNAUTHENTICATED, before their messages are read.
    #[arg(long, value_name = "TOKEN", value_parser = token)]
    token: Option<String>,
}

const EXAMPLES: &str = "\
Prints `listening on http://HOST:PORT` once it is ready, and `rest listening on http://HOST:PORT` with --rest-addr. A second signal ends it at once.

Examples:
  user-service                                      users kept in the data folder, port 50051
  user-service --store memory --addr 127.0.0.1:0    nothing kept, a free port
  user-service --store ./users.redb --log           users kept in a file, calls on stderr

Exit codes: 0 stopped as asked, 2 could not start or serve";

fn main() -> ExitCode {
    let args = Args::parse();
    if args.log {
        // Its own complaint about a closed stderr would go to stderr, and panic.
        tracing_subscriber::fmt().with_writer(io::stderr).log_internal_errors(false).init();
    }
    match run(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            let _ = writeln!(io::stderr(), "user-service: {why}");
            ExitCode::from(2)
        }
    }
}

/// A token that a client can send in a header.
fn token(text: &str) -> Result<String, String> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err("a token has letters, digits and signs, no spaces: give another".to_owned());
    }
    Ok(text.to_owned())
}

/// Serves until a signal; `Err` is a sentence for the user.
fn run(args: &Args) -> Result<(), String> {
    let runtime = tokio::runtime::Runtime::new().map_err(|error| format!("cannot start: {error}"))?;
    // The socket first: a port in use must not leave a new store behind.
    let bind = |addr: &str, option: &str| {
        let bound = runtime.block_on(async {
            let listener = TcpListener::bind(addr).await?;
            listener.local_addr().map(|bound| (listener, bound))
        });
        bound.map_err(|error| cannot_listen(addr, option, &error))
    };
    let (listener, bound) = bind(&args.addr, "--addr")?;
    let rest = args.rest_addr.as_deref().map(|addr| bind(addr, "--rest-addr")).transpose()?;
    let store = open(args.store.as_deref())?;
    let options =
        Options::default().with_drain(Duration::from_secs(args.drain)).with_token(args.token.clone());
    let served = runtime.block_on(async {
        let signals = Signals::install().map_err(|error| format!("cannot listen for signals: {error}"))?;
        announce(&format!("listening on http://{bound}"));
        if let Some((_, bound)) = &rest {
            announce(&format!("rest listening on http://{bound}"));
        }
        let routes = Routes::new(user_service(Arc::clone(&store)));
        let rest = rest.map(|(listener, _)| listener);
        let served = serve_with_rest(listener, rest, routes, options, signals.stop()).await;
        served.map_err(|error| format!("stopped serving: {error}"))
    });
    // The calls end before the store does, and the store closes its file before the process ends.
    drop(runtime);
    drop(store);
    served
}

fn cannot_listen(addr: &str, option: &str, error: &io::Error) -> String {
    let remedy = match error.kind() {
        io::ErrorKind::AddrInUse => {
            format!("stop the server that has it, or give another {option} (port 0 takes a free one)")
        }
        _ => format!("give {option} as HOST:PORT, an address of this machine"),
    };
    format!("cannot listen on {addr} ({error}): {remedy}")
}

fn open(store: Option<&Path>) -> Result<Arc<dyn UserStore>, String> {
    let path = match store {
        Some(memory) if memory == Path::new("memory") => return Ok(Arc::new(MemoryStore::default())),
        Some(path) => path.to_owned(),
        None => place::default_store()?,
    };
    Ok(Arc::new(EmbeddedStore::open(&path).map_err(|error| error.to_string())?))
}

/// Says one line on stdout. Whoever closed it does not want to know, and the server runs on.
fn announce(line: &str) {
    let mut stdout = io::stdout().lock();
    let _ = writeln!(stdout, "{line}").and_then(|()| stdout.flush());
}
