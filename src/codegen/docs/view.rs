//! What the templates of the docs see: plain values, in the order they are shown.

use serde::Serialize;

/// Everything.
#[derive(Debug, Serialize)]
pub struct Docs {
    /// The title of the page.
    pub title: String,
    /// In the order of their names.
    pub packages: Vec<Package>,
}

/// One package.
#[derive(Debug, Serialize)]
pub struct Package {
    /// The name; `(no package)` where there is none.
    pub name: String,
    /// The id of its heading.
    pub anchor: String,
    /// The files it is made of.
    pub files: Vec<String>,
    /// The comments above the `package` statements, CommonMark.
    pub comment: String,
    /// In the order of the files.
    pub services: Vec<Service>,
    /// Nested ones right after the one they are in.
    pub messages: Vec<Message>,
    /// Those of messages included.
    pub enums: Vec<Enum>,
    /// Those declared inside messages included.
    pub extensions: Vec<Extension>,
}

/// What every element has.
#[derive(Debug, Serialize)]
pub struct Common {
    /// The name without the package: `Outer.Inner`.
    pub name: String,
    /// The full name, which is also the id of its heading.
    pub full_name: String,
    /// CommonMark, as written but for links to elements, which lead to their headings; raw HTML is for the
    /// template to escape.
    pub comment: String,
    /// Marked as deprecated.
    pub deprecated: bool,
    /// The options that are set.
    pub options: Vec<OptionText>,
}

/// One option that is set.
#[derive(Debug, Serialize)]
pub struct OptionText {
    /// `(buf.validate.field).string`.
    pub name: String,
    /// `{min_len: 1}`.
    pub value: String,
}

/// One service.
#[derive(Debug, Serialize)]
pub struct Service {
    /// Name, comment, options.
    #[serde(flatten)]
    pub common: Common,
    /// In the order of the schema.
    pub methods: Vec<Method>,
}

/// One method.
#[derive(Debug, Serialize)]
pub struct Method {
    /// Name, comment, options.
    #[serde(flatten)]
    pub common: Common,
    /// `unary`, `server streaming`, `client streaming` or `bidirectional streaming`.
    pub kind: &'static str,
    /// What it takes.
    pub request: TypeName,
    /// What it returns.
    pub response: TypeName,
    /// Whether the caller streams.
    pub client_streaming: bool,
    /// Whether the server streams.
    pub server_streaming: bool,
    /// What the schema promises about calling it again: `no side effects`, `idempotent` or nothing.
    pub idempotency: Option<&'static str>,
    /// The path of its HTTP/2 requests.
    pub path: String,
}

/// One message.
#[derive(Debug, Serialize)]
pub struct Message {
    /// Name, comment, options.
    #[serde(flatten)]
    pub common: Common,
    /// In the order of the schema.
    pub fields: Vec<Field>,
    /// The oneofs, synthetic ones left out.
    pub oneofs: Vec<Common>,
    /// Numbers and names that must not be used again: `2`, `5 to 9`, `"old"`.
    pub reserved: Vec<String>,
}

/// One field.
#[derive(Debug, Serialize)]
pub struct Field {
    /// Name, comment, options.
    #[serde(flatten)]
    pub common: Common,
    /// The number on the wire.
    pub number: u32,
    /// `optional`, `required`, `repeated` or nothing.
    pub label: &'static str,
    /// The type, or the type of the values of a map.
    pub r#type: TypeName,
    /// The type of the keys, for a map.
    pub map_key: Option<String>,
    /// The oneof it is part of.
    pub oneof: Option<String>,
    /// The default, where the schema gives one.
    pub default: Option<String>,
}

/// One field that is added to a message of somebody else.
#[derive(Debug, Serialize)]
pub struct Extension {
    /// What it is, as a field.
    #[serde(flatten)]
    pub field: Field,
    /// The message it is added to.
    pub extendee: TypeName,
}

/// A type, and where on this page it is.
#[derive(Debug, Serialize)]
pub struct TypeName {
    /// `string`, `UserRequest`, `google.protobuf.Empty`.
    pub name: String,
    /// The id of its heading, if it is described here.
    pub anchor: Option<String>,
}

/// One enum.
#[derive(Debug, Serialize)]
pub struct Enum {
    /// Name, comment, options.
    #[serde(flatten)]
    pub common: Common,
    /// In the order of the schema.
    pub values: Vec<EnumValue>,
}

/// One value of an enum.
#[derive(Debug, Serialize)]
pub struct EnumValue {
    /// Name, comment, options.
    #[serde(flatten)]
    pub common: Common,
    /// The number on the wire.
    pub number: i32,
}
