//! Where something stands in a source file.

use std::sync::Arc;

use unicode_width::UnicodeWidthStr;

/// A stretch of source text. Lines and columns count from 1, columns in Unicode scalar values; the end
/// column is the one after the last character. buf counts columns otherwise: see [`Place::buf_span`].
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

    /// The span of a `SourceCodeInfo.Location` that protox wrote for `text`: its columns count bytes.
    pub fn from_location_in(text: &str, lines: &Lines, span: &[i32]) -> Option<Span> {
        let characters =
            |line: &str, column: usize| line.char_indices().take_while(|(at, _)| *at < column).count();
        Some(Span::from_location(span)?.with_columns(text, lines, characters))
    }

    /// The same span with other columns: `column` gets a line and a column of it, and says another; both
    /// count from 0.
    fn with_columns(self, text: &str, lines: &Lines, column: impl Fn(&str, usize) -> usize) -> Span {
        let at = |line: u32, old: u32| {
            let new = column(lines.line(text, line), old.saturating_sub(1) as usize);
            u32::try_from(new).unwrap_or(u32::MAX).saturating_add(1)
        };
        Span {
            start_column: at(self.start_line, self.start_column),
            end_column: at(self.end_line, self.end_column),
            ..self
        }
    }

    /// The span of the bytes `start..end` of `text`.
    pub fn from_bytes(text: &str, start: usize, end: usize) -> Span {
        let (start_line, start_column) = line_and_column(text, start);
        let (end_line, end_column) = line_and_column(text, end.max(start));
        Span { start_line, start_column, end_line, end_column }
    }
}

/// Where the lines of a text begin, so that each of many places in it is found without counting from the start.
#[derive(Debug, Clone)]
pub struct Lines(Vec<usize>);

impl Lines {
    /// Those of a text.
    pub fn of(text: &str) -> Lines {
        let after = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        Lines(std::iter::once(0).chain(after).collect())
    }

    /// A line of that text by its number, which counts from 1, without its end; nothing of one that it does not have.
    fn line<'a>(&self, text: &'a str, number: u32) -> &'a str {
        let number = number.saturating_sub(1) as usize;
        let end = self.0.get(number + 1).map_or(text.len(), |next| next - 1);
        self.0.get(number).and_then(|start| text.get(*start..end)).unwrap_or("")
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

/// The other way round: where a line and a column, both from 1, start in `text`.
fn byte_of(text: &str, line: u32, column: u32) -> usize {
    let start: usize = text.split_inclusive('\n').take(line.saturating_sub(1) as usize).map(str::len).sum();
    let rest = &text[start..];
    let column = column.saturating_sub(1) as usize;
    start + rest.char_indices().nth(column).map_or(rest.len(), |(at, _)| at)
}

const TAB: usize = 4;

fn terminal_width(text: &str) -> usize {
    text.split_inclusive(char::is_control).fold(0, |column, piece| {
        let column = column + piece.trim_end_matches(char::is_control).width();
        if piece.ends_with('\t') { (column / TAB + 1) * TAB } else { column }
    })
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

    /// The same place, from the last `word` before it on; unchanged where it starts with the word, or where
    /// there is none.
    #[must_use]
    pub fn from_word(self, word: &str) -> Place {
        let wider = self.text.as_deref().zip(self.span).and_then(|(text, span)| {
            let start = byte_of(text, span.start_line, span.start_column);
            let from = if text[start..].starts_with(word) { start } else { text[..start].rfind(word)? };
            Some(Span::from_bytes(text, from, byte_of(text, span.end_line, span.end_column)))
        });
        Place { span: wider.or(self.span), ..self }
    }

    /// The span with the columns that `buf --error-format json` prints: the width on a terminal, where a
    /// tab goes on to the next multiple of 4 and a control character has none. Measured on buf 1.75. The
    /// same as the span where the text is not at hand.
    pub fn buf_span(&self) -> Span {
        let span = self.span_or_start();
        match &self.text {
            Some(text) => span.with_columns(text, &Lines::of(text), |line, column| {
                let end = line.char_indices().nth(column).map_or(line.len(), |(at, _)| at);
                terminal_width(&line[..end])
            }),
            None => span,
        }
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
    fn columns_of_protox_are_bytes_and_columns_of_buf_are_widths() {
        for (before, characters, width) in [
            ("", 1, 1),
            ("\t\t", 3, 9),
            ("a\t\tM\t", 6, 13),
            ("/* é🦀 */ ", 10, 11),
            ("漢\u{301}\u{c}", 4, 3),
            ("👩\u{200d}👩\u{200d}👧❤\u{fe0f}", 8, 5),
        ] {
            let text: Arc<str> = format!("// é\n{before}x").into();
            let bytes = i32::try_from(before.len()).unwrap();
            let span = Span::from_location_in(&text, &Lines::of(&text), &[1, bytes, bytes + 1]);
            let place = Place { file: "a".into(), span, text: Some(text) };
            let columns = |span: Span| (span.start_column, span.end_column);
            assert_eq!(columns(place.span_or_start()), (characters, characters + 1), "{before}");
            assert_eq!(columns(place.buf_span()), (width, width + 1), "{before}");
        }
        assert_eq!(Span::from_location_in("", &Lines::of(""), &[9, 3, 5]).map(|it| it.start_column), Some(1));
    }

    #[test]
    fn a_place_grows_to_the_word_before_it() {
        let text: Arc<str> = "a default\n[é default = 1]".into();
        let span = Some(Span::from_bytes(&text, text.len() - 2, text.len() - 1));
        let place = Place { file: "a".into(), span, text: Some(text) };
        let wider = place.clone().from_word("default").span_or_start();
        assert_eq!((wider.start_line, wider.start_column, wider.end_column), (2, 4, 15));
        assert_eq!(place.clone().from_word("reserved"), place);
        assert_eq!(place.clone().from_word("1"), place);
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
