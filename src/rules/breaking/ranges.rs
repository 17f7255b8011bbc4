//! Ranges of numbers: what is in the old ones and in none of the new ones.

use std::collections::HashSet;
use std::fmt;
use std::ops::RangeInclusive;

use super::element::Element;
use super::findings::Findings;

/// Numbers from `start` to `end`, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Range {
    pub start: i64,
    pub end: i64,
}

/// The largest number of a field (<https://protobuf.dev/programming-guides/proto3/#assigning>).
pub(super) const MAX_FIELD: i64 = 536_870_911;

/// The largest number of an enum value.
pub(super) const MAX_VALUE: i64 = i32::MAX as i64;

impl Range {
    /// As it is written: `2`, `2 to 5`, `2 to max`.
    pub(super) fn written(self, max: i64) -> String {
        match self {
            Range { start, end } if start == end => start.to_string(),
            Range { start, end } if end == max => format!("{start} to max"),
            Range { start, end } => format!("{start} to {end}"),
        }
    }
}

impl From<std::ops::Range<u32>> for Range {
    fn from(range: std::ops::Range<u32>) -> Range {
        Range { start: range.start.into(), end: i64::from(range.end) - 1 }
    }
}

impl From<RangeInclusive<i32>> for Range {
    fn from(range: RangeInclusive<i32>) -> Range {
        Range { start: (*range.start()).into(), end: (*range.end()).into() }
    }
}

/// The parts of `range` that no range of `cover` covers.
pub(super) fn missing(range: Range, cover: &[Range]) -> Vec<Range> {
    let mut cover = cover.to_vec();
    cover.sort_unstable();
    let mut missing = Vec::new();
    let mut next = range.start;
    for Range { start, end } in cover {
        if start > range.end {
            break;
        }
        if start > next {
            missing.push(Range { start: next, end: start - 1 });
        }
        next = next.max(end + 1);
    }
    if next <= range.end {
        missing.push(Range { start: next, end: range.end });
    }
    missing
}

/// Several ranges as they are written in one statement.
pub(super) struct List<'a>(pub &'a [Range], pub i64);

impl fmt::Display for List<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let List(ranges, max) = self;
        let written: Vec<String> = ranges.iter().map(|range| range.written(*max)).collect();
        f.write_str(&written.join(", "))
    }
}

/// What an element promises about numbers and names, and how it is written.
pub(super) struct Promise {
    /// "reserves".
    pub verb: &'static str,
    /// `reserved`.
    pub statement: &'static str,
    /// "message `M`".
    pub home: String,
    /// The number that is written `max`.
    pub max: i64,
}

/// Says which numbers of the old ranges are in none of the new ones: one finding for each old range.
pub(super) fn keep<E: Element>(
    promise: &Promise,
    (old, old_ranges): (&E, &[Range]),
    (new, new_ranges): (&E, &[Range]),
    findings: &mut Findings,
) {
    let Promise { verb, statement, home, max } = promise;
    for range in old_ranges {
        let gone = missing(*range, new_ranges);
        if !gone.is_empty() {
            let (range, gone) = (range.written(*max), List(&gone, *max));
            findings
                .add(new.whole(), format!("{home} no longer {verb} {gone} of `{statement} {range};`"))
                .was(old.whole(), "it did here")
                .help(format!("write `{statement} {gone};`"));
        }
    }
}

/// Says which of the old names are not among the new ones.
pub(super) fn keep_names<'n, E: Element>(
    promise: &Promise,
    (old, old_names): (&E, impl Iterator<Item = &'n str>),
    (new, new_names): (&E, impl Iterator<Item = &'n str>),
    findings: &mut Findings,
) {
    let Promise { verb, statement, home, .. } = promise;
    let new_names: HashSet<&str> = new_names.collect();
    for name in old_names.filter(|name| !new_names.contains(name)) {
        findings
            .add(new.whole(), format!("{home} no longer {verb} the name `{name}`"))
            .was(old.whole(), "it did here")
            .help(format!("write `{statement} \"{name}\";`"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn range() -> impl Strategy<Value = Range> {
        (-20i64..20, 0i64..10).prop_map(|(start, more)| Range { start, end: start + more })
    }

    proptest! {
        #[test]
        fn missing_is_what_the_cover_does_not_contain(range in range(), cover in prop::collection::vec(range(), 0..5)) {
            let inside = |ranges: &[Range], n: i64| ranges.iter().any(|it| (it.start..=it.end).contains(&n));
            let missing = missing(range, &cover);
            for n in -40..40 {
                prop_assert_eq!(inside(&missing, n), inside(&[range], n) && !inside(&cover, n));
            }
        }
    }
}
