//! Makes a schema valid again after something was put in, taken out or changed: what clashes, dangles or
//! is not allowed in its syntax goes.

use std::collections::{BTreeMap, BTreeSet};

use super::schema::{
    BORROWED, Enum, Extend, Field, File, Kind, Label, Message, Name, Schema, Scope, Syntax, join,
};

pub fn repaired(mut schema: Schema) -> Schema {
    // What one round takes away may have been what something else needed.
    for _ in 0..6 {
        let before = schema.clone();
        round(&mut schema);
        if schema == before {
            break;
        }
    }
    schema
}

fn round(schema: &mut Schema) {
    keep_firsts(&mut schema.files, |file| file.path.clone());
    let mut known = BTreeSet::new();
    for file in &mut schema.files {
        unique_names(&mut file.scope, &file.package, &mut known);
        file.services.retain(|it| known.insert(join(&file.package, &it.name)));
    }
    let types = schema.types();
    let ranges = extension_ranges(schema);
    let closed: Vec<bool> = schema.files.iter().map(|file| file.syntax != Syntax::Proto3).collect();
    let mut numbers = BTreeSet::new();
    for (index, file) in schema.files.iter_mut().enumerate() {
        let here = Here {
            index,
            proto3: file.syntax == Syntax::Proto3,
            types: &types,
            ranges: &ranges,
            closed: &closed,
        };
        here.file(file, &mut numbers);
    }
}

/// The extension ranges of every message.
fn extension_ranges(schema: &mut Schema) -> BTreeMap<Name, Vec<(i32, i32)>> {
    let paths = schema.messages();
    paths.iter().map(|path| (schema.name_of(path), schema.message(path).extensions.clone())).collect()
}

fn keep_firsts<T, K: Ord>(all: &mut Vec<T>, key: impl Fn(&T) -> K) {
    let mut seen = BTreeSet::new();
    all.retain(|it| seen.insert(key(it)));
}

fn unique_names(scope: &mut Scope, outer: &str, known: &mut BTreeSet<Name>) {
    scope.enums.retain(|it| known.insert(join(outer, &it.name)));
    scope.messages.retain(|it| known.insert(join(outer, &it.name)));
    for message in &mut scope.messages {
        unique_names(&mut message.scope, &join(outer, &message.name), known);
    }
}

/// A file, as its declarations see it.
struct Here<'a> {
    index: usize,
    proto3: bool,
    types: &'a BTreeMap<Name, (usize, Option<Enum>)>,
    ranges: &'a BTreeMap<Name, Vec<(i32, i32)>>,
    /// By file: its enums are closed.
    closed: &'a [bool],
}

impl Here<'_> {
    fn file(&self, file: &mut File, numbers: &mut BTreeSet<(Name, i32)>) {
        self.scope(&mut file.scope, numbers);
        for service in &mut file.services {
            keep_firsts(&mut service.methods, |it| it.name.clone());
            service.methods.retain(|it| self.is_message(&it.input) && self.is_message(&it.output));
        }
    }

    fn scope(&self, scope: &mut Scope, numbers: &mut BTreeSet<(Name, i32)>) {
        scope.enums.iter_mut().for_each(|it| self.r#enum(it));
        let groups: BTreeSet<String> = scope.messages.iter().map(|it| it.name.clone()).collect();
        for extend in &mut scope.extends {
            self.extend(extend, &groups, numbers);
        }
        scope.extends.retain(|it| !it.fields.is_empty());
        for message in &mut scope.messages {
            self.scope(&mut message.scope, numbers);
            self.message(message);
        }
    }

    fn is_visible(&self, name: &str) -> bool {
        self.types.get(name).is_some_and(|(file, _)| *file <= self.index)
    }

    fn is_message(&self, name: &str) -> bool {
        is_borrowed(name) || self.is_visible(name) && self.types[name].1.is_none()
    }

    fn r#enum(&self, it: &mut Enum) {
        keep_firsts(&mut it.values, |value| value.0.clone());
        if it.values.is_empty() {
            it.values.push((format!("{}_ZERO", it.name.to_uppercase()), 0));
        }
        if self.proto3 && it.values[0].1 != 0 {
            match it.values.iter().position(|value| value.1 == 0) {
                Some(zero) => it.values.swap(0, zero),
                None => it.values[0].1 = 0,
            }
        }
        let taken: Vec<i32> = it.values.iter().map(|value| value.1).collect();
        clear_of(&mut it.reserved, &taken, &[]);
        keep_firsts(&mut it.reserved_names, String::clone);
        it.reserved_names.retain(|name| it.values.iter().all(|value| value.0 != *name));
    }

    fn extend(&self, it: &mut Extend, groups: &BTreeSet<String>, numbers: &mut BTreeSet<(Name, i32)>) {
        let borrowed = is_borrowed(&it.of);
        if self.proto3 && !borrowed || !self.is_message(&it.of) {
            it.fields.clear();
        }
        it.fields.retain_mut(|field| {
            field.oneof = None;
            field.json_name = None;
            if field.label == Label::Required {
                field.label = Label::Optional;
            }
            let fits = borrowed
                || self
                    .ranges
                    .get(&it.of)
                    .is_some_and(|all| all.iter().any(|range| contains(range, field.number)));
            let is_map = matches!(field.kind, Kind::Map(..));
            self.field(field, groups) && fits && !is_map && numbers.insert((it.of.clone(), field.number))
        });
    }

    fn message(&self, it: &mut Message) {
        if self.proto3 {
            it.extensions.clear();
        }
        let groups: BTreeSet<String> = it.scope.messages.iter().map(|it| it.name.clone()).collect();
        it.fields.retain_mut(|field| self.field(field, &groups));
        keep_firsts(&mut it.fields, |field| field.number);
        keep_firsts(&mut it.fields, |field| field.name.clone());
        clear_of(&mut it.extensions, &[], &[]);
        it.fields.retain(|field| !it.extensions.iter().any(|range| contains(range, field.number)));
        let taken: Vec<i32> = it.fields.iter().map(|field| field.number).collect();
        clear_of(&mut it.reserved, &taken, &it.extensions);
        keep_firsts(&mut it.reserved_names, String::clone);
        it.reserved_names.retain(|name| it.fields.iter().all(|field| field.name != *name));
    }

    /// False for a field that cannot stay.
    fn field(&self, it: &mut Field, groups: &BTreeSet<String>) -> bool {
        let fits = match &it.kind {
            Kind::Scalar(_) => true,
            Kind::Named(name) => self.is_type(name),
            Kind::Map(_, kind) => {
                !matches!(&**kind, Kind::Named(name) if !self.is_type(name) || !self.starts_at_zero(name))
            }
            Kind::Group(name) => !self.proto3 && groups.contains(name),
        };
        let single = !matches!(it.kind, Kind::Map(..)) && it.label != Label::Repeated;
        if !single {
            it.oneof = None;
        }
        it.label = match it.label {
            _ if it.oneof.is_some() || matches!(it.kind, Kind::Map(..)) => Label::None,
            Label::None if !self.proto3 => Label::Optional,
            Label::Required if self.proto3 => Label::None,
            label => label,
        };
        let defaults = match &it.kind {
            Kind::Scalar(_) => u8::MAX,
            Kind::Named(name) => self
                .types
                .get(name)
                .and_then(|(_, it)| it.as_ref())
                .map_or(0, |it| u8::try_from(it.values.len()).expect("a small enum")),
            _ => 0,
        };
        // A value of an enum stays the default when others come behind it.
        it.default = it.default.and_then(|which| which.checked_rem(defaults));
        if self.proto3 || !single {
            it.default = None;
        }
        if !matches!(it.kind, Kind::Scalar(name) if name.ends_with("64")) {
            it.jstype = None;
        }
        if !matches!(it.kind, Kind::Scalar("string" | "bytes")) {
            it.ctype = None;
        }
        fits
    }

    /// A message or an enum that this file may use as the type of a field.
    fn is_type(&self, name: &str) -> bool {
        match self.types.get(name) {
            Some((file, Some(_))) => self.is_visible(name) && !(self.proto3 && self.closed[*file]),
            _ => self.is_message(name),
        }
    }

    /// Not an enum whose first value is another number than 0, which maps do not take.
    fn starts_at_zero(&self, name: &str) -> bool {
        let r#enum = self.types.get(name).and_then(|(_, it)| it.as_ref());
        r#enum.and_then(|it| it.values.first()).is_none_or(|first| first.1 == 0)
    }
}

fn is_borrowed(name: &str) -> bool {
    BORROWED.iter().any(|(known, _)| *known == name)
}

pub fn contains(range: &(i32, i32), number: i32) -> bool {
    range.0 <= number && number <= range.1
}

/// Drops ranges that hold a taken number, overlap one of `others` or an earlier one, or are no ranges.
fn clear_of(ranges: &mut Vec<(i32, i32)>, taken: &[i32], others: &[(i32, i32)]) {
    let mut before: Vec<(i32, i32)> = others.to_vec();
    ranges.retain(|range| {
        let free = range.0 <= range.1
            && !taken.iter().any(|number| contains(range, *number))
            && !before.iter().any(|other| range.0 <= other.1 && other.0 <= range.1);
        if free {
            before.push(*range);
        }
        free
    });
}
