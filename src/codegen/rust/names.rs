//! Names that Rust cannot tell apart, found before a compiler has to.

use std::collections::{BTreeMap, BTreeSet};

use prost_build::Module;
use prost_reflect::{EnumDescriptor, FileDescriptor, MessageDescriptor};
use syn::{Fields, ImplItem, Item, TraitItem, Type};

use crate::codegen::problem;
use crate::diag::Diagnostic;
use crate::schema::Schema;

/// Refuses names without a letter or digit: the case conversion of prost-build leaves nothing of them.
pub(super) fn check_schema(schema: &Schema) -> Result<(), Vec<Diagnostic>> {
    let mut problems = Vec::new();
    for file in schema.own_files() {
        let mut check = |full_name: &str, path: &[i32]| {
            if let Some(bad) = full_name.split('.').find(|part| part.bytes().all(|byte| byte == b'_')) {
                let said = format!("`{bad}` in `{full_name}` has no form in Rust");
                problems.push(problem::name(said).at(schema.place(file.descriptor(), path)));
            }
        };
        visit(file.descriptor(), &mut check);
    }
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

fn visit(file: &FileDescriptor, check: &mut impl FnMut(&str, &[i32])) {
    // Field 2 of `FileDescriptorProto` is the package.
    if !file.package_name().is_empty() {
        check(file.package_name(), &[2]);
    }
    let mut messages: Vec<MessageDescriptor> = file.messages().collect();
    let mut enums: Vec<EnumDescriptor> = file.enums().collect();
    while let Some(message) = messages.pop() {
        check(message.name(), message.path());
        message.fields().for_each(|field| check(field.name(), field.path()));
        message
            .oneofs()
            .filter(|oneof| !oneof.is_synthetic())
            .for_each(|oneof| check(oneof.name(), oneof.path()));
        messages.extend(message.child_messages());
        enums.extend(message.child_enums());
    }
    for kind in enums {
        check(kind.name(), kind.path());
        kind.values().for_each(|value| check(value.name(), value.path()));
    }
    for service in file.services() {
        check(service.name(), service.path());
        service.methods().for_each(|method| check(method.name(), method.path()));
    }
}

/// What the generated code declares, and in which scope.
#[derive(Default)]
pub(super) struct Scopes {
    /// (scope, name) → how often. Types and modules share a namespace, as in Rust itself.
    declared: BTreeMap<(String, String), usize>,
    packages: BTreeSet<(String, String)>,
}

impl Scopes {
    /// The names of one module.
    pub fn of(module: &Module, tree: &syn::File) -> Scopes {
        let mut scopes = Scopes::default();
        let parts: Vec<&str> = module.parts().collect();
        // The modules of two packages may be the same; a package and a message may share one, too.
        for depth in 0..parts.len() {
            scopes.packages.insert((parts[..depth].join("::"), parts[depth].to_owned()));
        }
        scopes.items(&parts.join("::"), &tree.items);
        scopes
    }

    /// Adds the names of another module.
    pub fn merge(&mut self, other: Scopes) {
        for (key, count) in other.declared {
            *self.declared.entry(key).or_default() += count;
        }
        self.packages.extend(other.packages);
    }

    fn add(&mut self, scope: &str, name: impl ToString) {
        *self.declared.entry((scope.to_owned(), name.to_string())).or_default() += 1;
    }

    fn items(&mut self, scope: &str, items: &[Item]) {
        for item in items {
            match item {
                Item::Mod(module) => {
                    self.add(scope, &module.ident);
                    let inner = format!("{scope}::{}", module.ident);
                    let inner = inner.trim_start_matches("::");
                    self.items(inner, module.content.as_ref().map_or(&[], |(_, items)| items));
                }
                Item::Struct(item) => {
                    self.add(scope, &item.ident);
                    let inner = format!("{scope}::struct {}", item.ident);
                    if let Fields::Named(fields) = &item.fields {
                        fields
                            .named
                            .iter()
                            .filter_map(|f| f.ident.as_ref())
                            .for_each(|f| self.add(&inner, f));
                    }
                }
                Item::Enum(item) => {
                    self.add(scope, &item.ident);
                    let inner = format!("{scope}::enum {}", item.ident);
                    item.variants.iter().for_each(|variant| self.add(&inner, &variant.ident));
                }
                Item::Trait(item) => {
                    self.add(scope, &item.ident);
                    let inner = format!("{scope}::trait {}", item.ident);
                    for member in &item.items {
                        match member {
                            TraitItem::Fn(function) => self.add(&inner, &function.sig.ident),
                            TraitItem::Type(kind) => self.add(&inner, &kind.ident),
                            _ => {}
                        }
                    }
                }
                Item::Impl(item) if item.trait_.is_none() => {
                    let Type::Path(path) = &*item.self_ty else { continue };
                    let Some(segment) = path.path.segments.last() else { continue };
                    // A client and its transport-specific constructors are two blocks of one type.
                    let inner = format!("{scope}::impl {}", segment.ident);
                    for member in &item.items {
                        if let ImplItem::Fn(function) = member {
                            self.add(&inner, &function.sig.ident);
                        }
                    }
                }
                _ => {}
            }
        }
    }

    /// Every name that is declared twice in one scope.
    pub fn twice(&self) -> Vec<Diagnostic> {
        let said = |(scope, name): &(String, String)| {
            let scope = if scope.is_empty() { "the root module" } else { scope };
            problem::name(format!("two names of the schema become `{name}` in Rust, in {scope}"))
        };
        self.declared
            .iter()
            .filter(|(key, count)| **count > 1 || self.packages.contains(*key))
            .map(|(key, _)| said(key))
            .collect()
    }
}
