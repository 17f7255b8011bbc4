//! Where something stands in a source file.

use std::sync::Arc;

/// A stretch of source text. Lines and columns count from 1, columns in Unicode scalar values; the end
/// column is the one after the last character, as `buf --error-format json` prints it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// First line.
    pub start_line: u32,
    /// First column.
    pub start_column: u32,
    /// Last line.
    pub end_line: u32,
    /// Column after the last character.
    pub end_column: u32,
}

impl Span {
    /// The start of a file: what is reported when nothing better is known.
    pub const START: Span = Span { start_line: 1, start_column: 1, end_line: 1, end_column: 1 };

    /// The span of a `SourceCodeInfo.Location`: three or four numbers that count from 0
    /// (`google/protobuf/descriptor.proto`, message `SourceCodeInfo`).
    pub fn from_location(span: &[i32]) -> Option<Span> {
        let at = |n: i32| u32::try_from(n).ok()?.checked_add(1);
        match *span {
            [line, start, end] => Some(Span {
                start_line: at(line)?,
                start_column: at(start)?,
                end_line: at(line)?,
                end_column: at(end)?,
            }),
            [start_line, start, end_line, end] => Some(Span {
                start_line: at(start_line)?,
                start_column: at(start)?,
                end_line: at(end_line)?,
                end_column: at(end)?,
            }),
            _ => None,
        }
    }

    /// The span of the bytes `start..end` of `text`.
    pub fn from_bytes(text: &str, start: usize, end: usize) -> Span {
        let (start_line, start_column) = line_and_column(text, start);
        let (end_line, end_column) = line_and_column(text, end.max(start));
        Span { start_line, start_column, end_line, end_column }
    }
}

fn line_and_column(text: &str, byte: usize) -> (u32, u32) {
    let mut byte = byte.min(text.len());
    while !text.is_char_boundary(byte) {
        byte -= 1;
    }
    let before = &text[..byte];
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let line = before.matches('\n').count() + 1;
    let column = before[line_start..].chars().count() + 1;
    (u32::try_from(line).unwrap_or(u32::MAX), u32::try_from(column).unwrap_or(u32::MAX))
}

/// A file, a span of it where one is known, and the file's text where one is at hand.
#[derive(Debug, Clone)]
pub struct Place {
    /// The file as the user knows it: relative to where the command runs, or as they wrote it.
    pub file: Arc<str>,
    /// `None` for the file as a whole.
    pub span: Option<Span>,
    /// The whole text of the file, for renderers that show the line. `None` for descriptor sets.
    pub text: Option<Arc<str>>,
}

impl Place {
    /// The file as a whole.
    pub fn file(file: impl Into<Arc<str>>) -> Place {
        Place { file: file.into(), span: None, text: None }
    }

    /// The span, or the start of the file.
    pub fn span_or_start(&self) -> Span {
        self.span.unwrap_or(Span::START)
    }

    fn key(&self) -> (&str, Option<Span>) {
        (&self.file, self.span)
    }
}

/// Two places are the same when file and span are; the text is only baggage.
impl PartialEq for Place {
    fn eq(&self, other: &Place) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Place {}

impl Ord for Place {
    fn cmp(&self, other: &Place) -> std::cmp::Ordering {
        self.key().cmp(&other.key())
    }
}

impl PartialOrd for Place {
    fn partial_cmp(&self, other: &Place) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locations_of_three_and_four_numbers_count_from_one() {
        assert_eq!(
            Span::from_location(&[4, 2, 9]),
            Some(Span { start_line: 5, start_column: 3, end_line: 5, end_column: 10 })
        );
        assert_eq!(
            Span::from_location(&[4, 2, 6, 1]),
            Some(Span { start_line: 5, start_column: 3, end_line: 7, end_column: 2 })
        );
        assert_eq!(Span::from_location(&[]), None);
        assert_eq!(Span::from_location(&[-1, 0, 0]), None);
    }

    #[test]
    fn byte_spans_count_characters_and_survive_cuts_inside_one() {
        let text = "a\né 🦀 z";
        assert_eq!(
            Span::from_bytes(text, text.find('z').unwrap(), text.len()),
            Span { start_line: 2, start_column: 5, end_line: 2, end_column: 6 }
        );
        assert_eq!(Span::from_bytes(text, 3, 999).start_column, 1);
    }
}
