//! The bindings of `google.api.http` (`google/api/http.proto`).

use prost_reflect::{DynamicMessage, MethodDescriptor, Value};

use super::view::HttpBinding;

/// All of them, the one of the rule itself first.
pub(super) fn bindings(method: &MethodDescriptor) -> Vec<HttpBinding> {
    let options = method.options();
    let rule = options.extensions().find(|(it, _)| it.full_name() == "google.api.http");
    let Some(rule) = rule.and_then(|(_, value)| value.as_message()) else { return Vec::new() };
    let more = rule.get_field_by_name("additional_bindings");
    let more = more.as_deref().and_then(Value::as_list).unwrap_or_default();
    let rules = std::iter::once(rule).chain(more.iter().filter_map(Value::as_message));
    rules.filter_map(binding).collect()
}

fn binding(rule: &DynamicMessage) -> Option<HttpBinding> {
    let text = |of: &DynamicMessage, name: &str| {
        let value = of.get_field_by_name(name)?;
        value.as_str().filter(|it| !it.is_empty()).map(str::to_owned)
    };
    let (verb, path) = rule.fields().find_map(|(field, value)| match (field.name(), value) {
        (verb @ ("get" | "put" | "post" | "delete" | "patch"), Value::String(path)) => {
            Some((verb.to_uppercase(), path.clone()))
        }
        ("custom", Value::Message(custom)) => Some((text(custom, "kind")?, text(custom, "path")?)),
        _ => None,
    })?;
    Some(HttpBinding { verb, path, body: text(rule, "body"), response_body: text(rule, "response_body") })
}
