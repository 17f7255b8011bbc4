//! A server skeleton per service: a trait free of tonic's types, the adapter that serves it, and a module tree.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::rust::RustService;
use super::templates::Templates;
use super::{File, Implementation, Options, ours, problem};
use crate::diag::Diagnostic;

const TEMPLATE: &str = "skeleton.rs.jinja";

/// How long a line of an implementation may be, as rustfmt has it.
const WIDTH: usize = 100;

/// The module that holds the others.
pub(super) const TREE: &str = "skeleton/mod.rs";

/// What it sees.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct View {
    /// The trait to implement: `UserService`.
    pub service: String,
    /// The same as a name of functions and files: `user_service`.
    pub stem: String,
    /// The lines of its comment.
    pub comment: Vec<String>,
    /// The full name in the schema: `user.UserService`.
    pub full_name: String,
    /// The module that holds the trait: `user_service_server`.
    pub server_module: String,
    /// The module of the service's package: `crate::pb::user`.
    pub package_module: String,
    /// The module that `rust/mod.rs` becomes: `crate::pb`.
    pub rust_module: String,
    /// The module of the trait, as an implementation names it: `crate::skeleton::user_service`.
    pub skeleton_module: String,
    /// Whether any method takes or returns a message of the service's own package.
    pub names_package: bool,
    /// The methods, in the order of the schema.
    pub methods: Vec<Method>,
    /// Whether any method takes a stream.
    pub takes_streams: bool,
    /// Whether any method returns one.
    pub returns_streams: bool,
}

/// One method of the trait.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Method {
    /// The function: `get_user`.
    pub function: String,
    /// The name in the schema: `GetUser`.
    pub name: String,
    /// The full path of the request message.
    pub request: String,
    /// The full path of the response message.
    pub response: String,
    /// The full name of the request message in the schema: `user.UserRequest`.
    pub request_name: String,
    /// What the trait takes: the request message, or `Requests` of it.
    pub takes: String,
    /// What the trait returns: the response message, or `Answers` of it.
    pub returns: String,
    /// The same, where the module of the service's package is `pb`.
    pub takes_short: String,
    /// The same.
    pub returns_short: String,
    /// The head of the function in an implementation, laid out as rustfmt does.
    pub signature: String,
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
    let mut files = BTreeMap::new();
    let mut modules = String::new();
    for (service, stem) in services.iter().zip(stems(services)) {
        let path = format!("skeleton/{stem}.rs");
        let body = templates.render(TEMPLATE, &view(service, options)).map_err(|problem| vec![*problem])?;
        if let Err(error) = syn::parse_file(&body) {
            let said = format!("{path} would not be Rust: {error}");
            return Err(vec![Diagnostic::failure(&problem::GENERATE_TEMPLATE, said)]);
        }
        let sources = [service.source.as_str()];
        let head = ours::header(&path, &sources, &options.command);
        files.insert(path, File::new(format!("{head}{body}"), &sources, Some(TEMPLATE)));
        // Generated text is nobody's to format: it would no longer be what it was made as.
        modules.push_str(&format!(
            "#[rustfmt::skip]\n#[allow(clippy::all, dead_code, missing_docs, rustdoc::all)]\npub mod {};\n",
            raw(&stem)
        ));
    }
    if !files.is_empty() {
        let sources: BTreeSet<&str> = services.iter().map(|service| service.source.as_str()).collect();
        let sources: Vec<&str> = sources.into_iter().collect();
        let text = ours::header(TREE, &sources, &options.command)
            + "\n//! The services of the schema: for each a trait, and the adapter that serves it.\n\n"
            + &modules;
        files.insert(TREE.to_owned(), File::new(text, &sources, None));
    }
    Ok(files)
}

/// What each service starts from.
pub(super) fn implementations(
    services: &[RustService],
    options: &Options,
    templates: &Templates,
) -> Result<Vec<Implementation>, Vec<Diagnostic>> {
    let made = services.iter().zip(stems(services)).map(|(service, stem)| {
        let mut view = view(service, options);
        view.skeleton_module = format!("{}::{}", options.skeleton_module, raw(&stem));
        Implementation::new(stem, &service.source, view, templates).map_err(|problem| vec![*problem])
    });
    made.collect()
}

/// The names of the services' files, in their order: with the package where two would be the same, and with a mark
/// where one would be the module tree's.
pub(super) fn stems(services: &[RustService]) -> Vec<String> {
    let stems: Vec<String> = services.iter().map(|service| snake(&service.service.name)).collect();
    let mut met = BTreeSet::new();
    let twice: BTreeSet<&String> = stems.iter().filter(|stem| !met.insert(*stem)).collect();
    let named = services.iter().zip(&stems).map(|(service, stem)| {
        if twice.contains(stem) {
            let package: Vec<&str> =
                service.module.iter().map(|part| part.trim_start_matches("r#")).collect();
            format!("{}_{stem}", package.join("_"))
        } else if matches!(stem.as_str(), "mod" | "self" | "super" | "crate") {
            format!("{stem}_")
        } else {
            stem.clone()
        }
    });
    named.collect()
}

/// A name as Rust takes it where a keyword may stand.
pub(super) fn raw(name: &str) -> String {
    if syn::parse_str::<syn::Ident>(name).is_ok() { name.to_owned() } else { format!("r#{name}") }
}

/// `UserService` → `user_service`, the way prost-build does it.
fn snake(name: &str) -> String {
    let module = prost_build::Module::from_protobuf_package_name(name);
    module.parts().map(|part| part.trim_start_matches("r#")).collect()
}

pub(super) fn view(found: &RustService, options: &Options) -> View {
    let service = &found.service;
    let methods: Vec<Method> = service.methods.iter().map(|method| view_of(method, found, options)).collect();
    View {
        service: service.name.clone(),
        stem: snake(&service.name),
        comment: lines(&service.comments),
        full_name: [service.package.as_str(), &service.proto_name]
            .join(".")
            .trim_start_matches('.')
            .to_owned(),
        server_module: format!("{}_server", tonic_snake(&service.name)),
        package_module: package_module(found, options),
        rust_module: options.rust_module.clone(),
        skeleton_module: format!("{}::{}", options.skeleton_module, raw(&snake(&service.name))),
        names_package: methods.iter().any(|method| {
            [&method.request, &method.response].into_iter().any(|it| short(it, found, options).is_some())
        }),
        takes_streams: methods.iter().any(|method| method.client_streaming),
        returns_streams: methods.iter().any(|method| method.server_streaming),
        methods,
    }
}

fn package_module(found: &RustService, options: &Options) -> String {
    [std::slice::from_ref(&options.rust_module), &found.module].concat().join("::")
}

/// A message of the service's own package, where the module of that is `pb`.
fn short(path: &str, found: &RustService, options: &Options) -> Option<String> {
    let name = path.strip_prefix(&package_module(found, options))?.strip_prefix("::")?;
    Some(format!("pb::{name}"))
}

fn view_of(method: &prost_build::Method, found: &RustService, options: &Options) -> Method {
    let request = absolute(&method.input_type, found, options);
    let response = absolute(&method.output_type, found, options);
    let of = |name: &str, message: &str, streams: bool| match streams {
        true => format!("{name}<{message}>"),
        false => message.to_owned(),
    };
    let short_or = |path: &str| short(path, found, options).unwrap_or_else(|| path.to_owned());
    let takes_short = of("Requests", &short_or(&request), method.client_streaming);
    let returns_short = of("Answers", &short_or(&response), method.server_streaming);
    Method {
        signature: signature(&method.name, method.client_streaming, &takes_short, &returns_short),
        function: method.name.clone(),
        name: method.proto_name.clone(),
        takes: of("Requests", &request, method.client_streaming),
        returns: of("Answers", &response, method.server_streaming),
        takes_short,
        returns_short,
        request_name: method.input_proto_type.trim_start_matches('.').to_owned(),
        request,
        response,
        client_streaming: method.client_streaming,
        server_streaming: method.server_streaming,
        comment: lines(&method.comments),
    }
}

/// On one line where that is short enough.
fn signature(function: &str, streams: bool, takes: &str, returns: &str) -> String {
    let argument = if streams { "_requests" } else { "_request" };
    let line = format!(
        "    async fn {function}(&self, _context: &Context, {argument}: {takes}) -> Result<{returns}, Error> {{"
    );
    if line.chars().count() <= WIDTH {
        return line;
    }
    format!(
        "    async fn {function}(\n        &self,\n        _context: &Context,\n        {argument}: {takes},\n    ) -> \
         Result<{returns}, Error> {{"
    )
}

fn lines(comments: &prost_build::Comments) -> Vec<String> {
    comments.leading.iter().map(|line| line.trim_end().to_owned()).collect()
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
