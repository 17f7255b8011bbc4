//! Options of fields in buf's managed mode. There is one, `jstype`: what 64-bit numbers are in JavaScript.

use prost::Message;
use prost_reflect::{DynamicMessage, ReflectMessage, Value};
use prost_types::FileDescriptorProto;
use prost_types::field_descriptor_proto::Type;
use prost_types::field_options::JsType;

use super::managed::Scope;

/// The types that it is an option of (`descriptor.proto`, `FieldOptions.jstype`).
const WIDE: [Type; 5] = [Type::Int64, Type::Uint64, Type::Sint64, Type::Fixed64, Type::Sfixed64];

/// What is decided about fields. A name is that of one field; none is every field of the scope.
#[derive(Debug, Clone, Default)]
pub struct FieldRules {
    /// Fields that stay as the schema has them.
    pub disabled: Vec<(Scope, Option<String>)>,
    /// Values; a later one wins.
    pub overridden: Vec<(Scope, Option<String>, JsType)>,
}

impl FieldRules {
    fn of(&self, path: &str, module: Option<&str>, field: &str) -> Option<JsType> {
        let here = |scope: &Scope, name: &Option<String>| {
            scope.has(path, module) && name.as_deref().is_none_or(|name| name == field)
        };
        if self.disabled.iter().any(|(scope, name)| here(scope, name)) {
            return None;
        }
        let given = self.overridden.iter().rfind(|(scope, name, _)| here(scope, name));
        given.map(|(_, _, value)| *value)
    }

    /// An encoded `FileDescriptorProto` with what is decided about its fields. What it holds otherwise, options that
    /// nobody here knows among it, stays.
    pub(super) fn apply(&self, encoded: Vec<u8>, path: &str, module: Option<&str>) -> Vec<u8> {
        if !self.overridden.iter().any(|(scope, ..)| scope.has(path, module)) {
            return encoded;
        }
        let kind = FileDescriptorProto::default().descriptor();
        // It was encoded from just such a message.
        let Ok(mut file) = DynamicMessage::decode(kind, encoded.as_slice()) else { return encoded };
        let package = text(&file, "package");
        for list in ["message_type", "extension"] {
            each(&mut file, list, &package, &|field, name| {
                if let Some(value) = self.of(path, module, name) {
                    set(field, value);
                }
            });
        }
        file.encode_to_vec()
    }
}

/// Every field of a list, and of the messages inside, with its full name.
fn each(outer: &mut DynamicMessage, list: &str, scope: &str, see: &impl Fn(&mut DynamicMessage, &str)) {
    let Some(Value::List(elements)) = outer.get_field_by_name_mut(list) else { return };
    for element in elements.iter_mut().filter_map(Value::as_message_mut) {
        let name = text(element, "name");
        let name = if scope.is_empty() { name } else { format!("{scope}.{name}") };
        match list {
            "field" | "extension" => see(element, &name),
            _ => {
                ["field", "extension", "nested_type"].iter().for_each(|list| each(element, list, &name, see))
            }
        }
    }
}

fn set(field: &mut DynamicMessage, value: JsType) {
    let kind = field.get_field_by_name("type").and_then(|it| it.as_enum_number()).map(Type::try_from);
    let is_wide = kind.is_some_and(|kind| kind.is_ok_and(|kind| WIDE.contains(&kind)));
    if !is_wide {
        return;
    }
    if let Some(Value::Message(options)) = field.get_field_by_name_mut("options") {
        options.set_field_by_name("jstype", Value::EnumNumber(value as i32));
    }
}

fn text(message: &DynamicMessage, field: &str) -> String {
    message.get_field_by_name(field).and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}
