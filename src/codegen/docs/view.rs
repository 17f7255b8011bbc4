//! What the templates of the docs see, and what `docs/index.json` is: plain values, in the order they are shown.
//! `docs/docs-view.md` describes it; [`SCHEMA`] counts its versions.

use serde::Serialize;

/// Goes up when a name of the view goes away or means something else. New names may come without it.
pub const SCHEMA: u32 = 1;

/// One page. Where there is one for each package, `index` has all of `pages` and no package.
#[derive(Debug, Serialize)]
pub struct Docs {
    /// [`SCHEMA`].
    pub schema: u32,
    /// The title of the page.
    pub title: String,
    /// Where the page of all packages is, if this is the page of one.
    pub home: Option<String>,
    /// What there is, and how much of it has a comment.
    pub coverage: Coverage,
    /// What changed since a baseline, if one was given.
    pub since: Option<Since>,
    /// In the order of their names.
    pub packages: Vec<Package>,
    /// The pages of the packages, where each has one.
    pub pages: Vec<Page>,
}

/// The page of one package.
#[derive(Debug, Serialize)]
pub struct Page {
    /// The package.
    pub name: String,
    /// Where the page is.
    pub href: String,
    /// The first paragraph about it, CommonMark.
    pub comment: String,
    /// The names of its services.
    pub services: Vec<String>,
    /// How many messages it has.
    pub messages: usize,
    /// How many enums it has.
    pub enums: usize,
}

/// How much has a comment.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Coverage {
    /// Elements that have a comment.
    pub documented: usize,
    /// Elements.
    pub total: usize,
    /// In percent, rounded down to one place behind the point; 100 where there is nothing.
    pub percent: f64,
    /// The same for each kind of element: `service`, `method`, `message`, `field`, `enum`, `value`, `extension`.
    pub kinds: Vec<KindCoverage>,
    /// What has none.
    pub undocumented: Vec<Undocumented>,
}

/// How much of one kind has a comment.
#[derive(Debug, Clone, Serialize)]
pub struct KindCoverage {
    /// `service`, …
    pub kind: &'static str,
    /// Elements that have a comment.
    pub documented: usize,
    /// Elements.
    pub total: usize,
}

/// One element without a comment.
#[derive(Debug, Clone, Serialize)]
pub struct Undocumented {
    /// `field`.
    pub kind: &'static str,
    /// Its full name.
    pub full_name: String,
    /// Where it is on the pages.
    pub href: String,
}

/// What changed.
#[derive(Debug, Serialize)]
pub struct Since {
    /// What is compared with, as it was written: `git:v1.2`.
    pub baseline: String,
    /// `minor: 3 added since git:v1.2`.
    pub summary: String,
    /// What is gone.
    pub removed: Vec<Removed>,
}

/// One element that is gone.
#[derive(Debug, Serialize)]
pub struct Removed {
    /// `field`.
    pub element: &'static str,
    /// The full name it had.
    pub full_name: String,
    /// Whether somebody breaks by it.
    pub breaking: bool,
}

/// What changed about one element.
#[derive(Debug, Clone, Serialize)]
pub struct Change {
    /// `breaking`, `new` or `changed`.
    pub kind: &'static str,
    /// How, one sentence each, CommonMark.
    pub notes: Vec<String>,
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
    /// What is asked and promised, one phrase each, CommonMark: `buf.validate`, `google.api.field_behavior` and the
    /// contract, in words.
    pub rules: Vec<String>,
    /// The options that are set and said nowhere else.
    pub options: Vec<OptionText>,
    /// What changed since the baseline.
    pub change: Option<Change>,
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
    /// How many letters the longest request type, method and response type have: what a diagram needs to know.
    pub widths: [usize; 3],
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
    /// Its bindings by `google.api.http`, the first one first.
    pub http: Vec<HttpBinding>,
    /// Calls, ready to run.
    pub snippets: Vec<Snippet>,
}

/// One binding of `google.api.http`.
#[derive(Debug, Clone, Serialize)]
pub struct HttpBinding {
    /// `GET`; of a custom one what it says.
    pub verb: String,
    /// `/v1/{name=projects/*}`.
    pub path: String,
    /// The field that is the body, `*` for all that is not in the path; nothing for none.
    pub body: Option<String>,
    /// The field of the response that is the body of the answer.
    pub response_body: Option<String>,
}

/// A call in one language.
#[derive(Debug, Serialize)]
pub struct Snippet {
    /// `grpcurl`, `curl`, `Python` or `Rust`.
    pub language: &'static str,
    /// What a highlighter calls it: `sh`, `python`, `rust`.
    pub syntax: &'static str,
    /// The text.
    pub code: String,
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
    /// Numbers that extensions may have: `100 to 199`, `1000 to max`.
    pub extension_ranges: Vec<String>,
    /// A message in ProtoJSON that keeps the rules, where one could be made.
    pub sample: Option<String>,
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
    /// `explicit`, `implicit`, `required`, `repeated` or `map`: whether a reader can tell the zero value from none.
    pub presence: &'static str,
    /// The wire type of its tag: `VARINT`, `I64`, `LEN`, `SGROUP` or `I32`.
    pub wire: &'static str,
    /// Whether all elements share one tag.
    pub packed: bool,
    /// Its name in ProtoJSON.
    pub json_name: String,
    /// Whether `json_name` is not what the name would become anyway.
    pub json_name_is_own: bool,
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

/// A type, and where it is described.
#[derive(Debug, Serialize)]
pub struct TypeName {
    /// `string`, `UserRequest`, `google.protobuf.Empty`.
    pub name: String,
    /// Where its heading is, if it is described on the pages: `#user.UserRequest`.
    pub href: Option<String>,
}

/// One enum.
#[derive(Debug, Serialize)]
pub struct Enum {
    /// Name, comment, options.
    #[serde(flatten)]
    pub common: Common,
    /// In the order of the schema.
    pub values: Vec<EnumValue>,
    /// Whether a number that it does not declare is an unknown field (proto2) and no value.
    pub closed: bool,
    /// Numbers and names that must not be used again.
    pub reserved: Vec<String>,
}

/// One value of an enum.
#[derive(Debug, Serialize)]
pub struct EnumValue {
    /// Name, comment, options.
    #[serde(flatten)]
    pub common: Common,
    /// The number on the wire.
    pub number: i32,
    /// The first value of the same number, if this is another.
    pub alias_of: Option<String>,
}
