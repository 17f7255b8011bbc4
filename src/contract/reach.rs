//! What of a message type was ever used: its fields, the values of its enums, the arms of its oneofs. Fed with
//! messages while a run goes on; what is complete is not walked again.
//!
//! A path is cut where a type lies within itself, and the types of `google.protobuf` are one value each, as they are
//! to whoever writes them.

use std::collections::VecDeque;

use prost_reflect::{DynamicMessage, EnumDescriptor, FieldDescriptor, Kind, MessageDescriptor, Value};

use crate::diag::{Covered, Part};

/// No more than this is counted of one type: some schemas have millions of paths.
const LIMIT: usize = 2_000;

/// Types that people write as one value.
const WELL_KNOWN: &str = "google.protobuf.";

/// Of one message type.
#[derive(Debug)]
pub(super) struct Reach {
    /// The first is the root.
    nodes: Vec<Node>,
    items: Vec<Item>,
    cut: bool,
}

/// A message at one path.
#[derive(Debug)]
struct Node {
    parent: usize,
    /// By number.
    slots: Vec<Slot>,
    /// Items of this node and of those below that were not reached yet.
    left: usize,
    /// Fields that say their first enum value by not being there: number, and item of that value.
    silent: Vec<(u32, usize)>,
}

#[derive(Debug)]
struct Slot {
    number: u32,
    item: usize,
    /// Number and item.
    values: Vec<(i32, usize)>,
    child: Option<usize>,
}

#[derive(Debug)]
struct Item {
    kind: ItemKind,
    name: String,
    reached: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ItemKind {
    Field,
    Value,
    Arm,
}

/// A node that has no slots yet: its index, its type, its path, and the types above it.
type Waiting = (usize, MessageDescriptor, String, Vec<String>);

impl Reach {
    /// Nothing reached yet.
    pub fn new(desc: &MessageDescriptor) -> Reach {
        let mut reach = Reach { nodes: Vec::new(), items: Vec::new(), cut: false };
        // Breadth first: what is cut off is what lies deepest.
        let mut waiting: VecDeque<Waiting> = VecDeque::new();
        reach.nodes.push(Node::below(0));
        if !desc.full_name().starts_with(WELL_KNOWN) {
            waiting.push_back((0, desc.clone(), String::new(), vec![desc.full_name().to_owned()]));
        }
        while let Some((at, desc, path, above)) = waiting.pop_front() {
            if reach.items.len() >= LIMIT {
                reach.cut = true;
                break;
            }
            for field in desc.fields() {
                let path = format!("{path}{}", field.name());
                let (slot, inner) = reach.slot(at, &field, &path, &above);
                if let (Some(child), Some(inner)) = (slot.child, inner) {
                    let above = [&above[..], &[inner.full_name().to_owned()]].concat();
                    waiting.push_back((child, inner, format!("{path}."), above));
                }
                reach.nodes[at].slots.push(slot);
            }
            reach.nodes[at].slots.sort_by_key(|slot| slot.number);
        }
        reach
    }

    /// The slot of a field, with an empty node below for the message type inside.
    fn slot(
        &mut self,
        at: usize,
        field: &FieldDescriptor,
        path: &str,
        above: &[String],
    ) -> (Slot, Option<MessageDescriptor>) {
        let is_arm = field.containing_oneof().is_some_and(|oneof| !oneof.is_synthetic());
        let item = self.item(at, if is_arm { ItemKind::Arm } else { ItemKind::Field }, path.to_owned());
        let mut slot = Slot { number: field.number(), item, values: Vec::new(), child: None };
        let kind = match field.kind() {
            Kind::Message(entry) if field.is_map() => entry.map_entry_value_field().kind(),
            kind => kind,
        };
        match kind {
            Kind::Enum(desc) if !desc.full_name().starts_with(WELL_KNOWN) => {
                slot.values = self.values(at, &desc, path);
                let is_silent = !field.supports_presence() && !field.is_list() && !field.is_map();
                let zero = slot.values.iter().find(|(number, _)| *number == 0 && is_silent);
                let silent = zero.map(|(_, item)| (field.number(), *item));
                self.nodes[at].silent.extend(silent);
            }
            Kind::Message(desc) => {
                let name = desc.full_name();
                if !name.starts_with(WELL_KNOWN) && !above.iter().any(|it| it == name) {
                    slot.child = Some(self.nodes.len());
                    self.nodes.push(Node::below(at));
                    return (slot, Some(desc));
                }
            }
            _ => {}
        }
        (slot, None)
    }

    /// Of several names of one number the first.
    fn values(&mut self, at: usize, desc: &EnumDescriptor, path: &str) -> Vec<(i32, usize)> {
        let mut values: Vec<(i32, usize)> = Vec::new();
        for value in desc.values() {
            if !values.iter().any(|(number, _)| *number == value.number()) {
                let item = self.item(at, ItemKind::Value, format!("{path}={}", value.name()));
                values.push((value.number(), item));
            }
        }
        values
    }

    fn item(&mut self, at: usize, kind: ItemKind, name: String) -> usize {
        self.items.push(Item { kind, name, reached: false });
        self.count(at, |left| left + 1);
        self.items.len() - 1
    }

    /// Changes what is left of a node and of every one above it.
    fn count(&mut self, mut at: usize, change: fn(usize) -> usize) {
        loop {
            self.nodes[at].left = change(self.nodes[at].left);
            if at == 0 {
                return;
            }
            at = self.nodes[at].parent;
        }
    }
}

impl Reach {
    /// Takes a message into account.
    pub fn saw(&mut self, message: &DynamicMessage) {
        self.walk(0, message);
    }

    fn walk(&mut self, at: usize, message: &DynamicMessage) {
        if self.nodes[at].left == 0 {
            return;
        }
        let mut silent = std::mem::take(&mut self.nodes[at].silent);
        silent.retain(|(number, item)| {
            let said = !message.has_field_by_number(*number);
            if said {
                self.mark(at, *item);
            }
            !said
        });
        self.nodes[at].silent = silent;
        for (field, value) in message.fields() {
            let number = field.number();
            let Ok(slot) = self.nodes[at].slots.binary_search_by_key(&number, |slot| slot.number) else {
                continue;
            };
            let (item, child) = (self.nodes[at].slots[slot].item, self.nodes[at].slots[slot].child);
            let mut inside = |value: &Value| match value {
                Value::EnumNumber(number) => self.value(at, slot, *number),
                Value::Message(inner) => child.into_iter().for_each(|child| self.walk(child, inner)),
                _ => {}
            };
            match value {
                Value::List(items) => items.iter().for_each(inside),
                Value::Map(entries) => entries.values().for_each(inside),
                value => inside(value),
            }
            self.mark(at, item);
        }
    }

    fn value(&mut self, at: usize, slot: usize, number: i32) {
        let values = &self.nodes[at].slots[slot].values;
        if let Some((_, item)) = values.iter().find(|(known, _)| *known == number) {
            self.mark(at, *item);
        }
    }

    fn mark(&mut self, at: usize, item: usize) {
        if !std::mem::replace(&mut self.items[item].reached, true) {
            self.count(at, |left| left.saturating_sub(1));
        }
    }

    /// What came of it.
    pub fn covered(&self) -> Covered {
        let part = |kind| {
            let items = || self.items.iter().filter(move |item| item.kind == kind);
            let missed = items().filter(|item| !item.reached).map(|item| item.name.clone()).collect();
            Part { total: items().count(), missed }
        };
        Covered {
            fields: part(ItemKind::Field),
            values: part(ItemKind::Value),
            arms: part(ItemKind::Arm),
            cut: self.cut,
        }
    }
}

impl Node {
    fn below(parent: usize) -> Node {
        Node { parent, slots: Vec::new(), left: 0, silent: Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Source, load};

    const SCHEMA: &str = "syntax = \"proto3\"; package a;
        import \"google/protobuf/timestamp.proto\";
        enum Role { ROLE_NONE = 0; ROLE_ADMIN = 1; ROLE_USER = 2; }
        message Tree { int32 leaf = 1; repeated Tree below = 2; }
        message M {
          string name = 1; Role role = 2; optional Role extra = 3; repeated Role all = 4;
          oneof payload { string text = 5; Tree tree = 6; }
          map<string, Tree> named = 7; google.protobuf.Timestamp at = 8;
        }";

    fn missed(messages: &[&str]) -> (Covered, String) {
        let files = vec![("a.proto".into(), SCHEMA.into())];
        let pool = load(&Source::Text(files)).schema.pool().clone();
        let desc = pool.get_message_by_name("a.M").unwrap();
        let mut reach = Reach::new(&desc);
        for json in messages {
            let mut deserializer = serde_json::Deserializer::from_str(json);
            reach.saw(&DynamicMessage::deserialize(desc.clone(), &mut deserializer).unwrap());
        }
        let covered = reach.covered();
        let missed = covered.parts().map(|(_, part)| part.missed.join(" ")).join(" | ");
        (covered, missed)
    }

    #[test]
    fn what_is_sent_is_reached_and_nothing_else() {
        let (nothing, all) = missed(&[]);
        assert_eq!(nothing.parts().map(|(_, part)| part.total), [10, 9, 2]);
        assert_eq!(
            all,
            "name role extra all named at tree.leaf tree.below named.leaf named.below | \
             role=ROLE_NONE role=ROLE_ADMIN role=ROLE_USER extra=ROLE_NONE extra=ROLE_ADMIN extra=ROLE_USER \
             all=ROLE_NONE all=ROLE_ADMIN all=ROLE_USER | text tree"
        );
        let deep = r#"{"tree": {"leaf": 1, "below": [{"leaf": 2}]}, "named": {"a": {}}, "at": "2024-01-01T00:00:00Z"}"#;
        for (messages, expected) in [
            // A role that is not there says the first one; an `optional` one says nothing.
            (
                &["{}"][..],
                "name role extra all named at tree.leaf tree.below named.leaf named.below | role=ROLE_ADMIN \
                 role=ROLE_USER extra=ROLE_NONE extra=ROLE_ADMIN extra=ROLE_USER all=ROLE_NONE all=ROLE_ADMIN \
                 all=ROLE_USER | text tree",
            ),
            (
                &[deep, r#"{"role": 1, "extra": 0, "all": [1, 2, 0, 7]}"#, r#"{"role": "ROLE_USER"}"#],
                "name named.leaf named.below | extra=ROLE_ADMIN extra=ROLE_USER | text",
            ),
            (
                &[
                    deep,
                    r#"{"role": 1, "extra": 0, "all": [1, 2, 0], "name": "a", "text": ""}"#,
                    r#"{"role": 2, "extra": 1, "named": {"b": {"leaf": 1, "below": [{}]}}}"#,
                    r#"{"extra": 2}"#,
                ],
                " |  | ",
            ),
        ] {
            assert_eq!(missed(messages).1, expected, "{messages:?}");
        }
        assert_eq!(missed(&["{}"]).0.ratio(), "1/21");
    }

    #[test]
    fn what_is_too_large_is_cut() {
        let fields = |of: usize| (1..=60).map(move |n| format!("M{} f{n} = {n};", of + 1));
        let message = |of: usize| format!("message M{of} {{ {} }}", fields(of).collect::<String>());
        let deep: String = (0..20).map(message).collect();
        let text = format!("syntax = \"proto3\"; {deep} message M20 {{}}");
        let pool = load(&Source::Text(vec![("a.proto".into(), text)])).schema.pool().clone();
        let desc = pool.get_message_by_name("M0").unwrap();
        let mut reach = Reach::new(&desc);
        reach.saw(&DynamicMessage::new(desc));
        let covered = reach.covered();
        assert!(covered.cut && (LIMIT..LIMIT + 60).contains(&covered.fields.total), "{covered:?}");
    }
}
