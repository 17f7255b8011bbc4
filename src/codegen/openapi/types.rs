//! The schemas of messages: their ProtoJSON (<https://protobuf.dev/programming-guides/json/>), the rules of `buf.validate`,
//! `google.api.field_behavior` and the comments.

use std::collections::BTreeMap;

use prost_reflect::{
    DynamicMessage, EnumDescriptor, FieldDescriptor, FileDescriptor, Kind, MessageDescriptor, Value,
};

use super::rules;
use super::schema::Schema;
use crate::codegen::rust::dedent;
use crate::schema;

/// A whole number of up to 64 bits in a string. Of those with as many digits as the largest, a few are larger.
const INTEGER: &str = "^-?(?:0|[1-9][0-9]{0,18})$";
/// One without a sign.
pub(super) const UNSIGNED: &str = "^(?:0|[1-9][0-9]{0,19})$";
/// Base64 in its usual alphabet, padded.
const BASE64: &str = "^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$";
/// Seconds with up to nine decimal places.
const DURATION: &str = "^-?(?:0|[1-9][0-9]{0,11})(?:\\.[0-9]{1,9})?s$";

/// The schemas of the messages and enums that a document names, by their full names.
pub(super) struct Types<'s> {
    schema: &'s schema::Schema,
    found: BTreeMap<String, Schema>,
}

impl<'s> Types<'s> {
    pub fn new(schema: &'s schema::Schema) -> Types<'s> {
        Types { schema, found: BTreeMap::new() }
    }

    pub fn into_found(self) -> BTreeMap<String, Schema> {
        self.found
    }

    pub fn insert(&mut self, name: &str, schema: Schema) {
        self.found.entry(name.to_owned()).or_insert(schema);
    }

    /// The schema of a message where it is named; that of its fields is among those found from then on.
    pub fn message(&mut self, message: &MessageDescriptor) -> Schema {
        if let Some(known) = well_known(message.full_name()) {
            return known;
        }
        let name = message.full_name();
        if !self.found.contains_key(name) {
            // First the name: a message may contain itself.
            self.found.insert(name.to_owned(), Schema::default());
            let whole = self.object(message, |_| true);
            self.found.insert(name.to_owned(), whole);
        }
        Schema::at(name)
    }

    /// The schema of an object with some fields of a message.
    pub fn object(&mut self, message: &MessageDescriptor, has: impl Fn(&FieldDescriptor) -> bool) -> Schema {
        let mut object = Schema::of("object");
        object.say(&self.comment(&message.parent_file(), message.path()));
        if is_deprecated(&message.options()) {
            object.set("deprecated", true);
        }
        let proto = message.descriptor_proto();
        // In the order of the file.
        let fields = proto.field.iter().filter_map(|it| message.get_field_by_name(it.name()));
        let (mut properties, mut required) = (serde_json::Map::new(), Vec::new());
        for field in fields.filter(|field| has(field)) {
            let schema = self.field(&field);
            if rules::is_required(&field) {
                required.push(field.json_name().to_owned());
            }
            properties.insert(field.json_name().to_owned(), schema.into());
        }
        if !properties.is_empty() {
            object.set("properties", properties);
        }
        if !required.is_empty() {
            object.set("required", required);
        }
        for oneof in message.oneofs().filter(|oneof| !oneof.is_synthetic()) {
            let names: Vec<String> =
                oneof.fields().filter(|it| has(it)).map(|it| it.json_name().to_owned()).collect();
            if names.len() > 1 {
                object.and(one_of(&names, rules::is_required_oneof(&oneof)));
            }
        }
        object
    }

    /// The schema of a field where it stands, with its comment.
    pub fn field(&mut self, field: &FieldDescriptor) -> Schema {
        let rules = rules::of(field);
        let mut schema = if field.is_map() {
            let kind = field.kind();
            let Some(entry) = kind.as_message() else { return Schema::default() };
            let (key, value) = (entry.map_entry_key_field(), entry.map_entry_value_field());
            let value = self.value(&value.kind(), rules.values.as_ref());
            let mut map = Schema::of("object").with("additionalProperties", value);
            if let Some(names) = key_names(&key.kind(), rules.keys.as_ref()) {
                map.set("propertyNames", names);
            }
            map
        } else if field.is_list() {
            Schema::of("array").with("items", self.value(&field.kind(), rules.values.as_ref()))
        } else {
            self.value(&field.kind(), rules.own.as_ref())
        };
        if field.is_map() || field.is_list() {
            rules::count(&mut schema, rules.own.as_ref());
        }
        schema.say(&self.comment(&field.parent_file(), field.path()));
        schema.extend(rules::behavior(field));
        if is_deprecated(&field.options()) {
            schema.set("deprecated", true);
        }
        schema
    }

    /// The schema of one value; `rules` are those of its type, such as `buf.validate.StringRules`.
    pub fn value(&mut self, kind: &Kind, rules: Option<&DynamicMessage>) -> Schema {
        let mut schema = match kind {
            Kind::Message(message) => match wrapped(message) {
                Some(kind) => nullable(self.value(&kind, rules)),
                None => self.message(message),
            },
            Kind::Enum(kind) => self.enumeration(kind),
            scalar => scalar_schema(scalar),
        };
        if let Some(rules) = rules {
            rules::apply(&mut schema, kind, rules);
        }
        schema
    }

    fn enumeration(&mut self, kind: &EnumDescriptor) -> Schema {
        if kind.full_name() == "google.protobuf.NullValue" {
            return Schema::of("null");
        }
        let name = kind.full_name();
        if !self.found.contains_key(name) {
            let mut names: Vec<&str> = Vec::new();
            let proto = kind.enum_descriptor_proto();
            names.extend(proto.value.iter().map(|value| value.name()));
            let mut schema = Schema::of("string").with("enum", names);
            schema.say(&self.comment(&kind.parent_file(), kind.path()));
            let said = proto.value.iter().enumerate().filter_map(|(index, value)| {
                // Field 2 of `EnumDescriptorProto`.
                let path = [kind.path(), &[2, i32::try_from(index).ok()?]].concat();
                let comment = self.comment(&kind.parent_file(), &path);
                (!comment.is_empty())
                    .then(|| format!("- `{}`: {}", value.name(), comment.replace('\n', "\n  ")))
            });
            let said: Vec<String> = said.collect();
            schema.say(&said.join("\n"));
            if is_deprecated(&kind.options()) {
                schema.set("deprecated", true);
            }
            self.found.insert(name.to_owned(), schema);
        }
        Schema::at(name)
    }

    /// The comments above and behind an element.
    pub fn comment(&self, file: &FileDescriptor, path: &[i32]) -> String {
        let Some(location) = self.schema.file(file.name()).and_then(|file| file.location(path)) else {
            return String::new();
        };
        let parts = [location.leading_comments.as_deref(), location.trailing_comments.as_deref()];
        let parts: Vec<String> =
            parts.into_iter().flatten().map(dedent).filter(|text| !text.is_empty()).collect();
        parts.join("\n\n")
    }
}

/// Whether the options of an element say `deprecated`.
pub(super) fn is_deprecated(options: &DynamicMessage) -> bool {
    options.get_field_by_name("deprecated").is_some_and(|value| value.as_bool() == Some(true))
}

/// At most one of these, or exactly one.
fn one_of(names: &[String], required: bool) -> Schema {
    let only = |name: &String| Schema::default().with("required", vec![name.clone()]);
    let mut arms: Vec<Schema> = names.iter().map(only).collect();
    if !required {
        let any: Vec<Schema> = names.iter().map(only).collect();
        arms.push(Schema::default().with("not", Schema::default().with("anyOf", any)));
    }
    Schema::default().with("oneOf", arms)
}

fn nullable(schema: Schema) -> Schema {
    match schema.get("type").and_then(|it| it.as_str()).map(str::to_owned) {
        Some(name) => schema.with("type", vec![name, "null".to_owned()]),
        None => Schema::default().with("anyOf", vec![schema, Schema::of("null")]),
    }
}

/// The names of a map's entries; nothing where any text is one.
fn key_names(kind: &Kind, rules: Option<&DynamicMessage>) -> Option<Schema> {
    let mut names = match kind {
        Kind::String => Schema::default(),
        Kind::Bool => Schema::default().with("enum", vec!["true", "false"]),
        Kind::Uint32 | Kind::Fixed32 | Kind::Uint64 | Kind::Fixed64 => {
            Schema::default().with("pattern", UNSIGNED)
        }
        _ => Schema::default().with("pattern", INTEGER),
    };
    if let (Kind::String, Some(rules)) = (kind, rules) {
        rules::apply(&mut names, kind, rules);
    }
    (names != Schema::default()).then_some(names)
}

fn scalar_schema(kind: &Kind) -> Schema {
    match kind {
        Kind::Double | Kind::Float => {
            let format = if *kind == Kind::Double { "double" } else { "float" };
            let words = Schema::default().with("enum", vec!["NaN", "Infinity", "-Infinity"]);
            Schema::default().with("anyOf", vec![Schema::of("number").with("format", format), words])
        }
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => {
            Schema::of("integer").with("format", "int32").with("minimum", i32::MIN).with("maximum", i32::MAX)
        }
        Kind::Uint32 | Kind::Fixed32 => {
            Schema::of("integer").with("format", "uint32").with("minimum", 0).with("maximum", u32::MAX)
        }
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => {
            Schema::of("string").with("format", "int64").with("pattern", INTEGER)
        }
        Kind::Uint64 | Kind::Fixed64 => {
            Schema::of("string").with("format", "uint64").with("pattern", UNSIGNED)
        }
        Kind::Bool => Schema::of("boolean"),
        Kind::Bytes => Schema::of("string").with("contentEncoding", "base64").with("pattern", BASE64),
        _ => Schema::of("string"),
    }
}

/// The type of the value in a wrapper.
pub(super) fn wrapped(message: &MessageDescriptor) -> Option<Kind> {
    let name = message.full_name().strip_prefix("google.protobuf.")?.strip_suffix("Value")?;
    let known = ["Bool", "Bytes", "Double", "Float", "Int32", "Int64", "String", "UInt32", "UInt64"];
    known.contains(&name).then(|| message.get_field_by_name("value").map(|it| it.kind())).flatten()
}

/// The types that have a JSON of their own.
fn well_known(name: &str) -> Option<Schema> {
    Some(match name {
        "google.protobuf.Timestamp" => Schema::of("string").with("format", "date-time"),
        "google.protobuf.Duration" => Schema::of("string").with("pattern", DURATION),
        "google.protobuf.FieldMask" => Schema::of("string")
            .with("description", "Paths of fields in camel case, with commas between them."),
        "google.protobuf.Struct" => Schema::of("object"),
        "google.protobuf.Value" => Schema::default().with("description", "Any JSON value."),
        "google.protobuf.ListValue" => Schema::of("array"),
        "google.protobuf.Empty" => Schema::of("object").with("maxProperties", 0),
        "google.protobuf.Any" => any(),
        _ => return None,
    })
}

fn any() -> Schema {
    let url = Schema::of("string").with("description", "The URL of the type of the message.");
    let properties: serde_json::Map<String, serde_json::Value> =
        [("@type".to_owned(), url.into())].into_iter().collect();
    Schema::of("object").with("properties", properties).with("required", vec!["@type"])
}

/// `google.rpc.Status`, which every error is.
pub(super) fn status() -> Schema {
    let fields: [(&str, Schema); 3] = [
        ("code", Schema::of("integer").with("description", "The code of gRPC, see google/rpc/code.proto.")),
        ("message", Schema::of("string").with("description", "What is wrong, for developers.")),
        (
            "details",
            Schema::of("array")
                .with("items", any())
                .with("description", "What a program can read, such as a google.rpc.BadRequest."),
        ),
    ];
    let properties: serde_json::Map<String, serde_json::Value> =
        fields.into_iter().map(|(name, schema)| (name.to_owned(), schema.into())).collect();
    Schema::of("object")
        .with("description", "How a call ended that did not end well.")
        .with("properties", properties)
        .with("required", vec!["code", "message"])
}

/// The text of a list of values.
pub(super) fn texts(value: &Value) -> Vec<String> {
    value.as_list().into_iter().flatten().filter_map(|it| it.as_str().map(str::to_owned)).collect()
}
