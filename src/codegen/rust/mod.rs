//! Rust messages (prost) and stubs (tonic), one file per package, and the module tree that includes them.
//!
//! prost-build and tonic-prost-build do the work, in memory: no `protoc`, no disk. What is ours is what
//! they leave to their caller: which files take part, names that collide, comments that rustdoc would run.

mod comments;
mod defaults;
mod names;
mod needed;
mod protojson;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use prost_build::{Config, Module, Service, ServiceGenerator};
use rayon::prelude::*;

pub(super) use comments::dedent;
pub(super) use protojson::generate as protojson;

use super::{File, Options, ours};
use crate::diag::Diagnostic;
use crate::schema::Schema;

/// What becomes of a schema in Rust.
pub(super) struct Rust {
    /// `rust/…`
    pub files: BTreeMap<String, File>,
    /// The services of the source itself, for the skeletons.
    pub services: Vec<RustService>,
}

/// A service as prost-build sees it, and the module its code is in.
pub(super) struct RustService {
    /// The parts of the module path below `rust/mod.rs`.
    pub module: Vec<String>,
    pub service: Service,
    /// The file that declares it.
    pub source: String,
}

pub(super) fn generate(schema: &Schema, options: &Options) -> Result<Rust, Vec<Diagnostic>> {
    names::check_schema(schema)?;
    let files = needed::files(schema);
    let mut sources: BTreeMap<Module, BTreeSet<&str>> = BTreeMap::new();
    let mut requests = Vec::new();
    for file in &files {
        let mut descriptor = file.proto();
        comments::tame(&mut descriptor);
        comments::complete(&mut descriptor);
        defaults::by_first_name(&mut descriptor, schema.pool());
        let module = Module::from_protobuf_package_name(descriptor.package());
        sources.entry(module.clone()).or_default().insert(file.name());
        requests.push((module, descriptor));
    }

    let met = Rc::new(RefCell::new(Vec::new()));
    let stubs = tonic_prost_build::configure().service_generator();
    let mut config = Config::new();
    config.service_generator(Box::new(Recorder { stubs, met: met.clone() }));
    let generated =
        config.generate(requests).map_err(|error| vec![super::problem::name(error.to_string())])?;
    // prost-build keeps its modules in a hash map.
    let generated: BTreeMap<Module, String> = generated.into_iter().collect();

    // Half of the time of a generation is spent here, and no module needs another.
    let laid_out: Vec<_> = generated.par_iter().map(|(module, code)| lay_out(module, code)).collect();
    let mut made = BTreeMap::new();
    let mut names = names::Scopes::default();
    let mut problems = Vec::new();
    for (module, laid_out) in generated.keys().zip(laid_out) {
        match laid_out {
            Ok((text, declared)) => {
                let path = format!("rust/{}", file_name(module));
                let origin: Vec<&str> = sources.get(module).into_iter().flatten().copied().collect();
                let text = ours::header(&path, &origin, &options.command) + "\n" + &text;
                made.insert(path, File::new(text, &origin, None));
                names.merge(declared);
            }
            Err(problem) => problems.push(problem),
        }
    }
    problems.extend(names.twice());
    if !problems.is_empty() {
        return Err(problems);
    }
    made.insert("rust/mod.rs".to_owned(), module_tree(schema, generated.keys(), options));

    let services = met.take();
    Ok(Rust { files: made, services: own_services(schema, services) })
}

/// The code of a module as a person would lay it out, and the names it declares.
fn lay_out(module: &Module, code: &str) -> Result<(String, names::Scopes), Diagnostic> {
    let tree = syn::parse_file(code).map_err(|error| {
        let package = module.parts().collect::<Vec<_>>().join(".");
        super::problem::name(format!("the Rust code of package `{package}` does not parse: {error}"))
    })?;
    Ok((prettyplease::unparse(&tree), names::Scopes::of(module, &tree)))
}

/// Passes every service on to tonic and keeps it for the skeletons: it carries the names and paths that
/// prost-build chose.
struct Recorder {
    stubs: Box<dyn ServiceGenerator>,
    met: Rc<RefCell<Vec<Service>>>,
}

impl ServiceGenerator for Recorder {
    fn generate(&mut self, service: Service, buf: &mut String) {
        self.met.borrow_mut().push(service.clone());
        self.stubs.generate(service, buf);
    }
}

fn own_services(schema: &Schema, met: Vec<Service>) -> Vec<RustService> {
    let own: BTreeMap<String, &str> = schema
        .own_files()
        .flat_map(|file| file.descriptor().services().map(|s| (s.full_name().to_owned(), file.name())))
        .collect();
    let mut services: Vec<RustService> = met
        .into_iter()
        .filter_map(|service| {
            let name = [service.package.as_str(), &service.proto_name];
            let source = *own.get(name.join(".").trim_start_matches('.'))?;
            let module = Module::from_protobuf_package_name(&service.package);
            let module = module.parts().map(str::to_owned).collect();
            Some(RustService { module, service, source: source.to_owned() })
        })
        .collect();
    services.sort_by(|a, b| (&a.module, &a.service.name).cmp(&(&b.module, &b.service.name)));
    services
}

/// `google.pubsub.v1.rs`; `_.rs` for what has no package, as prost-build itself names it. Raw identifiers
/// lose their mark: it is no part of a good file name.
fn file_name(module: &Module) -> String {
    let parts: Vec<&str> = module.parts().map(|part| part.trim_start_matches("r#")).collect();
    if parts.is_empty() { "_.rs".to_owned() } else { format!("{}.rs", parts.join(".")) }
}

/// The file that a crate includes: the packages as nested modules, and the descriptor set.
fn module_tree<'a>(schema: &Schema, modules: impl Iterator<Item = &'a Module>, options: &Options) -> File {
    let sources: Vec<&str> = schema.own_files().map(|file| file.name()).collect();
    let mut text = ours::header("rust/mod.rs", &sources, &options.command);
    text.push_str(
        "\n/// The encoded `google.protobuf.FileDescriptorSet` that this code was made from, for reflection.\n\
         pub const FILE_DESCRIPTOR_SET: &[u8] = include_bytes!(\"../descriptor.binpb\");\n\n",
    );
    let mut open: Vec<&str> = Vec::new();
    let indent = |depth: usize| "    ".repeat(depth);
    // Sorted, so a package comes right before the packages inside it.
    for module in modules {
        let parts: Vec<&str> = module.parts().collect();
        while !parts.starts_with(&open) {
            open.pop();
            text.push_str(&format!("{}}}\n", indent(open.len())));
        }
        for part in &parts[open.len()..] {
            if open.is_empty() {
                text.push_str("#[allow(clippy::all, missing_docs, rustdoc::all)]\n");
            }
            text.push_str(&format!("{}pub mod {part} {{\n", indent(open.len())));
            open.push(part);
        }
        text.push_str(&format!("{}include!(\"{}\");\n", indent(open.len()), file_name(module)));
    }
    while open.pop().is_some() {
        text.push_str(&format!("{}}}\n", indent(open.len())));
    }
    File::new(text, &sources, None)
}
