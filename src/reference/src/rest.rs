//! The same service in HTTP and JSON: the generated routes, over what gRPC clients call.

#[path = "../../../generated/rest/mod.rs"]
#[rustfmt::skip]
mod generated;

pub(crate) use generated::router;
