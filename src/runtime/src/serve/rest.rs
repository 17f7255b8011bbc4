//! The second door of a server: HTTP and JSON, on a socket of its own.

use http::{Request, Response};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tonic::body::Body;
use tonic::codegen::StdError;
use tonic::service::Routes;
use tower::util::BoxCloneSyncService;
use tower::{Service, ServiceExt as _};

use super::ServeError;
use super::connections::Connections;
use crate::rest::{Options, Router};
use crate::{Harden, Incoming};

/// All services of a [`Server`](super::Server) in its layers: what gRPC clients call.
pub type Layered = BoxCloneSyncService<Request<Body>, Response<Body>, StdError>;

type MakeRouter = Box<dyn FnOnce(Layered, Options) -> Result<Router, ServeError> + Send>;

pub(super) struct Rest {
    listener: TcpListener,
    router: MakeRouter,
}

impl Rest {
    pub(super) fn new<E: Into<ServeError>>(
        listener: TcpListener,
        router: impl FnOnce(Layered, Options) -> Result<Router, E> + Send + 'static,
    ) -> Rest {
        Rest { listener, router: Box::new(|service, options| router(service, options).map_err(Into::into)) }
    }

    /// Serves `service` over HTTP/1.1 and HTTP/2 until `shutdown` completes and the running calls have ended. JSON has the
    /// limit of messages, and large ones the same budget.
    pub(super) fn serve<S>(
        self,
        service: S,
        harden: Option<&Harden>,
        incoming: impl FnOnce(TcpListener) -> Incoming,
        is_cut: watch::Receiver<bool>,
        shutdown: impl Future<Output = ()>,
    ) -> Result<impl Future<Output = Result<(), ServeError>>, ServeError>
    where
        S: Service<Request<Body>, Response = Response<Body>> + Clone + Send + Sync + 'static,
        S::Future: Send + 'static,
        S::Error: Into<StdError>,
    {
        let options = match harden {
            Some(harden) => {
                Options::default().with_max_request_bytes(harden.limit).with_budget(harden.budget.clone())
            }
            None => Options::default(),
        };
        let router = (self.router)(BoxCloneSyncService::new(service.map_err(Into::into)), options)?;
        let connections = Connections::new(incoming(self.listener), is_cut);
        let server = tonic::transport::Server::builder().accept_http1(true).add_routes(Routes::from(router));
        Ok(async move { Ok(server.serve_with_incoming_shutdown(connections, shutdown).await?) })
    }
}
