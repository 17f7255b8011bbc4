//! What a reader takes from bytes before it has values: fields by number and wire type, as the specification has
//! it and prost does not.
//!
//! A reader keeps as unknown what it has no field for, what has another wire type than the field, and numbers that a
//! closed enum does not declare. prost refuses the second and keeps the third as values. [`sift`] leaves all of
//! them out and refuses what every reader refuses, so that what is left means to prost what it means to anybody.

use prost::encoding::{WireType, decode_varint, encode_key, encode_varint};
use prost_reflect::{Kind, MessageDescriptor};

use super::field::{Field, Shape, is_closed};

/// Why bytes are no message.
pub(super) const MALFORMED: &str = "the bytes are no message of this type";

/// As deep as readers go.
const DEEPEST: u32 = 100;

/// The bytes that a reader of this type understands.
///
/// # Errors
///
/// Why it refuses all of them.
pub(super) fn sift(desc: &MessageDescriptor, bytes: &[u8]) -> Result<Vec<u8>, String> {
    let mut rest = bytes;
    let kept = fields(desc, &mut rest, None, DEEPEST)?;
    Ok(kept.out)
}

#[derive(Default)]
struct Kept {
    out: Vec<u8>,
    /// A number that a closed enum does not declare was left out.
    dropped: bool,
}

/// The fields up to the end, or up to the end of the group of this number.
fn fields(
    desc: &MessageDescriptor,
    rest: &mut &[u8],
    group: Option<u32>,
    depth: u32,
) -> Result<Kept, String> {
    let mut kept = Kept::default();
    if depth == 0 {
        return Err("messages nest too deep".to_owned());
    }
    while !rest.is_empty() {
        let (number, wire) = key(rest)?;
        if wire == WireType::EndGroup {
            return if group == Some(number) { Ok(kept) } else { Err(MALFORMED.to_owned()) };
        }
        match Field::by_number(desc, number) {
            Some(field) => one(&field, wire, rest, &mut kept, depth)?,
            None => skip(number, wire, rest, depth)?,
        }
    }
    if group.is_some() { Err(MALFORMED.to_owned()) } else { Ok(kept) }
}

fn one(field: &Field, wire: WireType, rest: &mut &[u8], kept: &mut Kept, depth: u32) -> Result<(), String> {
    let (number, kind) = (field.number(), field.kind());
    let expected = if field.is_group() { WireType::StartGroup } else { kind.wire_type() };
    let packable = !matches!(kind, Kind::String | Kind::Bytes | Kind::Message(_));
    if wire == WireType::LengthDelimited && wire != expected && packable && field.shape() == Shape::Many {
        let mut packed = take(rest)?;
        while !packed.is_empty() {
            number_of(&kind, number, &mut packed, kept)?;
        }
        return Ok(());
    }
    if wire != expected {
        return skip(number, wire, rest, depth);
    }
    match &kind {
        Kind::Message(inner) if field.is_group() => {
            let inside = fields(inner, rest, Some(number), depth - 1)?;
            encode_key(number, WireType::StartGroup, &mut kept.out);
            kept.out.extend(inside.out);
            encode_key(number, WireType::EndGroup, &mut kept.out);
        }
        Kind::Message(inner) => {
            let mut bytes = take(rest)?;
            let inside = fields(inner, &mut bytes, None, depth - 1)?;
            // An entry whose value nobody can keep is no entry.
            if !(inside.dropped && inner.is_map_entry()) {
                put(number, &inside.out, &mut kept.out);
            }
        }
        Kind::String => {
            let bytes = take(rest)?;
            match std::str::from_utf8(bytes) {
                Err(_) if field.checks_utf8() => {
                    return Err(format!("`{}` is not UTF-8", field.name()));
                }
                _ => put(number, String::from_utf8_lossy(bytes).as_bytes(), &mut kept.out),
            }
        }
        Kind::Bytes => put(number, take(rest)?, &mut kept.out),
        _ => number_of(&kind, number, rest, kept)?,
    }
    Ok(())
}

/// One number of a kind, with its key, as if it were not packed.
fn number_of(kind: &Kind, number: u32, rest: &mut &[u8], kept: &mut Kept) -> Result<(), String> {
    let wire = kind.wire_type();
    let start = *rest;
    let varint = match wire {
        WireType::Varint => Some(decode_varint(rest).map_err(|_| MALFORMED.to_owned())?),
        WireType::ThirtyTwoBit => split(rest, 4).map(|_| None)?,
        _ => split(rest, 8).map(|_| None)?,
    };
    if let (Some(varint), Kind::Enum(it)) = (varint, kind) {
        // Enums are 32 bits wide: the rest of a varint is cut off.
        #[allow(clippy::cast_possible_truncation)]
        let value = varint as i32;
        if is_closed(it) && it.get_value(value).is_none() {
            kept.dropped = true;
            return Ok(());
        }
    }
    encode_key(number, wire, &mut kept.out);
    kept.out.extend(&start[..start.len() - rest.len()]);
    Ok(())
}

fn put(number: u32, bytes: &[u8], out: &mut Vec<u8>) {
    encode_key(number, WireType::LengthDelimited, out);
    encode_varint(bytes.len() as u64, out);
    out.extend(bytes);
}

fn key(rest: &mut &[u8]) -> Result<(u32, WireType), String> {
    prost::encoding::decode_key(rest).map_err(|_| MALFORMED.to_owned())
}

fn take<'a>(rest: &mut &'a [u8]) -> Result<&'a [u8], String> {
    let length = decode_varint(rest).map_err(|_| MALFORMED.to_owned())?;
    split(rest, usize::try_from(length).map_err(|_| MALFORMED.to_owned())?)
}

fn split<'a>(rest: &mut &'a [u8], length: usize) -> Result<&'a [u8], String> {
    let (taken, left) = rest.split_at_checked(length).ok_or_else(|| MALFORMED.to_owned())?;
    *rest = left;
    Ok(taken)
}

/// What nobody knows here, of any wire type.
fn skip(number: u32, wire: WireType, rest: &mut &[u8], depth: u32) -> Result<(), String> {
    match wire {
        WireType::Varint => decode_varint(rest).map(|_| ()).map_err(|_| MALFORMED.to_owned()),
        WireType::ThirtyTwoBit => split(rest, 4).map(|_| ()),
        WireType::SixtyFourBit => split(rest, 8).map(|_| ()),
        WireType::LengthDelimited => take(rest).map(|_| ()),
        WireType::StartGroup if depth == 0 => Err("messages nest too deep".to_owned()),
        WireType::StartGroup => loop {
            let (inner, wire) = key(rest)?;
            match wire {
                WireType::EndGroup if inner == number => return Ok(()),
                WireType::EndGroup => return Err(MALFORMED.to_owned()),
                wire => skip(inner, wire, rest, depth - 1)?,
            }
        },
        WireType::EndGroup => Err(MALFORMED.to_owned()),
    }
}
