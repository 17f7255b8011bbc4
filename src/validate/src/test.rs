//! One question about one value.

use prost_reflect::EnumDescriptor;
use regex::Regex;

use super::{
    forms::Form,
    plain::{Plain, Seen},
};

/// What a rule asks of one value. The variants are named as the rules of `buf.validate`.
#[expect(missing_docs, reason = "named as the rules are")]
pub enum Test {
    Const(Plain),
    In(Vec<Plain>),
    NotIn(Vec<Plain>),
    Range {
        low: Option<Bound>,
        high: Option<Bound>,
    },
    Finite,
    Length {
        unit: Unit,
        min: Option<u64>,
        max: Option<u64>,
    },
    /// As it is declared, and as it is asked.
    Pattern {
        declared: String,
        regex: Regex,
    },
    Prefix(Plain),
    Suffix(Plain),
    Contains(Plain),
    NotContains(Plain),
    Form(Form),
    NotEmpty,
    Defined(EnumDescriptor),
    /// Not after now.
    Past,
    /// Not before now.
    Future,
    /// At most so many nanoseconds from now.
    Within(i128),
    /// Of a list. Answered where the list is.
    Unique,
    /// Of a field mask: each path is one of these, or below one.
    Covered(Vec<Plain>),
    NotCovered(Vec<Plain>),
}

/// One end of a range.
#[expect(missing_docs, reason = "a value, and whether it is in")]
#[derive(Debug, Clone)]
pub struct Bound {
    pub at: Plain,
    pub inclusive: bool,
}

/// What a length counts.
#[expect(missing_docs, reason = "they say it")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    Characters,
    Bytes,
    Elements,
}

/// Clocks of two machines differ; so near to now nothing is certain.
const SKEW: i128 = 300 * 1_000_000_000;

impl Test {
    /// Whether the value passes; nothing if that cannot be known.
    pub fn holds(&self, value: &Seen<'_>, now: i128) -> Option<bool> {
        Some(match (self, value) {
            (Test::Const(it), value) => value == it,
            (Test::In(among), value) => among.contains(value),
            (Test::NotIn(among), value) => !among.contains(value),
            (Test::Range { low, high }, value) => within(value, low.as_ref(), high.as_ref()),
            (Test::Finite, Seen::Float(it)) => it.is_finite(),
            (Test::Length { unit, min, max }, value) => {
                let length = length(value, *unit)?;
                min.is_none_or(|min| length >= min) && max.is_none_or(|max| length <= max)
            }
            (Test::Pattern { regex, .. }, Seen::Text(text)) => regex.is_match(text),
            // What is no text matches nothing and is no error of the value either.
            (Test::Pattern { regex, .. }, Seen::Bytes(bytes)) => {
                regex.is_match(std::str::from_utf8(bytes).ok()?)
            }
            (Test::Prefix(it), value) => raw(value)?.starts_with(raw(it)?),
            (Test::Suffix(it), value) => raw(value)?.ends_with(raw(it)?),
            (Test::Contains(it), value) => contains(raw(value)?, raw(it)?),
            (Test::NotContains(it), value) => !contains(raw(value)?, raw(it)?),
            // An empty value breaks another rule.
            (Test::Form(form), value) => form.fits(raw(value)?),
            (Test::NotEmpty, value) => !raw(value)?.is_empty(),
            (Test::Defined(desc), Seen::Int(number)) => {
                i32::try_from(*number).is_ok_and(|number| desc.get_value(number).is_some())
            }
            (Test::Past, Seen::Int(at)) => certain(now - at)? >= 0,
            (Test::Future, Seen::Int(at)) => certain(at - now)? >= 0,
            (Test::Within(most), Seen::Int(at)) => certain(most - (at - now).abs())? >= 0,
            (Test::Covered(fields), Seen::Paths(paths)) => paths.iter().all(|path| covers(fields, path)),
            (Test::NotCovered(fields), Seen::Paths(paths)) => !paths.iter().any(|path| covers(fields, path)),
            _ => return None,
        })
    }
}

fn certain(distance: i128) -> Option<i128> {
    (distance.abs() > SKEW).then_some(distance)
}

/// Neither bound holds for what is no number.
fn within(value: &Seen<'_>, low: Option<&Bound>, high: Option<&Bound>) -> bool {
    let above = |low: &Bound| if low.inclusive { *value >= low.at } else { *value > low.at };
    let below = |high: &Bound| if high.inclusive { *value <= high.at } else { *value < high.at };
    match (low, high) {
        (Some(low), Some(high)) if high.at < low.at => above(low) || below(high),
        (low, high) => low.is_none_or(above) && high.is_none_or(below),
    }
}

fn length(value: &Seen<'_>, unit: Unit) -> Option<u64> {
    let length = match (value, unit) {
        (Seen::Text(text), Unit::Characters) => text.chars().count(),
        (Seen::Text(text), Unit::Bytes) => text.len(),
        (Seen::Bytes(bytes), _) => bytes.len(),
        _ => return None,
    };
    u64::try_from(length).ok()
}

fn raw<'a>(value: &'a Seen<'_>) -> Option<&'a [u8]> {
    match value {
        Seen::Text(text) => Some(text.as_bytes()),
        Seen::Bytes(bytes) => Some(bytes),
        _ => None,
    }
}

fn contains(value: &[u8], part: &[u8]) -> bool {
    part.is_empty() || value.windows(part.len()).any(|window| window == part)
}

fn covers(fields: &[Plain], path: &str) -> bool {
    let below = |field: &str| path.strip_prefix(field).is_some_and(|rest| rest.starts_with('.'));
    fields.iter().any(|field| matches!(field, Seen::Text(field) if path == field || below(field)))
}
