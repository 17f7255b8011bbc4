//! Calls any method of any gRPC server over HTTP/2, without stubs.
//!
//! A [`Call`] goes in, an [`Exchange`] comes out: every byte of the reply and the way the call ended, RST_STREAM
//! and GOAWAY codes included. A gRPC status is data; a [`CallError`] means the call could not be made at all.
//!
//! The room sends what its caller tells it to, malformed frames too. It knows no message types (reflection
//! aside), no checks and no schema, and asks for no compression. TLS is what the target says: `https://` or not.

mod error;
mod exchange;
mod frame;
mod greet;
mod http2;
mod metadata;
mod ready;
mod reflect;
mod status;
mod target;
#[cfg(test)]
mod tests;
mod tls;
mod transport;

pub use error::CallError;
pub use exchange::{Call, End, Exchange, Step};
pub use frame::{frame, sent};
pub use greet::Greeting;
pub use http2::{H2Transport, Options};
pub use reflect::{Reflection, ReflectionVersion, reflect, reflect_version};
pub use status::{Code, Status};
pub use target::Target;
pub use tls::{Tls, TlsOptions, TlsProblem};
pub use transport::Transport;
