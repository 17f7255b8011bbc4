//! The strings of a source, each with where its characters stand.

use std::ops::Range;

use super::yaml;

/// How strings and comments are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::promise::contract) enum Writing {
    Proto,
    Toml,
    Yaml,
    /// The text format of protobuf.
    Text,
}

impl Writing {
    /// Whether strings that follow one another are one, as in the languages of protobuf.
    fn joins(self) -> bool {
        matches!(self, Writing::Proto | Writing::Text)
    }
}

/// A string of a source, with where each of its characters stands.
pub(super) struct Literal {
    pub value: String,
    /// Of each character of the value its first byte in the source; one more for the closing quote.
    pub bytes: Vec<usize>,
    pub range: Range<usize>,
    /// Where the innermost `{` around it stands.
    pub block: Option<usize>,
}

/// Every string in a part of a source; in `.proto` files neighbours are one.
pub(super) fn literals(text: &str, range: Range<usize>, writing: Writing) -> Vec<Literal> {
    if writing == Writing::Yaml {
        return yaml::literals(text, range);
    }
    let mut out: Vec<Literal> = Vec::new();
    // Whether nothing but space and comments came after the last one.
    let mut neighbour = false;
    let mut blocks = Vec::new();
    let mut at = range.start;
    while let Some(rest) = text.get(at..range.end.min(text.len()))
        && let Some(next) = rest.chars().next()
    {
        let comment = match writing {
            Writing::Proto if rest.starts_with("/*") => {
                Some(rest.find("*/").map_or(rest.len(), |end| end + 2))
            }
            Writing::Proto if rest.starts_with("//") => Some(rest.find('\n').unwrap_or(rest.len())),
            Writing::Toml | Writing::Text if next == '#' => Some(rest.find('\n').unwrap_or(rest.len())),
            _ => None,
        };
        if let Some(length) = comment {
            at += length;
        } else if next == '"' || next == '\'' {
            let literal = Literal { block: blocks.last().copied(), ..literal(rest, at, next, writing) };
            at = literal.range.end;
            match out.last_mut() {
                Some(last) if neighbour && writing.joins() => {
                    last.value.push_str(&literal.value);
                    last.bytes.pop();
                    last.bytes.extend(literal.bytes);
                    last.range.end = literal.range.end;
                }
                _ => out.push(literal),
            }
            neighbour = true;
        } else {
            match next {
                '{' => blocks.push(at),
                '}' => drop(blocks.pop()),
                _ => {}
            }
            neighbour &= next.is_whitespace();
            at += next.len_utf8();
        }
    }
    out
}

/// The string that `rest` begins with, as the byte `start` of its source.
pub(super) fn literal(rest: &str, start: usize, quote: char, writing: Writing) -> Literal {
    let three = quote.to_string().repeat(3);
    let fence = if writing == Writing::Toml && rest.starts_with(&three) { &three[..] } else { &three[..1] };
    let escapes = writing.joins() || quote == '"';
    let mut at = fence.len();
    // TOML leaves out a line break right after three quotes.
    if fence.len() == 3 && rest[at..].starts_with('\n') {
        at += 1;
    }
    let (mut value, mut bytes) = (String::new(), Vec::new());
    while let Some(next) = rest[at..].chars().next()
        && !rest[at..].starts_with(fence)
        && (next != '\n' || fence.len() == 3)
    {
        bytes.push(start + at);
        let (read, length) =
            if next == '\\' && escapes { escaped(&rest[at..]) } else { (next, next.len_utf8()) };
        value.push(read);
        at += length;
    }
    bytes.push(start + at);
    let end = if rest[at..].starts_with(fence) { at + fence.len() } else { at };
    Literal { value, bytes, range: start..start + end, block: None }
}

/// What an escape stands for, and how long it is. One that is none stands for its second character.
fn escaped(rest: &str) -> (char, usize) {
    let Some(kind) = rest.chars().nth(1) else { return ('\\', 1) };
    let number = |from: usize, most: usize, base: u32| {
        let digits = rest[from..].chars().take(most).take_while(|it| it.is_digit(base)).count();
        let number = u32::from_str_radix(&rest[from..from + digits], base).ok();
        (number.and_then(char::from_u32).unwrap_or(char::REPLACEMENT_CHARACTER), from + digits)
    };
    match kind {
        'n' => ('\n', 2),
        't' => ('\t', 2),
        'r' => ('\r', 2),
        'x' | 'X' => number(2, 2, 16),
        'u' => number(2, 4, 16),
        'U' => number(2, 8, 16),
        '0'..='7' => number(1, 3, 8),
        other => (other, 1 + other.len_utf8()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, writing: Writing) -> Vec<String> {
        literals(text, 0..text.len(), writing).into_iter().map(|it| it.value).collect()
    }

    #[test]
    fn strings_are_read_as_their_files_write_them() {
        use Writing::{Proto, Toml};
        for (text, writing, expected) in [
            (r#"a: "b" c: 'd\'e'"#, Proto, &["b", "d'e"][..]),
            ("\"a\" // \"no\"\n 'b' /* 'no' */ \"c\"; \"d\"", Proto, &["abc", "d"]),
            (r#""\n\x41\101\u00e9""#, Proto, &["\nAAé"]),
            ("a = 'b\\n' # 'no'\nc = \"d\\n\"", Toml, &["b\\n", "d\n"]),
            ("a = '''\nb 'c'\nd'''", Toml, &["b 'c'\nd"]),
            ("'never closed\n'x'", Proto, &["never closedx"]),
            ("\"\\", Proto, &["\\"]),
            ("a: \"b\" # \"no\"\n'c'", Writing::Text, &["bc"]),
        ] {
            assert_eq!(read(text, writing), expected, "{text}");
        }
    }
}
