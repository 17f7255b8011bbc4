//! The other plain values of a field, for servers that do not take the first: a code where a name was tried, a list
//! of none where there was one, another arm of a oneof.

use std::collections::BTreeMap;

use bytes::Bytes;
use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, OneofDescriptor, Value};

use super::{plain, scalar, text, wkt};

/// Which of its plain values each field gets. The default is the first of each.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Manner(BTreeMap<String, usize>);

/// A choice that [`typical`](super::typical) makes for a type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// The simple name of the field or oneof.
    pub name: String,
    full_name: String,
    /// How many ways there are to make it.
    pub ways: usize,
}

impl Manner {
    /// The same with another way for one choice.
    #[must_use]
    pub fn with(&self, choice: &Choice, way: usize) -> Manner {
        let mut changed = self.clone();
        changed.0.insert(choice.full_name.clone(), way);
        changed
    }

    /// The same with another arm of a oneof.
    #[must_use]
    pub fn with_arm(&self, oneof: &OneofDescriptor, arm: usize) -> Manner {
        let mut changed = self.clone();
        changed.0.insert(oneof.full_name().to_owned(), arm);
        changed
    }

    /// The number of the arm of a oneof that is set.
    pub fn arm_of(&self, oneof: &OneofDescriptor) -> usize {
        self.0.get(oneof.full_name()).copied().unwrap_or(0)
    }

    /// The ways that were chosen, by the full name of the field or oneof.
    pub fn chosen(&self) -> &BTreeMap<String, usize> {
        &self.0
    }

    /// From what [`chosen`](Manner::chosen) gave. A way that does not exist means the first.
    pub fn of(chosen: BTreeMap<String, usize>) -> Manner {
        Manner(chosen)
    }

    pub(super) fn of_field(&self, field: &FieldDescriptor) -> usize {
        self.0.get(field.full_name()).copied().unwrap_or(0)
    }

    /// The arm of a oneof that is set.
    pub(super) fn arm(&self, oneof: &OneofDescriptor) -> Option<FieldDescriptor> {
        oneof.fields().nth(self.arm_of(oneof))
    }
}

/// How deep choices are looked for: as deep as the plain message goes.
const DEPTH: u32 = 2;

/// Every choice that a plain message of the type makes, the nearest to its top first.
pub fn choices(desc: &MessageDescriptor) -> Vec<Choice> {
    let mut all = Vec::new();
    let mut level = vec![desc.clone()];
    for _ in 0..=DEPTH {
        let mut below = Vec::new();
        for desc in level {
            all.extend(of_message(&desc));
            below.extend(desc.fields().filter_map(|field| match field.kind() {
                Kind::Message(inner) if !field.is_map() && wkt::edges(&inner).is_empty() => Some(inner),
                _ => None,
            }));
        }
        level = below;
    }
    // A type may be met twice; its fields are chosen for once.
    let mut seen = std::collections::BTreeSet::new();
    all.retain(|choice| seen.insert(choice.full_name.clone()));
    all
}

fn of_message(desc: &MessageDescriptor) -> Vec<Choice> {
    let arms = desc.oneofs().filter(|oneof| oneof.fields().len() > 1).map(|oneof| Choice {
        name: oneof.name().to_owned(),
        full_name: oneof.full_name().to_owned(),
        ways: oneof.fields().len(),
    });
    let fields = desc.fields().map(|field| Choice {
        name: field.name().to_owned(),
        full_name: field.full_name().to_owned(),
        ways: ways(&field),
    });
    arms.chain(fields).filter(|choice| choice.ways > 1).collect()
}

/// Of a list: one, none, two, and then one in each other way.
const LIST_WAYS: usize = 3;

fn ways(field: &FieldDescriptor) -> usize {
    let of_one = match field.kind() {
        Kind::Message(desc) => wkt::edges(&desc).len().max(1),
        Kind::String => text::PLAIN_WAYS,
        Kind::Bool => 2,
        Kind::Enum(desc) => desc.values().len(),
        Kind::Bytes => BYTES.len(),
        Kind::Float | Kind::Double => FLOATS.len(),
        _ => INTEGERS.len(),
    };
    match field {
        field if field.is_map() => 2,
        field if field.is_list() => LIST_WAYS + of_one - 1,
        // Absent comes last.
        field if may_be_absent(field) => of_one + 1,
        _ => of_one,
    }
}

/// Fields that may be told from their default; what must be there, and the arms of a oneof, are chosen otherwise.
fn may_be_absent(field: &FieldDescriptor) -> bool {
    let alone = field.containing_oneof().is_none_or(|oneof| oneof.fields().len() == 1);
    field.supports_presence() && alone && !plain::is_required(field)
}

const INTEGERS: [i64; 10] = [1, 0, 2, 10, 100, 1000, 18, 1_700_000_000, 1_700_000_000_000, -1];
const FLOATS: [f64; 5] = [1.0, 0.5, 10.0, 100.0, 0.0];
/// The sizes of keys and hashes.
const BYTES: [&[u8]; 6] = [b"a", b"", &[1; 16], &[1; 32], &[1; 64], b"{}"];

/// The value of a field in its way; nothing: the field stays absent. `message` makes what is nested.
pub(super) fn value(
    field: &FieldDescriptor,
    salt: u64,
    manner: &Manner,
    message: &dyn Fn(&MessageDescriptor) -> Option<Value>,
) -> Option<Value> {
    let way = manner.of_field(field);
    if field.is_map() {
        return if way == 1 { one_entry(field, salt, message) } else { None };
    }
    if !field.is_list() {
        let absent = may_be_absent(field) && way + 1 == ways(field);
        return if absent { None } else { one(field, salt, way, message) };
    }
    let items = match way {
        0 => vec![one(field, salt, 0, message)?],
        1 => Vec::new(),
        2 => vec![one(field, salt, 0, message)?, one(field, salt.wrapping_add(1), 0, message)?],
        way => vec![one(field, salt, way - LIST_WAYS + 1, message)?],
    };
    Some(Value::List(items))
}

fn one(
    field: &FieldDescriptor,
    salt: u64,
    way: usize,
    message: &dyn Fn(&MessageDescriptor) -> Option<Value>,
) -> Option<Value> {
    Some(match field.kind() {
        Kind::Message(desc) if way == 0 && desc.full_name() == "google.protobuf.FieldMask" => {
            Value::Message(mask(field, &desc))
        }
        Kind::Message(desc) => match wkt::edges(&desc).into_iter().nth(way) {
            Some(known) => Value::Message(known),
            None => return message(&desc),
        },
        Kind::String => Value::String(text::plain(field.name(), salt, way)),
        Kind::Bytes => Value::Bytes(Bytes::from_static(BYTES.get(way).unwrap_or(&BYTES[0]))),
        Kind::Bool => Value::Bool(way == 0),
        Kind::Float => Value::F32(*FLOATS.get(way).unwrap_or(&1.0) as f32),
        Kind::Double => Value::F64(*FLOATS.get(way).unwrap_or(&1.0)),
        Kind::Enum(desc) => {
            // The first that is not the zero value, and then the others in turn.
            let count = desc.values().len();
            let number = desc.values().nth((way + 1) % count.max(1)).unwrap_or(desc.default_value()).number();
            Value::EnumNumber(number)
        }
        kind => {
            let wide = i128::from(*INTEGERS.get(way).unwrap_or(&1));
            scalar::integer(&kind, wide).or_else(|| scalar::integer(&kind, 1))?
        }
    })
}

/// A mask of the resource beside it: a field of which a change is no matter.
fn mask(field: &FieldDescriptor, desc: &MessageDescriptor) -> DynamicMessage {
    let beside = field.parent_message().fields().find_map(|other| match other.kind() {
        Kind::Message(inner) if !other.is_list() && !other.is_map() && wkt::edges(&inner).is_empty() => {
            Some(inner)
        }
        _ => None,
    });
    let named = |field: &FieldDescriptor| !matches!(field.name(), "id" | "name" | "uid" | "etag");
    let path = beside.and_then(|resource| {
        let fields: Vec<FieldDescriptor> = resource.fields().collect();
        fields.iter().find(|it| named(it)).or(fields.first()).map(|it| it.name().to_owned())
    });
    let mut mask = DynamicMessage::new(desc.clone());
    // A schema may declare a type of this name with other fields.
    let paths = Value::List(path.into_iter().map(Value::String).collect());
    let _ = mask.try_set_field_by_number(1, paths);
    mask
}

fn one_entry(
    field: &FieldDescriptor,
    salt: u64,
    message: &dyn Fn(&MessageDescriptor) -> Option<Value>,
) -> Option<Value> {
    let kind = field.kind();
    let entry = kind.as_message()?;
    let key = one(&entry.map_entry_key_field(), salt, 0, message)?.into_map_key()?;
    let value = one(&entry.map_entry_value_field(), salt, 0, message)?;
    Some(Value::Map([(key, value)].into()))
}

#[cfg(test)]
mod tests {
    use prost_reflect::DescriptorPool;

    use super::*;
    use crate::values::{encode, typical};

    fn pool() -> DescriptorPool {
        let text = r#"syntax = "proto3"; package a;
            enum E { E_ZERO = 0; E_ONE = 1; E_TWO = 2; }
            message M {
              string sku = 1; int32 count = 2; E e = 3; repeated string tags = 4; optional bool sure = 5;
              map<string, int64> prices = 6; M inner = 7; bytes key = 8; double rate = 9;
              oneof kind { string text = 10; uint64 number = 11; }
            }"#;
        let source = crate::schema::Source::Text(vec![("a.proto".into(), text.into())]);
        crate::schema::load(&source).schema.pool().clone()
    }

    /// Each way of each choice is another message, and one that is valid.
    #[test]
    fn each_way_says_something_else() {
        let desc = pool().get_message_by_name("a.M").unwrap();
        let choices = choices(&desc);
        assert_eq!(choices[0].name, "kind");
        // What is chosen for an arm that is not set changes nothing.
        for choice in choices.iter().filter(|choice| choice.name != "number") {
            let mut seen = std::collections::BTreeSet::new();
            for way in 0..choice.ways {
                let message = typical(&desc, 7, &Manner::default().with(choice, way));
                let bytes = encode(&message);
                assert!(prost_reflect::DynamicMessage::decode(desc.clone(), bytes.as_slice()).is_ok());
                seen.insert(bytes);
            }
            // A number too large for 32 bits, and a text that is the field's own already, come twice.
            assert!(seen.len() + 2 >= choice.ways, "{choice:?}: {}", seen.len());
        }
    }

    #[test]
    fn a_mask_names_a_field_of_the_resource_beside_it() {
        let text = r#"syntax = "proto3"; package a; import "google/protobuf/field_mask.proto";
            message Update { M resource = 1; google.protobuf.FieldMask mask = 2; }
            message M { string id = 1; string title = 2; }"#;
        let source = crate::schema::Source::Text(vec![("a.proto".into(), text.into())]);
        let desc = crate::schema::load(&source).schema.pool().get_message_by_name("a.Update").unwrap();
        let message = typical(&desc, 7, &Manner::default());
        let mask = message.get_field_by_name("mask").unwrap();
        let paths = mask.as_message().unwrap().get_field_by_name("paths").unwrap().into_owned();
        assert_eq!(paths, Value::List(vec![Value::String("title".into())]));
    }

    #[test]
    fn a_manner_survives_being_written_down() {
        let desc = pool().get_message_by_name("a.M").unwrap();
        let choice = &choices(&desc)[1];
        let manner = Manner::default().with(choice, 3);
        assert_eq!(Manner::of(manner.chosen().clone()), manner);
        // What another version chose is no reason to fail.
        let beyond = Manner::default().with(choice, 999);
        assert_eq!(typical(&desc, 1, &beyond), typical(&desc, 1, &beyond));
    }
}
