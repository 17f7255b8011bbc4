//! One route, with everything about it looked up once.

use std::fmt;

use http::uri::PathAndQuery;
use http::{HeaderValue, Method};
use prost_reflect::{DescriptorPool, FieldDescriptor, MessageDescriptor};

use super::template::Template;
use super::{Route, params};

/// The type whose content is no JSON: `google/api/httpbody.proto`.
pub(super) const HTTP_BODY: &str = "google.api.HttpBody";

/// A route and the method it leads to.
#[derive(Clone)]
pub(super) struct Binding {
    pub verb: Method,
    pub template: Template,
    /// The fields of the template's variables, from the request inwards.
    pub variables: Vec<Vec<FieldDescriptor>>,
    /// The path of the method in gRPC.
    pub method: PathAndQuery,
    pub input: MessageDescriptor,
    pub output: MessageDescriptor,
    pub client_streaming: bool,
    pub server_streaming: bool,
    pub body: Content,
    /// The field that the answer consists of; the whole message without it.
    pub response_body: Option<FieldDescriptor>,
    /// The `update_mask` of a PATCH, to be filled from what the body names.
    pub mask: Option<FieldDescriptor>,
}

/// What the content of a request is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Content {
    None,
    Whole,
    Field(FieldDescriptor),
}

impl fmt::Debug for Binding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} -> {}", self.verb, self.template, self.method)
    }
}

/// Why a route cannot be served.
#[derive(Debug)]
pub struct RouteError {
    route: String,
    why: String,
}

impl fmt::Display for RouteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the route {} cannot be served: {}", self.route, self.why)
    }
}

impl std::error::Error for RouteError {}

impl RouteError {
    pub(super) fn of_descriptors(why: impl fmt::Display) -> RouteError {
        RouteError { route: "table".to_owned(), why: format!("the descriptor set cannot be read: {why}") }
    }
}

impl Binding {
    pub fn new(route: &Route<'_>, pool: &DescriptorPool) -> Result<Binding, RouteError> {
        Binding::read(route, pool)
            .map_err(|why| RouteError { route: format!("{} {}", route.verb, route.path), why })
    }

    fn read(route: &Route<'_>, pool: &DescriptorPool) -> Result<Binding, String> {
        let (service, name) = route
            .method
            .split_once('/')
            .ok_or_else(|| format!("`{}` is no package.Service/Method", route.method))?;
        let method = pool
            .get_service_by_name(service)
            .and_then(|it| it.methods().find(|method| method.name() == name))
            .ok_or_else(|| format!("the descriptor set has no method `{}`", route.method))?;
        let (input, output) = (method.input(), method.output());
        let template = Template::parse(route.path).map_err(|error| error.to_string())?;
        let variables = template.variables().iter().map(|it| params::resolve(&input, &it.field));
        let field = |message: &MessageDescriptor, name: &str| {
            let field = message.get_field_by_name(name);
            field.ok_or_else(|| format!("{} has no field `{name}`", message.full_name()))
        };
        let verb = Method::from_bytes(route.verb.as_bytes()).map_err(|_| "the verb is none".to_owned())?;
        let body = match route.body {
            "" => Content::None,
            "*" => Content::Whole,
            name => Content::Field(field(&input, name)?),
        };
        let mask = input.get_field_by_name("update_mask").filter(|it| {
            let is_mask =
                it.kind().as_message().is_some_and(|it| it.full_name() == "google.protobuf.FieldMask");
            is_mask && !it.is_list() && verb == Method::PATCH && matches!(body, Content::Field(_))
        });
        Ok(Binding {
            variables: variables.collect::<Result<_, _>>()?,
            method: PathAndQuery::try_from(format!("/{}", route.method))
                .map_err(|error| error.to_string())?,
            client_streaming: method.is_client_streaming(),
            server_streaming: method.is_server_streaming(),
            response_body: match route.response_body {
                "" => None,
                name => Some(field(&output, name)?),
            },
            verb,
            template,
            input,
            output,
            body,
            mask,
        })
    }

    /// The type that the content is read as.
    pub fn content_type(&self) -> Option<MessageDescriptor> {
        match &self.body {
            Content::None => None,
            Content::Whole => Some(self.input.clone()),
            Content::Field(field) => field.kind().as_message().filter(|_| !field.is_list()).cloned(),
        }
    }

    /// Whether the content of the request goes into a `google.api.HttpBody` as it is.
    pub fn takes_raw(&self) -> bool {
        self.content_type().is_some_and(|it| it.full_name() == HTTP_BODY)
    }

    /// Whether the content of the answer comes out of a `google.api.HttpBody` as it is.
    pub fn gives_raw(&self) -> bool {
        let shown = match &self.response_body {
            None => Some(self.output.clone()),
            Some(field) => field.kind().as_message().filter(|_| !field.is_list()).cloned(),
        };
        shown.is_some_and(|it| it.full_name() == HTTP_BODY)
    }

    /// The value of `Allow` for these verbs; whoever has GET has HEAD.
    pub fn allow(verbs: &[&Method]) -> Option<HeaderValue> {
        let mut names: Vec<&str> = verbs.iter().map(|verb| verb.as_str()).collect();
        if names.contains(&"GET") && !names.contains(&"HEAD") {
            names.push("HEAD");
        }
        HeaderValue::try_from(names.join(", ")).ok()
    }
}
