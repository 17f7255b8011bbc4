//! What every call passes through: one tower layer per concern, each in its own file. Layers know HTTP and gRPC
//! framing, never users.

pub mod log;
