//! A part of a schema: some of its types, and all that these need.

use std::collections::BTreeSet;

use prost::Message;
use prost_reflect::{
    DescriptorPool, DynamicMessage, EnumDescriptor, FileDescriptor, Kind, MessageDescriptor,
    MethodDescriptor, ReflectMessage, Value,
};
use prost_types::FileDescriptorProto;

use super::moved::{Moved, has_elements, join, text};
use super::source::Source;
use super::value::{Origin, Schema};
use super::{Loaded, load, nearest, problem};
use crate::diag::Diagnostic;

/// The schema of the source's own types that `wanted` names, and of those they use: messages, enums and services by
/// their full names, a method as `package.Service/Method` or with a dot, all of a package by its name, and those inside it as well
/// with `.**` at the end. Extensions of messages that stay do as well, and those that options of what stays are; comments stay where they belong.
/// Files that nothing is left of are regarded as imports.
///
/// # Errors
///
/// One diagnostic for each name that nothing of the source has.
pub fn narrow(schema: &Schema, wanted: &[String]) -> Result<Loaded, Vec<Diagnostic>> {
    let mut kept = Kept::default();
    let mut unknown = Vec::new();
    for name in wanted {
        if !kept.select(schema, name) {
            unknown
                .push(problem::no_such_type(name, nearest(name, names(schema).iter().map(String::as_str))));
        }
    }
    if !unknown.is_empty() {
        return Err(unknown);
    }
    kept.add_extensions(schema);
    let kind = FileDescriptorProto::default().descriptor();
    let mut own = BTreeSet::new();
    let files = schema.commented_files().map(|(name, encoded)| {
        let is_own = schema.file(&name).is_some_and(|file| file.origin() == Origin::Own);
        if !is_own {
            return encoded.into();
        }
        // It was encoded from just such a message.
        let Ok(mut file) = DynamicMessage::decode(kind.clone(), encoded.as_slice()) else {
            return encoded.into();
        };
        if kept.trim_file(&mut file, schema.file(&name).map_or("", |file| file.descriptor().package_name())) {
            own.insert(name);
        }
        file.encode_to_vec().into()
    });
    let files = files.collect();
    Ok(load(&Source::Compiled { files, own }))
}

/// Every name that can be wanted.
pub(super) fn names(schema: &Schema) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for file in schema.own_files() {
        let file = file.descriptor();
        found.insert(file.package_name().to_owned());
        let mut messages: Vec<MessageDescriptor> = file.messages().collect();
        let mut enums: Vec<EnumDescriptor> = file.enums().collect();
        while let Some(message) = messages.pop() {
            found.insert(message.full_name().to_owned());
            messages.extend(message.child_messages());
            enums.extend(message.child_enums());
        }
        found.extend(enums.iter().map(|it| it.full_name().to_owned()));
        for service in file.services() {
            found.insert(service.full_name().to_owned());
            found.extend(service.methods().map(|method| path_of(&method)));
        }
    }
    found
}

pub(super) fn path_of(method: &MethodDescriptor) -> String {
    format!("{}/{}", method.parent_service().full_name(), method.name())
}

/// A method as `package.Service/Method`, or with a dot, as buf has it.
pub(super) fn method_named(pool: &DescriptorPool, name: &str) -> Option<MethodDescriptor> {
    let (service, method) = name.rsplit_once(['/', '.'])?;
    pool.get_service_by_name(service)?.methods().find(|it| it.name() == method)
}

pub(super) fn all_extensions(
    messages: impl Iterator<Item = MessageDescriptor>,
    top: impl Iterator<Item = prost_reflect::ExtensionDescriptor>,
) -> Vec<prost_reflect::ExtensionDescriptor> {
    let mut found: Vec<_> = top.collect();
    let mut waiting: Vec<MessageDescriptor> = messages.collect();
    while let Some(message) = waiting.pop() {
        found.extend(message.child_extensions());
        waiting.extend(message.child_messages());
    }
    found
}

/// What stays, by full names; methods as `package.Service/Method`.
#[derive(Default)]
struct Kept {
    types: BTreeSet<String>,
    /// Messages of which only what is declared inside them stays.
    shells: BTreeSet<String>,
    methods: BTreeSet<String>,
    extensions: BTreeSet<String>,
}

impl Kept {
    /// Whether the name is one of the source's own.
    fn select(&mut self, schema: &Schema, name: &str) -> bool {
        let is_own = |pool: &DescriptorPool, file: &str| {
            pool.get_file_by_name(file).is_some()
                && schema.file(file).is_some_and(|it| it.origin() == Origin::Own)
        };
        let pool = schema.pool();
        if let Some(message) = pool.get_message_by_name(name) {
            self.message(&message);
            return is_own(pool, message.parent_file().name());
        }
        if let Some(it) = pool.get_enum_by_name(name) {
            self.enumeration(&it);
            return is_own(pool, it.parent_file().name());
        }
        if let Some(service) = pool.get_service_by_name(name) {
            service.methods().for_each(|method| self.method(&method));
            self.types.insert(service.full_name().to_owned());
            return is_own(pool, service.parent_file().name());
        }
        if let Some(method) = method_named(pool, name) {
            self.method(&method);
            return is_own(pool, method.parent_service().parent_file().name());
        }
        let (package, is_deep) = match name.strip_suffix(".**") {
            Some(package) => (package, true),
            None => (name, false),
        };
        let mut found = false;
        for file in schema.own_files() {
            let file = file.descriptor();
            let inside = file.package_name().strip_prefix(package).is_some_and(|rest| rest.starts_with('.'));
            if file.package_name() == package || is_deep && inside {
                found = true;
                file.messages().for_each(|message| self.message_and_inner(&message));
                file.enums().for_each(|it| self.enumeration(&it));
                for service in file.services() {
                    service.methods().for_each(|method| self.method(&method));
                    self.types.insert(service.full_name().to_owned());
                }
            }
        }
        found
    }

    fn message_and_inner(&mut self, message: &MessageDescriptor) {
        self.message(message);
        message.child_messages().for_each(|inner| self.message_and_inner(&inner));
        message.child_enums().for_each(|inner| self.enumeration(&inner));
    }

    fn message(&mut self, message: &MessageDescriptor) {
        // A list, because types may nest deeper than a stack.
        let mut waiting = vec![message.clone()];
        while let Some(message) = waiting.pop() {
            if !self.types.insert(message.full_name().to_owned()) {
                continue;
            }
            if let Some(outer) = message.parent_message() {
                self.shell(&outer);
            }
            for field in message.fields() {
                match field.kind() {
                    Kind::Message(inner) => waiting.push(inner),
                    Kind::Enum(inner) => self.enumeration(&inner),
                    _ => {}
                }
            }
        }
    }

    fn kind(&mut self, kind: &Kind) {
        match kind {
            Kind::Message(message) => self.message(message),
            Kind::Enum(it) => self.enumeration(it),
            _ => {}
        }
    }

    fn enumeration(&mut self, it: &EnumDescriptor) {
        self.types.insert(it.full_name().to_owned());
        if let Some(outer) = it.parent_message() {
            self.shell(&outer);
        }
    }

    fn method(&mut self, method: &MethodDescriptor) {
        self.methods.insert(path_of(method));
        self.types.insert(method.parent_service().full_name().to_owned());
        self.message(&method.input());
        self.message(&method.output());
    }

    /// Extensions that options of what stays are, and those of messages that stay; each may need more.
    fn add_extensions(&mut self, schema: &Schema) {
        let files = || schema.own_files().map(|file| file.descriptor());
        let all: Vec<_> =
            files().flat_map(|file| all_extensions(file.messages(), file.extensions())).collect();
        loop {
            let before = (self.types.len(), self.extensions.len());
            let used: BTreeSet<String> = files().flat_map(|file| self.used(file)).collect();
            for extension in &all {
                let extended = extension.containing_message();
                let is_option = extended.full_name().starts_with("google.protobuf.");
                let stays = used.contains(extension.full_name())
                    || !is_option && self.types.contains(extended.full_name());
                if stays && self.extensions.insert(extension.full_name().to_owned()) {
                    self.message(&extended);
                    self.kind(&extension.kind());
                    if let Some(outer) = extension.parent_message() {
                        self.shell(&outer);
                    }
                }
            }
            if before == (self.types.len(), self.extensions.len()) {
                return;
            }
        }
    }

    /// The extensions that options of what stays in a file are.
    fn used(&self, file: &FileDescriptor) -> Vec<String> {
        let mut options = Vec::new();
        let mut waiting: Vec<MessageDescriptor> = file.messages().collect();
        let mut enums: Vec<EnumDescriptor> = file.enums().collect();
        while let Some(message) = waiting.pop() {
            waiting.extend(message.child_messages());
            enums.extend(message.child_enums());
            if self.types.contains(message.full_name()) {
                options.push(message.options());
                options.extend(message.fields().map(|it| it.options()));
                options.extend(message.oneofs().map(|it| it.options()));
            }
        }
        for kind in enums.iter().filter(|it| self.types.contains(it.full_name())) {
            options.push(kind.options());
            options.extend(kind.values().map(|it| it.options()));
        }
        for service in file.services().filter(|it| self.types.contains(it.full_name())) {
            options.push(service.options());
            let methods = service.methods().filter(|it| self.methods.contains(&path_of(it)));
            options.extend(methods.map(|it| it.options()));
        }
        for extension in all_extensions(file.messages(), file.extensions()) {
            if self.extensions.contains(extension.full_name()) {
                options.push(extension.options());
            }
        }
        if !options.is_empty() {
            options.push(file.options());
        }
        let names = |options: DynamicMessage| {
            options.extensions().map(|(it, _)| it.full_name().to_owned()).collect::<Vec<_>>()
        };
        options.into_iter().flat_map(names).collect()
    }

    fn shell(&mut self, message: &MessageDescriptor) {
        let mut outer = Some(message.clone());
        while let Some(message) = outer.filter(|message| self.shells.insert(message.full_name().to_owned())) {
            outer = message.parent_message();
        }
    }

    /// Takes away what does not stay; whether anything does that a caller could want.
    fn trim_file(&self, file: &mut DynamicMessage, package: &str) -> bool {
        let mut moved = Moved::default();
        let lists = [("message_type", 4), ("enum_type", 5), ("service", 6), ("extension", 7)];
        let is_left = lists.map(|(list, number)| {
            self.trim(file, list, &[number], package, &mut moved);
            has_elements(file, list)
        });
        moved.apply(file);
        is_left.contains(&true)
    }

    /// Takes away the elements of one list, and of the lists inside those that stay. `at` is the path of the list.
    fn trim(&self, outer: &mut DynamicMessage, list: &str, at: &[i32], scope: &str, moved: &mut Moved) {
        let Some(Value::List(elements)) = outer.get_field_by_name_mut(list) else { return };
        let mut position = 0;
        let mut left = 0;
        elements.retain_mut(|element| {
            let old = [at, &[position]].concat();
            position += 1;
            let Value::Message(element) = element else { return true };
            let name = join(scope, &text(element, "name"), if list == "method" { '/' } else { '.' });
            let (is_whole, is_shell) = match list {
                "method" => (self.methods.contains(&name), false),
                "extension" => (self.extensions.contains(&name), false),
                _ => (self.types.contains(&name), self.shells.contains(&name)),
            };
            if !is_whole && !is_shell {
                moved.to.insert(old, None);
                return false;
            }
            moved.to.insert(old.clone(), Some(left));
            left += 1;
            match list {
                "message_type" | "nested_type" => {
                    self.trim(element, "nested_type", &[old.as_slice(), &[3]].concat(), &name, moved);
                    self.trim(element, "enum_type", &[old.as_slice(), &[4]].concat(), &name, moved);
                    self.trim(element, "extension", &[old.as_slice(), &[6]].concat(), &name, moved);
                    if !is_whole {
                        for emptied in [("field", 2), ("oneof_decl", 8)] {
                            element.clear_field_by_name(emptied.0);
                            moved.gone.insert([old.as_slice(), &[emptied.1]].concat());
                        }
                    }
                }
                "service" => self.trim(element, "method", &[old.as_slice(), &[2]].concat(), &name, moved),
                _ => {}
            }
            true
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "syntax = \"proto3\"; package p.v1;\n\
        import \"google/protobuf/descriptor.proto\";\n\
        extend google.protobuf.FieldOptions { Unit unit = 50001; }\n\
        enum Unit { NONE = 0; }\n\
        // Is not wanted.\n\
        message A { Z z = 1; }\n\
        message Z {}\n\
        // Holds others.\n\
        message B { int32 gone = 1; // An inner one.\n\
          message C { map<string, D> d = 1 [(unit) = NONE]; } enum E { Y = 0; } }\n\
        message D { D next = 1; }\n\
        service S { rpc Get(B.C) returns (D); rpc List(A) returns (A); }\n";

    /// Names of what stays, one line a kind; then the comment of `B.C`.
    fn left(wanted: &[&str]) -> Result<Vec<String>, Vec<String>> {
        let files = vec![
            ("p/a.proto".to_owned(), TEXT.to_owned()),
            ("p/b.proto".to_owned(), "syntax = \"proto3\"; package p.v2; message Q {}".to_owned()),
        ];
        let loaded = load(&Source::Text(files));
        assert!(loaded.diagnostics.is_empty(), "{:?}", loaded.diagnostics);
        let wanted: Vec<String> = wanted.iter().map(|name| (*name).to_owned()).collect();
        let narrowed = narrow(&loaded.schema, &wanted).map_err(|said| {
            said.into_iter().map(|it| format!("{} | {}", it.message, it.help.unwrap())).collect::<Vec<_>>()
        })?;
        assert!(narrowed.diagnostics.is_empty(), "{:?}", narrowed.diagnostics);
        Ok(names(&narrowed.schema).into_iter().collect())
    }

    #[test]
    fn what_is_wanted_stays_with_what_it_needs() {
        let cases: &[(&[&str], &[&str])] = &[
            (&["p.v1.D"], &["p.v1", "p.v1.D"]),
            (
                &["p.v1.S/Get"],
                &[
                    "p.v1",
                    "p.v1.B",
                    "p.v1.B.C",
                    "p.v1.B.C.DEntry",
                    "p.v1.D",
                    "p.v1.S",
                    "p.v1.S/Get",
                    "p.v1.Unit",
                ],
            ),
            (&["p.v1.B.E"], &["p.v1", "p.v1.B", "p.v1.B.E"]),
            (&["p.v2"], &["p.v2", "p.v2.Q"]),
        ];
        for (wanted, expected) in cases {
            assert_eq!(left(wanted).unwrap(), *expected, "{wanted:?}");
        }
        assert_eq!(left(&["p.**"]).unwrap(), left(&["p.v1", "p.v2"]).unwrap());
    }

    #[test]
    fn a_name_that_nothing_has_is_refused() {
        assert_eq!(left(&["p.v1.Q"]).unwrap_err(), ["the schema has no `p.v1.Q` | did you mean `p.v2.Q`?"]);
    }

    #[test]
    fn comments_stay_where_they_belong() {
        let loaded = load(&Source::Text(vec![("p/a.proto".to_owned(), TEXT.to_owned())]));
        let narrowed = narrow(&loaded.schema, &["p.v1.B.C".to_owned()]).unwrap().schema;
        let file = narrowed.file("p/a.proto").unwrap();
        let outer = narrowed.pool().get_message_by_name("p.v1.B").unwrap();
        assert_eq!(file.comment(outer.path()), Some(" Holds others.\n"));
        assert_eq!(outer.fields().len(), 0);
        let inner = narrowed.pool().get_message_by_name("p.v1.B.C").unwrap();
        let unit = inner.fields().next().unwrap();
        assert_eq!(unit.options().extensions().count(), 1, "its options stay");
    }
}
