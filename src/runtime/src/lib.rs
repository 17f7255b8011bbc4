//! Tower layers that make a tonic server, anybody's, answer as the gRPC specification says. One concern each, in
//! any mixture; [`HardenLayer`] is all of them that need no choice. They know HTTP and gRPC framing, and nothing
//! of a schema. With the feature `rest`, a gateway from HTTP and JSON to such a server, which knows its descriptors.
//!
//! ```
//! use protogate_runtime::{BearerLayer, Harden, harden};
//!
//! let server = tonic::transport::Server::builder()
//!     .layer(harden(Harden::default()))
//!     .layer(BearerLayer::new("s3cret", ["/grpc.health.v1.Health/"]));
//! ```

mod answer;
mod bearer;
mod cardinality;
mod deadline;
mod harden;
mod panic;
mod prefix;
mod protocol;
#[cfg(feature = "rest")]
pub mod rest;
mod size;
#[cfg(test)]
mod testing;
mod timeout;
mod verdict;
mod worn;

pub use bearer::BearerLayer;
pub use cardinality::CardinalityLayer;
pub use deadline::{DeadlineLayer, EndsAt};
pub use harden::{Harden, HardenLayer, Hardened, harden};
pub use panic::PanicLayer;
pub use protocol::ProtocolLayer;
pub use size::SizeLayer;
pub use worn::{Answer, Around, Worn};
