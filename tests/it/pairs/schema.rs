//! A small schema as plain data, which edits can change and `repair.rs` can make valid. What cannot be
//! written wrongly is not modelled: imports and `allow_alias` come out of the printer.

use std::collections::BTreeMap;

/// A name under the package of its pair: `p.M1.E2`. Names of Google's types are written in full.
pub type Name = String;

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Schema {
    /// A file uses only itself and files before it.
    pub files: Vec<File>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub enum Syntax {
    /// proto2, left out.
    Unsaid,
    Proto2,
    #[default]
    Proto3,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct File {
    pub path: String,
    /// Under the package of its pair; may be empty.
    pub package: String,
    pub syntax: Syntax,
    /// Values as they are written.
    pub options: BTreeMap<&'static str, String>,
    pub scope: Scope,
    pub services: Vec<Service>,
}

/// What files and messages both hold.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Scope {
    pub messages: Vec<Message>,
    pub enums: Vec<Enum>,
    pub extends: Vec<Extend>,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Message {
    pub name: String,
    pub fields: Vec<Field>,
    /// First and last number, both inside.
    pub extensions: Vec<(i32, i32)>,
    pub reserved: Vec<(i32, i32)>,
    pub reserved_names: Vec<String>,
    pub no_accessor: Option<bool>,
    pub scope: Scope,
}

#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub enum Label {
    #[default]
    None,
    Optional,
    Required,
    Repeated,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    Scalar(&'static str),
    /// A message or an enum.
    Named(Name),
    Map(&'static str, Box<Kind>),
    /// A group; its body is the message of this name in the same scope.
    Group(String),
}

#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    pub name: String,
    pub number: i32,
    pub label: Label,
    pub kind: Kind,
    pub oneof: Option<String>,
    /// Which of the defaults that the type offers.
    pub default: Option<u8>,
    pub json_name: Option<String>,
    pub jstype: Option<&'static str>,
    pub ctype: Option<&'static str>,
    pub deprecated: bool,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Extend {
    pub of: Name,
    pub fields: Vec<Field>,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Enum {
    pub name: String,
    pub values: Vec<(String, i32)>,
    pub reserved: Vec<(i32, i32)>,
    pub reserved_names: Vec<String>,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Service {
    pub name: String,
    pub methods: Vec<Method>,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Method {
    pub name: String,
    pub input: Name,
    pub output: Name,
    pub client_streaming: bool,
    pub server_streaming: bool,
    pub idempotency: Option<&'static str>,
}

/// Where a scope is: the file, then message after message.
pub type Path = Vec<usize>;

/// Where a field is: in the message at a path, or in one of the `extend` blocks of the scope there.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldAt {
    pub scope: Path,
    pub extend: Option<usize>,
    pub index: usize,
}

impl Schema {
    /// Every scope: each file, and after it its messages.
    pub fn scopes(&self) -> Vec<Path> {
        fn below(scope: &Scope, path: &Path, all: &mut Vec<Path>) {
            all.push(path.clone());
            for (index, message) in scope.messages.iter().enumerate() {
                below(&message.scope, &[path.as_slice(), &[index]].concat(), all);
            }
        }
        let mut all = Vec::new();
        for (index, file) in self.files.iter().enumerate() {
            below(&file.scope, &vec![index], &mut all);
        }
        all
    }

    /// Every message.
    pub fn messages(&self) -> Vec<Path> {
        self.scopes().into_iter().filter(|path| path.len() > 1).collect()
    }

    pub fn scope(&mut self, path: &[usize]) -> &mut Scope {
        let mut scope = &mut self.files[path[0]].scope;
        for index in &path[1..] {
            scope = &mut scope.messages[*index].scope;
        }
        scope
    }

    /// The message at a path that is not a file's.
    pub fn message(&mut self, path: &[usize]) -> &mut Message {
        let (last, outer) = path.split_last().expect("a path of a message");
        &mut self.scope(outer).messages[*last]
    }

    /// The full name of a scope; of a file, its package.
    pub fn name_of(&self, path: &[usize]) -> Name {
        let mut name = self.files[path[0]].package.clone();
        let mut scope = &self.files[path[0]].scope;
        for index in &path[1..] {
            name = join(&name, &scope.messages[*index].name);
            scope = &scope.messages[*index].scope;
        }
        name
    }

    /// Every field of a message and every extension.
    pub fn fields(&mut self) -> Vec<FieldAt> {
        let mut all = Vec::new();
        for scope in self.scopes() {
            if scope.len() > 1 {
                let fields = 0..self.message(&scope).fields.len();
                all.extend(fields.map(|index| FieldAt { scope: scope.clone(), extend: None, index }));
            }
            for (extend, it) in self.scope(&scope).extends.iter().enumerate() {
                let fields = 0..it.fields.len();
                all.extend(fields.map(|index| FieldAt { scope: scope.clone(), extend: Some(extend), index }));
            }
        }
        all
    }

    pub fn siblings(&mut self, at: &FieldAt) -> &mut Vec<Field> {
        match at.extend {
            Some(extend) => &mut self.scope(&at.scope).extends[extend].fields,
            None => &mut self.message(&at.scope).fields,
        }
    }

    pub fn field(&mut self, at: &FieldAt) -> &mut Field {
        &mut self.siblings(at)[at.index]
    }

    /// Every enum, as scope and index.
    pub fn enums(&mut self) -> Vec<(Path, usize)> {
        let mut all = Vec::new();
        for scope in self.scopes() {
            let enums = 0..self.scope(&scope).enums.len();
            all.extend(enums.map(|index| (scope.clone(), index)));
        }
        all
    }

    /// Every type: its file, and the enum if it is one.
    pub fn types(&self) -> BTreeMap<Name, (usize, Option<Enum>)> {
        fn below(scope: &Scope, outer: &str, file: usize, all: &mut BTreeMap<Name, (usize, Option<Enum>)>) {
            for it in &scope.enums {
                all.entry(join(outer, &it.name)).or_insert((file, Some(it.clone())));
            }
            for it in &scope.messages {
                let name = join(outer, &it.name);
                below(&it.scope, &name, file, all);
                all.entry(name).or_insert((file, None));
            }
        }
        let mut all = BTreeMap::new();
        for (index, file) in self.files.iter().enumerate() {
            below(&file.scope, &file.package, index, &mut all);
        }
        all
    }

    /// Calls something old by its new name, and what is inside it, wherever it is used.
    pub fn rename(&mut self, old: &str, new: &str) {
        let rename = |name: &mut Name| match name.strip_prefix(old) {
            Some(rest) if rest.is_empty() || rest.starts_with('.') => *name = format!("{new}{rest}"),
            _ => {}
        };
        for at in self.fields() {
            match &mut self.field(&at).kind {
                Kind::Named(name) => rename(name),
                Kind::Map(_, kind) => {
                    if let Kind::Named(name) = &mut **kind {
                        rename(name);
                    }
                }
                Kind::Scalar(_) | Kind::Group(_) => {}
            }
        }
        for scope in self.scopes() {
            self.scope(&scope).extends.iter_mut().for_each(|it| rename(&mut it.of));
        }
        for method in self.files.iter_mut().flat_map(|it| &mut it.services).flat_map(|it| &mut it.methods) {
            rename(&mut method.input);
            rename(&mut method.output);
        }
    }
}

impl Field {
    pub fn new(name: String, number: i32, kind: Kind) -> Field {
        Field {
            name,
            number,
            label: Label::None,
            kind,
            oneof: None,
            default: None,
            json_name: None,
            jstype: None,
            ctype: None,
            deprecated: false,
        }
    }
}

/// `outer.name`, or `name` outside of everything.
pub fn join(outer: &str, name: &str) -> Name {
    if outer.is_empty() { name.to_owned() } else { format!("{outer}.{name}") }
}

/// Google's types that schemas use, and their files.
pub const BORROWED: &[(&str, &str)] = &[
    ("google.protobuf.Empty", "google/protobuf/empty.proto"),
    ("google.protobuf.Timestamp", "google/protobuf/timestamp.proto"),
    ("google.protobuf.FieldOptions", "google/protobuf/descriptor.proto"),
    ("google.protobuf.MessageOptions", "google/protobuf/descriptor.proto"),
];

pub const SCALARS: &[&str] = &[
    "int32", "int64", "uint32", "uint64", "sint32", "sint64", "fixed32", "fixed64", "sfixed32", "sfixed64",
    "bool", "string", "bytes", "float", "double",
];

pub const MAP_KEYS: &[&str] = &[
    "int32", "int64", "uint32", "uint64", "sint32", "sint64", "fixed32", "fixed64", "sfixed32", "sfixed64",
    "bool", "string",
];
