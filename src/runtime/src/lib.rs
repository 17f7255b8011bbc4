//! Tower layers that make a tonic server, anybody's, answer as the gRPC specification says. One concern each, in
//! any mixture; [`HardenLayer`] is all of them that need no choice. They know HTTP and gRPC framing, and nothing
//! of a schema.
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
mod size;
#[cfg(test)]
mod testing;
mod timeout;
mod verdict;

pub use bearer::{Bearer, BearerLayer};
pub use cardinality::{Cardinality, CardinalityLayer};
pub use deadline::{Deadline, DeadlineLayer};
pub use harden::{Harden, HardenLayer, Hardened, harden};
pub use panic::{Panic, PanicLayer};
pub use protocol::{Protocol, ProtocolLayer};
pub use size::{Size, SizeLayer};
