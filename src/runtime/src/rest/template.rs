//! Path templates, as the comment of `google.api.HttpRule` in `google/api/http.proto` writes them.
//!
//! ```text
//! Template = "/" Segments [ Verb ] ;
//! Segments = Segment { "/" Segment } ;
//! Segment  = "*" | "**" | LITERAL | Variable ;
//! Variable = "{" FieldPath [ "=" Segments ] "}" ;
//! Verb     = ":" LITERAL ;
//! ```

use std::fmt;
use std::ops::Range;

use percent_encoding::percent_decode_str;

/// A path with places for values: `/v1/{name=shelves/*}:move`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    segments: Vec<Segment>,
    variables: Vec<Variable>,
    verb: Option<String>,
}

/// What one part of a path must be. In the order in which they are tried.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Segment {
    /// This text.
    Literal(String),
    /// `*`: any one segment that is not empty.
    One,
    /// `**`: all that the others leave, be it nothing.
    Rest,
}

/// A field that is taken from the path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// The path of the field: `book.name`.
    pub field: String,
    /// The segments that are its value.
    pub segments: Range<usize>,
}

/// Why a text is no template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateError {
    /// The byte at which it is wrong.
    pub at: usize,
    /// What is wrong there.
    pub why: &'static str,
}

impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (at character {})", self.why, self.at + 1)
    }
}

impl std::error::Error for TemplateError {}

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    ///
    /// What the grammar does not have, a second `**`, and a variable that is there twice. The first `**` may stand anywhere:
    /// `google/api/http.proto` wants it last, and Firestore's routes have it before others.
    pub fn parse(text: &str) -> Result<Template, TemplateError> {
        Parser { text, at: 0, template: Template { segments: Vec::new(), variables: Vec::new(), verb: None } }
            .template()
    }

    /// The segments, those of variables included.
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// The fields that are taken from the path, in its order.
    pub fn variables(&self) -> &[Variable] {
        &self.variables
    }

    /// The custom verb: `move` of `/v1/{name=shelves/*}:move`.
    pub fn verb(&self) -> Option<&str> {
        self.verb.as_deref()
    }

    /// The template without its variables, so that two of the same shape match the same paths: `/v1/shelves/*:move`.
    pub fn shape(&self) -> String {
        Template { variables: Vec::new(), ..self.clone() }.to_string()
    }

    /// The values of the variables where `path`, percent-encoded as it comes in a request, is one of this template.
    ///
    /// In a value of several segments an encoded slash stays encoded, as `google/api/http.proto` says.
    pub fn matches(&self, path: &str) -> Option<Vec<String>> {
        let mut path = path.strip_prefix('/')?;
        if let Some(verb) = &self.verb {
            path = path.strip_suffix(verb.as_str())?.strip_suffix(':')?;
        }
        // Most templates are of other paths, and differ in their first texts: that is told without a list of parts.
        let mut begun = path.split('/').zip(&self.segments).take_while(|(_, it)| **it != Segment::Rest);
        if begun.any(|(part, it)| matches!(it, Segment::Literal(text) if part != text && !part.contains('%')))
        {
            return None;
        }
        let parts: Vec<&str> = if path.is_empty() { Vec::new() } else { path.split('/').collect() };
        let rest = self.segments.iter().position(|it| *it == Segment::Rest);
        // How many parts `**` takes: all that the other segments leave.
        let taken = match rest {
            Some(_) => parts.len().checked_sub(self.segments.len() - 1)?,
            None if parts.len() == self.segments.len() => 0,
            None => return None,
        };
        // The part at which a segment begins.
        let begin = |segment: usize| match rest {
            Some(rest) if segment > rest => segment - 1 + taken,
            _ => segment,
        };
        let fits = |(at, segment): (usize, &Segment)| match segment {
            Segment::Literal(text) => parts.get(begin(at)).is_some_and(|part| decoded(part) == *text),
            Segment::One => parts.get(begin(at)).is_some_and(|part| !part.is_empty()),
            Segment::Rest => true,
        };
        if !self.segments.iter().enumerate().all(fits) {
            return None;
        }
        let value = |variable: &Variable| {
            let Range { start, end } = variable.segments.clone();
            let is_one = self.segments.get(start..end) == Some(&[Segment::One]);
            let parts = parts.get(begin(start)..begin(end)).unwrap_or_default();
            if is_one { decoded(&parts.concat()) } else { decoded_but_slashes(&parts.join("/")) }
        };
        Some(self.variables.iter().map(value).collect())
    }

    /// What decides which of several templates is tried first: exact ones, and those with a verb.
    pub(super) fn rank(&self) -> (bool, Vec<u8>) {
        let kind = |segment: &Segment| match segment {
            Segment::Literal(_) => 0,
            Segment::One => 1,
            Segment::Rest => 2,
        };
        (self.verb.is_none(), self.segments.iter().map(kind).collect())
    }
}

fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

fn decoded_but_slashes(text: &str) -> String {
    let mut rest = text;
    let mut whole = String::with_capacity(text.len());
    while let Some(at) = rest.find("%2F").into_iter().chain(rest.find("%2f")).min() {
        let (before, after) = rest.split_at(at);
        whole += &decoded(before);
        let (slash, after) = after.split_at(3);
        whole += slash;
        rest = after;
    }
    whole + &decoded(rest)
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.segments.is_empty() {
            f.write_str("/")?;
        }
        let mut at = 0;
        while let Some(segment) = self.segments.get(at) {
            match self.variables.iter().find(|it| it.segments.start == at && !it.segments.is_empty()) {
                Some(variable) => {
                    let pattern = self.segments.get(variable.segments.clone()).unwrap_or_default();
                    match pattern {
                        [Segment::One] => write!(f, "/{{{}}}", variable.field)?,
                        [..] => {
                            let parts: Vec<String> = pattern.iter().map(Segment::to_string).collect();
                            write!(f, "/{{{}={}}}", variable.field, parts.join("/"))?;
                        }
                    }
                    at = variable.segments.end;
                }
                None => {
                    write!(f, "/{segment}")?;
                    at += 1;
                }
            }
        }
        self.verb.iter().try_for_each(|verb| write!(f, ":{verb}"))
    }
}

impl fmt::Display for Segment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Segment::Literal(text) => f.write_str(text),
            Segment::One => f.write_str("*"),
            Segment::Rest => f.write_str("**"),
        }
    }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    template: Template,
}

impl Parser<'_> {
    fn template(mut self) -> Result<Template, TemplateError> {
        self.expect('/', "a path begins with `/`")?;
        if self.rest().is_empty() {
            return Ok(self.template);
        }
        self.segments(false)?;
        if self.take(':') {
            let verb = self.word(|c| !matches!(c, '/' | '{' | '}' | '*' | ':'));
            if verb.is_empty() {
                return Err(self.error("a verb stands after `:`"));
            }
            self.template.verb = Some(verb);
        }
        match self.rest() {
            "" => Ok(self.template),
            rest if rest.starts_with('}') => Err(self.error("a `}` without its `{`")),
            _ => Err(self.error("a segment ends with `/`, a `:` and a verb, or the path")),
        }
    }

    fn segments(&mut self, within: bool) -> Result<(), TemplateError> {
        loop {
            self.segment(within)?;
            if !self.take('/') {
                return Ok(());
            }
        }
    }

    fn segment(&mut self, within: bool) -> Result<(), TemplateError> {
        if self.take('{') {
            if within {
                return Err(self.error("a variable inside a variable"));
            }
            return self.variable();
        }
        let segment = if self.take('*') {
            match self.take('*') {
                true if self.template.segments.contains(&Segment::Rest) => {
                    return Err(self.error("a second `**`: nobody could tell where the first one ends"));
                }
                true => Segment::Rest,
                false => Segment::One,
            }
        } else {
            let word = self.word(|c| !matches!(c, '/' | '{' | '}' | '*' | ':' | '='));
            if word.is_empty() {
                return Err(self.error("a segment is empty"));
            }
            Segment::Literal(word)
        };
        self.template.segments.push(segment);
        Ok(())
    }

    fn variable(&mut self) -> Result<(), TemplateError> {
        let began = self.at;
        let field = self.word(|c| c.is_ascii_alphanumeric() || c == '_' || c == '.');
        if field.split('.').any(|name| name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit())) {
            return Err(self.error("a variable is named after a field"));
        }
        if self.template.variables.iter().any(|it| it.field == field) {
            return Err(TemplateError { at: began, why: "the variable is there twice" });
        }
        let start = self.template.segments.len();
        if self.take('=') {
            self.segments(true)?;
        } else {
            self.template.segments.push(Segment::One);
        }
        self.expect('}', "a variable ends with `}`")?;
        let segments = start..self.template.segments.len();
        self.template.variables.push(Variable { field, segments });
        Ok(())
    }

    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn take(&mut self, wanted: char) -> bool {
        let found = self.rest().starts_with(wanted);
        self.at += if found { wanted.len_utf8() } else { 0 };
        found
    }

    fn expect(&mut self, wanted: char, why: &'static str) -> Result<(), TemplateError> {
        if self.take(wanted) { Ok(()) } else { Err(self.error(why)) }
    }

    fn word(&mut self, is_part: impl Fn(char) -> bool) -> String {
        let rest = self.rest();
        let word = rest[..rest.find(|c| !is_part(c)).unwrap_or(rest.len())].to_owned();
        self.at += word.len();
        word
    }

    fn error(&self, why: &'static str) -> TemplateError {
        TemplateError { at: self.at, why }
    }
}

#[cfg(test)]
mod tests {
    use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn paths_match_and_give_values() {
        for (template, path, values) in [
            ("/v1/users/{id}", "/v1/users/7", Some(&["7"][..])),
            ("/v1/users/{id}", "/v1/users/a%2Fb%20c", Some(&["a/b c"])),
            ("/v1/users/{id}", "/v1/users/", None),
            ("/v1/users/{id}", "/v1/users", None),
            ("/v1/users/{id}", "/v1/users/7/", None),
            ("/v1/users/{id}", "/v1/users/7:watch", Some(&["7:watch"])),
            ("/v1/users/{id}:watch", "/v1/users/7:watch", Some(&["7"])),
            ("/v1/users/{id}:watch", "/v1/users/7", None),
            ("/v1/users/{id}:watch", "/v1/users/:watch", None),
            ("/v1/{name=shelves/*}", "/v1/shelves/1", Some(&["shelves/1"])),
            ("/v1/{name=shelves/*}", "/v1/shelves/a%2Fb", Some(&["shelves/a%2Fb"])),
            ("/v1/{name=shelves/*}", "/v1/books/1", None),
            ("/v1/{name=shelves/*}/{book}", "/v1/shelves/1/2", Some(&["shelves/1", "2"])),
            ("/v1/{name=**}", "/v1/a/b%20c/d", Some(&["a/b c/d"])),
            ("/v1/{name=**}", "/v1", Some(&[""])),
            ("/v1/{name=**}:go", "/v1/a/b:go", Some(&["a/b"])),
            ("/v1/{name=a/**}", "/v1/a", Some(&["a"])),
            ("/v1/*/x", "/v1/any/x", Some(&[])),
            ("/v1/{parent=a/**}/{id}", "/v1/a/b/c/d", Some(&["a/b/c", "d"])),
            ("/v1/{parent=a/**}/{id}", "/v1/a/d", Some(&["a", "d"])),
            ("/v1/{parent=a/**}/{id}", "/v1/a", None),
            ("/v1/**/x", "/v1/x", Some(&[])),
            ("/", "/", Some(&[])),
            ("/a%b", "/a%25b", Some(&[])),
        ] {
            let found = Template::parse(template).unwrap().matches(path);
            let expected = values.map(|values| values.iter().map(|it| (*it).to_owned()).collect());
            assert_eq!(found, expected, "{template} {path}");
        }
    }

    #[test]
    fn what_is_no_template_is_said_with_its_place() {
        for (text, at, why) in [
            ("v1", 0, "a path begins with `/`"),
            ("/v1//x", 4, "a segment is empty"),
            ("/v1/", 4, "a segment is empty"),
            ("/v1/**/x/**", 11, "a second `**`: nobody could tell where the first one ends"),
            ("/{a={b}}", 5, "a variable inside a variable"),
            ("/{a}/{a}", 6, "the variable is there twice"),
            ("/{}", 2, "a variable is named after a field"),
            ("/{a..b}", 6, "a variable is named after a field"),
            ("/{a", 3, "a variable ends with `}`"),
            ("/a}", 2, "a `}` without its `{`"),
            ("/a:", 3, "a verb stands after `:`"),
            ("/a:b:c", 4, "a segment ends with `/`, a `:` and a verb, or the path"),
        ] {
            assert_eq!(Template::parse(text), Err(TemplateError { at, why }), "{text}");
        }
    }

    fn segment() -> impl Strategy<Value = Segment> {
        prop_oneof!["[a-zA-Z0-9 %._-]{1,4}".prop_map(Segment::Literal), Just(Segment::One),]
    }

    /// Any template: some segments, some runs of which are variables, with or without `**` and a verb.
    fn template() -> impl Strategy<Value = Template> {
        let segments = proptest::collection::vec((segment(), any::<u8>()), 1..6);
        (segments, any::<bool>(), proptest::option::of("[a-z]{1,3}")).prop_map(|(drawn, rest, verb)| {
            let mut segments: Vec<Segment> = drawn.iter().map(|(segment, _)| segment.clone()).collect();
            if rest {
                segments.push(Segment::Rest);
            }
            let (mut variables, mut at) = (Vec::new(), 0);
            for (_, dice) in &drawn {
                let length = usize::from(dice % 4);
                if length > 0 && at + length <= segments.len() {
                    variables.push(Variable { field: format!("f{at}.x"), segments: at..at + length });
                }
                at += length.max(1);
            }
            Template { segments, variables, verb }
        })
    }

    proptest! {
        #[test]
        fn what_is_printed_is_read_as_the_same(template in template()) {
            let text = template.to_string();
            prop_assert_eq!(Template::parse(&text), Ok(template), "{}", text);
        }

        #[test]
        fn what_is_filled_in_is_found_again(template in template(), words in proptest::collection::vec("[^/]{1,6}", 8)) {
            let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
            let mut words = words.iter();
            let plain: Vec<String> = template.segments().iter().map(|segment| match segment {
                Segment::Literal(text) => text.clone(),
                _ => words.next().unwrap().clone(),
            }).collect();
            let verb = template.verb().map(|verb| format!(":{verb}")).unwrap_or_default();
            let path = plain.iter().map(|part| format!("/{}", encode(part))).collect::<String>() + &verb;
            let values = template.variables().iter().map(|it| plain[it.segments.clone()].join("/")).collect();
            prop_assert_eq!(template.matches(&path), Some(values), "{} {}", template, path);
        }

        #[test]
        fn any_text_is_read_or_refused(text in "/[a/{}*:=.%]{0,12}", path in "/[a/:%2f]{0,12}") {
            if let Ok(template) = Template::parse(&text) {
                prop_assert_eq!(Template::parse(&template.to_string()), Ok(template.clone()));
                let _ = template.matches(&path);
            }
        }
    }
}
