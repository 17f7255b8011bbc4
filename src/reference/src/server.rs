//! Serves on a socket the caller owns until the caller says stop. Reads no arguments, no signals, no clock but
//! the drain deadline.

use std::sync::Arc;
use std::time::Duration;

use protogate_runtime::{Budget, Harden, Ready, ServeError, Server};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tonic::service::Routes;

use crate::options::{MESSAGE_LIMIT, Options, SERVICE};
use crate::rest;
use crate::service::user_service;
use crate::store::UserStore;

/// How often the store is asked whether it is ready.
const READY_EVERY: Duration = Duration::from_secs(1);

/// The bytes that messages above 64 KiB may have together while they are read and answered: five of the largest.
const LARGE_MESSAGES: usize = 5 * MESSAGE_LIMIT;

/// Serves `user.UserService` over `store`, with health and reflection, until `shutdown` completes and the running
/// calls have ended, but no longer than `options.drain` after it.
///
/// # Errors
/// When the descriptors cannot be read. Nothing that a client or the network does is an error.
pub async fn serve(
    listener: TcpListener,
    store: Arc<dyn UserStore>,
    options: Options,
    shutdown: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    serve_with_rest(listener, None, Routes::new(user_service(store)), options, shutdown).await
}

/// [`serve`] for a service of one's own making: `routes` holds `user.UserService`, however wrapped; health and
/// reflection are added to it.
///
/// # Errors
/// As [`serve`].
pub async fn serve_routes(
    listener: TcpListener,
    routes: Routes,
    options: Options,
    shutdown: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    serve_with_rest(listener, None, routes, options, shutdown).await
}

/// [`serve_routes`], with HTTP and JSON on `rest`. Both are under TLS where one is, and both end together.
///
/// # Errors
/// As [`serve`].
pub async fn serve_with_rest(
    listener: TcpListener,
    rest: Option<TcpListener>,
    routes: Routes,
    options: Options,
    shutdown: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    let server = server(routes, options);
    let server = match rest {
        Some(rest) => server.with_rest(rest, rest::router),
        None => server,
    };
    server.run(listener, shutdown).await
}

/// The server that the options ask for.
fn server(routes: Routes, options: Options) -> Server {
    let mut server = Server::new(options.descriptors.clone())
        .with_routes(routes, [SERVICE])
        .with_at_once(options.at_once)
        .with_drain(options.drain);
    server = match options.harden {
        true => server.with_harden(harden(&options)),
        false => server.without_harden(),
    };
    if let Some(auth) = options.asks() {
        server = server.with_auth(auth);
    }
    if let Some(limit) = options.limit {
        server = server.with_limit(limit);
    }
    if let Some(tls) = options.tls {
        server = server.with_tls(tls);
    }
    if let Some(ready) = options.ready {
        server = server.with_ready(ready);
    }
    if let Some(front) = options.front {
        server = server.with_front(front);
    }
    #[cfg(feature = "otlp")]
    if options.spans {
        server = server.with_spans();
    }
    options.observers.into_iter().fold(server, Server::with_observer)
}

fn harden(options: &Options) -> Harden {
    let harden = Harden::default()
        .with_limit(MESSAGE_LIMIT)
        .with_budget(Budget::new(LARGE_MESSAGES))
        .with_method_caps(Arc::clone(&options.method_caps));
    options.cap.map_or(harden.clone(), |cap| harden.with_cap(cap))
}

/// Whether a store can do its work, asked once a second.
#[derive(Debug)]
pub struct Readiness {
    said: watch::Sender<bool>,
    asking: JoinHandle<()>,
}

impl Readiness {
    /// What is known, as it changes.
    pub fn subscribe(&self) -> Ready {
        self.said.subscribe()
    }

    /// Says that it is not, for good.
    pub fn end(self) {
        self.asking.abort();
        self.said.send_replace(false);
    }
}

/// Asks `store` from now on. Ready until it says otherwise.
pub fn readiness(store: Arc<dyn UserStore>) -> Readiness {
    let said = watch::Sender::new(true);
    let of_task = said.clone();
    let asking = tokio::spawn(async move {
        loop {
            tokio::time::sleep(READY_EVERY).await;
            // A store that does not answer is not ready either.
            let asked = tokio::time::timeout(READY_EVERY, store.ready()).await;
            let now = matches!(asked, Ok(Ok(())));
            if of_task.send_if_modified(|before| std::mem::replace(before, now) != now) {
                tracing::warn!(ready = now, "the readiness of the store has changed");
            }
        }
    });
    Readiness { said, asking }
}
