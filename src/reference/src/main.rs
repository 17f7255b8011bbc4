//! The command line of the reference server: arguments, signals, the one line on stdout and the exit code.
//! Everything that serves is in the library.

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use protogate_runtime::{Metrics, Signals, serve_page};
use tokio::net::TcpListener;
use tonic::service::Routes;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;
#[cfg(feature = "amqp")]
use user_service::events::Amqp;
use user_service::server::readiness;
#[cfg(feature = "otlp")]
use user_service::store::TracedStore;
use user_service::store::{EmbeddedStore, MemoryStore, UserStore};
#[cfg(feature = "postgres")]
use user_service::store::{
    PostgresStore,
    postgres::{Connections, PostgresOptions},
};
use user_service::{serve_with_rest, user_service};

mod args;
mod assemble;
mod config;
mod healthcheck;
mod place;

use args::{Arguments, Command, Healthcheck};
use assemble::Parts;
use config::Config;

/// The name of the service among the spans of others.
#[cfg(feature = "otlp")]
const SERVICE_NAME: &str = "user-service";

/// Where the server listens when nobody says.
const ADDR: &str = "127.0.0.1:50051";

fn main() -> ExitCode {
    let Arguments { command, serve } = Arguments::parse();
    let done = match command {
        Some(Command::Healthcheck(args)) => health(&args),
        None => {
            let read = serve.config.as_deref().map_or_else(|| Ok(Config::default()), Config::read);
            read.map(|file| serve.over(file)).and_then(|config| run(&config)).map(|()| ExitCode::SUCCESS)
        }
    };
    done.unwrap_or_else(|why| {
        let _ = writeln!(io::stderr(), "user-service: {why}");
        ExitCode::from(2)
    })
}

/// Says what the server is, and exits with it.
fn health(args: &Healthcheck) -> Result<ExitCode, String> {
    let runtime = runtime()?;
    let serving = runtime.block_on(healthcheck::healthcheck(args))?;
    announce(if serving { "SERVING" } else { "NOT_SERVING" });
    Ok(ExitCode::from(u8::from(!serving)))
}

fn runtime() -> Result<tokio::runtime::Runtime, String> {
    tokio::runtime::Runtime::new().map_err(|error| format!("cannot start: {error}"))
}

/// What the server itself has to say goes to stderr: warnings, and more where its calls do too.
fn say(config: &Config, #[cfg(feature = "otlp")] spans: Option<&protogate_runtime::Spans>) {
    let level =
        if config.log.calls || config.log.file.is_some() { LevelFilter::INFO } else { LevelFilter::WARN };
    // What a client does wrong on its connection is its own affair: one that means harm would fill the log, and whoever
    // reads it slowly would hold up the server.
    let own = Targets::new().with_default(level).with_target("h2", LevelFilter::ERROR);
    // Its own complaint about a closed stderr would go to stderr, and panic.
    let lines = tracing_subscriber::fmt::layer().with_writer(io::stderr).log_internal_errors(false);
    let subscriber = tracing_subscriber::registry().with(lines.with_filter(own));
    #[cfg(feature = "otlp")]
    let subscriber = subscriber.with(spans.map(|spans| spans.subscriber().with_filter(LevelFilter::INFO)));
    subscriber.init();
}

/// Serves until a signal; `Err` is a sentence for the user.
fn run(config: &Config) -> Result<(), String> {
    let runtime = runtime()?;
    #[cfg(feature = "otlp")]
    let spans = {
        let _within = runtime.enter();
        let to = |endpoint: &String| protogate_runtime::Spans::to(endpoint, SERVICE_NAME);
        config.otlp.endpoint.as_ref().map(to).transpose()?
    };
    #[cfg(feature = "otlp")]
    say(config, spans.as_ref());
    #[cfg(not(feature = "otlp"))]
    say(config);
    let parts = Parts::new(config)?;
    #[cfg(feature = "amqp")]
    let broker = broker(config, &parts)?;
    // The sockets first: a port in use must not leave a new store behind.
    let listener = runtime.block_on(listen(config.addr.as_deref().unwrap_or(ADDR), "addr"))?;
    let rest = config.rest_addr.as_deref().map(|addr| runtime.block_on(listen(addr, "rest-addr")));
    let rest = rest.transpose()?;
    let page = config.metrics_addr.as_deref().map(|addr| runtime.block_on(listen(addr, "metrics-addr")));
    let page = page.transpose()?;
    #[cfg(feature = "amqp")]
    let store = match broker {
        Some(broker) => open_with_events(config, &runtime, &parts.metrics, broker)?,
        None => open(config, &runtime, &parts.metrics)?,
    };
    #[cfg(not(feature = "amqp"))]
    let store = open(config, &runtime, &parts.metrics)?;
    #[cfg(feature = "otlp")]
    let (parts, store) = match &spans {
        Some(_) => (parts.with_spans(), Arc::new(TracedStore::new(store)) as Arc<dyn UserStore>),
        None => (parts, store),
    };
    let served = runtime.block_on(serve_parts(parts, (listener, rest, page), &store));
    #[cfg(feature = "otlp")]
    if let Some(Err(why)) = spans.map(|spans| spans.finish()) {
        tracing::warn!("{why}");
    }
    // The calls end before the store does, and the store closes its file before the process ends.
    drop(runtime);
    drop(store);
    served
}

async fn serve_parts(
    parts: Parts,
    (listener, rest, page): (TcpListener, Option<TcpListener>, Option<TcpListener>),
    store: &Arc<dyn UserStore>,
) -> Result<(), String> {
    let signals = Signals::install().map_err(|error| format!("cannot listen for signals: {error}"))?;
    let _watches = parts.watch();
    let ready = readiness(Arc::clone(store));
    let bound =
        |listener: &TcpListener| listener.local_addr().map(|addr| addr.to_string()).unwrap_or_default();
    let scheme = if parts.options.tls.is_some() { "https" } else { "http" };
    announce(&format!("listening on {scheme}://{}", bound(&listener)));
    if let Some(rest) = &rest {
        announce(&format!("rest listening on {scheme}://{}", bound(rest)));
    }
    if let Some(page) = page {
        announce(&format!("metrics on http://{}/metrics", bound(&page)));
        tokio::spawn(serve_page(page, parts.metrics, ready.subscribe()));
    }
    let options = parts.options.with_ready(ready.subscribe());
    let stop = async move {
        signals.stop().await;
        // Who balances load by the page must hear of it before the socket closes.
        ready.end();
    };
    let routes = Routes::new(user_service(Arc::clone(store)));
    let served = serve_with_rest(listener, rest, routes, options, stop).await;
    served.map_err(|error| format!("stopped serving: {error}"))
}

async fn listen(addr: &str, flag: &str) -> Result<TcpListener, String> {
    TcpListener::bind(addr).await.map_err(|error| cannot_listen(addr, flag, &error))
}

fn cannot_listen(addr: &str, flag: &str, error: &io::Error) -> String {
    let remedy = match error.kind() {
        io::ErrorKind::AddrInUse => {
            format!("stop the server that has it, or give another --{flag} (port 0 takes a free one)")
        }
        _ => format!("give --{flag} as HOST:PORT, an address of this machine"),
    };
    format!("cannot listen on {addr} ({error}): {remedy}")
}

fn open(
    config: &Config,
    runtime: &tokio::runtime::Runtime,
    metrics: &Metrics,
) -> Result<Arc<dyn UserStore>, String> {
    let path = match config.store.as_deref() {
        Some(address) if config::is_address(address) => {
            return open_database(address, config, runtime, metrics);
        }
        Some(memory) if memory == Path::new("memory") => return Ok(Arc::new(MemoryStore::default())),
        Some(path) => path.to_owned(),
        None => place::default_store()?,
    };
    Ok(Arc::new(EmbeddedStore::open(&path).map_err(|error| error.to_string())?))
}

#[cfg(feature = "postgres")]
fn open_database(
    address: &Path,
    config: &Config,
    runtime: &tokio::runtime::Runtime,
    metrics: &Metrics,
) -> Result<Arc<dyn UserStore>, String> {
    Ok(Arc::new(connect(address, config, runtime, metrics, PostgresOptions::default())?))
}

/// One of the numbers of a pool.
#[cfg(feature = "postgres")]
type Figure = fn(&Connections) -> usize;

#[cfg(feature = "postgres")]
fn connect(
    address: &Path,
    config: &Config,
    runtime: &tokio::runtime::Runtime,
    metrics: &Metrics,
    options: PostgresOptions,
) -> Result<PostgresStore, String> {
    let options = match config.store_connections {
        Some(connections) => options.with_connections(connections),
        None => options,
    };
    let address = address.to_str().ok_or("--store is not UTF-8: give another address")?;
    let store = runtime.block_on(PostgresStore::open(address, options)).map_err(|error| error.to_string())?;
    let figures: [(_, _, Figure); 4] = [
        ("store_connections_max", "Connections that the store may have.", |it| it.most),
        ("store_connections_open", "Connections that the store has.", |it| it.open),
        ("store_connections_idle", "Connections of the store that nobody uses.", |it| it.idle),
        ("store_connections_waiting", "Calls that wait for a connection.", |it| it.waiting),
    ];
    for (name, help, figure) in figures {
        let connections = store.watch_connections();
        // No pool is so large that its figures would not be exact.
        #[expect(clippy::cast_precision_loss, reason = "a number of connections")]
        metrics.gauge(name, help, move || figure(&connections()) as f64);
    }
    Ok(store)
}

/// Where events go, if anywhere, with its figures among the metrics.
#[cfg(feature = "amqp")]
fn broker(config: &Config, parts: &Parts) -> Result<Option<Amqp>, String> {
    let Some(url) = &config.events else { return Ok(None) };
    let broker = Amqp::new(url)?;
    let (published, unheard, failures) = (broker.counts(), broker.counts(), broker.counts());
    let help = "Events of users that the broker has confirmed.";
    parts.metrics.count("user_events_published_total", help, move || published.published());
    let help = "Of these, events that no queue takes.";
    parts.metrics.count("user_events_unheard_total", help, move || unheard.unheard());
    let help = "Tries to publish events of users that failed; the events come again.";
    parts.metrics.count("user_events_publish_failures_total", help, move || failures.failures());
    Ok(Some(broker))
}

/// The store. A task publishes its events until the runtime ends.
#[cfg(feature = "amqp")]
fn open_with_events(
    config: &Config,
    runtime: &tokio::runtime::Runtime,
    metrics: &Metrics,
    broker: Amqp,
) -> Result<Arc<dyn UserStore>, String> {
    let address = config.store.as_deref().filter(|address| config::is_address(address));
    let address =
        address.ok_or("events are kept by PostgreSQL until they are published: give --store postgres://…")?;
    let store = connect(address, config, runtime, metrics, PostgresOptions::default().with_events(true))?;
    let relay = store.relay();
    runtime.spawn(async move { relay.run(&broker).await });
    Ok(Arc::new(store))
}

#[cfg(not(feature = "postgres"))]
fn open_database(
    _: &Path,
    _: &Config,
    _: &tokio::runtime::Runtime,
    _: &Metrics,
) -> Result<Arc<dyn UserStore>, String> {
    Err("this program was built without PostgreSQL: build it with the feature `postgres`, or give another --store"
        .to_owned())
}

/// Says one line on stdout. Whoever closed it does not want to know, and the server runs on.
fn announce(line: &str) {
    let mut stdout = io::stdout().lock();
    let _ = writeln!(stdout, "{line}").and_then(|()| stdout.flush());
}
