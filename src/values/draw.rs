//! Draws a message from a generator, within a budget.

use std::collections::HashMap;

use proptest::{prelude::RngExt as _, test_runner::TestRng};
use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, ReflectMessage as _, Value};

use super::{Limits, plain, scalar, text, wkt};

pub(super) struct Draw<'a> {
    rng: &'a mut TestRng,
    limits: Limits,
    left: usize,
}

impl<'a> Draw<'a> {
    pub(super) fn new(rng: &'a mut TestRng, limits: Limits) -> Self {
        Draw { rng, limits, left: limits.values }
    }

    /// A message with at most `depth` levels of messages below it, as far as required fields allow.
    pub(super) fn message(&mut self, desc: &MessageDescriptor, depth: u32) -> DynamicMessage {
        let known = wkt::edges(desc);
        // A Value may also hold a list or a struct: those are drawn as any other message below.
        let plain_value = depth == 0 || self.below(2) == 0 || desc.full_name() != "google.protobuf.Value";
        if !known.is_empty() && plain_value {
            return self.narrow(known);
        }
        let mut message = plain::minimal(desc);
        // How many fields of four are there: sometimes none, sometimes all.
        let density = self.below(5);
        for field in desc.fields().filter(|field| real_oneof(field).is_none()) {
            if plain::is_required(&field) || self.below(4) < density {
                self.fill(&mut message, &field, depth);
            }
        }
        for oneof in desc.oneofs().filter(|oneof| !oneof.is_synthetic()) {
            let arms: Vec<_> = oneof.fields().collect();
            if let Some(arm) = arms.get(self.below(arms.len() + 1)) {
                self.fill(&mut message, arm, depth);
            }
        }
        if wkt::is_valid(&message) { message } else { plain::minimal(desc) }
    }

    fn narrow(&mut self, mut known: Vec<DynamicMessage>) -> DynamicMessage {
        self.left = self.left.saturating_sub(1);
        let mut message = known.swap_remove(self.below(known.len()));
        // Between the edges of a range are its ordinary members.
        if matches!(message.descriptor().name(), "Timestamp" | "Duration") && self.below(2) == 0 {
            let _ = message.try_set_field_by_number(1, Value::I64(self.rng.random_range(1..4_000_000_000)));
            let _ = message.try_set_field_by_number(2, Value::I32(self.rng.random_range(0..1_000_000_000)));
        }
        message
    }

    /// Sets the field, unless what is drawn equals its absence or the budget is spent.
    fn fill(&mut self, message: &mut DynamicMessage, field: &FieldDescriptor, depth: u32) {
        if self.left == 0 && !plain::is_required(field) {
            return;
        }
        let value = if field.is_map() {
            self.map(field, depth)
        } else if field.is_list() {
            let count = self.below(self.limits.items + 1);
            Value::List((0..count).map_while(|_| self.single(field, depth)).collect())
        } else {
            let Some(value) = self.single(field, depth) else { return };
            value
        };
        if field.supports_presence() || !value.is_default_for_field(field) {
            message.set_field(field, value);
        }
    }

    fn map(&mut self, field: &FieldDescriptor, depth: u32) -> Value {
        let mut entries = HashMap::new();
        if let Some(entry) = field.kind().as_message() {
            for _ in 0..self.below(self.limits.items + 1) {
                let key = self.single(&entry.map_entry_key_field(), depth).and_then(Value::into_map_key);
                let value = self.single(&entry.map_entry_value_field(), depth);
                entries.extend(key.zip(value));
            }
        }
        Value::Map(entries)
    }

    /// One value of the field's kind; nothing when the depth or the budget is spent on a message.
    fn single(&mut self, field: &FieldDescriptor, depth: u32) -> Option<Value> {
        let kind = field.kind();
        let out = self.left == 0 || depth == 0;
        self.left = self.left.saturating_sub(1);
        Some(match kind {
            Kind::Message(desc) if out && plain::is_required(field) => Value::Message(plain::minimal(&desc)),
            Kind::Message(_) if out => return None,
            Kind::Message(desc) => Value::Message(self.message(&desc, depth - 1)),
            Kind::String if self.below(2) == 0 => {
                Value::String(text::plausible(field.name(), self.rng.random_range(0..1 << 40)))
            }
            Kind::String if self.below(4) == 0 => Value::String(self.mixed()),
            Kind::Bytes if self.below(2) == 0 => {
                let length = self.below(20);
                Value::Bytes((0..length).map(|_| self.rng.random_range(0..=255u8)).collect::<Vec<_>>().into())
            }
            Kind::Enum(_) => self.enumerated(&kind)?,
            kind if self.below(3) == 0 => self.ordinary(&kind)?,
            kind => self.edge(&kind)?,
        })
    }

    fn edge(&mut self, kind: &Kind) -> Option<Value> {
        let mut edges = scalar::edges(kind);
        (!edges.is_empty()).then(|| edges.swap_remove(self.below(edges.len())))
    }

    /// An undeclared number, where there is one, comes last among the edges and seldom here.
    fn enumerated(&mut self, kind: &Kind) -> Option<Value> {
        let edges = scalar::edges(kind);
        let declared = kind.as_enum().map_or(0, |desc| desc.values().len()).min(edges.len());
        let among = if self.below(10) == 0 { edges.len() } else { declared };
        edges.get(self.below(among)).cloned()
    }

    fn ordinary(&mut self, kind: &Kind) -> Option<Value> {
        match kind {
            Kind::Double => Some(Value::F64(self.rng.random_range(-1e6..1e6))),
            Kind::Float => Some(Value::F32(self.rng.random_range(-1e3..1e3))),
            kind => {
                let wide = self.rng.random_range(-1000..1_000_000_i128);
                scalar::integer(kind, wide)
                    .or_else(|| scalar::integer(kind, -wide))
                    .or_else(|| self.edge(kind))
            }
        }
    }

    /// A few characters from different corners of Unicode.
    fn mixed(&mut self) -> String {
        const CORNERS: [char; 12] =
            ['a', 'Z', '0', ' ', '-', '\'', 'é', 'ß', '漢', '🦀', '\u{301}', '\u{7f}'];
        let length = self.below(12);
        (0..length).map(|_| CORNERS[self.below(CORNERS.len())]).collect()
    }

    fn below(&mut self, n: usize) -> usize {
        if n == 0 { 0 } else { self.rng.random_range(0..n) }
    }
}

fn real_oneof(field: &FieldDescriptor) -> Option<prost_reflect::OneofDescriptor> {
    field.containing_oneof().filter(|oneof| !oneof.is_synthetic())
}
