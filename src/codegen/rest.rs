//! The gateway: a router with every route of the schema, in Rust. What a route does is in `protogate-runtime`.

use std::collections::BTreeMap;

use prost_reflect::MethodDescriptor;
use serde::Serialize;

use super::http::{self, Binding, Content};
use super::templates::Templates;
use super::{File, Options, ours, problem};
use crate::diag::Diagnostic;

const TEMPLATE: &str = "rest.rs.jinja";
const PATH: &str = "rest/mod.rs";

/// What the template sees. Texts in a route are literals of Rust, quotes included.
#[derive(Debug, Serialize)]
pub struct View {
    /// The module that `rust/mod.rs` becomes: `crate::pb`.
    pub rust_module: String,
    /// How many routes there are.
    pub count: usize,
    /// Those with routes, in the order of the files.
    pub services: Vec<Service>,
}

/// One service.
#[derive(Debug, Serialize)]
pub struct Service {
    /// The full name: `user.UserService`.
    pub name: String,
    /// In the order of the schema.
    pub methods: Vec<Method>,
}

/// One method.
#[derive(Debug, Serialize)]
pub struct Method {
    /// `GetUser`
    pub name: String,
    /// The full name of the request message.
    pub request: String,
    /// The full name of the response message.
    pub response: String,
    /// Whether the caller streams.
    pub client_streaming: bool,
    /// Whether the server streams.
    pub server_streaming: bool,
    /// Its own route first, then the additional ones.
    pub routes: Vec<Route>,
}

/// One route.
#[derive(Debug, Serialize)]
pub struct Route {
    /// `"GET"`
    pub verb: String,
    /// `"/v1/users/{id}"`
    pub path: String,
    /// `"user.UserService/GetUser"`
    pub method: String,
    /// A field, `"*"` or `""`.
    pub body: String,
    /// A field or `""`.
    pub response_body: String,
}

pub(super) fn generate(
    services: &[http::Service<'_>],
    options: &Options,
    templates: &Templates,
) -> Result<BTreeMap<String, File>, Vec<Diagnostic>> {
    let view = view(services, options);
    if view.count == 0 {
        return Ok(BTreeMap::new());
    }
    let body = templates.render(TEMPLATE, &view).map_err(|problem| vec![*problem])?;
    if let Err(error) = syn::parse_file(&body) {
        let said = format!("{PATH} would not be Rust: {error}");
        return Err(vec![Diagnostic::failure(&problem::GENERATE_TEMPLATE, said)]);
    }
    let mut sources: Vec<&str> = services.iter().map(|service| service.file.name()).collect();
    sources.dedup();
    let head = ours::header(PATH, &sources, &options.command);
    Ok(BTreeMap::from([(PATH.to_owned(), File::new(format!("{head}{body}"), &sources, Some(TEMPLATE)))]))
}

fn view(services: &[http::Service<'_>], options: &Options) -> View {
    let services: Vec<Service> = services
        .iter()
        .filter(|service| !service.methods.is_empty())
        .map(|service| Service {
            name: service.service.full_name().to_owned(),
            methods: service.methods.iter().map(method).collect(),
        })
        .collect();
    let routes = services.iter().flat_map(|service| &service.methods).flat_map(|method| &method.routes);
    View { rust_module: options.rust_module.clone(), count: routes.count(), services }
}

fn method(found: &http::Method) -> Method {
    let method = &found.method;
    Method {
        name: method.name().to_owned(),
        request: method.input().full_name().to_owned(),
        response: method.output().full_name().to_owned(),
        client_streaming: method.is_client_streaming(),
        server_streaming: method.is_server_streaming(),
        routes: found.bindings.iter().map(|binding| route(method, binding)).collect(),
    }
}

fn route(method: &MethodDescriptor, binding: &Binding) -> Route {
    let literal = |text: &str| format!("{text:?}");
    Route {
        verb: literal(&binding.verb),
        path: literal(&binding.path),
        method: literal(&format!("{}/{}", method.parent_service().full_name(), method.name())),
        body: literal(Content::text(&binding.body)),
        response_body: literal(binding.response_body.as_ref().map_or("", |field| field.name())),
    }
}
