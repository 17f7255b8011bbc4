//! Where a promise stands: the text of an expression, found again in the file that it was read from.
//!
//! A descriptor knows where an option begins, and nothing of what is inside of it. So the source is looked through for
//! string literals, and an expression is the literal with its text that stands closest to the literal with its id.

mod literals;
mod yaml;

use std::ops::Range;
use std::sync::Arc;

use prost_reflect::{FieldDescriptor, MethodDescriptor, ServiceDescriptor};

pub(super) use self::literals::Writing;
use self::literals::{Literal, literals};
use super::side::SideFile;
use super::{Contract, Rule};
use crate::diag::{Place, Span};
use crate::schema::Schema;

/// The tag of `options` in `ServiceDescriptorProto`, and that of the options of contracts.
const SERVICE_OPTIONS: [i32; 2] = [3, 88471];

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
    /// Finds where each promise stands: in the files of the schema, if there are any, or in side files.
    pub(super) fn find_places(
        &mut self,
        services: &[ServiceDescriptor],
        schema: Option<&Schema>,
        sides: &[SideFile],
    ) {
        let Some(first) = services.first() else { return };
        let whole = |name: &str| match sides.iter().find(|side| side.names(name)) {
            Some(side) => Places::nowhere(side.place(name, "")),
            None => Places::nowhere(Place::file("")),
        };
        let pool = schema.map_or(first.parent_pool(), Schema::pool);
        for service in self.services.values_mut() {
            let desc = schema.and_then(|schema| Some((schema, pool.get_service_by_name(&service.name)?)));
            let places = match &desc {
                Some((schema, desc)) => Places::of_service(schema, desc),
                None => whole(&service.name),
            };
            let places = places.beside(sides, &service.name);
            service.invariants.iter_mut().for_each(|rule| rule.found_in(&places));
            for method in service.methods.values_mut() {
                let name = format!("{}/{}", service.name, method.desc.name());
                let places = match schema {
                    Some(schema) => Places::of_method(schema, &method.desc),
                    None => whole(&name),
                };
                let places = places.beside(sides, &name);
                let with_codes = method.requires.iter_mut().chain(&mut method.errors).map(|(rule, _)| rule);
                let rules =
                    with_codes.chain(&mut method.ensures).chain(&mut method.each).chain(&mut method.finals);
                rules.for_each(|rule| rule.found_in(&places));
            }
            let mut fields = (*service.fields).clone();
            for (name, field) in &mut fields {
                let desc = name
                    .rsplit_once('.')
                    .and_then(|(message, field)| pool.get_message_by_name(message)?.get_field_by_name(field));
                let places = match schema.zip(desc) {
                    Some((schema, desc)) => Places::of_field(schema, &desc),
                    None => whole(name),
                };
                let places = places.beside(sides, name);
                field.ensures.iter_mut().for_each(|rule| rule.found_in(&places));
            }
            service.fields = Arc::new(fields);
        }
    }
}

impl Rule {
    /// Nothing is said of a place without a file: reflection has none.
    fn found_in(&mut self, places: &Places) {
        let id = self.id.rsplit(['/', '.']).next().unwrap_or_default();
        self.place = Some(places.text(id, self.expr.text())).filter(|place| !place.file.is_empty());
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

    pub fn of_field(schema: &Schema, field: &FieldDescriptor) -> Places {
        Places::at(schema.place(&field.parent_message().parent_file(), field.path()))
    }

    /// Where nothing is known of the sources but what is added.
    fn nowhere(whole: Place) -> Places {
        Places { regions: Vec::new(), whole }
    }

    /// Also looks through what these files say of the service, method or field.
    pub fn beside(mut self, sides: &[SideFile], name: &str) -> Places {
        for side in sides {
            for range in side.ranges(name) {
                self.regions.push(Region::new(&side.file, &side.text, range, side.writing));
            }
        }
        self
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
