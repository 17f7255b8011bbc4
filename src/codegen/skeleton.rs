//! A server skeleton per service: it compiles, and answers every call with UNIMPLEMENTED.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::rust::RustService;
use super::templates::Templates;
use super::{File, Options, ours, problem};
use crate::diag::Diagnostic;

const TEMPLATE: &str = "skeleton.rs.jinja";

/// What it sees.
#[derive(Debug, Serialize)]
pub struct View {
    /// The trait to implement: `UserService`.
    pub service: String,
    /// The full name in the schema: `user.UserService`.
    pub full_name: String,
    /// The module that holds the trait: `user_service_server`.
    pub server_module: String,
    /// The module of the service's package: `crate::pb::user`.
    pub package_module: String,
    /// The module that `rust/mod.rs` becomes: `crate::pb`.
    pub rust_module: String,
    /// The methods, in the order of the schema.
    pub methods: Vec<Method>,
    /// Whether any method takes a stream.
    pub takes_streams: bool,
    /// Whether any method returns one.
    pub returns_streams: bool,
}

/// One method of the trait.
#[derive(Debug, Serialize)]
pub struct Method {
    /// The function: `get_user`.
    pub function: String,
    /// The name in the schema: `GetUser`.
    pub name: String,
    /// The full path of the request message.
    pub request: String,
    /// The full path of the response message.
    pub response: String,
    /// Whether the caller streams.
    pub client_streaming: bool,
    /// Whether the server streams.
    pub server_streaming: bool,
    /// The lines of its comment.
    pub comment: Vec<String>,
}

pub(super) fn generate(
    services: &[RustService],
    options: &Options,
    templates: &Templates,
) -> Result<BTreeMap<String, File>, Vec<Diagnostic>> {
    let stems: Vec<String> = services.iter().map(|service| snake(&service.service.name)).collect();
    let mut met = BTreeSet::new();
    let twice: BTreeSet<&String> = stems.iter().filter(|stem| !met.insert(*stem)).collect();
    let mut files = BTreeMap::new();
    for (service, stem) in services.iter().zip(&stems) {
        let path = if twice.contains(stem) {
            let package: Vec<&str> =
                service.module.iter().map(|part| part.trim_start_matches("r#")).collect();
            format!("skeleton/{}_{stem}.rs", package.join("_"))
        } else {
            format!("skeleton/{stem}.rs")
        };
        let body = templates.render(TEMPLATE, &view(service, options)).map_err(|problem| vec![*problem])?;
        if let Err(error) = syn::parse_file(&body) {
            let said = format!("{path} would not be Rust: {error}");
            return Err(vec![Diagnostic::failure(&problem::GENERATE_TEMPLATE, said)]);
        }
        let sources = [service.source.as_str()];
        let head = ours::header(&path, &sources, &options.command);
        files.insert(path, File::new(format!("{head}{body}"), &sources, Some(TEMPLATE)));
    }
    Ok(files)
}

/// `UserService` → `user_service`, the way prost-build does it.
fn snake(name: &str) -> String {
    let module = prost_build::Module::from_protobuf_package_name(name);
    module.parts().map(|part| part.trim_start_matches("r#")).collect()
}

fn view(found: &RustService, options: &Options) -> View {
    let service = &found.service;
    let package_module = [std::slice::from_ref(&options.rust_module), &found.module].concat().join("::");
    let methods: Vec<Method> = service
        .methods
        .iter()
        .map(|method| Method {
            function: method.name.clone(),
            name: method.proto_name.clone(),
            request: absolute(&method.input_type, found, options),
            response: absolute(&method.output_type, found, options),
            client_streaming: method.client_streaming,
            server_streaming: method.server_streaming,
            comment: method.comments.leading.iter().map(|line| line.trim_end().to_owned()).collect(),
        })
        .collect();
    View {
        service: service.name.clone(),
        full_name: [service.package.as_str(), &service.proto_name]
            .join(".")
            .trim_start_matches('.')
            .to_owned(),
        server_module: format!("{}_server", tonic_snake(&service.name)),
        package_module,
        rust_module: options.rust_module.clone(),
        takes_streams: methods.iter().any(|method| method.client_streaming),
        returns_streams: methods.iter().any(|method| method.server_streaming),
        methods,
    }
}

/// tonic-build names its modules by a rule of its own, an underscore before every upper-case letter
/// (`naive_snake_case` there): `APIKeys` is `a_p_i_keys`, where prost-build says `api_keys`.
fn tonic_snake(name: &str) -> String {
    let mut snake = String::new();
    let mut letters = name.chars().peekable();
    while let Some(letter) = letters.next() {
        snake.push(letter.to_ascii_lowercase());
        if letters.peek().is_some_and(|next| next.is_uppercase()) {
            snake.push('_');
        }
    }
    snake
}

/// A path relative to the module of the service, as one from the crate root.
fn absolute(path: &str, found: &RustService, options: &Options) -> String {
    if path.starts_with("::") || path.starts_with('(') {
        return path.to_owned();
    }
    let mut module = found.module.as_slice();
    let mut rest = path;
    while let Some(shorter) = rest.strip_prefix("super::") {
        module = module.split_last().map_or(&[], |(_, outer)| outer);
        rest = shorter;
    }
    let parts = std::iter::once(options.rust_module.as_str()).chain(module.iter().map(String::as_str));
    parts.chain([rest]).collect::<Vec<_>>().join("::")
}
