//! Side files: the promises of a schema that cannot be edited, or of one environment, as TOML, YAML or the text format.
//!
//! A side file holds the messages of `protogate/contract/v1/contract.proto` by full name:
//! `[method."package.Service/Method"]`, `[service."package.Service"]` and `[field."package.Message.field"]`. It is laid
//! over the options of the schema, and over the side files before it: it adds, and it disables by id, but it never
//! replaces a rule in silence.

mod layer;
mod merge;
mod read;

use std::ops::Range;
use std::sync::Arc;

use serde_json::Value as Json;

use super::place::Writing;
use crate::diag::{Diagnostic, Place, RuleInfo, Severity, Span};

pub(super) use merge::field_name;
pub use merge::merged;

/// The options, by the full names of their extensions.
pub(super) const SERVICE: &str = "protogate.contract.v1.service";
pub(super) const METHOD: &str = "protogate.contract.v1.method";
pub(super) const FIELD: &str = "protogate.contract.v1.field";

/// The tables of a side file, and the message that each holds.
const SECTIONS: [(&str, &str); 3] = [
    ("service", "protogate.contract.v1.ServiceContract"),
    ("method", "protogate.contract.v1.MethodContract"),
    ("field", "protogate.contract.v1.FieldContract"),
];

/// One side file, parsed.
#[derive(Debug, Clone)]
pub struct SideFile {
    /// As the user knows it.
    pub file: Arc<str>,
    /// As it is written.
    pub text: Arc<str>,
    pub(super) writing: Writing,
    content: Json,
}

impl SideFile {
    /// Reads the text of the file that is called so: the end of the name says how it is written.
    ///
    /// # Errors
    /// A name that does not say so, or a text that is written otherwise.
    pub fn parse(file: &str, text: &str) -> Result<SideFile, Diagnostic> {
        read::read(file, text)
    }

    /// Whether it speaks of the service, method or field of this full name.
    pub fn names(&self, name: &str) -> bool {
        SECTIONS.iter().any(|(section, _)| self.content.get(section).is_some_and(|it| it.get(name).is_some()))
    }

    /// The full names of the fields that it speaks of.
    pub(super) fn fields(&self) -> impl Iterator<Item = &str> {
        self.content.get("field").and_then(Json::as_object).into_iter().flatten().map(|(name, _)| &**name)
    }

    /// The parts of the text that are about the service, method or field: its tables, or everything where it is
    /// written otherwise.
    pub(super) fn ranges(&self, name: &str) -> Vec<Range<usize>> {
        if !self.names(name) {
            return Vec::new();
        }
        let out = match self.writing {
            Writing::Yaml => indented(&self.text, name),
            Writing::Text | Writing::Proto => bracketed(&self.text, name),
            Writing::Toml => tables(&self.text, name),
        };
        if out.is_empty() { std::iter::once(0..self.text.len()).collect() } else { out }
    }

    /// Where the word stands for the first time behind the header of a service, method or field.
    pub(super) fn place(&self, name: &str, word: &str) -> Place {
        let within = self.ranges(name).into_iter().find_map(|range| {
            let at = range.start + self.text.get(range)?.find(word)?;
            Some(at..at + word.len())
        });
        let header = || self.text.find(name).map(|at| at..at + name.len());
        let found = within.filter(|_| !word.is_empty()).or_else(header);
        self.at(found)
    }

    /// Where the word stands for the last time there.
    fn last(&self, name: &str, word: &str) -> Place {
        let within = self.ranges(name).into_iter().rev().find_map(|range| {
            let at = range.start + self.text.get(range)?.rfind(word)?;
            Some(at..at + word.len())
        });
        self.at(within)
    }

    fn at(&self, range: Option<Range<usize>>) -> Place {
        let span = range.map(|range| Span::from_bytes(&self.text, range.start, range.end));
        Place { file: self.file.clone(), span, text: Some(self.text.clone()) }
    }

    fn say(
        &self,
        kind: &'static RuleInfo,
        at: (&str, &str),
        message: String,
        help: impl Into<String>,
    ) -> Diagnostic {
        Diagnostic::new(kind, Severity::Error, message).at(self.place(at.0, at.1)).help(help)
    }
}

/// The tables of TOML whose header holds the name: what is below each, up to the next header.
fn tables(text: &str, name: &str) -> Vec<Range<usize>> {
    let quoted = [format!("\"{name}\""), format!("'{name}'")];
    let (mut out, mut open, mut at): (Vec<Range<usize>>, bool, usize) = (Vec::new(), false, 0);
    for line in text.split_inclusive('\n') {
        let end = at + line.len();
        let header = line.trim_start().starts_with('[');
        let about = header && quoted.iter().any(|name| line.contains(name));
        match (header, about, out.last_mut()) {
            (true, true, _) => out.push(end..end),
            (false, _, Some(last)) if open => last.end = end,
            _ => {}
        }
        open = if header { about } else { open };
        at = end;
    }
    out
}

/// What stands below the key of YAML, further to the right.
fn indented(text: &str, name: &str) -> Vec<Range<usize>> {
    let keys = [format!("{name}:"), format!("\"{name}\":"), format!("'{name}':")];
    let (mut out, mut open, mut at): (Vec<Range<usize>>, Option<usize>, usize) = (Vec::new(), None, 0);
    for line in text.split_inclusive('\n') {
        let end = at + line.len();
        let inner = line.trim_start();
        let depth = line.len() - inner.len();
        if keys.iter().any(|key| inner.starts_with(key)) {
            open = Some(depth);
            out.push(end..end);
        } else if open.is_some_and(|of| depth > of || inner.trim_end().is_empty()) {
            out.last_mut().into_iter().for_each(|last| last.end = end);
        } else {
            open = None;
        }
        at = end;
    }
    out
}

/// What follows the key of the text format, up to the bracket that closes around it.
fn bracketed(text: &str, name: &str) -> Vec<Range<usize>> {
    let mut out = Vec::new();
    for quoted in [format!("\"{name}\""), format!("'{name}'")] {
        for (at, _) in text.match_indices(&quoted) {
            let start = at + quoted.len();
            let (mut depth, mut string, mut end) = (0_usize, None, text.len());
            for (byte, sign) in text[start..].char_indices() {
                match (string, sign) {
                    (Some(quote), sign) if sign == quote => string = None,
                    (Some(_), _) => {}
                    (None, '"' | '\'') => string = Some(sign),
                    (None, '{' | '<') => depth += 1,
                    (None, '}' | '>') if depth == 0 => {
                        end = start + byte;
                        break;
                    }
                    (None, '}' | '>') => depth -= 1,
                    _ => {}
                }
            }
            out.push(start..end);
        }
    }
    out
}
