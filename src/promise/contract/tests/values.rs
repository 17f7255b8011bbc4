//! Messages as CEL sees them, and back.

use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MapKey, MessageDescriptor, Value};

use super::{
    super::{Expr, expr, value},
    pool,
};

const ALL: &str = "
enum Colour { GREY = 0; RED = 1; }
message M {
  int32 i32 = 1; sint64 i64 = 2; fixed32 u32 = 3; uint64 u64 = 4; float f32 = 5; double f64 = 6; bool yes = 7;
  string text = 8; bytes raw = 9; Colour colour = 10;
  optional int32 maybe = 11; M inner = 12; repeated M many = 13; repeated string texts = 14;
  map<string, int32> named = 15; map<uint32, M> numbered = 16; map<bool, Colour> told = 17; map<int64, bytes> ints = 18;
  oneof one { string left = 19; int32 right = 20; }
  google.protobuf.Timestamp t = 21; google.protobuf.Duration d = 22; repeated google.protobuf.Timestamp times = 23;
  google.protobuf.StringValue w = 24; repeated google.protobuf.Int32Value ws = 25;
}";

fn desc() -> MessageDescriptor {
    pool(ALL).get_message_by_name("p.M").unwrap()
}

fn read(json: &str) -> DynamicMessage {
    DynamicMessage::deserialize(desc(), &mut serde_json::Deserializer::from_str(json)).unwrap()
}

#[test]
fn a_message_is_seen_by_its_descriptor() {
    for (json, expressions) in [
        (
            "{}",
            &[
                "m.i32 == 0 && m.u64 == 0u && m.f64 == 0.0 && !m.yes && m.text == '' && m.raw == b'' && m.colour == 0",
                "type(m.u32) == uint && type(m.i64) == int && type(m.colour) == int",
                "!has(m.maybe) && !has(m.inner) && !has(m.left) && !has(m.t) && !has(m.w) && has(m.text)",
                "size(m.many) == 0 && m.named == {} && m.texts == []",
            ][..],
        ),
        (
            r#"{"maybe":0,"right":0,"inner":{},"w":"","colour":"RED","named":{"a":1},"numbered":{"7":{"text":"x"}},
               "told":{"true":"RED"},"ints":{"-1":"YWI="},"f32":0.5,"u64":"18446744073709551615","i64":"-5"}"#,
            &[
                "has(m.maybe) && m.maybe == 0 && has(m.right) && !has(m.left) && m.inner.text == '' && m.w == ''",
                "m.colour == 1 && m.named['a'] == 1 && m.named.a == 1 && m.numbered[7u].text == 'x' && m.told[true] == 1",
                "m.ints[-1] == b'ab' && m.f32 == 0.5 && m.u64 == 18446744073709551615u && m.i64 + 5 == 0",
                "m.numbered[7].text == 'x' && m.inner == m.inner && m.inner != m.numbered[7]",
            ],
        ),
        (
            r#"{"t":"2024-02-29T12:00:00.5Z","d":"-1.500s","ws":[1,2],"times":["1970-01-01T00:00:00Z"]}"#,
            &[
                "m.t == timestamp('2024-02-29T12:00:00.5Z') && m.t > m.times[0] && m.d == duration('-1.5s')",
                "m.t + m.d < m.t && m.t.getFullYear() == 2024 && m.ws == [1, 2] && math.least(m.ws) == 1",
                "['b', 'a'].sort() == ['a', 'b'] && 'Ab'.lowerAscii() == 'ab' && [1, 1].distinct() == [1]",
            ],
        ),
    ] {
        let mut context = expr::context();
        context.add_variable_as_val("m", value::message(&read(json)));
        for text in expressions {
            assert_eq!(expr::holds(Expr::parse(text).unwrap().root(), &context), Ok(true), "{text} {json}");
        }
    }
}

/// To CEL and back.
fn round(message: &DynamicMessage) -> Value {
    let seen = cel::Value::try_from(&*value::message(message)).unwrap();
    let desc = prost_reflect::ReflectMessage::descriptor(message);
    value::back(&seen, &Kind::Message(desc)).unwrap()
}

#[test]
fn moments_that_are_none_stay_what_they_are() {
    let pool = pool(ALL);
    for (name, seconds, nanos) in [
        ("Timestamp", i64::MAX, 0),
        ("Timestamp", 0, -1),
        ("Timestamp", -62_135_596_801, 999_999_999),
        ("Timestamp", 253_402_300_799, 999_999_999),
        ("Duration", i64::MIN, -1),
        ("Duration", 1, -1),
        ("Duration", -1, -999_999_999),
        ("Duration", 315_576_000_000, i32::MAX),
    ] {
        let desc = pool.get_message_by_name(&format!("google.protobuf.{name}")).unwrap();
        let mut message = DynamicMessage::new(desc);
        for (name, part) in [("seconds", Value::I64(seconds)), ("nanos", Value::I32(nanos))] {
            if part != Value::I64(0) && part != Value::I32(0) {
                message.set_field_by_name(name, part);
            }
        }
        assert_eq!(round(&message), Value::Message(message), "{name} {seconds} {nanos}");
    }
}

/// Numbers that only look random.
struct Salt(u64);

impl Salt {
    fn next(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % below
    }

    fn wide(&mut self) -> u64 {
        let bits = self.next(1 << 31) << 33 | self.next(1 << 31) << 2 | self.next(4);
        bits >> self.next(64)
    }

    fn scalar(&mut self, kind: &Kind, depth: usize) -> Value {
        let wide = self.wide();
        match kind {
            Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => Value::I32(wide as i32),
            Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => Value::I64(wide as i64),
            Kind::Uint32 | Kind::Fixed32 => Value::U32(wide as u32),
            Kind::Uint64 | Kind::Fixed64 => Value::U64(wide),
            Kind::Float => Value::F32(wide as f32 / 3.0),
            Kind::Double => Value::F64(wide as f64 / -3.0),
            Kind::Bool => Value::Bool(wide % 2 == 1),
            Kind::String => Value::String(format!("{wide:x}é")),
            Kind::Bytes => Value::Bytes(wide.to_le_bytes().to_vec().into()),
            Kind::Enum(_) => Value::EnumNumber(self.next(4) as i32),
            Kind::Message(desc) => Value::Message(self.message(desc, depth)),
        }
    }

    fn message(&mut self, desc: &MessageDescriptor, depth: usize) -> DynamicMessage {
        let mut message = DynamicMessage::new(desc.clone());
        let time =
            desc.full_name() == "google.protobuf.Timestamp" || desc.full_name() == "google.protobuf.Duration";
        for field in desc.fields() {
            let deep = field.kind().as_message().is_some_and(|it| it.full_name() == "p.M" || field.is_map());
            if self.next(2) == 0 || deep && depth == 0 {
                continue;
            }
            let value = match time {
                true if field.name() == "seconds" => Value::I64(self.next(1 << 31) as i64),
                true => Value::I32(self.next(1_000_000_000) as i32),
                false => self.field(&field, depth.saturating_sub(1)),
            };
            if field.supports_presence() || !value.is_default_for_field(&field) {
                message.set_field(&field, value);
            }
        }
        message
    }

    fn field(&mut self, field: &FieldDescriptor, depth: usize) -> Value {
        let kind = field.kind();
        match &kind {
            Kind::Message(entry) if field.is_map() => {
                let (key, value) = (entry.map_entry_key_field().kind(), entry.map_entry_value_field().kind());
                let entries = (0..self.next(3)).map(|_| {
                    let key = match self.scalar(&key, depth) {
                        Value::Bool(it) => MapKey::Bool(it),
                        Value::U32(it) => MapKey::U32(it),
                        Value::I64(it) => MapKey::I64(it),
                        Value::String(it) => MapKey::String(it),
                        other => panic!("{other:?}"),
                    };
                    (key, self.scalar(&value, depth))
                });
                Value::Map(entries.collect())
            }
            kind if field.is_list() => {
                Value::List((0..self.next(3)).map(|_| self.scalar(kind, depth)).collect())
            }
            kind => self.scalar(kind, depth),
        }
    }
}

#[test]
fn whatever_a_message_holds_comes_back() {
    let desc = desc();
    let mut filled = 0;
    for seed in 0..200 {
        let message = Salt(seed * 77).message(&desc, 3);
        filled += message.fields().count();
        assert_eq!(round(&message), Value::Message(message.clone()), "{seed}: {message}");
    }
    assert!(filled > 1000, "{filled}");
}
