//! What prost and tonic make of a schema, as far as other Rust code can see it: paths, fields, variants, methods,
//! and the types of all of them as text. Two schemas are compared by that, so that a change that Rust does not see
//! (`HTTP` renamed to `Http`) is none.
//!
//! Absent on purpose: nothing is generated. Names are made as prost-build makes them, by the same crate;
//! `tests/it/rust_rules.rs` asks the compiler.

mod names;
mod types;

use std::collections::{BTreeMap, BTreeSet};

use prost_reflect::{EnumDescriptor, FileDescriptor, MessageDescriptor, OneofDescriptor, ServiceDescriptor};

use super::element::Element;
use crate::schema::{File, Origin, Schema};
use names::{camel, item, module, snake, variant};
use types::{field_type, method_type, payload};

/// The items of the generated code by their paths.
#[derive(Debug, Default)]
pub(super) struct Surface {
    pub items: BTreeMap<String, Item>,
    /// What has a name that something else in its scope has: the name, the first and the second.
    pub twice: Vec<(String, Home, Home)>,
}

/// A struct, an enum or a trait.
#[derive(Debug)]
pub(super) struct Item {
    pub kind: ItemKind,
    pub home: Home,
    /// The path of the message it is declared in, if it is in one.
    pub inside: Option<String>,
    /// Fields, variants or methods by name.
    pub members: BTreeMap<String, Member>,
}

/// What becomes of a declaration in Rust.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ItemKind {
    /// Of a message.
    Struct,
    /// Of an enum, or of a oneof.
    Enum,
    /// Of a service, for its servers.
    Trait,
}

impl ItemKind {
    pub(super) fn word(self) -> &'static str {
        match self {
            ItemKind::Struct => "struct",
            ItemKind::Enum => "enum",
            ItemKind::Trait => "trait",
        }
    }
}

/// A field, a variant or a method.
#[derive(Debug)]
pub(super) struct Member {
    pub home: Home,
    /// Its type, the payload of a variant, or the signature.
    pub r#type: String,
}

/// Where something stands in a schema.
#[derive(Debug, Clone)]
pub(super) struct Home {
    file: FileDescriptor,
    path: Vec<i32>,
}

impl Home {
    fn of(element: &impl Element) -> Home {
        Home { file: element.file(), path: element.path().to_vec() }
    }
}

impl Element for Home {
    fn file(&self) -> FileDescriptor {
        self.file.clone()
    }

    fn path(&self) -> &[i32] {
        &self.path
    }
}

impl Surface {
    /// Of these files of a schema. What protobuf itself brings is in a crate of its own.
    pub(super) fn of(schema: &Schema, is_wanted: impl Fn(&File) -> bool) -> Surface {
        let mut surface = Surface::default();
        let is_made = |it: &&File| {
            let is_protobufs = it.descriptor().package_name() == "google.protobuf";
            it.origin() != Origin::Bundled && !is_protobufs && is_wanted(it)
        };
        let files = schema.files().iter().filter(is_made);
        for file in files.map(File::descriptor) {
            let scope = module(file.package_name());
            file.messages().for_each(|it| surface.message(&it, &scope, None));
            file.enums().for_each(|it| surface.r#enum(&it, &scope, None));
            file.services().for_each(|it| surface.service(&it, &scope));
        }
        surface
    }

    fn message(&mut self, message: &MessageDescriptor, scope: &str, inside: Option<&str>) {
        if message.is_map_entry() {
            return;
        }
        let path = item(scope, message.name());
        let inner = format!("{scope}{}::", snake(message.name()));
        let mut members = Vec::new();
        for field in message.fields() {
            let in_oneof = field.containing_oneof().filter(|it| !it.is_synthetic()).is_some();
            if !in_oneof {
                members.push((snake(field.name()), Home::of(&field), field_type(&field)));
            }
        }
        for oneof in message.oneofs().filter(|it| !it.is_synthetic()) {
            let path = item(&inner, oneof.name());
            members.push((snake(oneof.name()), Home::of(&oneof), format!("Option<{path}>")));
        }
        self.add(path.clone(), ItemKind::Struct, Home::of(message), inside, members);
        for oneof in message.oneofs().filter(|it| !it.is_synthetic()) {
            self.oneof(&oneof, &inner, &path);
        }
        message.child_messages().for_each(|it| self.message(&it, &inner, Some(&path)));
        message.child_enums().for_each(|it| self.r#enum(&it, &inner, Some(&path)));
    }

    fn oneof(&mut self, oneof: &OneofDescriptor, scope: &str, message: &str) {
        let members = oneof.fields().map(|it| (camel(it.name()), Home::of(&it), payload(&it))).collect();
        self.add(item(scope, oneof.name()), ItemKind::Enum, Home::of(oneof), Some(message), members);
    }

    fn r#enum(&mut self, r#enum: &EnumDescriptor, scope: &str, inside: Option<&str>) {
        let mut numbers = BTreeSet::new();
        let mut members = Vec::new();
        for value in r#enum.values() {
            // Of values with one number the first becomes a variant.
            if numbers.insert(value.number()) {
                members.push((variant(r#enum.name(), value.name()), Home::of(&value), String::new()));
            }
        }
        self.add(item(scope, r#enum.name()), ItemKind::Enum, Home::of(r#enum), inside, members);
    }

    fn service(&mut self, service: &ServiceDescriptor, scope: &str) {
        let members = service.methods().map(|it| (snake(it.name()), Home::of(&it), method_type(&it)));
        let inner = format!("{scope}{}_server::", snake(service.name()));
        self.add(item(&inner, service.name()), ItemKind::Trait, Home::of(service), None, members.collect());
    }

    fn add(
        &mut self,
        path: String,
        kind: ItemKind,
        home: Home,
        inside: Option<&str>,
        members: Vec<(String, Home, String)>,
    ) {
        let mut known: BTreeMap<String, Member> = BTreeMap::new();
        for (name, home, r#type) in members {
            if let Some(first) = known.get(&name) {
                self.twice.push((format!("{path}::{name}"), first.home.clone(), home));
            } else {
                known.insert(name, Member { home, r#type });
            }
        }
        if let Some(first) = self.items.get(&path) {
            self.twice.push((path, first.home.clone(), home));
        } else {
            let inside = inside.map(str::to_owned);
            self.items.insert(path, Item { kind, home, inside, members: known });
        }
    }

    /// The items of this kind that are in another surface too, each with what it is there.
    pub(super) fn pairs<'a>(
        &'a self,
        new: &'a Surface,
        kind: ItemKind,
    ) -> impl Iterator<Item = (&'a str, &'a Item, &'a Item)> {
        let of_kind = self.items.iter().filter(move |(_, it)| it.kind == kind);
        of_kind.filter_map(move |(path, old)| {
            let new = new.items.get(path).filter(|it| it.kind == kind)?;
            Some((path.as_str(), old, new))
        })
    }
}
