//! A crate around the services of a schema, for `protogate new`: everything but the schema and what is generated from it.

use heck::{ToShoutySnakeCase, ToUpperCamelCase};
use minijinja::value::Serde;
use serde::Serialize;

use super::skeleton::{self, Method};
use super::{FileSet, Implementation, Seeds, problem, templates};
use crate::diag::Diagnostic;

/// The files, in the crate, and their templates.
const FILES: [(&str, &str); 12] = [
    (".dockerignore", include_str!("../../templates/new/dockerignore.jinja")),
    (".github/workflows/gate.yaml", include_str!("../../templates/new/gate.yaml.jinja")),
    (".gitignore", include_str!("../../templates/new/gitignore.jinja")),
    ("Cargo.toml", include_str!("../../templates/new/Cargo.toml.jinja")),
    ("Dockerfile", include_str!("../../templates/new/Dockerfile.jinja")),
    ("README.md", include_str!("../../templates/new/README.md.jinja")),
    ("k8s.yaml", include_str!("../../templates/new/k8s.yaml.jinja")),
    ("protogate.toml", include_str!("../../templates/new/protogate.toml.jinja")),
    ("src/lib.rs", include_str!("../../templates/new/lib.rs.jinja")),
    ("src/main.rs", include_str!("../../templates/new/main.rs.jinja")),
    ("src/services/mod.rs", include_str!("../../templates/new/services.rs.jinja")),
    ("tests/it.rs", include_str!("../../templates/new/it.rs.jinja")),
];

/// What a caller decides about the crate.
#[derive(Debug, Clone)]
pub struct Fresh {
    /// The package's name, in snake or kebab case.
    pub package: String,
    /// How Cargo finds `protogate-runtime`: `path = "…"` or `version = "…"`.
    pub runtime: String,
    /// The same in words.
    pub runtime_place: String,
    /// Whether its sources come along, in `vendor/`.
    pub runtime_is_vendored: bool,
    /// Whether the schema has rules of `buf.validate`.
    pub has_rules: bool,
}

#[derive(Serialize)]
struct View {
    package: String,
    crate_name: String,
    /// A DNS label, as Kubernetes wants it.
    kube: String,
    /// Of variables: `USER_SERVICE`.
    variable: String,
    runtime: String,
    runtime_place: String,
    runtime_is_vendored: bool,
    has_rules: bool,
    /// The services in words.
    names: String,
    services: Vec<Service>,
}

#[derive(Serialize)]
struct Service {
    module: String,
    /// The same, where it may be a keyword.
    raw: String,
    name: String,
    /// The name that no other service's client has.
    alias: String,
    client_module: String,
    /// The first of each kind.
    methods: Vec<Tested>,
}

#[derive(Serialize)]
struct Tested {
    /// In words.
    kind: &'static str,
    name: String,
    function: String,
    /// An expression.
    request: String,
    request_type: String,
    client_streaming: bool,
}

/// The files of a crate around a generation that holds skeletons.
///
/// # Errors
///
/// None that a schema can cause: the templates are ours.
pub fn fresh(files: &FileSet, options: &Fresh) -> Result<Seeds, Vec<Diagnostic>> {
    let crate_name = options.package.replace('-', "_");
    let services: Vec<Service> = files.implementations().iter().map(|it| service(it, &crate_name)).collect();
    let names: Vec<String> =
        files.implementations().iter().map(|it| format!("`{}`", it.view.full_name)).collect();
    let view = View {
        package: options.package.clone(),
        kube: options.package.replace('_', "-"),
        variable: options.package.to_shouty_snake_case(),
        crate_name,
        runtime: options.runtime.clone(),
        runtime_place: options.runtime_place.clone(),
        runtime_is_vendored: options.runtime_is_vendored,
        has_rules: options.has_rules,
        names: names.join(", "),
        services,
    };
    let environment = templates::environment();
    let mut seeds = Seeds::default();
    for (path, template) in FILES {
        let text = environment.render_named_str(path, template, Serde(&view)).map_err(|error| {
            let said = format!("the template of {path} does not fit: {error:#}");
            vec![Diagnostic::failure(&problem::GENERATE_TEMPLATE, said)]
        })?;
        seeds.insert(path, text);
    }
    for implementation in files.implementations() {
        seeds.insert(format!("src/services/{}", implementation.path()), implementation.text.as_str());
    }
    Ok(seeds)
}

fn service(implementation: &Implementation, crate_name: &str) -> Service {
    let view = &implementation.view;
    let kinds = [(false, false), (false, true), (true, false), (true, true)];
    let first = |(client, server)| {
        view.methods.iter().find(|it| (it.client_streaming, it.server_streaming) == (client, server))
    };
    Service {
        raw: skeleton::raw(&implementation.module),
        alias: implementation.module.to_upper_camel_case(),
        module: implementation.module.clone(),
        name: view.service.clone(),
        client_module: format!(
            "{}::{}",
            outside(&view.package_module, crate_name),
            view.server_module.trim_end_matches("_server").to_owned() + "_client"
        ),
        methods: kinds.into_iter().filter_map(first).map(|method| tested(method, crate_name)).collect(),
    }
}

fn tested(method: &Method, crate_name: &str) -> Tested {
    let request_type = outside(&method.request, crate_name);
    Tested {
        kind: match (method.client_streaming, method.server_streaming) {
            (false, false) => "One request, one answer.",
            (false, true) => "One request, a stream of answers.",
            (true, false) => "A stream of requests, one answer.",
            (true, true) => "A stream each way.",
        },
        name: method.function.trim_start_matches("r#").to_owned(),
        function: method.function.clone(),
        request: match request_type.as_str() {
            "()" => "()".to_owned(),
            // A type with parameters cannot begin a path.
            path if path.contains('<') => format!("<{path}>::default()"),
            path => format!("{path}::default()"),
        },
        request_type,
        client_streaming: method.client_streaming,
    }
}

/// A path as another crate writes it.
fn outside(path: &str, crate_name: &str) -> String {
    match path.strip_prefix("crate::") {
        Some(rest) => format!("{crate_name}::{rest}"),
        None => path.to_owned(),
    }
}
