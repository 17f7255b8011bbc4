//! From options to rules. What is not understood is kept as the reason why the verdict is unknown.

use std::collections::HashMap;

use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, ReflectMessage as _, Value};

use super::{
    Expressions, Field, Group, Ignore, Message, Promise, Rule, cel,
    forms::Form,
    pattern,
    plain::{self, Plain},
    test::{Bound, Test, Unit},
};

/// The rules of this type and of the types inside it, by name; nothing at all if none of them has any.
pub(super) fn closure(desc: &MessageDescriptor) -> HashMap<String, Message> {
    let mut known = HashMap::new();
    let mut wanted = vec![desc.clone()];
    while let Some(desc) = wanted.pop() {
        if !known.contains_key(desc.full_name()) {
            let message = message(&desc);
            wanted.extend(desc.fields().filter_map(|field| inner(&field)));
            known.insert(desc.full_name().to_owned(), message);
        }
    }
    if known.values().all(asks_nothing) { HashMap::new() } else { known }
}

fn asks_nothing(message: &Message) -> bool {
    let silent = |it: &Promise| it.tests.is_empty() && it.unknown.is_none();
    let field = |it: &Field| !it.required && [&it.value, &it.items, &it.keys].into_iter().all(silent);
    message.unknown.is_none()
        && message.oneofs.is_empty()
        && message.groups.is_empty()
        && message.fields.iter().all(field)
}

/// The type of the messages in this field, if it holds messages.
fn inner(field: &FieldDescriptor) -> Option<MessageDescriptor> {
    let kind = field.kind();
    let desc = kind.as_message()?;
    if !field.is_map() {
        return Some(desc.clone());
    }
    desc.map_entry_value_field().kind().as_message().cloned()
}

/// The message in the extension with this name.
pub fn option(options: &DynamicMessage, name: &str) -> Option<DynamicMessage> {
    options.extensions().find(|(it, _)| it.full_name() == name)?.1.as_message().cloned()
}

pub(super) fn message(desc: &MessageDescriptor) -> Message {
    let mut message = Message::default();
    if let Some(rules) = option(&desc.options(), "buf.validate.message") {
        let mut asks = None;
        for (field, value) in rules.fields() {
            match field.name() {
                "cel" | "cel_expression" => asks = Some(field.name().to_owned()),
                "oneof" => message.groups.extend(value.as_list().into_iter().flatten().filter_map(|it| {
                    let Some(group) = group(desc, it.as_message()?) else {
                        message.unknown = Some(format!("`oneof` of {} names no field", desc.full_name()));
                        return None;
                    };
                    Some(group)
                })),
                other => message.unknown = Some(format!("`{other}` of {}", desc.full_name())),
            }
        }
        if let Some(why) = strange(&rules) {
            message.unknown = Some(format!("{why} of {}", desc.full_name()));
        }
        if let Some(name) = asks {
            message.expressions = Expressions::of(&rules, message.unknown.as_ref());
            message.unknown.get_or_insert_with(|| format!("`{name}` of {}", desc.full_name()));
        }
    }
    let required = |it: &prost_reflect::OneofDescriptor| {
        let rules = option(&it.options(), "buf.validate.oneof");
        rules.is_some_and(|rules| flag(&rules, "required"))
    };
    message.oneofs = desc.oneofs().filter(|it| !it.is_synthetic()).filter(required).collect();
    let grouped = |field: &FieldDescriptor| message.groups.iter().any(|it| it.fields.contains(field));
    message.fields = desc.fields().map(|it| self::field(&it, grouped(&it))).collect();
    message
}

fn group(desc: &MessageDescriptor, rule: &DynamicMessage) -> Option<Group> {
    let names = rule.get_field_by_name("fields")?;
    let names = names.as_list()?.iter().filter_map(Value::as_str);
    let fields = names.map(|name| desc.get_field_by_name(name)).collect::<Option<Vec<_>>>()?;
    (!fields.is_empty()).then(|| Group { fields, required: flag(rule, "required") })
}

fn flag(rules: &DynamicMessage, name: &str) -> bool {
    rules.get_field_by_name(name).and_then(|it| it.as_bool()).unwrap_or(false)
}

/// Why the tests alone do not tell.
const PREDEFINED: &str = "a predefined rule";

/// What a set of rules holds that this version does not know.
fn strange(rules: &DynamicMessage) -> Option<&'static str> {
    if rules.extensions().next().is_some() {
        return Some(PREDEFINED);
    }
    rules.unknown_fields().next().is_some().then_some("a rule of another version")
}

fn field(desc: &FieldDescriptor, grouped: bool) -> Field {
    let rules = option(&desc.options(), "buf.validate.field");
    let mut field = Field {
        desc: desc.clone(),
        required: rules.as_ref().is_some_and(|rules| flag(rules, "required")),
        value: Promise::default(),
        items: Promise::default(),
        keys: Promise::default(),
    };
    let (of_items, of_keys) = match desc.kind() {
        Kind::Message(entry) if desc.is_map() => {
            (entry.map_entry_value_field().kind(), entry.map_entry_key_field().kind())
        }
        kind => (kind.clone(), kind),
    };
    let family = match desc {
        desc if desc.is_map() => "map",
        desc if desc.is_list() => "repeated",
        desc => family(&desc.kind()),
    };
    if let Some(rules) = &rules {
        field.value = promise(rules, family, &desc.kind());
        let nested = |name: &str| {
            let value = rules.get_field_by_name(family)?.as_message()?.get_field_by_name(name)?.into_owned();
            Some(value.as_message()?.clone())
        };
        let of = |names: [&str; 2], kind: &Kind| {
            let set = names.into_iter().filter(|name| {
                let family = rules.get_field_by_name(family);
                family.is_some_and(|it| it.as_message().is_some_and(|it| it.has_field_by_name(name)))
            });
            let found = set.filter_map(nested).next();
            found.map_or_else(Promise::default, |rules| promise(&rules, self::family(kind), kind))
        };
        if desc.is_map() || desc.is_list() {
            field.items = of(["items", "values"], &of_items);
            field.keys = of(["keys", "keys"], &of_keys);
        }
    }
    if grouped && field.value.ignore == Ignore::Unspecified {
        field.value.ignore = Ignore::IfZero;
    }
    let inner = inner(desc).map(|it| it.full_name().to_owned());
    match desc.is_map() || desc.is_list() {
        true => field.items.inner = inner,
        false => field.value.inner = inner,
    }
    field
}

/// The name of the rules that a value of this kind takes.
fn family(kind: &Kind) -> &'static str {
    match kind {
        Kind::Double => "double",
        Kind::Float => "float",
        Kind::Int32 => "int32",
        Kind::Int64 => "int64",
        Kind::Uint32 => "uint32",
        Kind::Uint64 => "uint64",
        Kind::Sint32 => "sint32",
        Kind::Sint64 => "sint64",
        Kind::Fixed32 => "fixed32",
        Kind::Fixed64 => "fixed64",
        Kind::Sfixed32 => "sfixed32",
        Kind::Sfixed64 => "sfixed64",
        Kind::Bool => "bool",
        Kind::String => "string",
        Kind::Bytes => "bytes",
        Kind::Enum(_) => "enum",
        Kind::Message(desc) => match desc.full_name() {
            "google.protobuf.Any" => "any",
            "google.protobuf.Duration" => "duration",
            "google.protobuf.Timestamp" => "timestamp",
            "google.protobuf.FieldMask" => "field_mask",
            name => plain::wrapped(name).unwrap_or(""),
        },
    }
}

fn promise(rules: &DynamicMessage, family: &str, kind: &Kind) -> Promise {
    let mut promise = Promise { unknown: strange(rules).map(String::from), ..Promise::default() };
    if rules.descriptor().full_name() != "buf.validate.FieldRules" {
        promise.unknown = Some(format!("rules of the type `{}`", rules.descriptor().full_name()));
    }
    let (mut asks, mut predefined) = (None, None);
    for (field, value) in rules.fields() {
        match (field.name(), value) {
            ("required", _) => {}
            (name @ ("cel" | "cel_expression"), _) => asks = Some(format!("`{name}`")),
            ("ignore", Value::EnumNumber(number)) => {
                let kind = field.kind();
                let name = kind.as_enum().and_then(|it| it.get_value(*number));
                match name.as_ref().map(|it| it.name()) {
                    Some("IGNORE_UNSPECIFIED") => {}
                    Some("IGNORE_IF_ZERO_VALUE") => promise.ignore = Ignore::IfZero,
                    Some("IGNORE_ALWAYS") => promise.ignore = Ignore::Always,
                    _ => promise.unknown = Some(format!("`ignore = {number}`")),
                }
            }
            (name, Value::Message(rules)) if name == family => {
                predefined = cel::Expression::predefined(rules).filter(|it| !it.is_empty());
                let strange = strange(rules).filter(|why| predefined.is_none() || *why != PREDEFINED);
                promise.unknown = strange.map(String::from).or(promise.unknown.take());
                match tests(family, rules, kind) {
                    Ok(tests) => promise.tests = tests,
                    Err(why) => promise.unknown = Some(why),
                }
            }
            (name, Value::Message(_)) => {
                promise.unknown = Some(format!("`{name}` rules on a field that takes none"));
            }
            (name, _) => promise.unknown = Some(format!("`{name}`")),
        }
    }
    if let Some(asks) = asks.or(predefined.is_some().then(|| PREDEFINED.to_owned())) {
        promise.expressions = Expressions::of(rules, promise.unknown.as_ref());
        promise.expressions.all.extend(predefined.into_iter().flatten());
        promise.unknown.get_or_insert(asks);
    }
    promise
}

/// The tests of one family of rules, or the rule that is not understood.
fn tests(family: &str, rules: &DynamicMessage, kind: &Kind) -> Result<Vec<Rule>, String> {
    let mut tests = Vec::new();
    let (mut low, mut high) = (None, None);
    for (field, value) in rules.fields() {
        let name = field.name();
        let unclear = || format!("`{family}.{name}`");
        let one = || plain::plain(value).ok_or_else(unclear);
        let many = || {
            let items = value.as_list().into_iter().flatten().map(plain::plain);
            items.collect::<Option<Vec<Plain>>>().ok_or_else(unclear)
        };
        let number = || value.as_u64().ok_or_else(unclear);
        let count = |unit: Unit, min: Option<u64>, max: Option<u64>| Test::Length { unit, min, max };
        let in_characters = if family == "bytes" { Unit::Bytes } else { Unit::Characters };
        let test = match name {
            "example" | "items" | "keys" | "values" | "strict" => continue,
            "const" => Test::Const(one()?),
            "in" if family == "field_mask" => Test::Covered(many()?),
            "not_in" if family == "field_mask" => Test::NotCovered(many()?),
            "in" => Test::In(many()?),
            "not_in" => Test::NotIn(many()?),
            "lt" | "lte" => {
                high = Some((name.to_owned(), Bound { at: one()?, inclusive: name == "lte" }));
                continue;
            }
            "gt" | "gte" => {
                low = Some((name.to_owned(), Bound { at: one()?, inclusive: name == "gte" }));
                continue;
            }
            "len" => count(in_characters, Some(number()?), Some(number()?)),
            "min_len" => count(in_characters, Some(number()?), None),
            "max_len" => count(in_characters, None, Some(number()?)),
            "len_bytes" => count(Unit::Bytes, Some(number()?), Some(number()?)),
            "min_bytes" => count(Unit::Bytes, Some(number()?), None),
            "max_bytes" => count(Unit::Bytes, None, Some(number()?)),
            "min_items" | "min_pairs" => count(Unit::Elements, Some(number()?), None),
            "max_items" | "max_pairs" => count(Unit::Elements, None, Some(number()?)),
            "pattern" => {
                let declared = value.as_str().unwrap_or_default().to_owned();
                Test::Pattern { regex: pattern::of(&declared).ok_or_else(unclear)?, declared }
            }
            "prefix" => Test::Prefix(one()?),
            "suffix" => Test::Suffix(one()?),
            "contains" => Test::Contains(one()?),
            "not_contains" => Test::NotContains(one()?),
            "defined_only" | "finite" | "unique" | "lt_now" | "gt_now" if value.as_bool() == Some(false) => {
                continue;
            }
            "finite" => Test::Finite,
            "unique" => Test::Unique,
            "lt_now" => Test::Past,
            "gt_now" => Test::Future,
            "within" => match one()? {
                Plain::Int(nanos) => Test::Within(nanos),
                _ => return Err(unclear()),
            },
            "defined_only" => Test::Defined(kind.as_enum().ok_or_else(unclear)?.clone()),
            "well_known_regex" => {
                let strict = !rules.has_field_by_name("strict") || flag(rules, "strict");
                let (form, id) = match value.as_enum_number() {
                    Some(1) => (Form::HeaderName { strict }, "header_name"),
                    Some(2) => (Form::HeaderValue { strict }, "header_value"),
                    Some(0) => continue,
                    _ => return Err(unclear()),
                };
                let id = format!("string.well_known_regex.{id}");
                if id.ends_with("name") {
                    tests.push(Rule { id: format!("{id}_empty"), test: Test::NotEmpty });
                }
                tests.push(Rule { id, test: Test::Form(form) });
                continue;
            }
            name => {
                let form = Form::named(family, name).ok_or_else(unclear)?;
                if value.as_bool() == Some(false) {
                    continue;
                }
                if form != Form::UriRef {
                    tests.push(Rule { id: format!("{family}.{name}_empty"), test: Test::NotEmpty });
                }
                Test::Form(form)
            }
        };
        tests.push(Rule { id: format!("{family}.{name}"), test });
    }
    tests.extend(range(family, low, high));
    Ok(tests)
}

/// Two bounds are one rule: between them, or outside of them where the lower one is above the upper one.
fn range(family: &str, low: Option<(String, Bound)>, high: Option<(String, Bound)>) -> Option<Rule> {
    let (id, low, high) = match (low, high) {
        (None, None) => return None,
        (Some((name, low)), None) => (name, Some(low), None),
        (None, Some((name, high))) => (name, None, Some(high)),
        (Some((of_low, low)), Some((of_high, high))) => {
            let exclusive = if high.at < low.at { "_exclusive" } else { "" };
            (format!("{of_low}_{of_high}{exclusive}"), Some(low), Some(high))
        }
    };
    Some(Rule { id: format!("{family}.{id}"), test: Test::Range { low, high } })
}
