//! The walker: pairs both schemas once and hands every active rule what it asks about. All loops over a
//! schema are here.

use std::collections::{HashMap, HashSet};
use std::sync::{LazyLock, OnceLock};

use prost_reflect::{
    EnumDescriptor, EnumValueDescriptor, ExtensionDescriptor, FileDescriptor, MessageDescriptor,
    MethodDescriptor, OneofDescriptor, ServiceDescriptor,
};
use rayon::prelude::*;

use super::element::{Declaration, Element, Field, Kind, Number, full_name};
use super::findings::Findings;
use super::options::Optioned;
use super::rule::Check;
use super::rust::Surface;
use super::selection::Selection;
use super::well_known::is_always_there;
use crate::diag::{Diagnostic, RuleInfo};
use crate::rules::witness::{Difference, World};
use crate::schema::{File, Origin, Schema};

/// Everything in `new` that breaks `old`, by what is selected.
pub(super) fn walk(old: &Schema, new: &Schema, selection: &Selection) -> Vec<Diagnostic> {
    let walk = Walk::new(old, new, selection);
    let uses = OnceLock::new();
    // Pairs nothing before somebody asks: most changes break nothing.
    let world = LazyLock::new(|| World::new(old, new));
    let found = old.files().par_iter().filter(|file| walk.is_comparable(file)).map(|file| {
        let mut findings = Findings::new(old, new, selection, &uses);
        walk.file(file, &mut findings);
        findings.into_diagnostics(&world)
    });
    let mut all: Vec<Diagnostic> = found.flatten_iter().collect();
    let mut findings = Findings::new(old, new, selection, &uses);
    walk.packages(&mut findings);
    walk.rust(&mut findings);
    if !walk.shown.is_empty() {
        world.differences().into_iter().for_each(|it| walk.shown(it, &mut findings));
    }
    all.extend(findings.into_diagnostics(&world));
    all
}

macro_rules! walk {
    ($($list:ident: $Kind:ident($($argument:ident: $Argument:ty),*);)*) => {
        /// The active rules by what they look at, and what is known before the first pair.
        struct Walk<'a> {
            old: &'a Schema,
            new: &'a Schema,
            /// The extensions of the new schema by what they extend and their number.
            new_extensions: HashMap<(String, u32), ExtensionDescriptor>,
            new_packages: HashSet<&'a str>,
            /// Packages with files that the new schema leaves out: what is not in them may be in those.
            half_known: HashSet<&'a str>,
            /// Kinds of declarations that a package of the new schema has any of; only to be as buf.
            new_kinds: Option<HashSet<(Kind, String)>>,
            gone_from_file: Vec<(Kind, &'static RuleInfo, fn(&Declaration, &FileDescriptor, &mut Findings))>,
            gone_from_package: Vec<(Kind, &'static RuleInfo, fn(&Declaration, &Schema, &mut Findings))>,
            $($list: Vec<(&'static RuleInfo, fn($($Argument,)* &mut Findings))>,)*
        }

        impl<'a> Walk<'a> {
            fn new(old: &'a Schema, new: &'a Schema, selection: &Selection) -> Walk<'a> {
                let package = |file: &'a File| file.descriptor().package_name();
                let mut walk = Walk {
                    old,
                    new,
                    new_extensions: extensions_by_number(new),
                    new_packages: new.files().iter().map(package).collect(),
                    half_known: old.files().iter().filter(|it| is_left_out(new, it.name())).map(package).collect(),
                    new_kinds: selection.is_exactly_as_buf().then(|| kinds_of_packages(new)),
                    gone_from_file: Vec::new(),
                    gone_from_package: Vec::new(),
                    $($list: Vec::new(),)*
                };
                for rule in selection.rules() {
                    match rule.check {
                        Check::GoneFromFile(kind, check) => walk.gone_from_file.push((kind, &rule.info, check)),
                        Check::GoneFromPackage(kind, check) => walk.gone_from_package.push((kind, &rule.info, check)),
                        $(Check::$Kind(check) => walk.$list.push((&rule.info, check)),)*
                    }
                }
                walk
            }

            $(fn $list(&self, $($argument: $Argument,)* findings: &mut Findings) {
                for &(rule, check) in &self.$list {
                    findings.rule = rule;
                    check($($argument,)* findings);
                }
            })*
        }
    };
}

walk! {
    file_gone: FileGone(old: &File, new: &Schema);
    file_pair: FilePair(old: &FileDescriptor, new: &FileDescriptor);
    package_gone: PackageGone(name: &str, files: &[&File]);
    message_pair: MessagePair(old: &MessageDescriptor, new: &MessageDescriptor);
    field_gone: FieldGone(old: &Field, new: &MessageDescriptor);
    field_pair: FieldPair(old: &Field, new: &Field);
    oneof_gone: OneofGone(old: &OneofDescriptor, new: &MessageDescriptor);
    enum_pair: EnumPair(old: &EnumDescriptor, new: &EnumDescriptor);
    number_gone: NumberGone(old: &Number, new: &EnumDescriptor);
    number_pair: NumberPair(old: &Number, new: &Number);
    method_gone: MethodGone(old: &MethodDescriptor, new: &ServiceDescriptor);
    method_pair: MethodPair(old: &MethodDescriptor, new: &MethodDescriptor);
    file_or_gone: File(old: &FileDescriptor, new: Option<&FileDescriptor>);
    service_or_gone: Service(old: &ServiceDescriptor, new: Option<&ServiceDescriptor>);
    name_gone: NameGone(old: &MessageDescriptor);
    options_pair: Options(old: &dyn Optioned, new: &dyn Optioned);
    surfaces: Surfaces(old: &Surface, new: &Surface);
    shown: Shown(it: &Difference);
}

impl Walk<'_> {
    fn is_as_buf(&self) -> bool {
        self.new_kinds.is_some()
    }

    /// Whether something can be said about a file of the old schema.
    fn is_comparable(&self, old: &File) -> bool {
        match self.new.file(old.name()) {
            // What comes with protogate came with it on both sides.
            Some(new) => old.origin() != Origin::Bundled || new.origin() != Origin::Bundled,
            None if is_left_out(self.new, old.name()) => false,
            None => self.is_as_buf() || !is_always_there(old),
        }
    }

    /// Whether what is gone may only stand in a file that the new schema leaves out.
    fn is_half_known(&self, old: &impl Element) -> bool {
        self.half_known.contains(old.file().package_name())
    }

    fn file(&self, old: &File, findings: &mut Findings) {
        let new = self.new.file(old.name());
        match new {
            None => self.file_gone(old, self.new, findings),
            Some(new) => {
                self.file_pair(old.descriptor(), new.descriptor(), findings);
                self.options_pair(old.descriptor(), new.descriptor(), findings);
            }
        }
        let new = new.map(File::descriptor);
        let old = old.descriptor();
        self.file_or_gone(old, new, findings);
        old.messages().for_each(|it| self.message(&it, new, findings));
        old.enums().for_each(|it| self.r#enum(&it, new, findings));
        old.extensions().for_each(|it| self.extension(it, new, findings));
        old.services().for_each(|it| self.service(&it, new, findings));
    }

    /// The compiler bounds how deep messages nest, so recursion is fine.
    fn message(&self, old: &MessageDescriptor, new_file: Option<&FileDescriptor>, findings: &mut Findings) {
        let new = self.new.pool().get_message_by_name(old.full_name());
        // Nobody wrote the message of a map field; that the field is no map any more is said by others.
        if self.is_as_buf() || !old.is_map_entry() {
            self.declaration(Kind::Message, old, old.full_name(), new.as_ref(), new_file, findings);
        }
        if new.is_none() && !old.is_map_entry() && !self.is_half_known(old) {
            self.name_gone(old, findings);
        }
        if let Some(new) = &new {
            self.message_pair(old, new, findings);
            self.options_pair(old, new, findings);
            for field in old.fields() {
                let new_field = new.get_field(field.number());
                let field = Field::Member(field);
                match new_field {
                    Some(new_field) => self.both_fields(&field, &Field::Member(new_field), findings),
                    None => self.field_gone(&field, new, findings),
                }
            }
            let is_asked = !self.oneof_gone.is_empty() || !self.options_pair.is_empty();
            for oneof in old.oneofs().filter(|_| is_asked) {
                match new.oneofs().find(|it| it.name() == oneof.name()) {
                    Some(new_oneof) => self.options_pair(&oneof, &new_oneof, findings),
                    None => self.oneof_gone(&oneof, new, findings),
                }
            }
        }
        old.child_messages().for_each(|it| self.message(&it, new_file, findings));
        old.child_enums().for_each(|it| self.r#enum(&it, new_file, findings));
        old.child_extensions().for_each(|it| self.extension(it, new_file, findings));
    }

    fn r#enum(&self, old: &EnumDescriptor, new_file: Option<&FileDescriptor>, findings: &mut Findings) {
        let new = self.new.pool().get_enum_by_name(old.full_name());
        self.declaration(Kind::Enum, old, old.full_name(), new.as_ref(), new_file, findings);
        let Some(new) = &new else { return };
        self.enum_pair(old, new, findings);
        self.options_pair(old, new, findings);
        for value in old.values().filter(|_| !self.options_pair.is_empty()) {
            if let Some(new_value) = new.get_value_by_name(value.name()) {
                self.options_pair(&value, &new_value, findings);
            }
        }
        if self.number_gone.is_empty() && self.number_pair.is_empty() {
            return;
        }
        let new_values = by_number(new);
        for old_values in by_number(old).chunk_by(|a, b| a.number() == b.number()) {
            let old_number = Number { values: old_values };
            let start = new_values.partition_point(|value| value.number() < old_number.number());
            let length = new_values[start..].partition_point(|value| value.number() == old_number.number());
            match &new_values[start..start + length] {
                [] => self.number_gone(&old_number, new, findings),
                values => self.number_pair(&old_number, &Number { values }, findings),
            }
        }
    }

    fn extension(
        &self,
        old: ExtensionDescriptor,
        new_file: Option<&FileDescriptor>,
        findings: &mut Findings,
    ) {
        let namesake = self.new.pool().get_extension_by_name(old.full_name());
        self.declaration(Kind::Extension, &old, old.full_name(), namesake.as_ref(), new_file, findings);
        let key = (old.containing_message().full_name().to_owned(), old.number());
        if let Some(new) = self.new_extensions.get(&key) {
            self.both_fields(&Field::Extension(old), &Field::Extension(new.clone()), findings);
        }
    }

    fn both_fields(&self, old: &Field, new: &Field, findings: &mut Findings) {
        self.field_pair(old, new, findings);
        self.options_pair(old, new, findings);
    }

    fn service(&self, old: &ServiceDescriptor, new_file: Option<&FileDescriptor>, findings: &mut Findings) {
        let new = self.new.pool().get_service_by_name(old.full_name());
        self.declaration(Kind::Service, old, old.full_name(), new.as_ref(), new_file, findings);
        if new.is_some() || !self.is_half_known(old) {
            self.service_or_gone(old, new.as_ref(), findings);
        }
        let Some(new) = &new else { return };
        self.options_pair(old, new, findings);
        for method in old.methods() {
            match new.methods().find(|it| it.name() == method.name()) {
                Some(new_method) => {
                    self.method_pair(&method, &new_method, findings);
                    self.options_pair(&method, &new_method, findings);
                }
                None => self.method_gone(&method, new, findings),
            }
        }
    }

    /// Is it still in its file, and in its package? `namesake` is what has its full name now.
    fn declaration<E: Element>(
        &self,
        kind: Kind,
        old: &E,
        name: &str,
        namesake: Option<&E>,
        new_file: Option<&FileDescriptor>,
        findings: &mut Findings,
    ) {
        if self.gone_from_file.is_empty() && self.gone_from_package.is_empty() {
            return;
        }
        let file = old.file();
        let package = file.package_name();
        let now = namesake.map(Element::file);
        let gone = || Declaration {
            kind,
            full_name: name.to_owned(),
            file: file.clone(),
            path: old.path().to_vec(),
        };
        if let Some(new_file) = new_file {
            // The file may have another package now: its types are then looked for under that.
            let found = if new_file.package_name() == package {
                now.as_ref() == Some(new_file)
            } else {
                let name = full_name(new_file.package_name(), gone().nested_name());
                kind.file_of(self.new, &name).as_ref() == Some(new_file)
            };
            for (_, rule, check) in self.gone_from_file.iter().filter(|it| !found && it.0 == kind) {
                findings.rule = rule;
                check(&gone(), new_file, findings);
            }
        }
        let found = now.is_some_and(|now| now.package_name() == package)
            || !self.new_packages.contains(package)
            || self.half_known.contains(package)
            || self.buf_overlooks(kind, package);
        for (_, rule, check) in self.gone_from_package.iter().filter(|it| !found && it.0 == kind) {
            findings.rule = rule;
            check(&gone(), self.new, findings);
        }
    }

    /// buf misses that the last enum, extension or message of a package is gone; not so the last service.
    fn buf_overlooks(&self, kind: Kind, package: &str) -> bool {
        let has_any = |kinds: &HashSet<(Kind, String)>| kinds.contains(&(kind, package.to_owned()));
        kind != Kind::Service && self.new_kinds.as_ref().is_some_and(|kinds| !has_any(kinds))
    }

    /// All of Rust at once: a name may meet one of another file.
    fn rust(&self, findings: &mut Findings) {
        if self.surfaces.is_empty() {
            return;
        }
        let is_known = |file: &File| {
            self.is_comparable(file) && !self.half_known.contains(file.descriptor().package_name())
        };
        let (old, new) = (Surface::of(self.old, is_known), Surface::of(self.new, |_| true));
        self.surfaces(&old, &new, findings);
    }

    fn packages(&self, findings: &mut Findings) {
        let mut gone: HashMap<&str, Vec<&File>> = HashMap::new();
        for file in self.old.files().iter().filter(|file| self.is_comparable(file)) {
            let package = file.descriptor().package_name();
            if !self.new_packages.contains(package) && !self.half_known.contains(package) {
                gone.entry(package).or_default().push(file);
            }
        }
        for (package, files) in gone {
            self.package_gone(package, &files, findings);
        }
    }
}

fn is_left_out(schema: &Schema, name: &str) -> bool {
    schema.left_out().binary_search_by(|it| it.as_str().cmp(name)).is_ok()
}

fn kinds_of_packages(schema: &Schema) -> HashSet<(Kind, String)> {
    let pool = schema.pool();
    let messages = pool.all_messages().map(|it| (Kind::Message, it.package_name().to_owned()));
    let enums = pool.all_enums().map(|it| (Kind::Enum, it.package_name().to_owned()));
    let extensions = pool.all_extensions().map(|it| (Kind::Extension, it.package_name().to_owned()));
    messages.chain(enums).chain(extensions).collect()
}

fn extensions_by_number(schema: &Schema) -> HashMap<(String, u32), ExtensionDescriptor> {
    let all = schema.pool().all_extensions();
    all.map(|it| ((it.containing_message().full_name().to_owned(), it.number()), it)).collect()
}

/// The values of an enum in the order of their numbers, aliases in the order they are written.
fn by_number(r#enum: &EnumDescriptor) -> Vec<EnumValueDescriptor> {
    let mut values: Vec<EnumValueDescriptor> = r#enum.values().collect();
    values.sort_by(|a, b| a.number().cmp(&b.number()).then_with(|| a.path().cmp(b.path())));
    values
}
