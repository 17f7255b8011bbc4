//! A schema as text, plainly or in a layout that dice choose: tabs, comments, several declarations on a
//! line, statements over several lines.

use std::collections::{BTreeMap, BTreeSet};

use super::dice::Dice;
use super::schema::{
    BORROWED, Enum, Extend, Field, File, Kind, Label, Message, Method, Schema, Scope, Service, Syntax, join,
};
use super::write::Writer;

/// Names and texts of files.
pub type Texts = Vec<(String, String)>;

/// What makes the names of one pair its own among many in one call.
#[derive(Debug, Clone, Copy)]
pub struct Home {
    index: i32,
}

impl Home {
    pub fn new(index: usize) -> Home {
        Home { index: i32::try_from(index).expect("few pairs in a batch") }
    }

    pub fn package(self, package: &str) -> String {
        let own = format!("pair{}", self.index);
        if package.is_empty() { own } else { join(&own, package) }
    }

    pub fn path(self, path: &str) -> String {
        format!("pair{}/{path}", self.index)
    }

    /// The number of an extension of one of Google's messages, which all pairs share.
    fn shared_number(self, number: i32) -> i32 {
        50_000 + self.index * 100 + number
    }
}

/// The files of a schema; `layout` is the seed of their layout, plain without one.
pub fn print(schema: &Schema, home: Home, layout: Option<u64>) -> Texts {
    let types = schema.types();
    let names =
        types.keys().filter_map(|name| name.rsplit('.').next()).fold(BTreeMap::new(), |mut all, name| {
            *all.entry(name).or_insert(0) += 1;
            all
        });
    let files = schema.files.iter().enumerate().map(|(index, file)| {
        let enums = types.iter().filter_map(|(name, (_, it))| Some((name.as_str(), it.as_ref()?))).collect();
        let mut printer = Printer {
            home,
            package: &file.package,
            enums,
            names: &names,
            used: BTreeSet::new(),
            out: Writer::new(layout.map(|seed| Dice::new(seed.wrapping_add(index as u64)))),
        };
        printer.body(file);
        let body = std::mem::replace(&mut printer.out, Writer::new(None)).text();
        let imports = printer.used.iter().filter_map(|name| match BORROWED.iter().find(|it| it.0 == name) {
            Some((_, path)) => Some((*path).to_owned()),
            None => types
                .get(name)
                .map(|it| it.0)
                .filter(|it| *it != index)
                .map(|it| home.path(&schema.files[it].path)),
        });
        let imports: BTreeSet<String> = imports.collect();
        printer.out = Writer::new(layout.map(|seed| Dice::new(!seed.wrapping_add(index as u64))));
        printer.head(file, &imports);
        (home.path(&file.path), printer.out.text() + &body)
    });
    files.collect()
}

struct Printer<'a> {
    home: Home,
    package: &'a str,
    enums: BTreeMap<&'a str, &'a Enum>,
    /// How many types share a short name.
    names: &'a BTreeMap<&'a str, usize>,
    /// The full names that are used.
    used: BTreeSet<String>,
    out: Writer,
}

impl Printer<'_> {
    fn head(&mut self, file: &File, imports: &BTreeSet<String>) {
        match file.syntax {
            Syntax::Unsaid => {}
            Syntax::Proto2 => self.out.say("syntax = \"proto2\" ;"),
            Syntax::Proto3 => self.out.say("syntax = \"proto3\" ;"),
        }
        self.out.say(&format!("package {} ;", self.home.package(&file.package)));
        for import in imports {
            self.out.say(&format!("import \"{import}\" ;"));
        }
        for (name, value) in &file.options {
            self.out.say(&format!("option {name} = {value} ;"));
        }
    }

    fn body(&mut self, file: &File) {
        let groups = file.scope.extends.iter().flat_map(|it| &it.fields).filter_map(group).collect();
        self.scope(&file.scope, &groups);
        file.services.iter().for_each(|it| self.service(it));
    }

    fn scope(&mut self, scope: &Scope, groups: &BTreeSet<&str>) {
        for it in scope.messages.iter().filter(|it| !groups.contains(it.name.as_str())) {
            self.out.open(&format!("message {} {{", it.name));
            self.inside(it);
        }
        scope.enums.iter().for_each(|it| self.r#enum(it));
        scope.extends.iter().for_each(|it| self.extend(it, scope));
    }

    /// The body of a message or a group, and the brace behind it.
    fn inside(&mut self, it: &Message) {
        if let Some(value) = it.no_accessor {
            self.out.say(&format!("option no_standard_descriptor_accessor = {value} ;"));
        }
        let mut oneofs = BTreeSet::new();
        for field in &it.fields {
            match &field.oneof {
                None => self.field(field, &it.scope, false),
                Some(oneof) if !oneofs.insert(oneof) => {}
                Some(oneof) => {
                    self.out.open(&format!("oneof {oneof} {{"));
                    for field in it.fields.iter().filter(|field| field.oneof.as_ref() == Some(oneof)) {
                        self.field(field, &it.scope, false);
                    }
                    self.out.close();
                }
            }
        }
        self.ranges("extensions", &it.extensions, 536_870_911);
        self.ranges("reserved", &it.reserved, 536_870_911);
        self.reserved_names(&it.reserved_names);
        let own = it.fields.iter().chain(it.scope.extends.iter().flat_map(|it| &it.fields));
        self.scope(&it.scope, &own.filter_map(group).collect());
        self.out.close();
    }

    fn ranges(&mut self, word: &str, ranges: &[(i32, i32)], max: i32) {
        let written = ranges.iter().map(|&(first, last)| match last {
            _ if first == last => format!("{first}"),
            last if last == max => format!("{first} to max"),
            last => format!("{first} to {last}"),
        });
        let written: Vec<String> = written.collect();
        self.out.list(word, &written);
    }

    fn reserved_names(&mut self, names: &[String]) {
        let written: Vec<String> = names.iter().map(|name| format!("\"{name}\"")).collect();
        self.out.list("reserved", &written);
    }

    fn r#enum(&mut self, it: &Enum) {
        self.out.open(&format!("enum {} {{", it.name));
        let numbers: BTreeSet<i32> = it.values.iter().map(|value| value.1).collect();
        if numbers.len() < it.values.len() {
            self.out.say("option allow_alias = true ;");
        }
        for (name, number) in &it.values {
            self.out.say(&format!("{name} = {number} ;"));
        }
        self.ranges("reserved", &it.reserved, i32::MAX);
        self.reserved_names(&it.reserved_names);
        self.out.close();
    }

    fn extend(&mut self, it: &Extend, scope: &Scope) {
        let of = self.name(&it.of);
        self.out.open(&format!("extend {of} {{"));
        let shared = it.of.starts_with("google.");
        it.fields.iter().for_each(|field| self.field(field, scope, shared));
        self.out.close();
    }

    fn field(&mut self, it: &Field, scope: &Scope, shared: bool) {
        let label = match it.label {
            Label::None => "",
            Label::Optional => "optional ",
            Label::Required => "required ",
            Label::Repeated => "repeated ",
        };
        let number = if shared { self.home.shared_number(it.number) } else { it.number };
        let options = self.options(it);
        match &it.kind {
            Kind::Group(name) => {
                self.out.open(&format!("{label}group {name} = {number}{options} {{"));
                match scope.messages.iter().find(|it| it.name == *name) {
                    Some(body) => self.inside(body),
                    None => self.out.close(),
                }
            }
            kind => {
                let kind = self.kind(kind);
                self.out.say(&format!("{label}{kind} {} = {number}{options} ;", it.name));
            }
        }
    }

    fn kind(&mut self, kind: &Kind) -> String {
        match kind {
            Kind::Scalar(name) => (*name).to_owned(),
            Kind::Named(name) => self.name(name),
            Kind::Map(key, value) => format!("map < {key} , {} >", self.kind(value)),
            Kind::Group(name) => name.clone(),
        }
    }

    fn options(&self, it: &Field) -> String {
        let mut options = Vec::new();
        options.extend(it.deprecated.then(|| "deprecated = true".to_owned()));
        options.extend(it.default.map(|which| format!("default = {}", self.default(&it.kind, which))));
        options.extend(it.json_name.as_ref().map(|name| format!("json_name = \"{name}\"")));
        options.extend(it.jstype.map(|value| format!("jstype = {value}")));
        options.extend(it.ctype.map(|value| format!("ctype = {value}")));
        if options.is_empty() { String::new() } else { format!(" [ {} ]", options.join(" , ")) }
    }

    fn default(&self, kind: &Kind, which: u8) -> String {
        let which = usize::from(which);
        let of = |all: &[&str]| all[which % all.len()].to_owned();
        match kind {
            Kind::Scalar("bool") => of(&["false", "true"]),
            Kind::Scalar("string") => of(&["\"\"", "\"x\"", "\"é\"", "'x'", "\"\\001\"", "\"x\" \"y\""]),
            Kind::Scalar("bytes") => of(&["\"\"", "\"x\"", "\"\\001\"", "\"\\x01\"", "\"\\377\"", "\"\\n\""]),
            Kind::Scalar("float" | "double") => {
                of(&["0", "1", "0.1", "-1.5", "nan", "inf", "-inf", "1e3", "1000", "-0.0", "0.1000000001"])
            }
            Kind::Scalar(name) if name.starts_with('u') || name.starts_with('f') => {
                of(&["0", "1", "7", "0x7", "07"])
            }
            Kind::Named(name) => match self.enums.get(name.as_str()) {
                Some(it) => it.values[which % it.values.len()].0.clone(),
                None => "0".to_owned(),
            },
            _ => of(&["0", "1", "7", "-7", "0x7", "- 7"]),
        }
    }

    fn service(&mut self, it: &Service) {
        self.out.open(&format!("service {} {{", it.name));
        it.methods.iter().for_each(|it| self.method(it));
        self.out.close();
    }

    fn method(&mut self, it: &Method) {
        let (input, output) = (self.name(&it.input), self.name(&it.output));
        let stream = |streaming| if streaming { "stream " } else { "" };
        let (receives, sends) = (stream(it.client_streaming), stream(it.server_streaming));
        let rpc = format!("rpc {} ( {receives}{input} ) returns ( {sends}{output} )", it.name);
        match it.idempotency {
            None => self.out.say(&format!("{rpc} ;")),
            Some(level) => {
                self.out.open(&format!("{rpc} {{"));
                self.out.say(&format!("option idempotency_level = {level} ;"));
                self.out.close();
            }
        }
    }

    /// A name as it is written here: with a dot in front, in full, or from the package on.
    fn name(&mut self, name: &str) -> String {
        self.used.insert(name.to_owned());
        if name.starts_with("google.") {
            return name.to_owned();
        }
        let full = self.home.package(name);
        let inside = match self.package {
            "" => Some(name),
            package => name.strip_prefix(package).and_then(|rest| rest.strip_prefix('.')),
        };
        let first = inside.and_then(|it| it.split('.').next());
        let unmistakable = first.is_some_and(|first| self.names.get(first) == Some(&1));
        match self.out.below(3) {
            1 => format!(".{full}"),
            2 => full,
            _ => inside.filter(|_| unmistakable).map_or(full, str::to_owned),
        }
    }
}

fn group(field: &Field) -> Option<&str> {
    match &field.kind {
        Kind::Group(name) => Some(name),
        _ => None,
    }
}
