//! A server while it runs, and how it ends.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;
use tower::ServiceBuilder;
use tower::util::{MapRequestLayer, option_layer};

use super::connections::Connections;
use super::{ServeError, Server};
use crate::{CardinalityLayer, DrainLayer, InFlightLayer, Incoming, Methods, ObserveLayer, harden};

/// How long a connection may be silent before it is asked for a sign of life, so that a vanished client does not hold
/// its streams for ever.
const KEEPALIVE: Duration = Duration::from_secs(60);

/// What is answered however many calls there are: else a crowd would look like a server that is ill.
const PROBE: &str = "/grpc.health.v1.Health/Check";

/// How long the status of calls that are still open at the end may take to their clients. What is open then is cut.
const LAST_WORDS: Duration = Duration::from_millis(250);

pub(super) async fn run(
    server: Server,
    listener: TcpListener,
    shutdown: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    let methods = Arc::new(Methods::from_descriptor_set(&server.descriptors)?);
    let (health, health_service) = tonic_health::server::health_reporter();
    report(&health, &server.names, true).await;
    // The encoded set, as a decoded one has lost its custom options.
    let reflection = || {
        tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(&server.descriptors)
    };
    let routes = server
        .routes
        .routes()
        .add_service(health_service)
        .add_service(reflection().build_v1()?)
        .add_service(reflection().build_v1alpha()?);
    let (stop, is_stopped) = watch::channel(());
    let stopped = |mut stopped: watch::Receiver<()>| async move { drop(stopped.changed().await) };
    let (over, is_over) = watch::channel(false);
    let (cut, is_cut) = watch::channel(false);
    #[cfg(feature = "tls")]
    let incoming = |listener| match &server.tls {
        Some(tls) => Incoming::tls(listener, Arc::clone(tls)),
        None => Incoming::plain(listener),
    };
    #[cfg(not(feature = "tls"))]
    let incoming = Incoming::plain;
    let worn = server.harden.is_some();
    let domain = server.names.last().unwrap_or(&"");
    let watched = worn || !server.observers.is_empty();
    let layers = ServiceBuilder::new().layer(option_layer(server.front.map(MapRequestLayer::new)));
    #[cfg(feature = "otlp")]
    let layers =
        layers.layer(option_layer(server.spans.then(|| crate::SpanLayer::new(Arc::clone(&methods)))));
    let layers = layers
        // The observers see what the client does, and a call without its credentials reaches nothing below them.
        .layer(option_layer(watched.then(|| ObserveLayer::new(Arc::clone(&methods), server.observers))))
        .layer(option_layer(worn.then(|| DrainLayer::new(is_over))))
        .layer(option_layer(server.harden.clone().map(harden)))
        .layer(option_layer(server.auth))
        .layer(option_layer(server.limit))
        .layer(option_layer(worn.then(|| InFlightLayer::new(server.at_once, [PROBE], domain))))
        .layer(option_layer(worn.then(|| CardinalityLayer::new(methods.unary_requests()))));
    #[cfg(feature = "rest")]
    let rest = server.rest.map(|rest| {
        let service = layers.clone().service(routes.clone());
        rest.serve(service, server.harden.as_ref(), &incoming, is_cut.clone(), stopped(is_stopped.clone()))
    });
    #[cfg(feature = "rest")]
    let rest = rest.transpose()?;
    let grpc = tonic::transport::Server::builder()
        .http2_keepalive_interval(Some(KEEPALIVE))
        .layer(layers)
        .add_routes(routes)
        .serve_with_incoming_shutdown(Connections::new(incoming(listener), is_cut), stopped(is_stopped));
    let serving = async {
        #[cfg(feature = "rest")]
        if let Some(rest) = rest {
            return tokio::try_join!(async { Ok(grpc.await?) }, rest).map(|((), ())| ());
        }
        Ok(grpc.await?)
    };
    let deadline = async {
        tokio::select! {
            () = shutdown => {}
            never = follow(&health, &server.names, server.ready) => match never {},
        }
        report(&health, &server.names, false).await;
        // An error means that the server has ended already.
        let _ = stop.send(());
        tokio::time::sleep(server.drain).await;
        tracing::warn!("the drain deadline has passed: open calls end");
        over.send_replace(true);
        tokio::time::sleep(LAST_WORDS).await;
        cut.send_replace(true);
        std::future::pending::<Infallible>().await
    };
    tokio::select! {
        ended = serving => ended,
        never = deadline => match never {},
    }
}

/// Lets health say what `ready` says.
async fn follow(
    health: &HealthReporter,
    names: &[&'static str],
    ready: Option<watch::Receiver<bool>>,
) -> Infallible {
    if let Some(mut ready) = ready {
        loop {
            let serving = *ready.borrow_and_update();
            report(health, names, serving).await;
            // Whoever decided is gone: what was said last holds.
            if ready.changed().await.is_err() {
                break;
            }
        }
    }
    std::future::pending().await
}

async fn report(health: &HealthReporter, names: &[&'static str], serving: bool) {
    let status = if serving { ServingStatus::Serving } else { ServingStatus::NotServing };
    for name in names {
        health.set_service_status(*name, status).await;
    }
}
