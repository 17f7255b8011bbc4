//! The same service in HTTP and JSON: the generated routes, over what gRPC clients call.

use std::io;

use futures_util::stream::Stream;
use protogate_runtime::Budget;
use protogate_runtime::rest::{Grpc, Options};
use tonic::service::Routes;
use tonic::transport::Server;
use tonic::transport::server::Connected;

use crate::options::MESSAGE_LIMIT;
use crate::server::ServeError;

#[path = "../../../generated/rest/mod.rs"]
#[rustfmt::skip]
mod generated;

/// Serves `service`, layers and all, over HTTP/1.1 and HTTP/2 until `shutdown` completes and the running calls have
/// ended. JSON has the limit of messages, and large ones the same `budget`.
pub(crate) async fn serve<C>(
    connections: impl Stream<Item = io::Result<C>>,
    service: impl Grpc,
    budget: Budget,
    shutdown: impl Future<Output = ()>,
) -> Result<(), ServeError>
where
    C: tokio::io::AsyncRead + tokio::io::AsyncWrite + Connected + Unpin + Send + 'static,
{
    let options = Options::default().with_max_request_bytes(MESSAGE_LIMIT).with_budget(budget);
    let router = generated::router(service, options)?;
    let server = Server::builder().accept_http1(true).add_routes(Routes::from(router));
    Ok(server.serve_with_incoming_shutdown(connections, shutdown).await?)
}
