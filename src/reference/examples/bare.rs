//! The rpcs over a store in memory and tonic's server, with no layer of ours: what the layers cost is measured beside it.
//!
//!     cargo run --release --example bare

use std::sync::Arc;

use tokio::net::TcpListener;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use user_service::store::MemoryStore;
use user_service::user_service;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("listening on http://{}", listener.local_addr()?);
    let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
    let service = user_service(Arc::new(MemoryStore::default()));
    Server::builder().add_service(service).serve_with_incoming(incoming).await?;
    Ok(())
}
