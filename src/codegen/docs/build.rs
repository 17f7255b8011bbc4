//! Reads a schema into the view of the docs: packages, services and methods. What is inside of messages and enums is in
//! [`elements`](super::elements).

use std::collections::BTreeMap;

use prost_reflect::{DynamicMessage, MethodDescriptor, ServiceDescriptor};

use super::changes::Changes;
use super::option_text::{self, options};
use super::places::Places;
use super::sample::Samples;
use super::view::{Common, Method, Package, Service, TypeName};
use super::{http, links, snippets};
use crate::codegen::Options;
use crate::codegen::rust::dedent;
use crate::promise::contract::Contract;
use crate::schema::{File, Schema};

/// What all packages share.
pub(super) struct Shared<'a> {
    pub places: Places,
    pub changes: Changes,
    pub contract: Contract,
    pub samples: Samples,
    pub options: &'a Options,
    /// Whether the schema knows `buf.validate` or `google.api.field_behavior`.
    pub has_rules: bool,
}

impl<'a> Shared<'a> {
    pub fn of(schema: &Schema, options: &'a Options) -> Shared<'a> {
        let places = Places::of(schema);
        let pool = schema.pool();
        let has = |name: &str| pool.get_extension_by_name(name).is_some();
        let own = schema.own_files().flat_map(|file| file.descriptor().services());
        let contract =
            if has("protogate.contract.v1.method") { Contract::of(own) } else { Contract::default() };
        Shared {
            changes: Changes::of(options.changes.as_ref(), &places),
            contract,
            samples: Samples::new(has("buf.validate.field")),
            has_rules: has("buf.validate.field") || has("google.api.field_behavior"),
            places,
            options,
        }
    }
}

/// The files of each package, by its name.
pub(super) fn packages(schema: &Schema) -> BTreeMap<String, Vec<&File>> {
    let mut packages: BTreeMap<String, Vec<&File>> = BTreeMap::new();
    for file in schema.own_files() {
        packages.entry(file.descriptor().package_name().to_owned()).or_default().push(file);
    }
    packages
}

/// The view of one package; nothing where there is nothing to say of it. `ending`: of the pages that links lead to.
pub(super) fn package(name: &str, files: &[&File], shared: &Shared<'_>, ending: &str) -> Option<Package> {
    let mut package = Package {
        name: if name.is_empty() { "(no package)".to_owned() } else { name.to_owned() },
        // No element has a colon in its name.
        anchor: format!("package:{name}"),
        files: Vec::new(),
        comment: String::new(),
        services: Vec::new(),
        messages: Vec::new(),
        enums: Vec::new(),
        extensions: Vec::new(),
    };
    for file in files {
        Builder { shared, file, package: name, ending }.fill(&mut package);
    }
    let is_empty = package.services.is_empty()
        && package.messages.is_empty()
        && package.enums.is_empty()
        && package.extensions.is_empty()
        && package.comment.is_empty();
    (!is_empty).then_some(package)
}

/// Reads one file.
pub(super) struct Builder<'a> {
    pub shared: &'a Shared<'a>,
    pub file: &'a File,
    pub package: &'a str,
    pub ending: &'a str,
}

impl Builder<'_> {
    fn fill(&self, package: &mut Package) {
        package.files.push(self.file.name().to_owned());
        // Field 2 of `FileDescriptorProto` is the package; its comment describes it.
        let comment = self.comment(&[2], self.package);
        if !comment.is_empty() && !package.comment.is_empty() {
            package.comment.push_str("\n\n");
        }
        package.comment.push_str(&comment);
        let file = self.file.descriptor();
        package.services.extend(file.services().map(|service| self.service(&service)));
        for message in file.messages() {
            self.message(&message, package);
        }
        package.enums.extend(file.enums().map(|kind| self.enumeration(&kind)));
        package.extensions.extend(file.extensions().map(|it| self.extension(&it)));
    }

    fn service(&self, service: &ServiceDescriptor) -> Service {
        let mut common = self.common(service.full_name(), service.path(), &service.options());
        let promised = self.shared.contract.services.get(service.full_name());
        common.rules = promised.map(|it| it.words()).unwrap_or_default();
        common.options.retain(|it| !option_text::is_contract(&it.name));
        let methods: Vec<Method> = service.methods().map(|method| self.method(&method)).collect();
        let width = |of: fn(&Method) -> &str| {
            methods.iter().map(|it| of(it).chars().count()).max().unwrap_or_default()
        };
        let widths =
            [width(|it| &it.request.name), width(|it| &it.common.name), width(|it| &it.response.name)];
        Service { common, widths, methods }
    }

    fn method(&self, method: &MethodDescriptor) -> Method {
        let options = method.options();
        let kind = match (method.is_client_streaming(), method.is_server_streaming()) {
            (false, false) => "unary",
            (false, true) => "server streaming",
            (true, false) => "client streaming",
            (true, true) => "bidirectional streaming",
        };
        // `MethodOptions.IdempotencyLevel` of descriptor.proto: 1 and 2.
        let idempotency = options.get_field_by_name("idempotency_level");
        let idempotency = match idempotency.and_then(|level| level.as_enum_number()) {
            Some(1) => Some("no side effects"),
            Some(2) => Some("idempotent"),
            _ => None,
        };
        let mut common = self.common(method.full_name(), method.path(), &options);
        common.name = method.name().to_owned();
        let service = self.shared.contract.services.get(method.parent_service().full_name());
        let promised = service.and_then(|it| it.methods.get(method.name()));
        common.rules = promised.map(|it| it.words()).unwrap_or_default();
        let http = http::bindings(method);
        let said = |name: &str| {
            option_text::is_contract(name) || !http.is_empty() && name.starts_with("(google.api.http)")
        };
        common.options.retain(|it| !said(&it.name));
        Method {
            common,
            kind,
            request: self.named(method.input().full_name()),
            response: self.named(method.output().full_name()),
            client_streaming: method.is_client_streaming(),
            server_streaming: method.is_server_streaming(),
            idempotency,
            path: format!("/{}/{}", method.parent_service().full_name(), method.name()),
            snippets: snippets::of(method, &http, self.shared),
            http,
        }
    }

    pub fn common(&self, full_name: &str, path: &[i32], set: &DynamicMessage) -> Common {
        Common {
            name: self.local(full_name).to_owned(),
            full_name: full_name.to_owned(),
            comment: self.comment(path, full_name),
            deprecated: set
                .get_field_by_name("deprecated")
                .is_some_and(|value| value.as_bool() == Some(true)),
            rules: Vec::new(),
            options: options(set),
            change: self.shared.changes.get(full_name),
        }
    }

    /// The comments above and behind an element, without their margin.
    fn comment(&self, path: &[i32], scope: &str) -> String {
        let Some(location) = self.file.location(path) else { return String::new() };
        let parts = [location.leading_comments.as_deref(), location.trailing_comments.as_deref()];
        let parts: Vec<String> =
            parts.into_iter().flatten().map(dedent).filter(|text| !text.is_empty()).collect();
        let places = &self.shared.places;
        links::resolve(&parts.join("\n\n"), |name| {
            places.href(&places.meant(name, scope)?, Some(self.package), self.ending)
        })
    }

    pub fn named(&self, full_name: &str) -> TypeName {
        let href = self.shared.places.href(full_name, Some(self.package), self.ending);
        TypeName { name: self.local(full_name).to_owned(), href }
    }

    pub fn local<'n>(&self, full_name: &'n str) -> &'n str {
        full_name
            .strip_prefix(self.package)
            .and_then(|rest| if self.package.is_empty() { Some(rest) } else { rest.strip_prefix('.') })
            .unwrap_or(full_name)
    }
}
