//! A schema without some of its types, and without what needs them.

use std::collections::BTreeSet;

use prost_reflect::{
    DescriptorPool, DynamicMessage, ExtensionDescriptor, Kind, MessageDescriptor, MethodDescriptor,
    ReflectMessage, Value,
};
use prost_types::FileDescriptorProto;

use super::imports::{keep_imports, needed};
use super::moved::{Moved, join, text};
use super::narrow::{all_extensions, method_named, names, path_of};
use super::source::Source;
use super::value::{Origin, Schema};
use super::{Loaded, load, nearest, problem};
use crate::diag::Diagnostic;

/// The schema without what `names` are the names of: messages with all that is declared inside them, enums, services,
/// methods, extensions, and all of a package. Fields of such a type go with it, and oneofs that have no field left,
/// extensions of it and by it, options that are such extensions, the files of a package, and imports that nothing needs any
/// more. That is what buf's `exclude_types` means, but that a map goes as a whole with its values.
///
/// `wanted` says what of the schema will be looked at, as in [`narrow`](super::narrow); nothing is everything.
///
/// # Errors
///
/// A name that nothing has or that is wanted as well, and a method that stays and whose request or response does not.
pub fn exclude(schema: &Schema, excluded: &[String], wanted: &[String]) -> Result<Loaded, Vec<Diagnostic>> {
    let mut gone = Gone::default();
    let mut said = Vec::new();
    for name in excluded {
        if !gone.select(schema, name) {
            said.push(problem::no_such_type(name, nearest(name, names(schema).iter().map(String::as_str))));
        } else if wanted.contains(name) {
            said.push(problem::wanted_and_excluded(name));
        }
    }
    gone.add_what_hangs_on_it(schema);
    said.extend(gone.take_methods(schema, wanted));
    if !said.is_empty() {
        return Err(said);
    }

    // Where the schema has options of its own, it knows what they are; where it has none, no option is unknown.
    let kind = schema.pool().get_message_by_name("google.protobuf.FileDescriptorProto");
    let kind = kind.unwrap_or_else(|| FileDescriptorProto::default().descriptor());
    let mut files: Vec<(String, DynamicMessage)> = Vec::new();
    let mut emptied = BTreeSet::new();
    for (name, encoded) in schema.commented_files() {
        // It was encoded from just such a message.
        let Ok(mut file) = DynamicMessage::decode(kind.clone(), encoded.as_slice()) else { continue };
        if gone.trim_file(&mut file, schema.pool()) {
            files.push((name, file));
        } else {
            emptied.insert(name);
        }
    }
    let own = files.iter().map(|(name, _)| name).filter(|name| is_own(schema, name)).cloned().collect();
    let encoded = files.into_iter().map(|(_, mut file)| {
        keep_imports(&mut file, |import| !emptied.contains(import));
        prost::Message::encode_to_vec(&file).into()
    });
    let files = encoded.collect();
    Ok(load(&Source::Compiled { files, own }))
}

fn is_own(schema: &Schema, file: &str) -> bool {
    schema.file(file).is_some_and(|it| it.origin() == Origin::Own)
}

/// What goes, by full names.
#[derive(Default)]
struct Gone {
    names: BTreeSet<String>,
    packages: BTreeSet<String>,
    extensions: Vec<ExtensionDescriptor>,
}

impl Gone {
    fn has(&self, name: &str) -> bool {
        self.names.contains(name)
    }

    fn has_kind(&self, kind: &Kind) -> bool {
        match kind {
            Kind::Message(message) => self.has(message.full_name()),
            Kind::Enum(it) => self.has(it.full_name()),
            _ => false,
        }
    }

    /// Whether the schema has the name.
    fn select(&mut self, schema: &Schema, name: &str) -> bool {
        let pool = schema.pool();
        if let Some(message) = pool.get_message_by_name(name) {
            self.message(&message);
        } else if let Some(method) = method_named(pool, name) {
            self.names.insert(method.full_name().to_owned());
        } else if pool.get_enum_by_name(name).is_some()
            || pool.get_service_by_name(name).is_some()
            || pool.get_extension_by_name(name).is_some()
        {
            self.names.insert(name.to_owned());
        } else {
            let files: Vec<_> = pool.files().filter(|file| file.package_name() == name).collect();
            for file in &files {
                file.messages().for_each(|it| self.message(&it));
                self.names.extend(file.enums().map(|it| it.full_name().to_owned()));
                self.names.extend(file.services().map(|it| it.full_name().to_owned()));
                self.names.extend(file.extensions().map(|it| it.full_name().to_owned()));
            }
            self.packages.insert(name.to_owned());
            return !files.is_empty() && !name.is_empty();
        }
        true
    }

    /// A message, and what is declared inside it.
    fn message(&mut self, message: &MessageDescriptor) {
        let mut waiting = vec![message.clone()];
        while let Some(message) = waiting.pop() {
            self.names.insert(message.full_name().to_owned());
            self.names.extend(message.child_enums().map(|it| it.full_name().to_owned()));
            self.names.extend(message.child_extensions().map(|it| it.full_name().to_owned()));
            waiting.extend(message.child_messages());
        }
    }

    /// Maps of what goes, and extensions of it and by it.
    fn add_what_hangs_on_it(&mut self, schema: &Schema) {
        for message in schema.pool().all_messages() {
            let is_lost_map = message.is_map_entry()
                && self.has_kind(&message.map_entry_value_field().kind())
                && !self.has(message.full_name());
            if is_lost_map {
                self.names.insert(message.full_name().to_owned());
            }
        }
        for file in schema.pool().files() {
            for extension in all_extensions(file.messages(), file.extensions()) {
                let is_lost = self.has(extension.full_name())
                    || self.has(extension.containing_message().full_name())
                    || self.has_kind(&extension.kind());
                if is_lost {
                    self.names.insert(extension.full_name().to_owned());
                    self.extensions.push(extension);
                }
            }
        }
    }

    /// Methods that lost a message go where nobody wants them, and are told where somebody does.
    fn take_methods(&mut self, schema: &Schema, wanted: &[String]) -> Vec<Diagnostic> {
        let mut said = Vec::new();
        for method in schema.pool().services().flat_map(|it| it.methods().collect::<Vec<_>>()) {
            let service = method.parent_service();
            if self.has(method.full_name()) || self.has(service.full_name()) {
                continue;
            }
            let lost = [method.input(), method.output()].into_iter().find(|it| self.has(it.full_name()));
            let Some(lost) = lost else { continue };
            self.names.insert(method.full_name().to_owned());
            if is_wanted(&method, wanted) {
                said.push(problem::method_lost(method.full_name(), lost.full_name()));
            }
        }
        said
    }

    /// Takes away what goes; whether the file stays, though nothing may be left of it.
    fn trim_file(&self, file: &mut DynamicMessage, pool: &DescriptorPool) -> bool {
        let needed_before = needed(file, pool);
        let package = text(file, "package");
        let mut moved = Moved::default();
        for (list, number) in [("message_type", 4), ("enum_type", 5), ("service", 6), ("extension", 7)] {
            self.trim(file, list, &[number], &package, &mut moved);
        }
        moved.apply(file);
        self.strip(file);
        let needed_now = needed(file, pool);
        let is_over = |import: &str| {
            // A file that passes on others may be there for those.
            let passes_on =
                pool.get_file_by_name(import).is_some_and(|it| it.public_dependencies().len() > 0);
            needed_before.contains(import) && !needed_now.contains(import) && !passes_on
        };
        keep_imports(file, |import| !is_over(import));
        !self.packages.contains(&package)
    }

    /// Takes away the elements of one list, and of the lists inside those that stay. `at` is the path of the list.
    fn trim(&self, outer: &mut DynamicMessage, list: &str, at: &[i32], scope: &str, moved: &mut Moved) {
        let Some(Value::List(elements)) = outer.get_field_by_name_mut(list) else { return };
        let (mut position, mut left) = (0, 0);
        elements.retain_mut(|element| {
            let old = [at, &[position]].concat();
            position += 1;
            let Value::Message(element) = element else { return true };
            let name = join(scope, &text(element, "name"), '.');
            let goes = match list {
                "field" => self.has(text(element, "type_name").trim_start_matches('.')),
                _ => self.has(&name),
            };
            moved.to.insert(old.clone(), (!goes).then_some(left));
            if goes {
                return false;
            }
            left += 1;
            let mut inner = |element: &mut DynamicMessage, list: &str, number: i32| {
                self.trim(element, list, &[old.as_slice(), &[number]].concat(), &name, moved);
            };
            match list {
                "message_type" | "nested_type" => {
                    for (list, number) in
                        [("field", 2), ("nested_type", 3), ("enum_type", 4), ("extension", 6)]
                    {
                        inner(element, list, number);
                    }
                    trim_oneofs(element, &[old.as_slice(), &[8]].concat(), moved);
                }
                "service" => inner(element, "method", 2),
                _ => {}
            }
            true
        });
    }

    /// Takes away options that are extensions which go, wherever they are.
    fn strip(&self, message: &mut DynamicMessage) {
        let kind = message.descriptor();
        for extension in self.extensions.iter().filter(|it| it.containing_message() == kind) {
            message.clear_extension(extension);
        }
        for (_, value) in message.fields_mut() {
            match value {
                Value::Message(inner) => self.strip(inner),
                Value::List(list) => {
                    list.iter_mut().filter_map(Value::as_message_mut).for_each(|inner| self.strip(inner));
                }
                _ => {}
            }
        }
    }
}

/// Whether any of the names is about the method; nothing is about everything.
fn is_wanted(method: &MethodDescriptor, wanted: &[String]) -> bool {
    let (service, package) = (method.parent_service(), method.parent_file().package_name().to_owned());
    let is_about = |name: &String| {
        let inside = name.strip_suffix(".**").is_some_and(|outer| {
            package.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        });
        let own = [method.full_name(), &path_of(method), service.full_name(), &package];
        inside || own.contains(&name.as_str())
    };
    wanted.is_empty() || wanted.iter().any(is_about)
}

/// Takes away the oneofs of a message that have no field left, and counts the others anew. `at` is the path of the list.
fn trim_oneofs(message: &mut DynamicMessage, at: &[i32], moved: &mut Moved) {
    let oneof = |field: &DynamicMessage| {
        let has = field.has_field_by_name("oneof_index");
        field.get_field_by_name("oneof_index").filter(|_| has).and_then(|value| value.as_i32())
    };
    let left: BTreeSet<i32> = match message.get_field_by_name("field").as_deref() {
        Some(Value::List(fields)) => fields.iter().filter_map(Value::as_message).filter_map(oneof).collect(),
        _ => BTreeSet::new(),
    };
    let now = |before: i32| left.iter().position(|it| *it == before).and_then(|it| i32::try_from(it).ok());
    if let Some(Value::List(oneofs)) = message.get_field_by_name_mut("oneof_decl") {
        let mut position = 0;
        oneofs.retain(|_| {
            let now = now(position);
            moved.to.insert([at, &[position]].concat(), now);
            position += 1;
            now.is_some()
        });
    }
    if let Some(Value::List(fields)) = message.get_field_by_name_mut("field") {
        for field in fields.iter_mut().filter_map(Value::as_message_mut) {
            if let Some(now) = oneof(field).and_then(now) {
                field.set_field_by_name("oneof_index", Value::I32(now));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "syntax = \"proto3\"; package p;\n\
        import \"q.proto\"; import \"google/protobuf/descriptor.proto\"; import \"google/protobuf/timestamp.proto\";\n\
        extend google.protobuf.FieldOptions { Unit unit = 50001; int32 plain = 50002; }\n\
        enum Unit { NONE = 0; }\n\
        message A { Z z = 1; map<string, Z> m = 2;\n\
          // Is kept.\n  int32 kept = 3 [(unit) = NONE, (plain) = 3];\n\
          oneof first { Z only = 4; }\n  // The second.\n  oneof second { Z one = 5; int32 two = 6; } optional Z maybe = 7;\n\
          q.Q q = 8; google.protobuf.Timestamp at = 9; }\n\
        message Z { message Inner { Z z = 1; } }\n\
        service S { rpc Get(A) returns (A); rpc GetZ(A) returns (Z.Inner); }\n";

    fn schema() -> Schema {
        let files = [("p.proto", TEXT), ("q.proto", "syntax = \"proto3\"; package q; message Q {}")];
        let files = files.map(|(name, text)| (name.to_owned(), text.to_owned())).to_vec();
        let loaded = load(&Source::Text(files));
        assert!(loaded.diagnostics.is_empty(), "{:?}", loaded.diagnostics);
        loaded.schema
    }

    fn without(excluded: &[&str], wanted: &[&str]) -> Result<Schema, Vec<String>> {
        let owned = |names: &[&str]| names.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>();
        let loaded = exclude(&schema(), &owned(excluded), &owned(wanted))
            .map_err(|said| said.into_iter().map(|it| it.message).collect::<Vec<_>>())?;
        assert!(loaded.diagnostics.is_empty(), "{:?}", loaded.diagnostics);
        Ok(loaded.schema)
    }

    fn fields(schema: &Schema, message: &str) -> Vec<String> {
        let message = schema.pool().get_message_by_name(message).unwrap();
        message.fields().map(|it| it.name().to_owned()).collect()
    }

    #[test]
    fn what_needs_an_excluded_type_goes_with_it() {
        let left = without(&["p.Z", "p.S/GetZ"], &[]).unwrap();
        assert_eq!(fields(&left, "p.A"), ["kept", "two", "q", "at"]);
        let message = left.pool().get_message_by_name("p.A").unwrap();
        assert_eq!(message.child_messages().len(), 0, "the entry of the map is gone");
        let oneofs: Vec<_> = message.oneofs().map(|it| it.name().to_owned()).collect();
        assert_eq!(oneofs, ["second"]);
        assert_eq!(message.get_field_by_name("two").unwrap().containing_oneof().unwrap().name(), "second");
        let file = left.file("p.proto").unwrap();
        let comment = |path: &[i32]| file.comment(path).map(str::to_owned);
        assert_eq!(comment(message.get_field_by_name("kept").unwrap().path()).unwrap(), " Is kept.\n");
        assert_eq!(comment(message.oneofs().next().unwrap().path()).unwrap(), " The second.\n");
        assert_eq!(left.pool().get_service_by_name("p.S").unwrap().methods().len(), 1);
    }

    #[test]
    fn options_files_and_imports_go_when_nothing_is_left_of_them() {
        let options = |schema: &Schema| {
            let message = schema.pool().get_message_by_name("p.A").unwrap();
            message
                .get_field_by_name("kept")
                .unwrap()
                .options()
                .extensions()
                .map(|(it, _)| it.name().to_owned())
                .collect::<Vec<_>>()
        };
        let imports = |schema: &Schema| {
            let file = schema.pool().get_file_by_name("p.proto").unwrap();
            file.dependencies().map(|it| it.name().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(options(&schema()), ["unit", "plain"]);
        let left = without(&["p.Unit"], &[]).unwrap();
        assert_eq!(options(&left), ["plain"]);
        assert_eq!(imports(&left).len(), 3);
        let left = without(&["p.unit", "p.plain", "google.protobuf.Timestamp"], &[]).unwrap();
        assert_eq!((options(&left).len(), imports(&left)), (0, vec!["q.proto".to_owned()]));
        assert!(left.pool().get_enum_by_name("p.Unit").is_some());
        let left = without(&["q"], &[]).unwrap();
        assert!(left.file("q.proto").is_none() && !imports(&left).contains(&"q.proto".to_owned()));
        assert!(!fields(&left, "p.A").contains(&"q".to_owned()));
    }

    #[test]
    fn a_method_without_its_messages_is_told_where_it_is_wanted() {
        let lost = "`p.S.GetZ` stays, and its `p.Z.Inner` is excluded";
        assert_eq!(without(&["p.Z"], &[]).unwrap_err(), [lost]);
        for wanted in ["p.S", "p.S/GetZ", "p.S.GetZ", "p", "p.**"] {
            assert_eq!(without(&["p.Z"], &[wanted]).unwrap_err(), [lost], "{wanted}");
        }
        for wanted in ["p.A", "p.S/Get", "q", "q.**"] {
            let left = without(&["p.Z"], &[wanted]).unwrap();
            assert_eq!(left.pool().get_service_by_name("p.S").unwrap().methods().len(), 1, "{wanted}");
        }
        assert!(without(&["p.Z", "p.S"], &[]).unwrap().pool().get_service_by_name("p.S").is_none());
        assert_eq!(without(&["p.Y"], &[]).unwrap_err(), ["the schema has no `p.Y`"]);
        assert_eq!(without(&["q.Q"], &["q.Q"]).unwrap_err(), ["`q.Q` is wanted and excluded"]);
    }
}
