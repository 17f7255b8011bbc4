//! How a field stands on the wire (<https://protobuf.dev/programming-guides/encoding/#structure>), and whether its
//! absence can be told (<https://protobuf.dev/programming-guides/field_presence/>).

use prost_reflect::{Cardinality, DynamicMessage, FieldDescriptor, Kind, Syntax};

/// The wire type of its tag, by the names of the guide.
pub(super) fn wire_type(kind: &Kind, packed: bool, group: bool) -> &'static str {
    match kind {
        _ if packed => "LEN",
        Kind::Message(_) if group => "SGROUP",
        Kind::Message(_) | Kind::String | Kind::Bytes => "LEN",
        Kind::Double | Kind::Fixed64 | Kind::Sfixed64 => "I64",
        Kind::Float | Kind::Fixed32 | Kind::Sfixed32 => "I32",
        _ => "VARINT",
    }
}

/// Whether all elements share one tag: where `packed` says so, and in proto3 where nothing does.
pub(super) fn is_packed(list: bool, kind: &Kind, options: &DynamicMessage, syntax: Syntax) -> bool {
    let said = options.has_field_by_name("packed").then(|| options.get_field_by_name("packed"));
    let said = said.flatten().and_then(|it| it.as_bool());
    let may = !matches!(kind, Kind::Message(_) | Kind::String | Kind::Bytes);
    list && may && said.unwrap_or(syntax == Syntax::Proto3)
}

pub(super) fn presence(field: &FieldDescriptor) -> &'static str {
    match field.cardinality() {
        _ if field.is_map() => "map",
        Cardinality::Repeated => "repeated",
        Cardinality::Required => "required",
        Cardinality::Optional if field.supports_presence() => "explicit",
        Cardinality::Optional => "implicit",
    }
}

/// What stands in front of the type in a `.proto` file.
pub(super) fn label(field: &FieldDescriptor) -> &'static str {
    let proto3 = field.parent_file().syntax() == Syntax::Proto3;
    match field.cardinality() {
        _ if field.is_map() => "",
        Cardinality::Repeated => "repeated",
        Cardinality::Required => "required",
        Cardinality::Optional if proto3 && !field.field_descriptor_proto().proto3_optional() => "",
        Cardinality::Optional if !proto3 && field.containing_oneof().is_some() => "",
        Cardinality::Optional => "optional",
    }
}

/// The name that `json_name` defaults to (`descriptor.proto`): letters behind a `_` in upper case, without the `_`.
pub(super) fn default_json_name(name: &str) -> String {
    let mut made = String::with_capacity(name.len());
    let mut upper = false;
    for letter in name.chars() {
        match letter {
            '_' => upper = true,
            letter => {
                made.push(if upper { letter.to_ascii_uppercase() } else { letter });
                upper = false;
            }
        }
    }
    made
}
