//! Serves on a socket the caller owns until the caller says stop. Reads no arguments, no signals, no clock but
//! the drain deadline.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{self, Stream};
use prost::Message;
use prost_types::FileDescriptorSet;
use protogate_runtime::{BearerLayer, CardinalityLayer, Harden, harden};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tonic::service::Routes;
use tonic::transport::Server;
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;
use tower::ServiceBuilder;
use tower::util::{MapRequestLayer, option_layer};

use crate::layers::log::LogLayer;
use crate::options::{MESSAGE_LIMIT, Options};
use crate::pb::FILE_DESCRIPTOR_SET;
use crate::rest;
use crate::service::user_service;
use crate::sever::Severable;
use crate::store::UserStore;

/// The names health knows: the server as a whole, and the service.
const HEALTH_NAMES: [&str; 2] = ["", "user.UserService"];

/// How long the server waits after a connection could not be accepted.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

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

/// [`serve_routes`], with HTTP and JSON on `rest`. Both end together.
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
    let (cut, is_cut) = watch::channel(false);
    let hardened = options.harden.then(|| harden(Harden::default().with_limit(MESSAGE_LIMIT)));
    let one = options.harden.then(|| CardinalityLayer::new(unary()));
    let bearer =
        options.token.as_deref().map(|token| BearerLayer::new(token, options.exempt.iter().cloned()));
    let layers = ServiceBuilder::new()
        // The log sees what the client does, and a call without the token reaches nothing below.
        .layer(option_layer(options.front.map(MapRequestLayer::new)))
        .layer(LogLayer)
        .layer(option_layer(hardened))
        .layer(option_layer(bearer))
        .layer(option_layer(one));
    let layered = layers.service(routes.clone());
    let (rest_cut, rest_stopped) = (is_cut.clone(), is_stopped.clone());
    let serving_rest = async move {
        match rest {
            Some(listener) => {
                rest::serve(connections(listener, rest_cut), layered, stopped(rest_stopped)).await
            }
            None => Ok(()),
        }
    };
    let serving_grpc = Server::builder()
        .http2_keepalive_interval(Some(KEEPALIVE))
        .layer(layers)
        .add_routes(routes)
        .serve_with_incoming_shutdown(connections(listener, is_cut), stopped(is_stopped));
    let serving = async { tokio::try_join!(async { Ok(serving_grpc.await?) }, serving_rest) };
    let deadline = async move {
        shutdown.await;
        report(&health, ServingStatus::NotServing).await;
        // An error means that the server has ended already.
        let _ = stop.send(());
        tokio::time::sleep(options.drain).await;
        tracing::warn!("the drain deadline has passed: open calls are cut");
        cut.send_replace(true);
        std::future::pending::<Infallible>().await
    };
    tokio::select! {
        ended = serving => ended.map(drop),
        never = deadline => match never {},
    }
}

/// The paths of the methods whose request is no stream. Health is not in the descriptors, and reflection is a stream.
fn unary() -> Vec<String> {
    let files = FileDescriptorSet::decode(FILE_DESCRIPTOR_SET).unwrap_or_default().file;
    let mut paths: Vec<String> =
        ["Check", "Watch"].map(|method| format!("/grpc.health.v1.Health/{method}")).into();
    for file in &files {
        for service in &file.service {
            let methods = service.method.iter().filter(|method| !method.client_streaming());
            paths.extend(
                methods.map(|method| format!("/{}.{}/{}", file.package(), service.name(), method.name())),
            );
        }
    }
    paths
}

/// The connections of `listener`, for ever. Dropping it closes the listener.
fn connections(
    listener: TcpListener,
    is_cut: watch::Receiver<bool>,
) -> impl Stream<Item = io::Result<Severable>> {
    stream::unfold((listener, is_cut), |(listener, is_cut)| async move {
        loop {
            match listener.accept().await {
                Ok((stream, _)) => {
                    // Small answers at once. A socket that refuses is already broken, and will say so.
                    let _ = stream.set_nodelay(true);
                    return Some((Ok(Severable::new(stream, is_cut.clone())), (listener, is_cut)));
                }
                // Out of file descriptors, most likely, and the next try would fail as fast: tonic's own loop
                // spins on it. A pause lets connections end.
                Err(error) => {
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    })
}

async fn report(health: &HealthReporter, status: ServingStatus) {
    for name in HEALTH_NAMES {
        health.set_service_status(name, status).await;
    }
}
