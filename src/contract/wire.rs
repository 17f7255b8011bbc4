//! Messages taken apart into their fields and put together in other ways that mean the same
//! (protobuf.dev, "Encoding"). Reads only what an encoder wrote.

use prost::encoding::{decode_varint, encode_varint};
use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor};

/// One field as it stands on the wire.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Field {
    pub number: u32,
    wire_type: u8,
    /// What follows the key; of a length-delimited field without its length.
    pub payload: Vec<u8>,
}

impl Field {
    /// The number of a varint.
    pub fn as_u64(&self) -> Option<u64> {
        (self.wire_type == VARINT).then(|| decode_varint(&mut &self.payload[..]).ok()).flatten()
    }
}

const VARINT: u8 = 0;
const FIXED64: u8 = 1;
const BYTES: u8 = 2;
const FIXED32: u8 = 5;

/// The fields of an encoded message, in their order. Nothing for groups and for bytes that are no message.
pub(super) fn fields(mut bytes: &[u8]) -> Option<Vec<Field>> {
    let mut fields = Vec::new();
    while !bytes.is_empty() {
        let key = decode_varint(&mut bytes).ok()?;
        let (number, wire_type) = (u32::try_from(key >> 3).ok()?, u8::try_from(key & 7).ok()?);
        let length = match wire_type {
            VARINT => bytes.iter().position(|byte| *byte < 0x80)? + 1,
            FIXED64 => 8,
            FIXED32 => 4,
            BYTES => usize::try_from(decode_varint(&mut bytes).ok()?).ok()?,
            _ => return None,
        };
        let (payload, rest) = bytes.split_at_checked(length)?;
        fields.push(Field { number, wire_type, payload: payload.to_vec() });
        bytes = rest;
    }
    Some(fields)
}

pub(super) fn join(fields: &[Field]) -> Vec<u8> {
    let mut out = Vec::new();
    for field in fields {
        encode_varint(u64::from(field.number) << 3 | u64::from(field.wire_type), &mut out);
        if field.wire_type == BYTES {
            encode_varint(field.payload.len() as u64, &mut out);
        }
        out.extend_from_slice(&field.payload);
    }
    out
}

/// Fields with larger numbers first; those with one number keep their order, which means something.
pub(super) fn reversed(fields: &[Field], _: &MessageDescriptor) -> Vec<Field> {
    let mut fields = fields.to_vec();
    fields.sort_by_key(|field| std::cmp::Reverse(field.number));
    fields
}

/// Each scalar that may be there once is there twice: the last one counts.
pub(super) fn twice(fields: &[Field], desc: &MessageDescriptor) -> Vec<Field> {
    let decoy = |field: &Field| {
        let known = desc.get_field(field.number)?;
        let plain = !known.is_list() && !known.is_map() && !matches!(known.kind(), Kind::Message(_));
        let payload = match field.wire_type {
            VARINT => vec![u8::from(field.payload != [1])],
            BYTES if known.kind() == Kind::String => b"protogate".to_vec(),
            BYTES => vec![1, 2, 3],
            _ => vec![0; field.payload.len()],
        };
        plain.then_some(Field { payload, ..field.clone() })
    };
    fields.iter().filter_map(decoy).chain(fields.iter().cloned()).collect()
}

/// Varints with zero bits in front: a decoder reads up to ten bytes.
pub(super) fn overlong(fields: &[Field], _: &MessageDescriptor) -> Vec<Field> {
    let longer = |field: &Field| {
        let mut field = field.clone();
        let length = field.payload.len();
        if let Some(last) = field.payload.last_mut()
            && field.wire_type == VARINT
            && length < 9
        {
            *last |= 0x80;
            field.payload.push(0);
        }
        field
    };
    fields.iter().map(longer).collect()
}

/// Packed lists one by one, and numbers of a list that stand one by one packed: a decoder reads both.
pub(super) fn repacked(fields: &[Field], desc: &MessageDescriptor) -> Vec<Field> {
    let of = |field: &Field| {
        let known = desc.get_field(field.number).filter(FieldDescriptor::is_list);
        let Some(width) = known.and_then(|known| packable(&known.kind())) else { return vec![field.clone()] };
        if field.wire_type != BYTES {
            return vec![Field { number: field.number, wire_type: BYTES, payload: field.payload.clone() }];
        }
        let (mut rest, mut single) = (&field.payload[..], Vec::new());
        while !rest.is_empty() {
            let length = match width {
                FIXED64 => 8,
                FIXED32 => 4,
                _ => rest.iter().position(|byte| *byte < 0x80).map_or(rest.len(), |at| at + 1),
            };
            let (payload, after) = rest.split_at(length.min(rest.len()));
            single.push(Field { number: field.number, wire_type: width, payload: payload.to_vec() });
            rest = after;
        }
        single
    };
    fields.iter().flat_map(of).collect()
}

/// The wire type of the elements of a list that may be packed.
fn packable(kind: &Kind) -> Option<u8> {
    match kind {
        Kind::String | Kind::Bytes | Kind::Message(_) => None,
        Kind::Double | Kind::Fixed64 | Kind::Sfixed64 => Some(FIXED64),
        Kind::Float | Kind::Fixed32 | Kind::Sfixed32 => Some(FIXED32),
        _ => Some(VARINT),
    }
}

/// A message inside comes in two parts, which a decoder merges.
pub(super) fn split(fields: &[Field], desc: &MessageDescriptor) -> Vec<Field> {
    let of = |field: &Field| {
        let known = desc.get_field(field.number);
        let single =
            known.is_some_and(|it| matches!(it.kind(), Kind::Message(_)) && !it.is_list() && !it.is_map());
        let inner = (single && field.wire_type == BYTES).then(|| self::fields(&field.payload)).flatten();
        match inner {
            Some(inner) => {
                let (first, second) = inner.split_at(inner.len() / 2);
                [first, second].map(|part| Field { payload: join(part), ..field.clone() }).to_vec()
            }
            None => vec![field.clone()],
        }
    };
    fields.iter().flat_map(of).collect()
}

/// Fields without presence that are not there, written out with the value that their absence means.
pub(super) fn defaults(fields: &[Field], desc: &MessageDescriptor) -> Vec<Field> {
    let absent = |field: &FieldDescriptor| {
        let plain = !field.supports_presence() && !field.is_list() && !field.is_map();
        plain && !fields.iter().any(|it| it.number == field.number())
    };
    let default = |field: FieldDescriptor| {
        let (wire_type, payload) = match field.kind() {
            Kind::Message(_) => return None,
            Kind::String | Kind::Bytes => (BYTES, Vec::new()),
            kind => match packable(&kind)? {
                FIXED64 => (FIXED64, vec![0; 8]),
                FIXED32 => (FIXED32, vec![0; 4]),
                _ => (VARINT, vec![0]),
            },
        };
        Some(Field { number: field.number(), wire_type, payload })
    };
    fields.iter().cloned().chain(desc.fields().filter(absent).filter_map(default)).collect()
}

/// The bytes with the payload of the field of this number replaced.
pub(super) fn with_payload(bytes: &[u8], number: u32, payload: &[u8]) -> Option<Vec<u8>> {
    let mut fields = fields(bytes)?;
    fields.iter_mut().rfind(|field| field.number == number)?.payload = payload.to_vec();
    Some(join(&fields))
}

#[cfg(test)]
mod tests {
    use proptest::{
        strategy::{Strategy as _, ValueTree as _},
        test_runner::TestRunner,
    };
    use prost_reflect::DynamicMessage;

    use super::*;
    use crate::{
        schema::{Source, load},
        values::{self, Limits},
    };

    const PROTO: &str = r#"syntax = "proto3";
        message M {
          string s = 1; int32 n = 2; repeated int32 ns = 3; M inner = 4; repeated M list = 5; map<string, int64> map = 6;
          optional bool b = 7; fixed32 f = 8; repeated double ds = 9; bytes raw = 10; E e = 11; repeated sint64 z = 12;
        }
        enum E { A = 0; B = 1; }"#;

    /// The law: every rewriting decodes to the message it was made of.
    #[test]
    fn rewritten_messages_decode_to_the_same() {
        let schema = load(&Source::Text(vec![("m.proto".into(), PROTO.into())])).schema;
        let desc = schema.pool().get_message_by_name("M").unwrap();
        let mut runner = TestRunner::deterministic();
        let mut changed = [0; 6];
        for _ in 0..300 {
            let message = values::message(&desc, &Limits::default()).new_tree(&mut runner).unwrap().current();
            let bytes = values::encode(&message);
            let parts = fields(&bytes).unwrap();
            assert_eq!(join(&parts), bytes);
            for (rewrite, count) in
                [reversed, twice, overlong, repacked, split, defaults].into_iter().zip(&mut changed)
            {
                let other = join(&rewrite(&parts, &desc));
                *count += usize::from(other != bytes);
                let again = DynamicMessage::decode(desc.clone(), other.as_slice()).unwrap();
                assert_eq!(values::encode(&again), bytes, "{message:?}");
            }
        }
        assert!(changed.iter().all(|count| *count > 30), "{changed:?}");
    }
}
