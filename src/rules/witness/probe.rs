//! One trial: written under one schema, read under the other, and what came of it.

use prost::Message as _;
use prost::encoding::{WireType, encode_key, uint32};
use prost_reflect::{DynamicMessage, MessageDescriptor, ReflectMessage as _};

use super::field::{Field, Shape};
use super::meaning::{Gap, Way, gaps};
use super::pairing::{Pairing, Pairings};
use super::read::{self, Refusal};
use super::text;
use super::trial::{Cause, Trial};
use crate::diag::{Agreement, Direction, Encoding, Reading};
use crate::values::encode;

/// A trial and how it ended in one encoding.
#[derive(Debug, Clone)]
pub(super) struct Attempt {
    pub cause: Cause,
    /// A required field of the message itself was missing.
    pub missing: bool,
    pub reading: Reading,
    pub message: String,
    pub hex: String,
    pub json: String,
}

/// The fields that a trial is about, as the writer and the reader call them.
#[derive(Debug)]
pub(super) struct Target<'a> {
    pub writer: Vec<&'a Field>,
    pub reader: Vec<&'a Field>,
}

impl Target<'_> {
    /// Is it this field itself that is read otherwise, and not something inside the message it holds?
    fn is_met(&self, gap: &Gap, trial: &Trial) -> bool {
        let [name] = gap.path.as_slice() else { return false };
        trial.partner.as_ref() == Some(name)
            || self.writer.iter().chain(&self.reader).any(|field| field.name() == name)
    }

    /// Does the reader miss this field itself, or something inside it that was never written for it? What is missing
    /// inside a message that both sides hold in the same place is a question about that message.
    fn is_missing(&self, path: &[String], pairing: &Pairing, encoding: Encoding) -> bool {
        let Some((name, inside)) = path.split_first() else { return false };
        let Some(reader) = self.reader.iter().find(|field| field.name() == name) else { return false };
        let meant = pairing.both.iter().find(|(_, it)| it.full_name() == reader.full_name());
        inside.is_empty() || !meant.is_some_and(|(writer, _)| is_same_place(writer, reader, encoding))
    }
}

/// Is a message that one field holds what the other one reads?
fn is_same_place(writer: &Field, reader: &Field, encoding: Encoding) -> bool {
    let is_met = match encoding {
        Encoding::Binary => writer.number() == reader.number() && writer.is_group() == reader.is_group(),
        _ => writer.key() == reader.key(),
    };
    is_met
        && (writer.shape() == Shape::Map) == (reader.shape() == Shape::Map)
        && writer.held().as_message().is_some()
        && reader.held().as_message().is_some()
}

/// Bytes of a message, extensions and all, the same every time.
pub(super) fn bytes(message: &DynamicMessage) -> Vec<u8> {
    let mut out = encode(message);
    for (extension, value) in message.extensions() {
        let mut alone = DynamicMessage::new(message.descriptor());
        alone.set_extension(&extension, value.clone());
        out.extend(alone.encode_to_vec());
    }
    out
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What a reader makes of a trial as far as the target is concerned; nothing where it cannot be written this way,
/// or where the reader refuses it for another reason.
pub(super) fn attempt(
    pairings: &Pairings,
    way: Way,
    trial: &Trial,
    reader: &MessageDescriptor,
    target: &Target,
) -> Option<Attempt> {
    if !trial.raw.is_empty() && way.encoding != Encoding::Binary {
        return None;
    }
    if trial.spelling.is_some() && way.encoding == Encoding::Binary {
        return None;
    }
    let json = text::write(&trial.message, trial.spelling.as_ref());
    let bytes = [bytes(&trial.message), trial.raw.clone()].concat();
    let read = match way.encoding {
        Encoding::Binary => read::binary(reader, &bytes),
        encoding => read::json(reader, json.as_deref()?, encoding == Encoding::StrictJson),
    };
    let mut missing = false;
    let (agreement, shown) = match &read {
        Err(Refusal { why, missing: path }) => {
            missing = path.as_ref().is_some_and(|path| path.len() == 1);
            let pairing =
                pairings.of(way.direction == Direction::NewToOld, &trial.message.descriptor(), reader);
            if path.as_ref().is_some_and(|path| !target.is_missing(path, &pairing, way.encoding)) {
                return None;
            }
            if path.is_none() && is_refused_without(target, trial, reader, way.encoding, why) {
                return None;
            }
            (Agreement::Rejected, why.clone())
        }
        // A string that is no text, at a reader who does not mind.
        Ok(read) if !trial.raw.is_empty() => (Agreement::Same, shown(read)),
        Ok(read) => {
            let met =
                gaps(pairings, way, &trial.message, read).into_iter().filter(|gap| target.is_met(gap, trial));
            (met.map(|gap| gap.agreement).max().unwrap_or(Agreement::Same), shown(read))
        }
    };
    let hex = hex(&bytes);
    let json = match (json, trial.raw.is_empty()) {
        (Some(json), true) => json,
        (_, false) => "what it holds is not UTF-8, which JSON cannot say".to_owned(),
        (None, true) => "JSON cannot say it".to_owned(),
    };
    let written = if way.encoding == Encoding::Binary { hex.clone() } else { json.clone() };
    Some(Attempt {
        cause: trial.cause,
        missing,
        reading: Reading {
            direction: way.direction,
            encoding: way.encoding,
            verdict: agreement,
            written,
            read: shown,
        },
        message: trial.message.descriptor().full_name().to_owned(),
        hex,
        json,
    })
}

/// Is the same said of the message without what the trial is about? Then it is about something else.
fn is_refused_without(
    target: &Target,
    trial: &Trial,
    reader: &MessageDescriptor,
    encoding: Encoding,
    why: &str,
) -> bool {
    let mut without = trial.message.clone();
    target.writer.iter().for_each(|field| field.clear(&mut without));
    let read = match encoding {
        Encoding::Binary => read::binary(reader, &bytes(&without)),
        encoding => match text::write(&without, trial.spelling.as_ref()) {
            Some(json) => read::json(reader, &json, encoding == Encoding::StrictJson),
            None => return false,
        },
    };
    !target.writer.is_empty() && read.is_err_and(|refusal| refusal.why == why)
}

fn shown(read: &DynamicMessage) -> String {
    text::write(read, None).unwrap_or_else(|| format!("bytes {}", hex(&bytes(read))))
}

/// The worst that becomes of any field of a message, and where or why; nothing where this encoding cannot say it.
pub(super) fn whole(
    pairings: &Pairings,
    way: Way,
    written: &DynamicMessage,
    reader: &MessageDescriptor,
) -> Option<(Agreement, String)> {
    // No writer sends what is not complete. A type that requires itself has no complete message at all.
    if read::missing(written).is_some() {
        return None;
    }
    let read = match way.encoding {
        Encoding::Binary => read::binary(reader, &bytes(written)),
        encoding => read::json(reader, &text::write(written, None)?, encoding == Encoding::StrictJson),
    };
    Some(match read {
        // A reader of JSON leaves out an enum value it does not know, and then misses it.
        Err(refusal) if refusal.missing.is_some() && is_unknown_value(way, written, reader) => {
            (Agreement::Unknown, refusal.why)
        }
        Err(refusal) => (Agreement::Rejected, refusal.why),
        Ok(read) => {
            let worst = gaps(pairings, way, written, &read).into_iter().max_by_key(|gap| gap.agreement);
            match worst {
                Some(gap) => (gap.agreement, gap.path.join(".")),
                None => (Agreement::Same, String::new()),
            }
        }
    })
}

/// Does a strict reader of JSON refuse it for the name of an enum value?
fn is_unknown_value(way: Way, written: &DynamicMessage, reader: &MessageDescriptor) -> bool {
    way.encoding == Encoding::Json
        && text::write(written, None).is_some_and(|text| {
            read::json(reader, &text, true).is_err_and(|it| it.why.starts_with("unrecognized enum value"))
        })
}

/// What a reader of a type has of something that was written, as it is shown.
pub(super) fn replay(reader: &MessageDescriptor, encoding: Encoding, written: &str) -> Option<String> {
    let read = match encoding {
        Encoding::Binary => {
            let digits: Vec<u8> = written.bytes().collect();
            let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
            read::binary(reader, &digits.chunks(2).map(byte).collect::<Option<Vec<u8>>>()?)
        }
        encoding => read::json(reader, written, encoding == Encoding::StrictJson),
    };
    Some(match read {
        Ok(read) => shown(&read),
        Err(refusal) => refusal.why,
    })
}

/// An extension that holds an empty message, as an item of a `MessageSet` or as a field, at a reader of the other.
pub(super) fn empty_extension(
    direction: Direction,
    writer: &MessageDescriptor,
    reader: &MessageDescriptor,
    number: u32,
    is_set: bool,
) -> Attempt {
    let mut bytes = Vec::new();
    if is_set {
        encode_key(1, WireType::StartGroup, &mut bytes);
        uint32::encode(2, &number, &mut bytes);
        prost::encoding::bytes::encode(3, &Vec::new(), &mut bytes);
        encode_key(1, WireType::EndGroup, &mut bytes);
    } else {
        prost::encoding::bytes::encode(number, &Vec::new(), &mut bytes);
    }
    let read = match read::binary(reader, &bytes) {
        Ok(read) => shown(&read),
        Err(refusal) => refusal.why,
    };
    let hex = hex(&bytes);
    let (encoding, verdict) = (Encoding::Binary, Agreement::Lossy);
    Attempt {
        cause: Cause::Value,
        missing: false,
        reading: Reading { direction, encoding, verdict, written: hex.clone(), read },
        message: writer.full_name().to_owned(),
        hex,
        json: format!("an empty message in extension {number}"),
    }
}
