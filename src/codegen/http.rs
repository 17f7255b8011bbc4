//! The routes of a schema: what `google.api.http` says, held against the messages, and what stands in its place where
//! nobody says anything. What the gateway and the OpenAPI document are both made from.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor, MethodDescriptor, ServiceDescriptor};
use protogate_runtime::rest::Template;

use super::problem::GENERATE_HTTP;
use crate::diag::{Diagnostic, Place, Severity};
use crate::schema::{File, HttpRule, Schema, http_rules, nearest};

/// A service and the methods that have a route.
pub(super) struct Service<'s> {
    pub file: &'s File,
    pub service: ServiceDescriptor,
    pub methods: Vec<Method>,
}

/// A method and its routes.
pub(super) struct Method {
    pub method: MethodDescriptor,
    pub bindings: Vec<Binding>,
}

/// One route of a method.
pub(super) struct Binding {
    pub verb: String,
    /// As it is written.
    pub path: String,
    pub template: Template,
    /// The fields of the template's variables.
    pub variables: Vec<FieldDescriptor>,
    pub body: Content,
    pub response_body: Option<FieldDescriptor>,
}

/// What the content of a request is.
#[derive(PartialEq)]
pub(super) enum Content {
    None,
    Whole,
    Field(FieldDescriptor),
}

impl Content {
    /// As `google.api.http` writes it.
    pub fn text(&self) -> &str {
        match self {
            Content::None => "",
            Content::Whole => "*",
            Content::Field(field) => field.name(),
        }
    }
}

/// The messages that have a text of their own, so that a variable of a path can be one.
const SCALARS: [&str; 12] = [
    "google.protobuf.BoolValue",
    "google.protobuf.BytesValue",
    "google.protobuf.DoubleValue",
    "google.protobuf.Duration",
    "google.protobuf.FieldMask",
    "google.protobuf.FloatValue",
    "google.protobuf.Int32Value",
    "google.protobuf.Int64Value",
    "google.protobuf.StringValue",
    "google.protobuf.Timestamp",
    "google.protobuf.UInt32Value",
    "google.protobuf.UInt64Value",
];

/// Whether a value of this type has a text of its own.
pub(super) fn has_text(kind: &Kind) -> bool {
    kind.as_message().is_none_or(|it| SCALARS.contains(&it.full_name()))
}

/// The services of the source's own files, with the routes of their methods; a method without a rule is at
/// `POST /package.Service/Method`, as in gRPC itself, where `by_default` says so.
///
/// A route that several methods have is the first one's, and the others are told: Google's own `discoveryengine` has such.
///
/// # Errors
///
/// Rules that cannot be served, all of them.
pub(super) fn services(
    schema: &Schema,
    by_default: bool,
) -> Result<(Vec<Service<'_>>, Vec<Diagnostic>), Vec<Diagnostic>> {
    let mut reader = Reader { taken: HashMap::new(), said: Vec::new(), warnings: Vec::new() };
    let mut services = Vec::new();
    for file in schema.own_files() {
        for service in file.descriptor().services() {
            let methods = service.methods().map(|method| reader.method(file, method, by_default));
            let methods = methods.filter(|it| !it.bindings.is_empty()).collect();
            services.push(Service { file, service, methods });
        }
    }
    if reader.said.is_empty() { Ok((services, reader.warnings)) } else { Err(reader.said) }
}

struct Reader {
    /// The methods that have a route, by verb and shape.
    taken: HashMap<(String, String), String>,
    said: Vec<Diagnostic>,
    warnings: Vec<Diagnostic>,
}

impl Reader {
    fn method(&mut self, file: &File, method: MethodDescriptor, by_default: bool) -> Method {
        let rules = http_rules(&method);
        let default = || HttpRule {
            verb: "POST".to_owned(),
            path: format!("/{}/{}", method.parent_service().full_name(), method.name()),
            body: "*".to_owned(),
            response_body: String::new(),
            first: true,
            nested: false,
        };
        let rules = if rules.is_empty() && by_default { vec![default()] } else { rules };
        let mut bindings = Vec::new();
        for rule in rules {
            let route = format!("{} {}", rule.verb, rule.path);
            match read(&method, rule) {
                Ok(binding) => {
                    let key = (binding.verb.clone(), binding.template.shape());
                    match self.taken.entry(key) {
                        Entry::Vacant(free) => {
                            free.insert(method.full_name().to_owned());
                            bindings.push(binding);
                        }
                        Entry::Occupied(other) => {
                            let (own, other) = (method.full_name(), other.get());
                            let said =
                                format!("the route `{route}` of {own} is that of {other}, which keeps it");
                            self.warnings.push(
                                Diagnostic::new(&GENERATE_HTTP, Severity::Warning, said)
                                    .at(place(file, &method))
                                    .help("give one of them another verb or path"),
                            );
                        }
                    }
                }
                Err(wrong) => {
                    let said = format!("the route `{route}` of {}: {}", method.full_name(), wrong.what);
                    self.said.push(problem(file, &method, &said, &wrong.help));
                }
            }
        }
        Method { method, bindings }
    }
}

struct Wrong {
    what: String,
    help: String,
}

fn wrong(what: impl Into<String>, help: impl Into<String>) -> Wrong {
    Wrong { what: what.into(), help: help.into() }
}

fn read(method: &MethodDescriptor, rule: HttpRule) -> Result<Binding, Wrong> {
    let (input, output) = (method.input(), method.output());
    if rule.verb.is_empty() || !rule.verb.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
        return Err(wrong("its verb is none", "write one word, such as `kind: \"HEAD\"`"));
    }
    if rule.nested {
        return Err(wrong(
            "a rule of `additional_bindings` has `additional_bindings` itself",
            "put all of them into the rule of the method",
        ));
    }
    let template = Template::parse(&rule.path).map_err(|error| {
        let help = "a path is such as `/v1/{name=shelves/*}/books:move`, see google/api/http.proto";
        wrong(error.to_string(), help)
    })?;
    let variables: Result<Vec<_>, _> =
        template.variables().iter().map(|it| variable(&input, &it.field)).collect();
    let variables = variables?;
    let body = match rule.body.as_str() {
        "" => Content::None,
        body if matches!(rule.verb.as_str(), "GET" | "HEAD") => {
            let help = "leave `body` out: the fields come from the query";
            return Err(wrong(format!("a {} has no content, and `body: \"{body}\"`", rule.verb), help));
        }
        "*" => Content::Whole,
        name => Content::Field(top_level(&input, "body", name)?),
    };
    if let Content::Field(field) = &body
        && variables.contains(field)
    {
        let said = format!("`{}` comes from the path, and is the content", field.name());
        return Err(wrong(said, "take it from one of them"));
    }
    let response_body = match rule.response_body.as_str() {
        "" => None,
        name => Some(top_level(&output, "response_body", name)?),
    };
    Ok(Binding { verb: rule.verb, path: rule.path, template, variables, body, response_body })
}

/// The field that a path of names leads to.
fn variable(input: &MessageDescriptor, path: &str) -> Result<FieldDescriptor, Wrong> {
    let mut message = input.clone();
    let mut names = path.split('.').peekable();
    while let Some(name) = names.next() {
        let field = field(&message, name)?;
        let said = |what: &str| format!("the variable `{path}` is {what}");
        if field.is_map() || field.is_list() {
            return Err(wrong(said("repeated"), "take a field with one value"));
        }
        match field.kind() {
            Kind::Message(inner) if names.peek().is_some() => message = inner,
            kind if names.peek().is_none() && has_text(&kind) => return Ok(field),
            Kind::Message(inner) => {
                let help = format!("take one of its fields, such as `{path}.{}`", first_name(&inner));
                return Err(wrong(said(&format!("a message ({})", inner.full_name())), help));
            }
            _ => {
                return Err(wrong(
                    said(&format!("inside of `{name}`, which is no message")),
                    "take the field itself",
                ));
            }
        }
    }
    Err(wrong("a variable has no name", "name a field"))
}

fn first_name(message: &MessageDescriptor) -> String {
    message.fields().next().map_or_else(|| "name".to_owned(), |it| it.name().to_owned())
}

fn top_level(message: &MessageDescriptor, key: &str, name: &str) -> Result<FieldDescriptor, Wrong> {
    if name.contains('.') {
        let said = format!("`{key}: \"{name}\"` is no field of the message itself");
        return Err(wrong(said, "name a field of the message, and none inside of it"));
    }
    field(message, name)
}

fn field(message: &MessageDescriptor, name: &str) -> Result<FieldDescriptor, Wrong> {
    message.get_field_by_name(name).ok_or_else(|| {
        let fields: Vec<_> = message.fields().collect();
        let help = match nearest(name, fields.iter().map(FieldDescriptor::name)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("name a field of {}", message.full_name()),
        };
        wrong(format!("{} has no field `{name}`", message.full_name()), help)
    })
}

fn problem(file: &File, method: &MethodDescriptor, said: &str, help: &str) -> Diagnostic {
    Diagnostic::failure(&GENERATE_HTTP, said).at(place(file, method)).help(help)
}

/// Where the rule is written: the extension 72295728 of the options (4) of the method, or the method.
fn place(file: &File, method: &MethodDescriptor) -> Place {
    let of_rule = [method.path(), &[4, 72_295_728]].concat();
    match file.location(&of_rule) {
        Some(_) => file.place(&of_rule),
        None => file.place(method.path()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Source, load};

    /// A schema of methods over one message, with these rules.
    fn schema(rules: &[&str]) -> Schema {
        let methods: String = rules
            .iter()
            .enumerate()
            .map(|(number, rule)| {
                let option = if rule.is_empty() {
                    String::new()
                } else {
                    format!("option (google.api.http) = {{{rule}}};")
                };
                format!("  rpc M{number}(M) returns (M) {{ {option} }}\n")
            })
            .collect();
        let text = format!(
            "syntax = \"proto3\"; package p; import \"google/api/annotations.proto\";\n\
             message M {{ string id = 1; repeated string tags = 2; M m = 3; map<string, string> labels = 4; }}\n\
             service S {{\n{methods}}}"
        );
        load(&Source::Text(vec![("p.proto".to_owned(), text)])).schema
    }

    fn line(it: &Diagnostic) -> String {
        let place = it.place.as_ref().unwrap();
        format!("{}:{} {}", place.file, place.span_or_start().start_line, it.message)
    }

    /// What is said of the rules, or their routes.
    fn says(rules: &[&str], by_default: bool) -> Result<Vec<String>, Vec<String>> {
        let schema = schema(rules);
        let route = |it: &Binding| format!("{} {} {}", it.verb, it.template, it.body.text());
        match services(&schema, by_default) {
            Ok((services, _)) => {
                Ok(services[0].methods.iter().flat_map(|it| &it.bindings).map(route).collect())
            }
            Err(said) => Err(said.iter().map(line).collect()),
        }
    }

    #[test]
    fn a_route_is_the_first_method_s_that_has_it() {
        let twice = "get: \"/{id}\" additional_bindings {get: \"/{m.id}\"}";
        for (rules, expected) in [
            (&[twice][..], "p.proto:4 the route `GET /{m.id}` of p.S.M0 is that of p.S.M0, which keeps it"),
            (
                &["get: \"/{id}\"", "get: \"/{m.id}\"", "get: \"/{m.m.id}\""],
                "p.proto:5 the route `GET /{m.id}` of p.S.M1 is that of p.S.M0, which keeps it\n\
                 p.proto:6 the route `GET /{m.m.id}` of p.S.M2 is that of p.S.M0, which keeps it",
            ),
        ] {
            let schema = schema(rules);
            let (services, warnings) = services(&schema, true).unwrap();
            let said: Vec<_> = warnings.iter().map(line).collect();
            assert_eq!(said.join("\n"), expected);
            let routes = services[0].methods.iter().flat_map(|it| &it.bindings).count();
            assert_eq!((routes, services[0].methods.len()), (1, 1), "who has no route is not there");
        }
    }

    #[test]
    fn rules_and_what_stands_in_their_place() {
        let rules = ["get: \"/v1/{id=a/*}\" additional_bindings {post: \"/v1/{m.id}:x\" body: \"*\"}", ""];
        let expected = ["GET /v1/{id=a/*} ", "POST /v1/{m.id}:x *", "POST /p.S/M1 *"].map(str::to_owned);
        assert_eq!(says(&rules, true), Ok(expected.to_vec()));
        assert_eq!(says(&rules, false), Ok(expected[..2].to_vec()));
    }

    #[test]
    fn what_cannot_be_served_is_said_with_its_line() {
        for (rule, expected) in [
            ("get: \"v1\"", "the route `GET v1` of p.S.M0: a path begins with `/` (at character 1)"),
            ("get: \"/{ids}\"", "the route `GET /{ids}` of p.S.M0: p.M has no field `ids`"),
            ("get: \"/{tags}\"", "the route `GET /{tags}` of p.S.M0: the variable `tags` is repeated"),
            ("get: \"/{labels}\"", "the route `GET /{labels}` of p.S.M0: the variable `labels` is repeated"),
            ("get: \"/{m}\"", "the route `GET /{m}` of p.S.M0: the variable `m` is a message (p.M)"),
            (
                "get: \"/{id.x}\"",
                "the route `GET /{id.x}` of p.S.M0: the variable `id.x` is inside of `id`, which is no message",
            ),
            (
                "get: \"/a\" body: \"*\"",
                "the route `GET /a` of p.S.M0: a GET has no content, and `body: \"*\"`",
            ),
            ("put: \"/a\" body: \"n\"", "the route `PUT /a` of p.S.M0: p.M has no field `n`"),
            (
                "put: \"/a\" body: \"m.m\"",
                "the route `PUT /a` of p.S.M0: `body: \"m.m\"` is no field of the message itself",
            ),
            (
                "put: \"/{id}\" body: \"id\"",
                "the route `PUT /{id}` of p.S.M0: `id` comes from the path, and is the content",
            ),
            ("get: \"/a\" response_body: \"x\"", "the route `GET /a` of p.S.M0: p.M has no field `x`"),
            ("custom: {kind: \"A B\" path: \"/a\"}", "the route `A B /a` of p.S.M0: its verb is none"),
            (
                "get: \"/a\" additional_bindings {get: \"/b\" additional_bindings {get: \"/c\"}}",
                "the route `GET /b` of p.S.M0: a rule of `additional_bindings` has `additional_bindings` itself",
            ),
        ] {
            assert_eq!(says(&[rule], true), Err(vec![format!("p.proto:4 {expected}")]), "{rule}");
        }
    }
}
