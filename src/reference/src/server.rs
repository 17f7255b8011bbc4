//! Serves on a socket the caller owns until the caller says stop. Reads no arguments, no signals, no clock but
//! the drain deadline.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{Either, ready};
use futures_util::stream::{self, Stream};
use protogate_runtime::{
    Budget, CardinalityLayer, DrainLayer, Harden, InFlightLayer, Incoming, LAST_WORDS, ObserveLayer, Ready,
    Severable, harden,
};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tonic::service::Routes;
use tonic::transport::Server;
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;
use tower::ServiceBuilder;
use tower::util::{MapRequestLayer, option_layer};

use crate::options::{MESSAGE_LIMIT, Options, SERVICE, methods};
use crate::rest;
use crate::service::user_service;
use crate::store::UserStore;

/// The names health knows: the server as a whole, and the service.
const HEALTH_NAMES: [&str; 2] = ["", SERVICE];

/// How often the store is asked whether it is ready.
const READY_EVERY: Duration = Duration::from_secs(1);

/// How long a connection may be silent before it is asked for a sign of life, so that a vanished client does not
/// hold its streams for ever.
const KEEPALIVE: Duration = Duration::from_secs(60);

/// What is answered however many calls there are: else a crowd would look like a server that is ill.
const PROBE: &str = "/grpc.health.v1.Health/Check";

/// The bytes that messages above 64 KiB may have together while they are read and answered: five of the largest.
const LARGE_MESSAGES: usize = 5 * MESSAGE_LIMIT;

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

    let (stop, is_stopped) = watch::channel(());
    let stopped = |mut stopped: watch::Receiver<()>| async move { drop(stopped.changed().await) };
    let (over, is_over) = watch::channel(false);
    let (cut, is_cut) = watch::channel(false);
    let incoming = |listener| match &options.tls {
        Some(tls) => Incoming::tls(listener, Arc::clone(tls)),
        None => Incoming::plain(listener),
    };
    let methods = Arc::new(methods());
    let watched = options.harden || !options.observers.is_empty();
    let observe = watched.then(|| ObserveLayer::new(Arc::clone(&methods), options.observers.clone()));
    let budget = Budget::new(LARGE_MESSAGES);
    let hardened = options.harden.then(|| {
        let harden_options = Harden::default().with_limit(MESSAGE_LIMIT).with_budget(budget.clone());
        let harden_options = harden_options.with_method_caps(Arc::clone(&options.method_caps));
        harden(options.cap.map_or(harden_options.clone(), |cap| harden_options.with_cap(cap)))
    });
    let one = options.harden.then(|| CardinalityLayer::new(methods.unary_requests()));
    let in_flight = options.harden.then(|| InFlightLayer::new(options.at_once, [PROBE], SERVICE));
    let layers = ServiceBuilder::new()
        // The observers see what the client does, and a call without its credentials reaches nothing below.
        .layer(option_layer(options.front.map(MapRequestLayer::new)));
    #[cfg(feature = "otlp")]
    let layers = layers
        .layer(option_layer(options.spans.then(|| protogate_runtime::SpanLayer::new(Arc::clone(&methods)))));
    let layers = layers
        .layer(option_layer(observe))
        .layer(option_layer(options.harden.then(|| DrainLayer::new(is_over))))
        .layer(option_layer(hardened))
        .layer(option_layer(options.asks()))
        .layer(option_layer(options.limit.clone()))
        .layer(option_layer(in_flight))
        .layer(option_layer(one));
    let serving_rest = rest.map(|listener| {
        let connections = connections(incoming(listener), is_cut.clone());
        let service = layers.clone().service(routes.clone());
        rest::serve(connections, service, budget.clone(), stopped(is_stopped.clone()))
    });
    let serving_grpc = Server::builder()
        .http2_keepalive_interval(Some(KEEPALIVE))
        .layer(layers)
        .add_routes(routes)
        .serve_with_incoming_shutdown(connections(incoming(listener), is_cut), stopped(is_stopped));
    let serving = async {
        let rest = async { serving_rest.map_or_else(|| Either::Left(ready(Ok(()))), Either::Right).await };
        tokio::try_join!(async { Ok(serving_grpc.await?) }, rest)
    };
    let deadline = async move {
        tokio::select! {
            () = shutdown => {}
            never = follow(&health, options.ready.clone()) => match never {},
        }
        report(&health, ServingStatus::NotServing).await;
        // An error means that the server has ended already.
        let _ = stop.send(());
        tokio::time::sleep(options.drain).await;
        tracing::warn!("the drain deadline has passed: open calls end");
        over.send_replace(true);
        tokio::time::sleep(LAST_WORDS).await;
        cut.send_replace(true);
        std::future::pending::<Infallible>().await
    };
    tokio::select! {
        ended = serving => ended.map(drop),
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
