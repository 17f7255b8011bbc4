//! A whole server: services, health and reflection on a socket the caller owns, until the caller says stop.

mod sever;
mod signals;

use std::convert::Infallible;
use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_core::Stream;
use http::{Request, Response};
use prost::Message;
use prost_types::FileDescriptorSet;
use tokio::net::TcpListener;
use tokio::sync::{oneshot, watch};
use tonic::body::Body;
use tonic::server::NamedService;
use tonic::service::{Routes, RoutesBuilder};
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;
use tower::Service;

pub use sever::Severable;
pub use signals::Signals;

use crate::{
    AtOnce, CardinalityLayer, DrainLayer, Harden, InFlightLayer, Incoming, Kind, Methods, ObserveLayer,
    Observer, harden,
};

/// How long a connection may be silent before it is asked for a sign of life, so that a vanished client does not hold
/// its streams for ever.
const KEEPALIVE: Duration = Duration::from_secs(60);

/// What is answered however many calls there are: else a crowd would look like a server that is ill.
const PROBE: &str = "/grpc.health.v1.Health/Check";

/// How long the status of calls that are still open at the end may take to their clients. What is open then is cut.
pub const LAST_WORDS: Duration = Duration::from_millis(250);

/// Why a server could not run.
pub type ServeError = Box<dyn std::error::Error + Send + Sync>;

/// Services under the layers that need no choice, with `grpc.health.v1` for each of them and for the whole (the empty
/// name), and reflection.
pub struct Server {
    descriptors: &'static [u8],
    routes: RoutesBuilder,
    /// What health knows.
    names: Vec<&'static str>,
    harden: Harden,
    observers: Vec<Arc<dyn Observer>>,
    at_once: AtOnce,
    drain: Duration,
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Server");
        shown.field("names", &self.names).field("harden", &self.harden).field("drain", &self.drain);
        shown.finish_non_exhaustive()
    }
}

impl Server {
    /// Without services yet. `descriptors` is an encoded `google.protobuf.FileDescriptorSet`: the
    /// `FILE_DESCRIPTOR_SET` of the generated code.
    #[must_use]
    pub fn new(descriptors: &'static [u8]) -> Server {
        Server {
            descriptors,
            routes: Routes::builder(),
            names: vec![""],
            harden: Harden::default(),
            observers: Vec::new(),
            at_once: AtOnce::default(),
            drain: Duration::from_secs(10),
        }
    }

    /// With one more service: what `into_server` of a generated adapter returns.
    #[must_use]
    pub fn with<S>(mut self, service: S) -> Server
    where
        S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>
            + NamedService
            + Clone
            + Send
            + Sync
            + 'static,
        S::Future: Send + 'static,
    {
        self.routes.add_service(service);
        self.names.push(S::NAME);
        self
    }

    /// With other choices for the layers: the longest call, the largest message.
    #[must_use]
    pub fn with_harden(self, harden: Harden) -> Server {
        Server { harden, ..self }
    }

    /// With something that sees every call: a [`CallLog`](crate::CallLog), metrics.
    #[must_use]
    pub fn with_observer(mut self, observer: Arc<dyn Observer>) -> Server {
        self.observers.push(observer);
        self
    }

    /// With other numbers of calls under way, of all callers and of one.
    #[must_use]
    pub fn with_at_once(self, at_once: AtOnce) -> Server {
        Server { at_once, ..self }
    }

    /// With another time that open calls have after the end was asked for; 10 seconds unless set.
    #[must_use]
    pub fn with_drain(self, drain: Duration) -> Server {
        Server { drain, ..self }
    }

    /// Serves until `shutdown` completes and the open calls have ended, but no longer than the time for them. Health
    /// says NOT_SERVING from `shutdown` on.
    ///
    /// # Errors
    ///
    /// The descriptors cannot be read. Nothing that a client or the network does is an error.
    pub async fn run(
        self,
        listener: TcpListener,
        shutdown: impl Future<Output = ()>,
    ) -> Result<(), ServeError> {
        let methods = Arc::new(methods(self.descriptors)?);
        let (health, health_service) = tonic_health::server::health_reporter();
        report(&health, &self.names, ServingStatus::Serving).await;
        // The encoded set, as a decoded one has lost its custom options.
        let reflection = || {
            tonic_reflection::server::Builder::configure()
                .register_encoded_file_descriptor_set(self.descriptors)
        };
        let routes = self
            .routes
            .routes()
            .add_service(health_service)
            .add_service(reflection().build_v1()?)
            .add_service(reflection().build_v1alpha()?);
        let (stop, stopped) = oneshot::channel::<()>();
        let (over, is_over) = watch::channel(false);
        let (cut, is_cut) = watch::channel(false);
        let serving = tonic::transport::Server::builder()
            .http2_keepalive_interval(Some(KEEPALIVE))
            // The observers see what the client does.
            .layer(ObserveLayer::new(Arc::clone(&methods), self.observers))
            .layer(DrainLayer::new(is_over))
            .layer(harden(self.harden))
            .layer(InFlightLayer::new(self.at_once, [PROBE], self.names.last().unwrap_or(&"")))
            .layer(CardinalityLayer::new(methods.unary_requests()))
            .add_routes(routes)
            .serve_with_incoming_shutdown(connections(listener, is_cut), async move { drop(stopped.await) });
        let deadline = async move {
            shutdown.await;
            report(&health, &self.names, ServingStatus::NotServing).await;
            // An error means that the server has ended already.
            let _ = stop.send(());
            tokio::time::sleep(self.drain).await;
            tracing::warn!("the drain deadline has passed: open calls end");
            over.send_replace(true);
            tokio::time::sleep(LAST_WORDS).await;
            cut.send_replace(true);
            std::future::pending::<Infallible>().await
        };
        tokio::select! {
            ended = serving => Ok(ended?),
            never = deadline => match never {},
        }
    }
}

/// The connections, for ever. Dropping it closes the listener.
fn connections(listener: TcpListener, is_cut: watch::Receiver<bool>) -> Connections {
    Connections { next: accept(Incoming::plain(listener)), is_cut }
}

type Accepted = Pin<Box<dyn Future<Output = (Incoming, Option<crate::Connection>)> + Send>>;

/// A stream without the crate of stream functions.
struct Connections {
    next: Accepted,
    is_cut: watch::Receiver<bool>,
}

fn accept(mut incoming: Incoming) -> Accepted {
    Box::pin(async move {
        let connection = incoming.next().await;
        (incoming, connection)
    })
}

impl Stream for Connections {
    type Item = io::Result<Severable>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let (incoming, connection) = std::task::ready!(self.next.as_mut().poll(cx));
        self.next = accept(incoming);
        Poll::Ready(connection.map(|connection| Ok(Severable::new(connection, self.is_cut.clone()))))
    }
}

/// The methods of a descriptor set, and those of health and reflection.
fn methods(descriptors: &[u8]) -> Result<Methods, ServeError> {
    let files = FileDescriptorSet::decode(descriptors)?.file;
    let mut methods = Vec::new();
    for file in &files {
        for service in &file.service {
            let name = [file.package(), service.name()].join(".");
            let name = name.trim_start_matches('.');
            methods.extend(service.method.iter().map(|method| {
                let kind = Kind::new(method.client_streaming(), method.server_streaming());
                (format!("/{name}/{}", method.name()), kind)
            }));
        }
    }
    Ok(methods.into_iter().collect::<Methods>().with_health_and_reflection())
}

async fn report(health: &HealthReporter, names: &[&'static str], status: ServingStatus) {
    for name in names {
        health.set_service_status(*name, status).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Those of this repository's own schema.
    const USERS: &[u8] = include_bytes!("../../../../generated/descriptor.binpb");

    #[tokio::test]
    async fn it_ends_when_it_is_told_and_begins_with_descriptors_only() {
        for (descriptors, serves) in [(USERS, true), (b"\xff", false)] {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let served = Server::new(descriptors).run(listener, std::future::ready(())).await;
            assert_eq!(served.is_ok(), serves, "{served:?}");
        }
    }

    #[test]
    fn methods_are_known_by_their_kinds() {
        let methods = methods(USERS).unwrap();
        let kind = |path: &str| methods.iter().find(|(known, _)| *known == path).map(|(_, kind)| kind);
        assert_eq!(kind("/user.UserService/Chat"), Some(Kind::BidiStream));
        assert_eq!(kind("/grpc.health.v1.Health/Check"), Some(Kind::Unary));
        assert_eq!(kind("/user.UserService/Other"), None);
    }
}
