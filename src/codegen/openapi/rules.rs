//! What the rules of `buf.validate` and `google.api.field_behavior` are as keywords of JSON Schema. A rule that has no such
//! keyword is left out: a schema may take more than the service, never less.

use prost_reflect::{Cardinality, DynamicMessage, FieldDescriptor, Kind, OneofDescriptor, Value};
use serde_json::Value as Json;

use super::schema::Schema;
use super::types::{UNSIGNED, texts};

/// The rules of one field.
#[derive(Default)]
pub(super) struct Rules {
    /// Of the value, or of a list or map as a whole.
    pub own: Option<DynamicMessage>,
    /// Of the elements of a list, or the values of a map.
    pub values: Option<DynamicMessage>,
    /// Of the keys of a map.
    pub keys: Option<DynamicMessage>,
    required: bool,
    if_zero: bool,
}

/// The "valid e-mail address" of the HTML Standard, which `buf.validate` asks for.
const EMAIL: &str = "^[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?\
                     (?:\\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*$";

/// Reads the options of a field.
pub(super) fn of(field: &FieldDescriptor) -> Rules {
    let Some(all) = extension(field, "buf.validate.field") else { return Rules::default() };
    let Some(all) = all.as_message() else { return Rules::default() };
    // `IGNORE_IF_ZERO_VALUE` and `IGNORE_ALWAYS` of `buf.validate.Ignore`.
    let ignore = all.get_field_by_name("ignore").and_then(|it| it.as_enum_number());
    if ignore == Some(3) {
        return Rules::default();
    }
    let own = typed(all);
    let nested = |name: &str| own.as_ref().and_then(|own| typed(&message(own, name)?));
    Rules {
        values: nested("items").or_else(|| nested("values")),
        keys: nested("keys"),
        required: flag(all, "required"),
        if_zero: ignore == Some(1),
        own,
    }
}

/// The rules of the type among those of a field: `string` of `buf.validate.FieldRules`.
fn typed(all: &DynamicMessage) -> Option<DynamicMessage> {
    all.fields().find_map(|(field, value)| value.as_message().filter(|_| !field.is_list()).cloned())
}

fn extension(field: &FieldDescriptor, name: &str) -> Option<Value> {
    // Most fields of most schemas have none.
    field.field_descriptor_proto().options.as_ref()?;
    let options = field.options();
    options.extensions().find(|(it, _)| it.full_name() == name).map(|(_, value)| value.clone())
}

fn message(of: &DynamicMessage, field: &str) -> Option<DynamicMessage> {
    if !of.has_field_by_name(field) {
        return None;
    }
    of.get_field_by_name(field)?.as_message().cloned()
}

fn flag(of: &DynamicMessage, field: &str) -> bool {
    of.get_field_by_name(field).and_then(|it| it.as_bool()).unwrap_or(false)
}

/// What `google.api.field_behavior` says, by number: 2 REQUIRED, 3 OUTPUT_ONLY, 4 INPUT_ONLY.
fn behaviors(field: &FieldDescriptor) -> Vec<i32> {
    let set = extension(field, "google.api.field_behavior");
    set.iter().filter_map(Value::as_list).flatten().filter_map(Value::as_enum_number).collect()
}

/// Whether only the server sets the field.
pub(super) fn is_output_only(field: &FieldDescriptor) -> bool {
    behaviors(field).contains(&3)
}

/// The keywords of `google.api.field_behavior`.
pub(super) fn behavior(field: &FieldDescriptor) -> Schema {
    let mut schema = Schema::default();
    let behaviors = behaviors(field);
    if behaviors.contains(&3) {
        schema.set("readOnly", true);
    }
    if behaviors.contains(&4) {
        schema.set("writeOnly", true);
    }
    schema
}

/// Whether a oneof has to have one of its fields.
pub(super) fn is_required_oneof(oneof: &OneofDescriptor) -> bool {
    let options = oneof.options();
    let rules = options.extensions().find(|(it, _)| it.full_name() == "buf.validate.oneof");
    rules.and_then(|(_, rules)| rules.as_message().map(|rules| flag(rules, "required"))).unwrap_or(false)
}

/// Whether an object has to have a field: it says so, or its zero value breaks a rule of it, so that nobody who keeps
/// the rules leaves it out.
pub(super) fn is_required(field: &FieldDescriptor) -> bool {
    if field.cardinality() == Cardinality::Required || behaviors(field).contains(&2) {
        return true;
    }
    let rules = of(field);
    if rules.required {
        return true;
    }
    let Some(own) = rules.own.filter(|_| !rules.if_zero && !field.supports_presence()) else { return false };
    own.fields().any(|(rule, value)| match rule.name() {
        "len" | "min_len" | "min_items" | "min_pairs" | "len_bytes" | "min_bytes" => value.as_u64() > Some(0),
        "gt" => number(value).is_some_and(|it| it >= 0.0),
        "gte" => number(value).is_some_and(|it| it > 0.0),
        "email" | "hostname" | "ip" | "ipv4" | "ipv6" | "uri" | "uuid" => value.as_bool() == Some(true),
        "prefix" | "suffix" | "contains" => value.as_str() != Some(""),
        _ => false,
    })
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::I32(it) => Some(f64::from(*it)),
        Value::U32(it) => Some(f64::from(*it)),
        Value::F32(it) => Some(f64::from(*it)),
        Value::F64(it) => Some(*it),
        // Bounds are compared with zero, and what is far from it may be rounded.
        #[allow(clippy::cast_precision_loss)]
        Value::I64(it) => Some(*it as f64),
        #[allow(clippy::cast_precision_loss)]
        Value::U64(it) => Some(*it as f64),
        _ => None,
    }
}

/// How many elements a list or a map may have.
pub(super) fn count(schema: &mut Schema, rules: Option<&DynamicMessage>) {
    for (rule, value) in rules.into_iter().flat_map(DynamicMessage::fields) {
        let keyword = match rule.name() {
            "min_items" => "minItems",
            "max_items" => "maxItems",
            "min_pairs" => "minProperties",
            "max_pairs" => "maxProperties",
            "unique" if value.as_bool() == Some(true) => {
                schema.set("uniqueItems", true);
                continue;
            }
            _ => continue,
        };
        if let Some(number) = value.as_u64() {
            schema.set(keyword, number);
        }
    }
}

/// Puts the rules of a value into its schema.
pub(super) fn apply(schema: &mut Schema, kind: &Kind, rules: &DynamicMessage) {
    let kind = match kind {
        Kind::Message(message) => match super::types::wrapped(message) {
            Some(kind) => kind,
            None => return,
        },
        kind => kind.clone(),
    };
    match &kind {
        Kind::String => string(schema, rules),
        Kind::Bytes => bytes(schema, rules),
        Kind::Enum(kind) => {
            let name = |it: &Value| {
                kind.get_value(it.as_enum_number().or_else(|| it.as_i32())?).map(|it| it.name().to_owned())
            };
            for (rule, value) in rules.fields() {
                let names: Vec<String> = match rule.name() {
                    "const" => name(value).into_iter().collect(),
                    "in" => value.as_list().into_iter().flatten().filter_map(name).collect(),
                    "not_in" => {
                        let out: Vec<String> =
                            value.as_list().into_iter().flatten().filter_map(name).collect();
                        kind.values().map(|it| it.name().to_owned()).filter(|it| !out.contains(it)).collect()
                    }
                    _ => continue,
                };
                schema.set("enum", names);
            }
        }
        Kind::Bool => {
            if let Some(value) =
                rules.fields().find(|(rule, _)| rule.name() == "const").and_then(|it| it.1.as_bool())
            {
                schema.set("const", value);
            }
        }
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 | Kind::Uint64 | Kind::Fixed64 => long(schema, rules),
        Kind::Message(_) => {}
        _ => numeric(schema, rules),
    }
}

fn string(schema: &mut Schema, rules: &DynamicMessage) {
    for (rule, value) in rules.fields() {
        let text = value.as_str().unwrap_or_default();
        let is_on = value.as_bool() == Some(true);
        match rule.name() {
            "const" => schema.set("const", text),
            "len" => {
                schema.set("minLength", value.as_u64());
                schema.set("maxLength", value.as_u64());
            }
            "min_len" => schema.set("minLength", value.as_u64()),
            "max_len" => schema.set("maxLength", value.as_u64()),
            "pattern" if is_ecma(text) => matching(schema, text),
            "prefix" => matching(schema, &format!("^{}", escaped(text))),
            "suffix" => matching(schema, &format!("{}$", escaped(text))),
            "contains" => matching(schema, &escaped(text)),
            "not_contains" => {
                let inside = Schema::default().with("pattern", escaped(text));
                schema.and(Schema::default().with("not", inside));
            }
            "in" => schema.set("enum", texts(value)),
            "not_in" => {
                schema.and(Schema::default().with("not", Schema::default().with("enum", texts(value))))
            }
            // Without the format `email`, which is RFC 5321 and takes less: no `.` at the begin, no domain of digits.
            "email" if is_on => matching(schema, EMAIL),
            "hostname" if is_on => schema.set("format", "hostname"),
            "ipv4" if is_on => schema.set("format", "ipv4"),
            "ipv6" if is_on => schema.set("format", "ipv6"),
            "uri" if is_on => schema.set("format", "uri"),
            "uri_ref" if is_on => schema.set("format", "uri-reference"),
            "uuid" if is_on => schema.set("format", "uuid"),
            _ => {}
        }
    }
}

/// One pattern is a keyword; each further one has to hold too.
fn matching(schema: &mut Schema, pattern: &str) {
    match schema.get("pattern") {
        None => schema.set("pattern", pattern),
        Some(_) => schema.and(Schema::default().with("pattern", pattern)),
    }
}

/// Whether a pattern of RE2 means the same in ECMA-262, as far as one can see: no flags, no names of its own.
fn is_ecma(pattern: &str) -> bool {
    let groups = pattern.match_indices("(?").all(|(at, _)| pattern[at..].starts_with("(?:"));
    groups
        && !["\\A", "\\z", "\\Q", "\\a", "\\C", "\\p", "\\P", "\\x{", "[[:"]
            .iter()
            .any(|it| pattern.contains(it))
}

fn escaped(text: &str) -> String {
    let mut pattern = String::new();
    for letter in text.chars() {
        if "\\^$.|?*+()[]{}/".contains(letter) {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern
}

/// Lengths of bytes as those of their base64.
fn bytes(schema: &mut Schema, rules: &DynamicMessage) {
    for (rule, value) in rules.fields() {
        let Some(length) = value.as_u64().map(|it| it.div_ceil(3).saturating_mul(4)) else { continue };
        match rule.name() {
            "len" => {
                schema.set("minLength", length);
                schema.set("maxLength", length);
            }
            "min_len" => schema.set("minLength", length),
            "max_len" => schema.set("maxLength", length),
            _ => {}
        }
    }
}

fn json(value: &Value) -> Option<Json> {
    Some(match value {
        Value::I32(it) => (*it).into(),
        Value::U32(it) => (*it).into(),
        Value::F32(it) => Json::Number(serde_json::Number::from_f64(f64::from(*it))?),
        Value::F64(it) => Json::Number(serde_json::Number::from_f64(*it)?),
        _ => return None,
    })
}

fn numeric(schema: &mut Schema, rules: &DynamicMessage) {
    let bound = |names: [&str; 2]| {
        rules.fields().find(|(rule, _)| names.contains(&rule.name())).and_then(|(_, value)| number(value))
    };
    // An upper bound below the lower one means: outside of them.
    if let (Some(low), Some(high)) = (bound(["gt", "gte"]), bound(["lt", "lte"]))
        && high < low
    {
        return;
    }
    let is_whole = schema.get("type").is_some();
    for (rule, value) in rules.fields() {
        let keyword = match rule.name() {
            "const" => "const",
            "gt" => "exclusiveMinimum",
            "gte" => "minimum",
            "lt" => "exclusiveMaximum",
            "lte" => "maximum",
            "in" | "not_in" => {
                let all: Vec<Json> = value.as_list().into_iter().flatten().filter_map(json).collect();
                let listed = Schema::default().with("enum", all);
                match rule.name() {
                    "in" => schema.extend(listed),
                    _ => schema.and(Schema::default().with("not", listed)),
                }
                continue;
            }
            _ => continue,
        };
        let Some(value) = json(value) else { continue };
        match is_whole {
            true => schema.set(keyword, value),
            // Of a number; the words for those that are none stand beside it.
            false => schema.and(Schema::default().with(keyword, value)),
        }
    }
}

/// A number in a string has no bounds but its sign and its digits: the others are said.
fn long(schema: &mut Schema, rules: &DynamicMessage) {
    let mut said = Vec::new();
    for (rule, value) in rules.fields() {
        let whole = match value {
            Value::I64(it) => i128::from(*it),
            Value::U64(it) => i128::from(*it),
            _ => continue,
        };
        match rule.name() {
            "const" => schema.set("const", whole.to_string()),
            "gt" | "gte" => {
                let least = if rule.name() == "gt" { whole.saturating_add(1) } else { whole };
                if least >= 1 {
                    schema.set("pattern", "^[1-9][0-9]{0,19}$");
                } else if least == 0 {
                    schema.set("pattern", UNSIGNED);
                }
                said.push(format!("at least {least}"));
            }
            "lt" => said.push(format!("less than {whole}")),
            "lte" => said.push(format!("at most {whole}")),
            _ => {}
        }
    }
    if !said.is_empty() {
        schema.say(&format!("A whole number, {}.", said.join(" and ")));
    }
}
