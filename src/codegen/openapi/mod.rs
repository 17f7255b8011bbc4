//! The OpenAPI 3.1 document of the routes, in YAML and in JSON: what the gateway takes and gives, so that whoever reads
//! nothing but the document calls it right.

mod document;
mod paths;
mod rules;
mod schema;
mod types;
mod yaml;

use std::collections::BTreeMap;

use self::document::{Components, Document, Info, SecurityScheme, Server, Tag};
use super::http::Service;
use super::{File, Options, ours};
use crate::schema::Schema;

/// The name of the schema of every error.
const STATUS: &str = "google.rpc.Status";

pub(super) fn generate(
    schema: &Schema,
    services: &[Service<'_>],
    options: &Options,
) -> BTreeMap<String, File> {
    let document = document(schema, services, options);
    // Of structs and maps of strings: there is nothing that could fail.
    let Ok(json) = serde_json::to_value(&document) else { return BTreeMap::new() };
    let sources: Vec<&str> = schema.own_files().map(|file| file.name()).collect();
    let yaml = "openapi/openapi.yaml";
    let head = ours::header(yaml, &sources, &options.command);
    BTreeMap::from([
        (yaml.to_owned(), File::new(format!("{head}{}", yaml::text(&json)), &sources, None)),
        // JSON has no comments; the manifest says whose it is.
        ("openapi/openapi.json".to_owned(), File::new(format!("{json:#}\n"), &sources, None)),
    ])
}

fn document(schema: &Schema, services: &[Service<'_>], options: &Options) -> Document {
    let mut types = types::Types::new(schema);
    types.insert(STATUS, types::status());
    let mut paths = paths::Paths::default();
    let mut tags = Vec::new();
    for service in services.iter().filter(|service| !service.methods.is_empty()) {
        let descriptor = &service.service;
        tags.push(Tag {
            name: descriptor.full_name().to_owned(),
            description: types.comment(&descriptor.parent_file(), descriptor.path()),
        });
        paths.service(service, &mut types);
    }
    let bearer = SecurityScheme { r#type: "http", scheme: "bearer" };
    Document {
        openapi: "3.1.1",
        info: Info { title: options.title.clone(), description: String::new(), version: version(services) },
        servers: vec![Server { url: "/" }],
        tags,
        components: Components {
            security_schemes: paths.secured.then_some(("bearer", bearer)).into_iter().collect(),
            schemas: closed(types.into_found(), &paths),
        },
        paths: paths.items,
    }
}

/// The messages that a request is made of take no fields but their own, as the gateway refuses others. Those of answers
/// only may get more.
fn closed(
    mut found: BTreeMap<String, schema::Schema>,
    paths: &paths::Paths,
) -> BTreeMap<String, schema::Schema> {
    let operations = paths.items.values().flat_map(BTreeMap::values);
    let contents = operations.filter_map(|it| it.request_body.as_ref()).flat_map(|it| it.content.values());
    let mut waiting: Vec<String> = contents.flat_map(|it| it.schema.names()).collect();
    let mut done = std::collections::BTreeSet::new();
    while let Some(name) = waiting.pop() {
        if let Some(schema) = found.get_mut(&name)
            && done.insert(name)
        {
            waiting.extend(schema.names());
            schema.close();
        }
    }
    found
}

/// The version that the packages have in their names: `v1` of `shop.v1`; `0` where they have none.
fn version(services: &[Service<'_>]) -> String {
    let is_version = |word: &&str| {
        word.strip_prefix('v').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
    };
    let versions = services.iter().filter_map(|service| {
        service.file.descriptor().package_name().rsplit('.').find(is_version).map(str::to_owned)
    });
    let versions: std::collections::BTreeSet<String> = versions.collect();
    if versions.is_empty() { "0".to_owned() } else { versions.into_iter().collect::<Vec<_>>().join(", ") }
}
