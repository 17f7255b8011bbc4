//! Whether the server describes itself as the schema does.

use std::collections::BTreeSet;

use prost_reflect::{
    Cardinality, DescriptorPool, EnumDescriptor, FieldDescriptor, Kind, MessageDescriptor, ServiceDescriptor,
};

use super::{Found, Level, Probe, Probing, Question};
use crate::{
    client::{ReflectionVersion, Transport, reflect_version},
    diag::{RuleInfo, Severity},
};

pub(super) static PROBE: Probe = Probe {
    info: RuleInfo {
        id: "PG155",
        name: "reflection_matches_schema",
        summary: "What server reflection says is what the schema says.",
        explain: "Names, numbers, types, cardinality, JSON names and streaming of everything that the services \
                  reach, in v1 and v1alpha; comments, options and the order of things do not count. A server \
                  that describes another schema was built from another one, or serves a stale descriptor: \
                  clients that build on reflection then write one field into another.\n\n\
                  Generate the descriptors and the code in one step, from one commit. Rust \
                  (tonic-reflection): `include_bytes!` the descriptor set of the same build, with \
                  `register_encoded_file_descriptor_set`. Go: regenerate the `.pb.go` files, which carry the \
                  descriptor. Python: regenerate `_pb2.py` together with `_pb2_grpc.py`. Java: generate in the \
                  same build; look for an old jar of the protos on the class path.",
        url: Some("https://github.com/grpc/grpc/blob/master/doc/server-reflection.md"),
    },
    level: Level::On,
    question: Question::ReflectionMatches,
};

pub(super) async fn ask<T: Transport>(probing: &Probing<'_, T>) -> Vec<Found> {
    if !probing.options.schema_from_files {
        return Vec::new();
    }
    let mut services: Vec<ServiceDescriptor> = Vec::new();
    for method in probing.methods {
        let service = method.desc.parent_service();
        if !services.contains(service) {
            services.push(service.clone());
        }
    }
    let mut found: Vec<Found> = Vec::new();
    for version in ReflectionVersion::ALL {
        // A version that is not served has nothing to compare; one that is broken is PG156's.
        let Ok(Some(reflection)) = reflect_version(probing.transport, version, probing.metadata).await else {
            continue;
        };
        let differences = differences(&services, &reflection.pool);
        if let Some(first) = differences.first() {
            let more = match differences.len() - 1 {
                0 => String::new(),
                count => format!(", and {count} more"),
            };
            let mut one = Found::new(&PROBE, "DIFFERS", format!("{first}{more}"));
            one.details = differences.iter().skip(1).map(|text| ("also".into(), text.clone())).collect();
            // Both versions usually say the same, and then it is said once.
            if found.iter().all(|known| known.message != one.message) {
                one.label = version.package().to_owned();
                found.push(one);
            }
        } else if let Some(service) = services
            .iter()
            .find(|service| !reflection.services.iter().any(|listed| listed == service.full_name()))
        {
            let text = format!("{} does not list `{}`", version.package(), service.full_name());
            found.push(Found::new(&PROBE, "UNLISTED", text).light(Severity::Warning));
        }
    }
    found
}

/// What reflection says otherwise about these services, as far as it knows them; each a sentence.
pub(in crate::contract) fn differences(
    services: &[ServiceDescriptor],
    theirs: &DescriptorPool,
) -> Vec<String> {
    let mut walk = Walk { theirs, seen: BTreeSet::new(), out: Vec::new() };
    for ours in services {
        if let Some(service) = theirs.get_service_by_name(ours.full_name()) {
            walk.service(ours, &service);
        }
    }
    walk.out
}

struct Walk<'a> {
    theirs: &'a DescriptorPool,
    seen: BTreeSet<String>,
    out: Vec<String>,
}

impl Walk<'_> {
    /// Says it when a property of a thing is not the same.
    fn same<V: PartialEq + std::fmt::Display>(&mut self, of: &str, what: &str, ours: V, theirs: V) {
        if ours != theirs {
            self.out.push(format!("{of}: {what} {ours} in the schema, {theirs} in reflection"));
        }
    }

    fn service(&mut self, ours: &ServiceDescriptor, theirs: &ServiceDescriptor) {
        for method in ours.methods() {
            let name = method.full_name();
            let Some(other) = theirs.methods().find(|other| other.name() == method.name()) else {
                self.out.push(format!("{name}: in the schema, not in reflection"));
                continue;
            };
            let (request, response) = (method.input(), method.output());
            self.same(name, "request", request.full_name(), other.input().full_name());
            self.same(name, "response", response.full_name(), other.output().full_name());
            let streams = [
                ("client streaming", method.is_client_streaming(), other.is_client_streaming()),
                ("server streaming", method.is_server_streaming(), other.is_server_streaming()),
            ];
            for (what, ours, theirs) in streams {
                self.same(name, what, ours, theirs);
            }
            self.message(&request);
            self.message(&response);
        }
        for method in theirs.methods().filter(|m| !ours.methods().any(|o| o.name() == m.name())) {
            self.out.push(format!("{}: in reflection, not in the schema", method.full_name()));
        }
    }

    fn message(&mut self, ours: &MessageDescriptor) {
        if !self.seen.insert(ours.full_name().to_owned()) {
            return;
        }
        // A type of another name was said where it is used.
        let Some(theirs) = self.theirs.get_message_by_name(ours.full_name()) else { return };
        for field in ours.fields() {
            match theirs.get_field_by_name(field.name()) {
                Some(other) => self.field(&field, &other),
                None => self.out.push(format!("{}: in the schema, not in reflection", field.full_name())),
            }
            match held(&field) {
                Kind::Message(message) => self.message(&message),
                Kind::Enum(kind) => self.kind(&kind),
                _ => {}
            }
        }
        for field in theirs.fields().filter(|field| ours.get_field_by_name(field.name()).is_none()) {
            self.out.push(format!("{}: in reflection, not in the schema", field.full_name()));
        }
    }

    fn field(&mut self, ours: &FieldDescriptor, theirs: &FieldDescriptor) {
        let name = ours.full_name();
        self.same(name, "number", ours.number(), theirs.number());
        self.same(name, "type", type_of(ours), type_of(theirs));
        self.same(name, "cardinality", cardinality(ours), cardinality(theirs));
        self.same(name, "JSON name", ours.json_name(), theirs.json_name());
        let oneof =
            |field: &FieldDescriptor| field.containing_oneof().map_or("none".into(), |o| o.name().to_owned());
        self.same(name, "oneof", oneof(ours), oneof(theirs));
    }

    fn kind(&mut self, ours: &EnumDescriptor) {
        if !self.seen.insert(ours.full_name().to_owned()) {
            return;
        }
        let Some(theirs) = self.theirs.get_enum_by_name(ours.full_name()) else { return };
        for value in ours.values() {
            match theirs.get_value_by_name(value.name()) {
                Some(other) => self.same(value.full_name(), "number", value.number(), other.number()),
                None => self.out.push(format!("{}: in the schema, not in reflection", value.full_name())),
            }
        }
        for value in theirs.values().filter(|value| ours.get_value_by_name(value.name()).is_none()) {
            self.out.push(format!("{}: in reflection, not in the schema", value.full_name()));
        }
    }
}

/// What a field holds; of a map, what its values are.
fn held(field: &FieldDescriptor) -> Kind {
    match field.kind() {
        Kind::Message(entry) if field.is_map() => entry.map_entry_value_field().kind(),
        kind => kind,
    }
}

fn type_of(field: &FieldDescriptor) -> String {
    match field.kind() {
        // What the entry of a map is called is nobody's to choose, and protobufjs calls it otherwise (see PG156).
        Kind::Message(entry) if field.is_map() => {
            format!(
                "map<{}, {}>",
                type_of(&entry.map_entry_key_field()),
                type_of(&entry.map_entry_value_field())
            )
        }
        Kind::Message(message) => message.full_name().to_owned(),
        Kind::Enum(kind) => kind.full_name().to_owned(),
        scalar => format!("{scalar:?}").to_lowercase(),
    }
}

fn cardinality(field: &FieldDescriptor) -> &'static str {
    match field.cardinality() {
        Cardinality::Required => "required",
        Cardinality::Repeated => "repeated",
        Cardinality::Optional if field.supports_presence() => "optional",
        Cardinality::Optional => "singular",
    }
}

#[cfg(test)]
mod tests {
    use prost_reflect::prost_types::FileDescriptorProto;

    use super::*;
    use crate::schema::{Source, load};

    /// The schema, and what reflection says of it after a change.
    fn said(change: fn(&mut FileDescriptorProto)) -> Vec<String> {
        let text = "syntax = \"proto3\"; package a; service S { rpc Get(M) returns (M); }
            message M { map<string, int32> notes = 1; string name = 2; }";
        let pool = load(&Source::Text(vec![("a.proto".into(), text.into())])).schema.pool().clone();
        let mut file = pool.get_file_by_name("a.proto").unwrap().file_descriptor_proto().clone();
        change(&mut file);
        let mut theirs = DescriptorPool::new();
        theirs.add_file_descriptor_proto(file).unwrap();
        differences(&pool.services().collect::<Vec<_>>(), &theirs)
    }

    #[test]
    fn a_map_is_what_it_holds_and_not_what_its_entry_is_called() {
        assert_eq!(said(|_| {}), [""; 0]);
        let renamed = |file: &mut FileDescriptorProto| {
            file.message_type[0].nested_type[0].name = Some("Notes".into());
            file.message_type[0].field[0].type_name = Some(".a.M.Notes".into());
        };
        assert_eq!(said(renamed), [""; 0]);
        let of_strings = said(|file| file.message_type[0].nested_type[0].field[1].r#type = Some(9));
        assert_eq!(
            of_strings,
            ["a.M.notes: type map<string, int32> in the schema, map<string, string> in reflection"]
        );
    }
}
