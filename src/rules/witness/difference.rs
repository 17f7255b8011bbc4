//! What a change of a message or an enum comes to: one difference per field or enum value, with its witness.

use prost_reflect::{EnumDescriptor, MessageDescriptor};

use super::field::Field;
use super::probe::Attempt;
use super::trial::Cause;
use crate::diag::{Agreement, Encoding, Reading, Witness};

/// One thing that changed, and how it is read.
#[derive(Debug, Clone)]
pub struct Difference {
    /// The messages that were written and read, old and new.
    pub messages: (MessageDescriptor, MessageDescriptor),
    /// What it is about.
    pub subject: Subject,
    /// What kind of change it is.
    pub nature: Nature,
    /// The values that were tried last: those that show a break, where there is one.
    pub witness: Witness,
}

/// What a difference is about.
#[derive(Debug, Clone)]
pub enum Subject {
    /// A field that both sides know, or one.
    Field {
        /// As the old schema has it.
        old: Option<Field>,
        /// As the new schema has it.
        new: Option<Field>,
    },
    /// The message as a whole.
    Message,
    /// A value of an enum, by its name on the side that has it.
    Value {
        /// The enum of the old field.
        old: EnumDescriptor,
        /// The enum of the new field.
        new: EnumDescriptor,
        /// The name of the value; nothing for numbers that no side declares.
        name: Option<String>,
    },
}

/// What kind of change it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Nature {
    /// Every value that was tried is read as it was meant.
    Alike,
    /// Only one side knows the field, and nobody else is told anything by it.
    Added,
    /// Only the old side knows it. An announced one was deprecated and is reserved.
    Deleted {
        /// Whether readers were told.
        announced: bool,
    },
    /// Bytes are read otherwise.
    Binary,
    /// Bytes are read as they were meant, JSON is not.
    Json,
    /// A value that equals the default is no longer told from none.
    Presence,
    /// None is taken for another default.
    Default,
    /// Two fields that could both be there no longer can.
    Oneof,
    /// A message without the field is refused.
    Required,
    /// A string that is no text is refused.
    Utf8,
    /// The message is written as a `MessageSet`, or no longer.
    MessageSet,
    /// A number of an enum is read otherwise.
    EnumValue,
    /// Only the name of an enum value in JSON is read otherwise.
    EnumName,
    /// A number of an enum has no name any more.
    EnumDeleted {
        /// Whether number and name are reserved.
        announced: bool,
    },
}

impl Difference {
    /// The worst that happens.
    pub fn worst(&self) -> Agreement {
        self.witness.readings.iter().map(|it| it.verdict).max().unwrap_or(Agreement::Same)
    }

    /// The worst that happens where readers of JSON ignore what they do not know.
    pub fn worst_told(&self) -> Agreement {
        let told = self.witness.readings.iter().filter(|it| it.encoding != Encoding::StrictJson);
        told.map(|it| it.verdict).max().unwrap_or(Agreement::Same)
    }

    /// Is there a reading that breaks somebody, and were they not told?
    pub fn is_break(&self) -> bool {
        let worst = self.worst_told();
        match self.nature {
            Nature::Alike | Nature::Added => false,
            // That it is lost was said; that a whole message is refused was not.
            Nature::Deleted { announced: true } | Nature::EnumDeleted { announced: true } => {
                worst >= Agreement::Rejected
            }
            Nature::Deleted { announced: false } | Nature::EnumDeleted { announced: false } => true,
            _ => worst.is_break(),
        }
    }
}

/// The nature of the worst that happens to a field: what the bytes show, and without that what JSON shows.
pub(super) fn nature(attempts: &[Attempt]) -> Nature {
    let worst = |encoding| {
        let mut worst: Option<&Attempt> = None;
        for it in
            attempts.iter().filter(|it| it.reading.encoding == encoding && it.reading.verdict.is_break())
        {
            if worst.is_none_or(|worst| worst.reading.verdict < it.reading.verdict) {
                worst = Some(it);
            }
        }
        worst
    };
    let by_cause = |it: &Attempt, value| match it.cause {
        _ if it.missing => Nature::Required,
        Cause::Value => value,
        Cause::Presence => Nature::Presence,
        Cause::Absence => Nature::Default,
        Cause::Both => Nature::Oneof,
        Cause::Utf8 => Nature::Utf8,
    };
    match (worst(Encoding::Binary), worst(Encoding::Json)) {
        (Some(binary), _) => by_cause(binary, Nature::Binary),
        (None, Some(json)) => by_cause(json, Nature::Json),
        (None, None) => Nature::Alike,
    }
}

/// The attempts as one witness, which shows the worst of them.
pub(super) fn witness(mut attempts: Vec<Attempt>) -> Option<Witness> {
    attempts.sort_by_key(|it| (it.reading.direction, it.reading.encoding));
    // What only strict readers of JSON mind is never the worst.
    let weight = |it: &Attempt| {
        let told = it.reading.encoding != Encoding::StrictJson;
        (told.then_some(it.reading.verdict), it.reading.encoding == Encoding::Binary)
    };
    let mut worst = attempts.first()?;
    for it in &attempts {
        if weight(it) > weight(worst) {
            worst = it;
        }
    }
    let (message, hex, json) = (worst.message.clone(), worst.hex.clone(), worst.json.clone());
    let readings: Vec<Reading> = attempts.into_iter().map(|it| it.reading).collect();
    Some(Witness { message, hex, json, readings })
}
