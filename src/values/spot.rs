//! The places in a message where a value can stand: its own fields, and those of the messages in it.

use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, Value};

use super::{Manner, boundaries, plain::typical, wkt};

/// One place, as the fields that lead to it. Of a list it is the first element.
#[derive(Debug, Clone, PartialEq)]
pub struct Spot(Vec<FieldDescriptor>);

/// Messages inside messages that are looked into.
const DEPTH: usize = 4;

/// The places of a type, the nearest to its top first. What recurs is looked into once on each way down.
pub fn spots(desc: &MessageDescriptor) -> Vec<Spot> {
    let mut all: Vec<Spot> = Vec::new();
    let mut level = vec![(Vec::new(), desc.clone())];
    for _ in 0..DEPTH {
        let mut below = Vec::new();
        for (path, desc) in level {
            for field in desc.fields() {
                let path: Vec<FieldDescriptor> = path.iter().cloned().chain([field.clone()]).collect();
                if let Some(inner) = inside(&field).filter(|inner| !is_above(&path, inner)) {
                    below.push((path.clone(), inner));
                }
                all.push(Spot(path));
            }
        }
        level = below;
    }
    all
}

/// The type of a field that can be looked into: not of a map, and not one whose values have rules of their own.
fn inside(field: &FieldDescriptor) -> Option<MessageDescriptor> {
    match field.kind() {
        Kind::Message(inner) if !field.is_map() && wkt::edges(&inner).is_empty() => Some(inner),
        _ => None,
    }
}

/// The places whose type has a range of its own that its fields do not have (`google.protobuf.Timestamp`), and values
/// beyond it.
pub fn invalid(desc: &MessageDescriptor) -> Vec<(Spot, Value)> {
    let beyond = |spot: Spot| {
        let kind = spot.field().kind();
        let values = match kind.as_message().filter(|_| !spot.field().is_map()) {
            Some(desc) => wkt::beyond(desc),
            None => Vec::new(),
        };
        values.into_iter().map(move |value| {
            let value = Value::Message(value);
            let value = if spot.field().is_list() { Value::List(vec![value]) } else { value };
            (spot.clone(), value)
        })
    };
    spots(desc).into_iter().flat_map(beyond).collect()
}

fn is_above(path: &[FieldDescriptor], desc: &MessageDescriptor) -> bool {
    path.iter().any(|field| field.parent_message() == desc)
}

impl Spot {
    /// The field that the value is of.
    pub fn field(&self) -> &FieldDescriptor {
        // A spot is made with at least one field.
        &self.0[self.0.len() - 1]
    }

    /// The field of the message itself that leads there.
    pub fn top(&self) -> &FieldDescriptor {
        &self.0[0]
    }

    /// Whether it is a field of the message itself.
    pub fn is_at_top(&self) -> bool {
        self.0.len() == 1
    }

    /// Names joined by dots.
    pub fn path(&self) -> String {
        self.0.iter().map(FieldDescriptor::name).collect::<Vec<_>>().join(".")
    }

    /// Every edge of its field.
    pub fn boundaries(&self) -> Vec<Value> {
        boundaries(self.field())
    }

    /// The message with this value there. What is missing on the way is added, plainly.
    pub fn set(&self, message: &mut DynamicMessage, value: Value) {
        if let Some((message, field)) = self.reach(message, true) {
            message.set_field(field, value);
        }
    }

    /// The message with nothing there. Whether anything was.
    pub fn clear(&self, message: &mut DynamicMessage) -> bool {
        let Some((message, field)) = self.reach(message, false) else { return false };
        let was = message.has_field(field);
        message.clear_field(field);
        was
    }

    /// The message that the last field is of.
    fn reach<'a>(
        &self,
        mut message: &'a mut DynamicMessage,
        add: bool,
    ) -> Option<(&'a mut DynamicMessage, &FieldDescriptor)> {
        let (last, way) = self.0.split_last()?;
        for field in way {
            let inner = inside(field)?;
            if !message.has_field(field) {
                if !add {
                    return None;
                }
                let plain = Value::Message(typical(&inner, 1, &Manner::default()));
                message.set_field(field, if field.is_list() { Value::List(vec![plain]) } else { plain });
            }
            message = match message.get_field_mut(field) {
                Value::Message(inner) => inner,
                Value::List(items) => match items.first_mut() {
                    Some(Value::Message(inner)) => inner,
                    _ => return None,
                },
                _ => return None,
            };
        }
        Some((message, last))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{schema, values::minimal};

    fn desc() -> MessageDescriptor {
        let text = r#"syntax = "proto3"; package a;
            message M { N inner = 1; repeated N many = 2; M again = 3; oneof one { N arm = 4; int32 other = 5; } }
            message N { string name = 1; map<string, N> more = 2; }"#;
        let source = schema::Source::Text(vec![("a.proto".into(), text.into())]);
        schema::load(&source).schema.pool().get_message_by_name("a.M").unwrap()
    }

    #[test]
    fn looks_into_messages_and_lists_once() {
        let paths: Vec<String> = spots(&desc()).iter().map(Spot::path).collect();
        let expected = [
            "inner",
            "many",
            "again",
            "arm",
            "other",
            "inner.name",
            "inner.more",
            "many.name",
            "many.more",
            "arm.name",
            "arm.more",
        ];
        assert_eq!(paths, expected);
    }

    /// What is set is there, what is cleared is gone, from the emptiest message and from a plain one.
    #[test]
    fn sets_and_clears() {
        let desc = desc();
        for spot in spots(&desc) {
            for value in spot.boundaries() {
                for mut message in [minimal(&desc), typical(&desc, 1, &Manner::default())] {
                    spot.set(&mut message, value.clone());
                    let (at, field) = spot.reach(&mut message, false).unwrap();
                    assert_eq!(*at.get_field(field), value, "{}", spot.path());
                    let was = spot.clear(&mut message);
                    assert!(was && !spot.clear(&mut message), "{}", spot.path());
                }
            }
        }
    }
}
