//! The strategy: a valid schema, and one to five edits of it.

use proptest::prelude::*;

use super::dice::Dice;
use super::edits::{CATALOGUE, Edit};
use super::repair::repaired;
use super::schema::{
    Enum, Extend, Field, File, Kind, Label, MAP_KEYS, Message, Method, Name, SCALARS, Schema, Scope, Service,
    Syntax, join,
};

/// A schema and what is done to it.
#[derive(Debug, Clone)]
pub struct Pair {
    pub old: Schema,
    pub new: Schema,
    /// In the order they were made, each with the seed of its choices.
    pub edits: Vec<(&'static Edit, u64)>,
    /// Of the layouts; without it both sides are plain.
    pub layout: Option<u64>,
}

impl Pair {
    pub fn of(old: Schema, edits: Vec<(&'static Edit, u64)>, layout: Option<u64>) -> Pair {
        let new = edits.iter().fold(old.clone(), |mut schema, (edit, seed)| {
            (edit.apply)(&mut schema, &mut Dice::new(*seed));
            repaired(schema)
        });
        Pair { old, new, edits, layout }
    }
}

/// A pair whose edits come from the whole catalogue.
pub fn pair() -> impl Strategy<Value = Pair> {
    edited(|_| true)
}

/// A pair whose edits only add.
pub fn grown() -> impl Strategy<Value = Pair> {
    edited(|edit| edit.rules.is_empty())
}

fn edited(which: fn(&Edit) -> bool) -> impl Strategy<Value = Pair> {
    let edits: Vec<&'static Edit> = CATALOGUE.iter().copied().flatten().filter(|edit| which(edit)).collect();
    let edits = prop::collection::vec((prop::sample::select(edits), any::<u64>()), 1..=5);
    (any::<u64>(), edits, prop::option::weighted(0.8, any::<u64>()))
        .prop_map(|(seed, edits, layout)| Pair::of(schema(&mut Dice::new(seed)), edits, layout))
}

/// Draws a schema.
fn schema(dice: &mut Dice) -> Schema {
    let mut draw = Draw { dice, next: 0, types: Vec::new(), extensible: Vec::new() };
    let files = 1 + draw.dice.below(3);
    repaired(Schema { files: (0..files).map(|index| draw.file(index)).collect() })
}

struct Draw<'a> {
    dice: &'a mut Dice,
    /// Makes names different.
    next: u32,
    /// Full names of messages and enums so far.
    types: Vec<(Name, bool)>,
    /// Full names of messages with extension ranges.
    extensible: Vec<Name>,
}

impl Draw<'_> {
    fn fresh(&mut self, prefix: &str) -> String {
        self.next += 1;
        format!("{prefix}{}", self.next)
    }

    fn file(&mut self, index: usize) -> File {
        let package = self.dice.of(&["p", "p", "p", "q", "p.v1", ""]);
        let syntax =
            self.dice.of(&[Syntax::Proto3, Syntax::Proto3, Syntax::Proto2, Syntax::Proto2, Syntax::Unsaid]);
        let proto3 = syntax == Syntax::Proto3;
        let scope = self.scope(package, 0, proto3);
        let services = (0..self.dice.below(3)).map(|_| self.service()).collect();
        let options = (0..self.dice.below(4)).map(|_| file_option(self.dice)).collect();
        let path = ["a.proto", "b.proto", "sub/c.proto"][index].to_owned();
        File { path, package: package.to_owned(), syntax, options, scope, services }
    }

    fn scope(&mut self, outer: &str, depth: usize, proto3: bool) -> Scope {
        let most = [4, 3, 2, 1][depth.min(3)];
        let enums = (0..self.dice.below(most)).map(|_| self.r#enum(outer, proto3)).collect();
        let messages = match depth {
            3 => 0,
            _ => self.dice.below(most),
        };
        let messages = (0..messages).map(|_| self.message(outer, depth + 1, proto3)).collect();
        let extends = (0..self.dice.below(most)).map(|_| self.extend(proto3)).collect();
        Scope { messages, enums, extends }
    }

    fn message(&mut self, outer: &str, depth: usize, proto3: bool) -> Message {
        let name = self.fresh("M");
        let full = join(outer, &name);
        self.types.push((full.clone(), false));
        let mut message = Message { name, ..Message::default() };
        if !proto3 && self.dice.percent(40) {
            message.extensions = self.ranges(100);
            self.extensible.push(full.clone());
        }
        message.scope = self.scope(&full, depth, proto3);
        let oneofs: Vec<String> = (0..self.dice.below(3)).map(|_| self.fresh("x")).collect();
        for _ in 0..self.dice.below(7) {
            let mut field = self.field(proto3);
            field.oneof = self.dice.pick(&oneofs).filter(|_| field.number % 3 == 0).cloned();
            if !proto3 && self.dice.percent(8) {
                let group = self.fresh("G");
                field.name = group.to_lowercase();
                field.kind = Kind::Group(group.clone());
                let inner = self.field(false);
                message.scope.messages.push(Message {
                    name: group,
                    fields: vec![inner],
                    ..Message::default()
                });
            }
            message.fields.push(field);
        }
        if self.dice.percent(40) {
            message.reserved = self.ranges(60);
            message.reserved_names = (0..self.dice.below(3)).map(|_| self.fresh("r")).collect();
        }
        message.no_accessor = self.dice.percent(8).then(|| self.dice.percent(50));
        message
    }

    /// A few ranges of a number block, with gaps.
    fn ranges(&mut self, start: i32) -> Vec<(i32, i32)> {
        let mut next = start;
        let mut ranges = Vec::new();
        for _ in 0..1 + self.dice.below(3) {
            let first = self.dice.number(next, 3);
            let last = self.dice.number(first, 6);
            ranges.push((first, last));
            next = last + 1;
        }
        ranges
    }

    fn field(&mut self, proto3: bool) -> Field {
        let prefix = self.dice.of(&["f", "f", "a_b", "fooBar"]);
        let name = self.fresh(prefix);
        let kind = self.kind();
        let mut field = Field::new(name, self.dice.number(1, 40), kind);
        field.label = match proto3 {
            true => self.dice.of(&[Label::None, Label::None, Label::Optional, Label::Repeated]),
            false => self.dice.of(&[Label::Optional, Label::Optional, Label::Required, Label::Repeated]),
        };
        let dice = &mut *self.dice;
        field.default = dice.percent(30).then(|| u8::try_from(dice.below(12)).expect("a small number"));
        field.jstype = dice.percent(30).then(|| dice.of(JSTYPES));
        field.ctype = dice.percent(30).then(|| dice.of(CTYPES));
        field.deprecated = dice.percent(10);
        field.json_name = self.dice.percent(10).then(|| self.fresh("j"));
        field
    }

    fn kind(&mut self) -> Kind {
        let types = &self.types;
        match self.dice.below(20) {
            0..9 => Kind::Scalar(self.dice.of(SCALARS)),
            9..11 => Kind::Scalar("string"),
            11..17 => match self.dice.pick(types) {
                Some((name, _)) => Kind::Named(name.clone()),
                None => Kind::Scalar("bytes"),
            },
            17 => Kind::Named("google.protobuf.Timestamp".to_owned()),
            _ => {
                let value = match self.dice.pick(types).filter(|it| it.0.len() % 2 == 0) {
                    Some((name, _)) => Kind::Named(name.clone()),
                    None => Kind::Scalar(self.dice.of(SCALARS)),
                };
                Kind::Map(self.dice.of(MAP_KEYS), Box::new(value))
            }
        }
    }

    fn r#enum(&mut self, outer: &str, proto3: bool) -> Enum {
        let name = self.fresh("E");
        self.types.push((join(outer, &name), true));
        let start = if proto3 || self.dice.percent(70) { 0 } else { self.dice.number(-3, 6) };
        let mut values = vec![(self.fresh("V"), start)];
        for _ in 0..self.dice.below(5) {
            // Twice the same number now and then.
            values.push((self.fresh("V"), self.dice.number(-2, 9)));
        }
        let mut it = Enum { name, values, ..Enum::default() };
        if self.dice.percent(40) {
            it.reserved = self.ranges(20);
            it.reserved_names = (0..self.dice.below(3)).map(|_| self.fresh("R")).collect();
        }
        it
    }

    fn extend(&mut self, proto3: bool) -> Extend {
        let borrowed = proto3 || self.dice.percent(15);
        let of = match self.dice.pick(&self.extensible).filter(|_| !borrowed) {
            Some(name) => name.clone(),
            None => {
                self.dice.of(&["google.protobuf.FieldOptions", "google.protobuf.MessageOptions"]).to_owned()
            }
        };
        let start = if of.starts_with("google.") { 1 } else { 100 };
        let mut fields = Vec::new();
        for _ in 0..1 + self.dice.below(3) {
            let mut field = self.field(proto3);
            field.number = self.dice.number(start, 15);
            fields.push(field);
        }
        Extend { of, fields }
    }

    fn service(&mut self) -> Service {
        let messages: Vec<Name> = self.types.iter().filter(|it| !it.1).map(|it| it.0.clone()).collect();
        let mut methods = Vec::new();
        for _ in 0..self.dice.below(5) {
            let mut message = || match self.dice.pick(&messages) {
                Some(name) => name.clone(),
                None => "google.protobuf.Empty".to_owned(),
            };
            let (input, output) = (message(), message());
            methods.push(Method {
                name: self.fresh("R"),
                input,
                output,
                client_streaming: self.dice.percent(30),
                server_streaming: self.dice.percent(30),
                idempotency: self.dice.percent(30).then(|| self.dice.of(LEVELS)),
            });
        }
        Service { name: self.fresh("S"), methods }
    }
}

pub const JSTYPES: &[&str] = &["JS_NORMAL", "JS_STRING", "JS_NUMBER"];
pub const CTYPES: &[&str] = &["STRING", "CORD", "STRING_PIECE"];
pub const LEVELS: &[&str] = &["IDEMPOTENCY_UNKNOWN", "NO_SIDE_EFFECTS", "IDEMPOTENT"];

/// A file option and a value of it.
pub fn file_option(dice: &mut Dice) -> (&'static str, String) {
    const WORDS: &[&str] = &["\"a\"", "\"b\"", "\"\"", "\"a\" \"b\""];
    const SWITCHES: &[&str] = &["false", "true"];
    const OPTIONS: &[(&str, &[&str])] = &[
        ("cc_enable_arenas", SWITCHES),
        ("cc_generic_services", SWITCHES),
        ("csharp_namespace", WORDS),
        ("go_package", &["\"e.x/a\"", "\"e.x/b\"", "\"e.x/a;b\""]),
        ("java_generic_services", SWITCHES),
        ("java_multiple_files", SWITCHES),
        ("java_outer_classname", WORDS),
        ("java_package", WORDS),
        ("java_string_check_utf8", SWITCHES),
        ("objc_class_prefix", WORDS),
        ("optimize_for", &["SPEED", "CODE_SIZE"]),
        ("php_class_prefix", WORDS),
        ("php_metadata_namespace", WORDS),
        ("php_namespace", WORDS),
        ("py_generic_services", SWITCHES),
        ("ruby_package", WORDS),
        ("swift_prefix", WORDS),
        ("deprecated", SWITCHES),
    ];
    let (name, values) = dice.of(OPTIONS);
    (name, dice.of(values).to_owned())
}
