//! Where a promise stands: the text of an expression, found again in the file that it was read from.
//!
//! A descriptor knows where an option begins, and nothing of what is inside of it. So the source is looked through for
//! string literals, and an expression is the literal with its text that stands closest to the literal with its id.

use std::ops::Range;
use std::sync::Arc;

use prost_reflect::{MethodDescriptor, ServiceDescriptor};

use super::{Contract, Rule};
use crate::diag::{Place, Span};
use crate::schema::Schema;

/// The tag of `options` in `ServiceDescriptorProto`, and that of the options of contracts.
const SERVICE_OPTIONS: [i32; 2] = [3, 88471];

/// How strings and comments are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Writing {
    Proto,
    Toml,
}

/// A string of a source, with where each of its characters stands.
struct Literal {
    value: String,
    /// Of each character of the value its first byte in the source; one more for the closing quote.
    bytes: Vec<usize>,
    range: Range<usize>,
    /// Where the innermost `{` around it stands.
    block: Option<usize>,
}

/// A part of a source that is looked through.
struct Region {
    file: Arc<str>,
    text: Arc<str>,
    literals: Vec<Literal>,
}

/// The sources of what is promised of one service or method.
pub(super) struct Places {
    regions: Vec<Region>,
    /// What is said where nothing better is found.
    whole: Place,
}

impl Contract {
    /// Finds where each promise stands in the files of this schema.
    pub fn find_places(&mut self, schema: &Schema) {
        let pool = schema.pool();
        for service in self.services.values_mut() {
            if let Some(desc) = pool.get_service_by_name(&service.name) {
                let places = Places::of_service(schema, &desc);
                service.invariants.iter_mut().for_each(|rule| rule.found_in(&places));
            }
            for method in service.methods.values_mut() {
                let places = Places::of_method(schema, &method.desc);
                let with_codes = method.requires.iter_mut().chain(&mut method.errors).map(|(rule, _)| rule);
                let rules =
                    with_codes.chain(&mut method.ensures).chain(&mut method.each).chain(&mut method.finals);
                rules.for_each(|rule| rule.found_in(&places));
            }
        }
    }
}

impl Rule {
    fn found_in(&mut self, places: &Places) {
        let id = self.id.rsplit('/').next().unwrap_or_default();
        self.place = Some(places.text(id, self.expr.text()));
    }
}

impl Places {
    pub fn of_service(schema: &Schema, service: &ServiceDescriptor) -> Places {
        let option = [service.path(), &SERVICE_OPTIONS].concat();
        let file = schema.file(service.parent_file().name());
        let known = file.is_some_and(|file| file.location(&option).is_some());
        let path = if known { &option[..] } else { service.path() };
        Places::at(schema.place(&service.parent_file(), path))
    }

    pub fn of_method(schema: &Schema, method: &MethodDescriptor) -> Places {
        Places::at(schema.place(&method.parent_service().parent_file(), method.path()))
    }

    fn at(whole: Place) -> Places {
        let regions = match (&whole.text, whole.span) {
            (Some(text), Some(span)) => {
                let from = byte_of(text, span.start_line, span.start_column);
                let to = byte_of(text, span.end_line, span.end_column);
                vec![Region::new(&whole.file, text, from..to, Writing::Proto)]
            }
            _ => Vec::new(),
        };
        // The whole of a service is many lines; its first says enough.
        let span = whole.span.map(|span| first_line(span, whole.text.as_deref()));
        let whole = Place { span, ..whole };
        Places { regions, whole }
    }

    /// Also looks through this part of another file.
    pub fn add(&mut self, file: &Arc<str>, text: &Arc<str>, range: Range<usize>, writing: Writing) {
        self.regions.push(Region::new(file, text, range, writing));
    }

    /// Where the service or method begins.
    pub fn whole(&self) -> Place {
        self.whole.clone()
    }

    /// The literal with this text that is closest to one with the id, or the first; else the id; else the whole.
    pub fn text(&self, id: &str, text: &str) -> Place {
        match self.find(id, text).or_else(|| self.find("", id)) {
            Some((region, literal)) => region.place(literal.range.clone()),
            None => self.whole(),
        }
    }

    /// The `turn`th literal with this text, counted from 0; else the first; else the whole.
    pub fn nth(&self, text: &str, turn: usize) -> Place {
        let all =
            || self.regions.iter().flat_map(|region| region.literals.iter().map(move |it| (region, it)));
        let same = || all().filter(|(_, literal)| literal.value == text);
        match same().nth(turn).or_else(|| same().next()) {
            Some((region, literal)) => region.place(literal.range.clone()),
            None => self.whole(),
        }
    }

    /// Some characters of an expression, counted from 0; else as [`text`](Places::text).
    pub fn within(&self, id: &str, text: &str, chars: Range<usize>) -> Place {
        let Some((region, literal)) = self.find(id, text) else { return self.text(id, text) };
        match (literal.bytes.get(chars.start), literal.bytes.get(chars.end)) {
            (Some(start), Some(end)) if start <= end => region.place(*start..*end),
            _ => region.place(literal.range.clone()),
        }
    }

    fn find(&self, id: &str, text: &str) -> Option<(&Region, &Literal)> {
        if text.is_empty() {
            return None;
        }
        let near = self.regions.iter().filter_map(|region| {
            let at = |word: &str| {
                let word = word.to_owned();
                let literals = region.literals.iter().enumerate();
                literals.filter(move |(_, it)| it.value == word)
            };
            // Beside it in the same block, behind it rather than before it.
            let far = |position: usize, literal: &Literal| {
                let ids = at(id).filter(|_| !id.is_empty());
                let far =
                    ids.map(|(of, it)| (it.block != literal.block, of.abs_diff(position), position < of));
                far.min().unwrap_or((true, usize::MAX, true))
            };
            let best = at(text).map(|(position, literal)| (far(position, literal), literal));
            let (far, literal) = best.min_by_key(|(far, _)| *far)?;
            Some((far, region, literal))
        });
        near.min_by_key(|(far, ..)| *far).map(|(_, region, literal)| (region, literal))
    }
}

impl Region {
    fn new(file: &Arc<str>, text: &Arc<str>, range: Range<usize>, writing: Writing) -> Region {
        Region { file: file.clone(), text: text.clone(), literals: literals(text, range, writing) }
    }

    fn place(&self, range: Range<usize>) -> Place {
        let span = Some(Span::from_bytes(&self.text, range.start, range.end));
        Place { file: self.file.clone(), span, text: Some(self.text.clone()) }
    }
}

fn first_line(span: Span, text: Option<&str>) -> Span {
    if span.end_line == span.start_line {
        return span;
    }
    let line = text.and_then(|text| text.lines().nth(span.start_line.saturating_sub(1) as usize));
    let length = line.map_or(0, |line| line.trim_end().chars().count());
    let end_column = u32::try_from(length + 1).unwrap_or(u32::MAX).max(span.start_column);
    Span { end_line: span.start_line, end_column, ..span }
}

/// Where a line and a column, both from 1, start.
fn byte_of(text: &str, line: u32, column: u32) -> usize {
    let start: usize = text.split_inclusive('\n').take(line.saturating_sub(1) as usize).map(str::len).sum();
    let rest = text.get(start..).unwrap_or("");
    start + rest.char_indices().nth(column.saturating_sub(1) as usize).map_or(rest.len(), |(at, _)| at)
}

/// Every string in a part of a source; in `.proto` files neighbours are one.
fn literals(text: &str, range: Range<usize>, writing: Writing) -> Vec<Literal> {
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
            Writing::Toml if next == '#' => Some(rest.find('\n').unwrap_or(rest.len())),
            _ => None,
        };
        if let Some(length) = comment {
            at += length;
        } else if next == '"' || next == '\'' {
            let literal = Literal { block: blocks.last().copied(), ..literal(rest, at, next, writing) };
            at = literal.range.end;
            match out.last_mut() {
                Some(last) if neighbour && writing == Writing::Proto => {
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
fn literal(rest: &str, start: usize, quote: char, writing: Writing) -> Literal {
    let three = quote.to_string().repeat(3);
    let fence = if writing == Writing::Toml && rest.starts_with(&three) { &three[..] } else { &three[..1] };
    let escapes = writing == Writing::Proto || quote == '"';
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
        ] {
            assert_eq!(read(text, writing), expected, "{text}");
        }
    }
}
