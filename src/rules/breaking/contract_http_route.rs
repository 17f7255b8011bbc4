//! CONTRACT_HTTP_ROUTE.

use prost_reflect::{Kind, MessageDescriptor, MethodDescriptor};

use super::category::Category::Contract;
use super::findings::Findings;
use super::options::Optioned;
use super::rule::{Check, Example, Rule, own};
use crate::diag::Peer;
use crate::schema::{HttpRule, http_rules};

pub static RULE: Rule = Rule {
    info: own(
        "CONTRACT_HTTP_ROUTE",
        "Every HTTP route of an rpc stays.",
        "`google.api.http` maps an rpc to a verb, a path and a body. Who calls it over HTTP gets 404 when the path is \
         another, 405 or another rpc when the verb is, and 400 when the body is. A further route (`additional_bindings`) \
         breaks nobody, and neither does another name for a field that a path or a body is taken from.",
    ),
    categories: &[Contract],
    check: Check::MethodPair(check),
    example: Example {
        old: &[(
            "a.proto",
            "syntax = \"proto3\";\nimport \"google/api/annotations.proto\";\nmessage M {}\nservice S {\n  rpc Get(M) returns \
             (M) {\n    option (google.api.http) = {get: \"/v1/m\"};\n  }\n}\n",
        )],
        new: &[(
            "a.proto",
            "syntax = \"proto3\";\nimport \"google/api/annotations.proto\";\nmessage M {}\nservice S {\n  rpc Get(M) returns \
             (M) {\n    option (google.api.http) = {get: \"/v2/m\"};\n  }\n}\n",
        )],
    },
};

/// One way to call an rpc over HTTP.
struct Route {
    verb: String,
    /// As it is written.
    path: String,
    /// What it matches: the names of its variables do not count.
    shape: String,
    /// The fields of its variables, of the body and of the answer, by number where they are known.
    fields: Vec<String>,
    body: String,
    answer: String,
}

impl Route {
    fn is_served_by(&self, other: &Route) -> bool {
        let key = |it: &Route| {
            (it.verb.clone(), it.shape.clone(), it.fields.clone(), it.body.clone(), it.answer.clone())
        };
        key(self) == key(other)
    }

    fn title(&self) -> String {
        format!("{} {}", self.verb, self.path)
    }
}

fn check(old: &MethodDescriptor, new: &MethodDescriptor, findings: &mut Findings) {
    let was = routes(old);
    let Some((number, _)) = old.option("google.api.http").filter(|_| !was.is_empty()) else { return };
    let is = routes(new);
    for gone in was.iter().filter(|route| !is.iter().any(|it| route.is_served_by(it))) {
        let fresh = || is.iter().filter(|route| !was.iter().any(|it| it.is_served_by(route)));
        let same_path = fresh().find(|it| it.shape == gone.shape);
        let now = match (same_path, fresh().next()) {
            (Some(now), _) if now.verb != gone.verb => format!("is {} now", now.verb),
            (Some(now), _) if now.body != gone.body => "takes another body now".to_owned(),
            (Some(now), _) if now.answer != gone.answer => {
                "answers with another part of the response now".to_owned()
            }
            (Some(_), _) => "fills other fields now".to_owned(),
            (None, Some(now)) => format!("is {} now", now.title()),
            (None, None) => "is gone".to_owned(),
        };
        findings
            .add(new.option_spot(number), format!("route `{}` of rpc `{}` {now}", gone.title(), old.name()))
            .was(old.option_spot(number), "it was here")
            .breaks(&[Peer::OldClients], None)
            .help("keep it as it was, and add the other one with `additional_bindings`");
    }
}

/// The route of a method and those beside it.
fn routes(method: &MethodDescriptor) -> Vec<Route> {
    http_rules(method).into_iter().map(|rule| route(method, rule)).collect()
}

fn route(method: &MethodDescriptor, rule: HttpRule) -> Route {
    let (shape, fields) = shape(&rule.path, &method.input());
    let field = |message: &MessageDescriptor, name: String| match name.as_str() {
        "" | "*" => name,
        name => numbers(message, name),
    };
    Route {
        verb: rule.verb,
        shape,
        fields,
        body: field(&method.input(), rule.body),
        answer: field(&method.output(), rule.response_body),
        path: rule.path,
    }
}

/// `/v1/{name=shelves/*}/{id}` as `/v1/{shelves/*}/{*}`, with the fields `name` and `id`.
fn shape(path: &str, request: &MessageDescriptor) -> (String, Vec<String>) {
    let (mut shape, mut fields) = (String::new(), Vec::new());
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('{') {
        let (variable, after) = after.split_once('}').unwrap_or((after, ""));
        let (name, pattern) = variable.split_once('=').unwrap_or((variable, "*"));
        fields.push(numbers(request, name.trim()));
        shape += &format!("{before}{{{pattern}}}");
        rest = after;
    }
    (shape + rest, fields)
}

/// A path of fields by their numbers; the rest as it is written where there is no such field.
fn numbers(message: &MessageDescriptor, path: &str) -> String {
    let (first, rest) = path.split_once('.').unwrap_or((path, ""));
    let Some(field) = message.get_field_by_name(first) else { return path.to_owned() };
    match (field.kind(), rest) {
        (Kind::Message(inner), rest) if !rest.is_empty() => {
            format!("{}.{}", field.number(), numbers(&inner, rest))
        }
        (_, "") => field.number().to_string(),
        (_, rest) => format!("{}.{rest}", field.number()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::says;
    use super::RULE;

    fn rpc(http: &str) -> String {
        format!(
            "import \"google/api/annotations.proto\"; message N {{ string x = 1; }} message M {{ string id = 1; N n = 2; }}\n\
             service S {{ rpc R(M) returns (M) {{ {http} }} }}"
        )
    }

    /// What is said of a route, at whatever place.
    #[track_caller]
    fn differ(old: &str, new: &str, expected: &[&str]) {
        let option = |rule: &str| match rule {
            "" => rpc(""),
            rule => rpc(&format!("option (google.api.http) = {{{rule}}};")),
        };
        let (old, new) = (option(old), option(new));
        let schema =
            |text: &str| super::super::tests::schema(&[("a.proto", &format!("syntax = \"proto3\"; {text}"))]);
        let selection = super::super::Selection::new(&[RULE.info.id.to_owned()], &[]).unwrap();
        let said = super::super::check(&schema(&old), &schema(&new), &selection);
        assert_eq!(said.iter().map(|it| it.message.as_str()).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn path_verb_and_body_count() {
        let get = "get: \"/v1/m/{id}\"";
        differ(get, "get: \"/v2/m/{id}\"", &["route `GET /v1/m/{id}` of rpc `R` is GET /v2/m/{id} now"]);
        differ(get, "post: \"/v1/m/{id}\"", &["route `GET /v1/m/{id}` of rpc `R` is POST now"]);
        differ(get, "", &["route `GET /v1/m/{id}` of rpc `R` is gone"]);
        differ(get, "get: \"/v1/m/{n.x}\"", &["route `GET /v1/m/{id}` of rpc `R` fills other fields now"]);
        let post = "post: \"/v1/m\"";
        differ(
            &format!("{post}, body: \"*\""),
            &format!("{post}, body: \"n\""),
            &["route `POST /v1/m` of rpc `R` takes another body now"],
        );
    }

    #[test]
    fn more_routes_and_the_same_in_other_words_are_silent() {
        let get = "get: \"/v1/m/{id}\"";
        differ(get, &format!("{get} additional_bindings {{get: \"/v1/n\"}}"), &[]);
        differ(get, &format!("get: \"/v2/m\" additional_bindings {{{get}}}"), &[]);
        differ(get, "get: \"/v1/m/{id=*}\"", &[]);
        differ("", get, &[]);
        let path = |field: &str| {
            rpc(&format!("option (google.api.http) = {{get: \"/v1/{{{field}}}\"}};"))
                .replace("string id", &format!("string {field}"))
        };
        says(&RULE, &path("id"), &path("key"), &[]);
    }
}
