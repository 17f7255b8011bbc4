//! Calls any method of any gRPC server, without stubs.

mod exchange;

pub use exchange::{Call, End, Exchange, Step};
