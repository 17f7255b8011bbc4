//! `google.api.http` of a method, as it is written: which verb, path and parts of the messages it maps to HTTP.
//! Whether that can be served is for those to say who serve it.

use std::borrow::Cow;

use prost_reflect::{DynamicMessage, MethodDescriptor, Value};

/// One `google.api.HttpRule`, without those that are in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpRule {
    /// In capitals, but for a custom one: `GET`.
    pub verb: String,
    /// The template.
    pub path: String,
    /// A field, `*` or nothing.
    pub body: String,
    /// A field or nothing.
    pub response_body: String,
    /// Whether it is the rule itself, and not one of `additional_bindings`.
    pub first: bool,
    /// Whether it has `additional_bindings` although it is one, which `google/api/http.proto` forbids.
    pub nested: bool,
}

/// The verbs that have a field of their own.
const VERBS: [&str; 5] = ["get", "put", "post", "delete", "patch"];

/// The rules of a method: its own first, then its `additional_bindings`. Those that name no verb are left out.
pub fn http_rules(method: &MethodDescriptor) -> Vec<HttpRule> {
    // Most methods of most schemas have no options at all.
    if method.method_descriptor_proto().options.is_none() {
        return Vec::new();
    }
    let options = method.options();
    let Some(rule) = options.extensions().find(|(it, _)| it.full_name() == "google.api.http") else {
        return Vec::new();
    };
    let Some(rule) = rule.1.as_message() else { return Vec::new() };
    let more = rule.get_field_by_name("additional_bindings").map(Cow::into_owned);
    let more = more.iter().filter_map(Value::as_list).flatten().filter_map(Value::as_message);
    let first = read(rule).map(|it| HttpRule { first: true, nested: false, ..it });
    first.into_iter().chain(more.filter_map(read)).collect()
}

fn read(rule: &DynamicMessage) -> Option<HttpRule> {
    let (verb, path) = match VERBS.into_iter().find(|verb| rule.has_field_by_name(verb)) {
        Some(verb) => (verb.to_uppercase(), text(rule, verb)),
        None if rule.has_field_by_name("custom") => {
            let custom = rule.get_field_by_name("custom")?.as_message()?.clone();
            (text(&custom, "kind"), text(&custom, "path"))
        }
        None => return None,
    };
    let more = rule.get_field_by_name("additional_bindings");
    let nested = more.is_some_and(|it| it.as_list().is_some_and(|it| !it.is_empty()));
    Some(HttpRule {
        verb,
        path,
        body: text(rule, "body"),
        response_body: text(rule, "response_body"),
        first: false,
        nested,
    })
}

fn text(message: &DynamicMessage, field: &str) -> String {
    let value = message.get_field_by_name(field);
    value.and_then(|it| it.as_str().map(str::to_owned)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::{Source, load};
    use super::*;

    #[test]
    fn each_rule_is_read_in_its_order() {
        let text = r#"
            syntax = "proto3";
            import "google/api/annotations.proto";
            message M { string id = 1; M m = 2; }
            service S {
              rpc A(M) returns (M) {
                option (google.api.http) = {
                  patch: "/a/{id}" body: "m" response_body: "m"
                  additional_bindings { custom { kind: "LIST" path: "/a" } }
                  additional_bindings { body: "*" }
                };
              }
              rpc B(M) returns (M);
            }"#;
        let schema = load(&Source::Text(vec![("a.proto".to_owned(), text.to_owned())])).schema;
        let service = schema.pool().get_service_by_name("S").unwrap();
        let said: Vec<Vec<String>> = service
            .methods()
            .map(|method| {
                http_rules(&method).iter().map(|it| format!("{} {} {}", it.verb, it.path, it.body)).collect()
            })
            .collect();
        assert_eq!(said, [vec!["PATCH /a/{id} m", "LIST /a "], vec![]]);
    }
}
