//! Serves on a socket the caller owns until the caller says stop. Reads no arguments, no signals, no clock but
//! the drain deadline.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{self, Stream};
use protogate_runtime::{CardinalityLayer, Harden, Incoming, ObserveLayer, Ready, harden};
use tokio::net::TcpListener;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;
use tonic::service::Routes;
use tonic::transport::Server;
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;
use tower::util::{MapRequestLayer, option_layer};

use crate::options::{MESSAGE_LIMIT, Options, SERVICE, methods};
use crate::service::user_service;
use crate::sever::Severable;
use crate::store::UserStore;

/// The names health knows: the server as a whole, and the service.
const HEALTH_NAMES: [&str; 2] = ["", SERVICE];

/// How often the store is asked whether it is ready.
const READY_EVERY: Duration = Duration::from_secs(1);

/// How long a connection may be silent before it is asked for a sign of life, so that a vanished client does not
/// hold its streams for ever.
const KEEPALIVE: Duration = Duration::from_secs(60);

/// Why a server could not run.
pub type ServeError = Box<dyn std::error::Error + Send + Sync>;

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
    serve_routes(listener, Routes::new(user_service(store)), options, shutdown).await
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
    let (health, health_service) = tonic_health::server::health_reporter();
    report(&health, ServingStatus::Serving).await;
    // The encoded set, as a decoded one has lost its custom options.
    let reflection = || {
        tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(&options.descriptors)
    };
    let routes = routes
        .add_service(health_service)
        .add_service(reflection().build_v1()?)
        .add_service(reflection().build_v1alpha()?);

    let (stop, stopped) = oneshot::channel::<()>();
    let (cut, is_cut) = watch::channel(false);
    let incoming = connections(
        match &options.tls {
            Some(tls) => Incoming::tls(listener, Arc::clone(tls)),
            None => Incoming::plain(listener),
        },
        is_cut,
    );
    let methods = Arc::new(methods());
    let watched = options.harden || !options.observers.is_empty();
    let observe = watched.then(|| ObserveLayer::new(Arc::clone(&methods), options.observers.clone()));
    let hardened = options.harden.then(|| {
        let harden_options = Harden::default().with_limit(MESSAGE_LIMIT);
        let harden_options = harden_options.with_method_caps(Arc::clone(&options.method_caps));
        harden(options.cap.map_or(harden_options.clone(), |cap| harden_options.with_cap(cap)))
    });
    let one = options.harden.then(|| CardinalityLayer::new(methods.unary_requests()));
    let server = Server::builder()
        .http2_keepalive_interval(Some(KEEPALIVE))
        // The observers see what the client does, and a call without its credentials reaches nothing below.
        .layer(option_layer(options.front.map(MapRequestLayer::new)));
    #[cfg(feature = "otlp")]
    let server = server
        .layer(option_layer(options.spans.then(|| protogate_runtime::SpanLayer::new(Arc::clone(&methods)))));
    let serving = server
        .layer(option_layer(observe))
        .layer(option_layer(hardened))
        .layer(option_layer(options.asks()))
        .layer(option_layer(options.limit.clone()))
        .layer(option_layer(one))
        .add_routes(routes)
        .serve_with_incoming_shutdown(incoming, async move { drop(stopped.await) });
    let deadline = async move {
        tokio::select! {
            () = shutdown => {}
            never = follow(&health, options.ready.clone()) => match never {},
        }
        report(&health, ServingStatus::NotServing).await;
        // An error means that the server has ended already.
        let _ = stop.send(());
        tokio::time::sleep(options.drain).await;
        tracing::warn!("the drain deadline has passed: open calls are cut");
        cut.send_replace(true);
        std::future::pending::<Infallible>().await
    };
    tokio::select! {
        ended = serving => Ok(ended?),
        never = deadline => match never {},
    }
}

/// The connections, for ever. Dropping it closes the listener.
fn connections(
    incoming: Incoming,
    is_cut: watch::Receiver<bool>,
) -> impl Stream<Item = io::Result<Severable>> {
    stream::unfold((incoming, is_cut), |(mut incoming, is_cut)| async move {
        let connection = incoming.next().await?;
        Some((Ok(Severable::new(connection, is_cut.clone())), (incoming, is_cut)))
    })
}

/// Lets health say what `ready` says.
async fn follow(health: &HealthReporter, ready: Option<Ready>) -> Infallible {
    if let Some(mut ready) = ready {
        loop {
            let serving = *ready.borrow_and_update();
            report(health, if serving { ServingStatus::Serving } else { ServingStatus::NotServing }).await;
            // Whoever decided is gone: what was said last holds.
            if ready.changed().await.is_err() {
                break;
            }
        }
    }
    std::future::pending().await
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

async fn report(health: &HealthReporter, status: ServingStatus) {
    for name in HEALTH_NAMES {
        health.set_service_status(name, status).await;
    }
}
