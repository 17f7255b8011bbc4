//! Tower layers that make a tonic server, anybody's, answer as the gRPC specification says, and those that a server in
//! production wears: callers, limits, deadlines, a log, metrics, traces, TLS. One concern each, in any mixture;
//! [`HardenLayer`] is all of the first sort that need no choice. They know HTTP and gRPC framing, and nothing of a schema.
//! With the feature `client`, a client of several such servers; with the feature `rest`, a gateway from HTTP and JSON to such a
//! server, which knows its descriptors.
//!
//! Absent on purpose: nothing here reads arguments or files of settings, and no layer keeps a message.
//!
//! ```
//! use protogate_runtime::{BearerLayer, Harden, harden};
//!
//! let server = tonic::transport::Server::builder()
//!     .layer(harden(Harden::default()))
//!     .layer(BearerLayer::new("s3cret", ["/grpc.health.v1.Health/"]));
//! ```

mod answer;
mod auth;
mod bearer;
mod budget;
mod call;
mod caller;
mod cardinality;
#[cfg(feature = "client")]
pub mod client;
mod connection;
mod deadline;
mod drain;
mod glob;
mod harden;
mod identity;
mod ids;
mod in_flight;
mod incoming;
#[cfg(feature = "jwt")]
mod jwt;
mod limit;
mod log;
mod methods;
#[cfg(feature = "metrics")]
mod metrics;
mod observe;
#[cfg(feature = "otlp")]
mod otlp;
mod panic;
mod peer;
mod policy;
mod prefix;
mod protocol;
mod refusal;
#[cfg(any(feature = "jwt", feature = "tls"))]
mod reload;
#[cfg(feature = "rest")]
pub mod rest;
#[cfg(feature = "serve")]
mod serve;
#[cfg(feature = "service")]
pub mod service;
mod size;
#[cfg(test)]
mod testing;
mod timeout;
#[cfg(feature = "tls")]
mod tls;
mod trace;
mod verdict;
mod worn;

pub use auth::{AuthLayer, Credentials};
pub use bearer::BearerLayer;
pub use budget::Budget;
pub use call::{Call, Traffic, code_name};
pub use cardinality::CardinalityLayer;
pub use connection::Connection;
pub use deadline::{DeadlineLayer, EndsAt, MethodCaps};
pub use drain::DrainLayer;
pub use glob::Glob;
pub use harden::{Harden, HardenLayer, Hardened, harden};
pub use identity::{Identity, Proof};
pub use in_flight::{AtOnce, InFlightLayer};
pub use incoming::Incoming;
#[cfg(feature = "jwt")]
pub use jwt::{JwtError, JwtOptions, Verifier};
pub use limit::{Rate, RateLimitLayer};
pub use log::{CallLog, LogFormat, LogMetadata, Rotation, Sink, is_secret};
pub use methods::{Kind, Methods};
#[cfg(feature = "metrics")]
pub use metrics::{CallMetrics, Metrics, Ready, serve_page};
pub use observe::{ObserveLayer, Observer};
#[cfg(feature = "otlp")]
pub use otlp::{SpanLayer, SpanSubscriber, Spans};
pub use panic::PanicLayer;
pub use peer::{CertificateNames, Peer};
pub use policy::{Need, Policy};
pub use protocol::ProtocolLayer;
#[cfg(any(feature = "jwt", feature = "tls"))]
pub use reload::{Watch, watch_files};
#[cfg(all(feature = "serve", feature = "rest"))]
pub use serve::Layered;
#[cfg(feature = "serve")]
pub use serve::{ServeError, Server, Signals};
pub use size::SizeLayer;
#[cfg(feature = "tls")]
pub use tls::{Tls, TlsFiles};
pub use trace::TraceContext;
pub use worn::{Answer, Around, Worn};
