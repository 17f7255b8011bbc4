//! The operations: one for each route.

use std::collections::BTreeMap;

use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, MethodDescriptor};
use protogate_runtime::rest::{Segment, Template};

use super::document::{MediaType, Operation, Parameter, PathItem, RequestBody, Response};
use super::rules;
use super::schema::Schema;
use super::types::{Types, is_deprecated};
use crate::codegen::http::{Binding, Content, Method, Service, has_text};

/// The verbs that OpenAPI 3.1 knows.
const VERBS: [&str; 8] = ["delete", "get", "head", "options", "patch", "post", "put", "trace"];

/// Messages inside of messages are parameters down to this depth.
const DEPTH: usize = 8;

/// The operations of a document, as they come.
#[derive(Default)]
pub(super) struct Paths {
    pub items: BTreeMap<String, PathItem>,
    /// Paths without the names of their variables, of which a document has one each.
    known: BTreeMap<String, (String, Vec<String>)>,
    /// The identifiers of operations, and the method that has each.
    ids: BTreeMap<String, String>,
    /// Whether anybody has to say who they are.
    pub secured: bool,
}

/// Who may call a method: `protogate.contract.v1.Auth`.
enum Callers {
    NotSaid,
    Everybody,
    Known,
}

impl Paths {
    pub fn service(&mut self, service: &Service<'_>, types: &mut Types<'_>) {
        for method in &service.methods {
            for binding in &method.bindings {
                self.operation(method, binding, types);
            }
        }
    }

    fn operation(&mut self, method: &Method, binding: &Binding, types: &mut Types<'_>) {
        let verb = binding.verb.to_lowercase();
        if !VERBS.contains(&verb.as_str()) {
            return;
        }
        let (path, names) = self.path(binding);
        if self.items.get(&path).is_some_and(|item| item.contains_key(&verb)) {
            return;
        }
        let descriptor = &method.method;
        let comment = types.comment(&descriptor.parent_file(), descriptor.path());
        let (summary, description) = summary(&comment);
        let mut operation = Operation {
            tags: vec![descriptor.parent_service().full_name().to_owned()],
            summary,
            description,
            operation_id: self.id(descriptor),
            parameters: path_parameters(binding, &names, types),
            request_body: content(descriptor, binding, types),
            responses: responses(descriptor, binding, types),
            deprecated: is_deprecated(&descriptor.options())
                || is_deprecated(&descriptor.parent_service().options()),
            security: None,
        };
        if binding.body != Content::Whole {
            query_parameters(binding, &descriptor.input(), types, &mut operation.parameters);
        }
        operation.security = match callers(descriptor) {
            Callers::NotSaid => None,
            Callers::Everybody => Some(Vec::new()),
            Callers::Known => {
                self.secured = true;
                Some(vec![BTreeMap::from([("bearer".to_owned(), Vec::new())])])
            }
        };
        self.items.entry(path).or_default().insert(verb, operation);
    }

    /// The path as OpenAPI writes it, and the names of its variables: one for each wildcard, as a value there has no
    /// slash.
    fn path(&mut self, binding: &Binding) -> (String, Vec<String>) {
        let template = &binding.template;
        let names = names(template);
        let mut waiting = names.iter();
        let parts = template.segments().iter().map(|segment| match segment {
            Segment::Literal(text) => format!("/{text}"),
            Segment::One | Segment::Rest => format!("/{{{}}}", waiting.next().map_or("", String::as_str)),
        });
        let mut path: String = parts.collect();
        if path.is_empty() {
            path.push('/');
        }
        let verb = template.verb().map(|verb| format!(":{verb}")).unwrap_or_default();
        let shape = template.shape().replace("**", "*");
        self.known.entry(shape).or_insert((path + &verb, names)).clone()
    }

    /// The short name of the method, with a number for its further routes; the full name where another has the short one.
    fn id(&mut self, method: &MethodDescriptor) -> String {
        let short = format!("{}_{}", method.parent_service().name(), method.name());
        let long = method.full_name().replace('.', "_");
        let is_ours = self.ids.get(&short).is_none_or(|owner| owner == method.full_name());
        let base = if is_ours { short } else { long };
        let numbered = (2..).map(|number| format!("{base}_{number}"));
        let free = std::iter::once(base.clone()).chain(numbered).find(|id| !self.ids.contains_key(id));
        let id = free.unwrap_or(base);
        self.ids.insert(id.clone(), method.full_name().to_owned());
        id
    }
}

/// The first sentence, if it is no longer than a line, and all of it where that is more.
fn summary(comment: &str) -> (String, String) {
    let line = comment.split("\n\n").next().unwrap_or_default().replace('\n', " ");
    let end = line.find(". ").map_or(line.len(), |at| at + 1);
    let sentence = line[..end].trim_end_matches('.').to_owned();
    if sentence.len() > 120 {
        return (String::new(), comment.to_owned());
    }
    let is_all = comment.trim_end_matches('.') == sentence;
    (sentence, if is_all { String::new() } else { comment.to_owned() })
}

/// The names of the wildcards: of a variable that is one of them its field, else what stands before it: `shelvesId`.
fn names(template: &Template) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let mut before = "";
    for (at, segment) in template.segments().iter().enumerate() {
        if let Segment::Literal(text) = segment {
            before = text;
            continue;
        }
        let variable = template.variables().iter().find(|it| it.segments.contains(&at));
        let name = match variable {
            Some(variable) if variable.segments.len() == 1 => variable.field.clone(),
            _ => {
                let word: String =
                    before.chars().filter(|it| it.is_ascii_alphanumeric() || *it == '_').collect();
                if word.is_empty() { "part".to_owned() } else { format!("{word}Id") }
            }
        };
        let numbered = (2..).map(|number| format!("{name}{number}"));
        let free = std::iter::once(name.clone()).chain(numbered).find(|it| !names.contains(it));
        names.push(free.unwrap_or(name));
    }
    names
}

fn path_parameters(binding: &Binding, names: &[String], types: &mut Types<'_>) -> Vec<Parameter> {
    let template = &binding.template;
    let wild = template.segments().iter().enumerate().filter(|(_, it)| !matches!(it, Segment::Literal(_)));
    let mut parameters = Vec::new();
    for ((at, segment), name) in wild.zip(names) {
        let variable =
            template.variables().iter().zip(&binding.variables).find(|(it, _)| it.segments.contains(&at));
        let (mut description, mut schema) = (String::new(), Schema::of("string"));
        if let Some((variable, field)) = variable {
            description = types.comment(&field.parent_file(), field.path());
            if variable.segments.len() == 1 {
                let rules = rules::of(field);
                schema = types.value(&field.kind(), rules.own.as_ref());
            } else {
                let pattern = template.segments().get(variable.segments.clone()).unwrap_or_default();
                let pattern: Vec<String> = pattern.iter().map(Segment::to_string).collect();
                let whole = format!("A part of `{}`, which is `{}`.", variable.field, pattern.join("/"));
                description =
                    if description.is_empty() { whole } else { format!("{whole}\n\n{description}") };
            }
        }
        if *segment == Segment::Rest {
            description += if description.is_empty() { "" } else { "\n\n" };
            description += "May have slashes.";
        } else if schema.get("type").and_then(|it| it.as_str()) == Some("string")
            && schema.get("minLength").is_none()
        {
            // An empty segment is another path.
            schema.set("minLength", 1);
        }
        parameters.push(Parameter {
            name: name.clone(),
            r#in: "path",
            description,
            required: true,
            deprecated: false,
            schema,
        });
    }
    parameters
}

/// The fields that neither the path nor the content has.
fn query_parameters(
    binding: &Binding,
    input: &MessageDescriptor,
    types: &mut Types<'_>,
    parameters: &mut Vec<Parameter>,
) {
    let proto = input.descriptor_proto();
    let fields = proto.field.iter().filter_map(|it| input.get_field_by_name(it.name()));
    let free = |field: &FieldDescriptor| !matches!(&binding.body, Content::Field(body) if body == field);
    let paths: Vec<&str> = binding.template.variables().iter().map(|it| it.field.as_str()).collect();
    for field in fields.filter(free) {
        let at = At { path: field.name().to_owned(), name: field.json_name().to_owned(), required: true };
        query_parameter(&field, &at, &paths, &mut vec![input.full_name().to_owned()], types, parameters);
    }
}

/// Where a field is.
struct At {
    /// By the names of the schema.
    path: String,
    /// As the parameter is called.
    name: String,
    /// Whether all it is in is required.
    required: bool,
}

fn query_parameter(
    field: &FieldDescriptor,
    at: &At,
    taken: &[&str],
    inside: &mut Vec<String>,
    types: &mut Types<'_>,
    parameters: &mut Vec<Parameter>,
) {
    if taken.contains(&at.path.as_str()) || rules::is_output_only(field) || field.is_map() {
        return;
    }
    if has_text(&field.kind()) {
        let rules = rules::of(field);
        let schema = if field.is_list() {
            let items = types.value(&field.kind(), rules.values.as_ref());
            let mut list = Schema::of("array").with("items", items);
            rules::count(&mut list, rules.own.as_ref());
            list
        } else {
            types.value(&field.kind(), rules.own.as_ref())
        };
        parameters.push(Parameter {
            name: at.name.clone(),
            r#in: "query",
            description: types.comment(&field.parent_file(), field.path()),
            required: at.required && rules::is_required(field),
            deprecated: is_deprecated(&field.options()),
            schema,
        });
        return;
    }
    let Kind::Message(message) = field.kind() else { return };
    let of_google = message.parent_file().package_name() == "google.protobuf";
    if field.is_list()
        || of_google
        || inside.len() >= DEPTH
        || inside.iter().any(|it| it == message.full_name())
    {
        return;
    }
    inside.push(message.full_name().to_owned());
    let proto = message.descriptor_proto();
    for inner in proto.field.iter().filter_map(|it| message.get_field_by_name(it.name())) {
        let deeper = At {
            path: format!("{}.{}", at.path, inner.name()),
            name: format!("{}.{}", at.name, inner.json_name()),
            required: at.required && rules::is_required(field),
        };
        query_parameter(&inner, &deeper, taken, inside, types, parameters);
    }
    inside.pop();
}

/// The content of a request.
fn content(method: &MethodDescriptor, binding: &Binding, types: &mut Types<'_>) -> Option<RequestBody> {
    let input = method.input();
    let (schema, required, raw) = match &binding.body {
        Content::None => return None,
        Content::Whole if is_raw(Some(&input)) => (Schema::default(), true, true),
        Content::Whole => {
            let taken = |field: &FieldDescriptor| {
                binding.template.variables().iter().any(|it| it.field == field.name())
            };
            let of_path = input.fields().any(|field| taken(&field));
            let rest = || input.fields().filter(|field| !taken(field));
            // Without any field that it has to have, no content at all is enough.
            let required = rest().any(|field| rules::is_required(&field));
            let mut schema = types.message(&input);
            if of_path {
                schema = types.object(&input, |field| !taken(field));
                schema.close();
            }
            (schema, required, false)
        }
        Content::Field(field) => {
            let raw = field.kind().as_message().is_some_and(|it| is_raw(Some(it)));
            (field_content(field, binding, types), rules::is_required(field), raw)
        }
    };
    let media = |schema: &Schema| MediaType { schema: schema.clone() };
    if raw {
        return Some(RequestBody {
            description: String::new(),
            required,
            content: BTreeMap::from([("*/*", media(&schema))]),
        });
    }
    if !method.is_client_streaming() {
        let content = BTreeMap::from([("application/json", media(&schema))]);
        return Some(RequestBody { description: String::new(), required, content });
    }
    let array = MediaType { schema: Schema::of("array").with("items", schema.clone()) };
    Some(RequestBody {
        description: "A stream of messages: one on each line, or the elements of an array.".to_owned(),
        required: false,
        content: BTreeMap::from([("application/json", array), ("application/x-ndjson", media(&schema))]),
    })
}

/// The schema of a field that is the content. What the path says of it, the content may leave out.
fn field_content(field: &FieldDescriptor, binding: &Binding, types: &mut Types<'_>) -> Schema {
    let inside = |path: &str| {
        path.strip_prefix(field.name()).and_then(|rest| rest.strip_prefix('.')).map(str::to_owned)
    };
    let bound: Vec<String> = binding.template.variables().iter().filter_map(|it| inside(&it.field)).collect();
    let Some(message) = field.kind().as_message().filter(|_| !bound.is_empty() && !field.is_list()).cloned()
    else {
        return types.field(field);
    };
    let mut object = types.object(&message, |_| true);
    for name in bound {
        if let Some(inner) = message.get_field_by_name(&name) {
            object.relax(inner.json_name());
        }
    }
    object.close();
    object
}

fn is_raw(message: Option<&MessageDescriptor>) -> bool {
    message.is_some_and(|it| it.full_name() == "google.api.HttpBody")
}

fn responses(
    method: &MethodDescriptor,
    binding: &Binding,
    types: &mut Types<'_>,
) -> BTreeMap<String, Response> {
    let output = method.output();
    let (schema, raw) = match &binding.response_body {
        None if is_raw(Some(&output)) => (Schema::default(), true),
        None => (types.message(&output), false),
        Some(field) => (types.field(field), field.kind().as_message().is_some_and(|it| is_raw(Some(it)))),
    };
    let media = |schema: Schema| MediaType { schema };
    let (description, content) = if raw {
        ("The content.", BTreeMap::from([("*/*", media(schema))]))
    } else if method.is_server_streaming() {
        let array = Schema::of("array").with("items", schema.clone());
        let content = BTreeMap::from([
            ("application/json", media(array)),
            ("application/x-ndjson", media(schema.clone())),
            ("text/event-stream", media(schema)),
        ]);
        (
            "A stream of messages, each of this schema; as `Accept` asks, on lines, as events or in an array.",
            content,
        )
    } else {
        ("The answer.", BTreeMap::from([("application/json", media(schema))]))
    };
    let error = BTreeMap::from([("application/json", media(Schema::at(super::STATUS)))]);
    BTreeMap::from([
        ("200".to_owned(), Response { description: description.to_owned(), content }),
        ("default".to_owned(), Response { description: "An error.".to_owned(), content: error }),
    ])
}

/// What the contract says of who may call: 1 NONE, 2 REQUIRED and 3 OWNER of `protogate.contract.v1.Auth`.
fn callers(method: &MethodDescriptor) -> Callers {
    let service = method.parent_service();
    let said = auth(&method.options(), "protogate.contract.v1.method")
        .or_else(|| auth(&service.options(), "protogate.contract.v1.service"));
    match said {
        Some(1) => Callers::Everybody,
        Some(2 | 3) => Callers::Known,
        _ => Callers::NotSaid,
    }
}

fn auth(options: &DynamicMessage, name: &str) -> Option<i32> {
    let contract = options.extensions().find(|(it, _)| it.full_name() == name)?.1.as_message()?.clone();
    contract.get_field_by_name("auth")?.as_enum_number().filter(|auth| *auth != 0)
}
