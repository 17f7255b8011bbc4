//! A gateway: HTTP and JSON in front of a gRPC service, as `google.api.http` maps one to the other.
//!
//! [`Gateway`] is a tower service around another. What is inside is what gRPC clients call, with its layers: who may
//! call, how long, with which messages and what is logged of it holds for both alike. Nothing is generated for a
//! message: the descriptor set tells what its JSON is.
//!
//! ```
//! use protogate_runtime::rest::{self, Route};
//!
//! const ROUTES: [Route; 1] =
//!     [Route { verb: "GET", path: "/v1/users/{id}", method: "user.UserService/GetUser", body: "", response_body: "" }];
//! # let (descriptors, grpc) = (&[][..], tonic::service::Routes::default());
//! // No descriptors, no such method.
//! assert!(rest::router(descriptors, &ROUTES, grpc, rest::Options::default()).is_err());
//! ```
//!
//! Not here: CORS, compression and the socket are for the layers and the server around it.

mod answers;
mod binding;
mod content;
mod frames;
mod gateway;
mod messages;
mod params;
mod refusal;
mod split;
mod table;
mod template;

use std::fmt;

use http::{Request, Response};
use tonic::body::Body;
use tower::Service;

use crate::Budget;

pub use axum::Router;
pub use binding::RouteError;
pub use gateway::Gateway;
pub use template::{Segment, Template, TemplateError, Variable};

/// One way to call a method over HTTP: a `google.api.HttpRule`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Route<'a> {
    /// `GET`, `POST` or any other.
    pub verb: &'a str,
    /// The template of the path: `/v1/users/{id}`.
    pub path: &'a str,
    /// The method: `user.UserService/GetUser`.
    pub method: &'a str,
    /// The field that the content of the request is, `*` for the whole message, or nothing.
    pub body: &'a str,
    /// The field that the content of the answer is, or nothing for the whole message.
    pub response_body: &'a str,
}

/// What can be chosen about a gateway.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Options {
    /// The most bytes of content that are read for one message: 4 MiB unless set.
    pub max_request_bytes: usize,
    /// The bytes that large contents of all calls may have together while they are read and answered: 256 MiB unless set.
    pub budget: Budget,
    /// Whether fields in JSON that the message does not have are passed over, and not refused.
    pub ignore_unknown_fields: bool,
    /// Whether parameters of a query that the message does not have are passed over, and not refused.
    pub ignore_unknown_parameters: bool,
    /// Whether fields that are not set are shown in answers, with their defaults.
    pub print_defaults: bool,
    /// Whether fields are called in answers as they are in the schema, and not in camel case.
    pub print_proto_names: bool,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            max_request_bytes: 4 * 1024 * 1024,
            budget: Budget::new(256 * 1024 * 1024),
            ignore_unknown_fields: false,
            ignore_unknown_parameters: false,
            print_defaults: false,
            print_proto_names: false,
        }
    }
}

impl Options {
    /// The same with another size of requests.
    #[must_use]
    pub fn with_max_request_bytes(self, max_request_bytes: usize) -> Options {
        Options { max_request_bytes, ..self }
    }

    /// The same with another budget for large contents: that of the gRPC server, where it is to be one.
    #[must_use]
    pub fn with_budget(self, budget: Budget) -> Options {
        Options { budget, ..self }
    }

    /// The same, where fields and parameters that a message does not have are passed over.
    #[must_use]
    pub fn ignoring_unknown(self) -> Options {
        Options { ignore_unknown_fields: true, ignore_unknown_parameters: true, ..self }
    }

    /// The same, where every field is shown in answers.
    #[must_use]
    pub fn with_defaults_printed(self) -> Options {
        Options { print_defaults: true, ..self }
    }

    /// The same, where answers have the names of the schema.
    #[must_use]
    pub fn with_proto_names(self) -> Options {
        Options { print_proto_names: true, ..self }
    }
}

/// What a gateway stands in front of: any gRPC service of tower, such as [`tonic::service::Routes`] in its layers.
pub trait Grpc:
    Service<Request<Body>, Response = Response<Body>, Error: fmt::Display, Future: Send>
    + Clone
    + Send
    + Sync
    + 'static
{
}

impl<S> Grpc for S where
    S: Service<Request<Body>, Response = Response<Body>, Error: fmt::Display, Future: Send>
        + Clone
        + Send
        + Sync
        + 'static
{
}

/// A router of axum that serves these routes over a gRPC service; pages and layers can be added to it.
///
/// # Errors
///
/// As [`Gateway::new`].
pub fn router(
    descriptors: &[u8],
    routes: &[Route<'_>],
    service: impl Grpc,
    options: Options,
) -> Result<Router, RouteError> {
    // The templates of google.api.http say more than those of axum: all of them are matched here.
    Ok(Router::new().fallback_service(Gateway::new(descriptors, routes, service, options)?))
}
