//! The methods of a schema as a table in Rust that needs no other crate: for a client's retries, a proxy's routes, the
//! names of metrics. Deadlines are absent: no option of a schema says one.

use std::collections::BTreeMap;

use prost_reflect::{MethodDescriptor, ServiceDescriptor};
use prost_types::method_options::IdempotencyLevel;

use super::{File, Options, ours};
use crate::schema::{Schema, http_rules};

const PATH: &str = "methods/mod.rs";

/// The types of the table.
const SHARED: &str = include_str!("methods.txt");

/// `methods/mod.rs`: the services of the source's own files, in the order of their names.
pub(super) fn generate(schema: &Schema, options: &Options) -> BTreeMap<String, File> {
    let sources: Vec<&str> = schema.own_files().map(|file| file.name()).collect();
    let mut text = ours::header(PATH, &sources, &options.command);
    text.push_str(SHARED);
    let mut services: Vec<ServiceDescriptor> =
        schema.own_files().flat_map(|file| file.descriptor().services()).collect();
    services.sort_by(|a, b| a.full_name().cmp(b.full_name()));
    for it in &services {
        text.push_str(&service(it));
    }
    text.push_str("];\n");
    BTreeMap::from([(PATH.to_owned(), File::new(text, &sources, None))])
}

fn service(service: &ServiceDescriptor) -> String {
    let deprecated = service.service_descriptor_proto().options.as_ref().is_some_and(|it| it.deprecated());
    let methods: String = service.methods().map(|it| method(&it, deprecated)).collect();
    let name = service.full_name();
    format!("    Service {{\n        name: {name:?},\n        methods: &[\n{methods}        ],\n    }},\n")
}

/// A method of a deprecated service is deprecated, too.
fn method(method: &MethodDescriptor, deprecated: bool) -> String {
    let proto = method.method_descriptor_proto();
    let options = proto.options.as_ref();
    let kind = match (method.is_client_streaming(), method.is_server_streaming()) {
        (false, false) => "Unary",
        (true, false) => "ClientStreaming",
        (false, true) => "ServerStreaming",
        (true, true) => "BidiStreaming",
    };
    let idempotency = match options.map(|it| it.idempotency_level()) {
        Some(IdempotencyLevel::NoSideEffects) => "NoSideEffects",
        Some(IdempotencyLevel::Idempotent) => "Idempotent",
        Some(IdempotencyLevel::IdempotencyUnknown) | None => "Unknown",
    };
    let http: Vec<String> = http_rules(method)
        .iter()
        .map(|it| {
            let (verb, path, body, response_body) = (&it.verb, &it.path, &it.body, &it.response_body);
            format!(
                "Http {{ verb: {verb:?}, path: {path:?}, body: {body:?}, response_body: {response_body:?} }}"
            )
        })
        .collect();
    let service = method.parent_service();
    [
        "            Method {\n".to_owned(),
        format!("                path: {:?},\n", format!("/{}/{}", service.full_name(), method.name())),
        format!("                name: {:?},\n", method.name()),
        format!("                kind: Kind::{kind},\n"),
        format!("                idempotency: Idempotency::{idempotency},\n"),
        format!("                request: {:?},\n", method.input().full_name()),
        format!("                response: {:?},\n", method.output().full_name()),
        format!("                http: &[{}],\n", http.join(", ")),
        format!("                deprecated: {},\n", deprecated || options.is_some_and(|it| it.deprecated())),
        "            },\n".to_owned(),
    ]
    .concat()
}
