//! curl, where there is an HTTP binding.

use serde_json::Value as Json;

use super::Call;
use crate::codegen::docs::view::HttpBinding;
use crate::diag::shell_word;

pub(super) fn curl(call: &Call<'_>, binding: &HttpBinding) -> String {
    let mut json = call.json();
    let path = filled(&binding.path, &mut json);
    // The port of a gateway is not that of the service.
    let host = call.address.rsplit_once(':').map_or(call.address, |(host, _)| host);
    let url = shell_word(&format!("http://{host}:8080{path}"));
    let verb =
        if binding.verb == "GET" { String::new() } else { format!(" -X {}", shell_word(&binding.verb)) };
    let body = match binding.body.as_deref() {
        None => None,
        Some("*") => Some(json),
        Some(field) => {
            Some(json.get(lower_camel(field)).cloned().unwrap_or_else(|| Json::Object(Default::default())))
        }
    };
    match body {
        None => format!("curl{verb} {url}"),
        Some(body) => format!(
            "curl{verb} {url} \\\n  -H 'content-type: application/json' \\\n  -d {}",
            shell_word(&format!("{body:#}"))
        ),
    }
}

/// The path with its variables filled; what is in the path is not in the body.
fn filled(template: &str, json: &mut Json) -> String {
    let mut made = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        made.push_str(before);
        let Some((variable, behind)) = after.split_once('}') else { break };
        rest = behind;
        let (name, pattern) = variable.split_once('=').unwrap_or((variable, "*"));
        let value = taken(json, name);
        let text = match value {
            Some(Json::String(text)) if pattern == "*" => text,
            Some(Json::Number(number)) if pattern == "*" => number.to_string(),
            _ => example(pattern, name),
        };
        made.push_str(&escaped(&text));
    }
    made + rest
}

/// `projects/*/topics/*` as `projects/my-project/topics/my-topic`.
fn example(pattern: &str, name: &str) -> String {
    let mut before = name.rsplit('.').next().unwrap_or(name);
    let mut parts = Vec::new();
    for part in pattern.split('/') {
        match part {
            "*" | "**" => parts.push(format!("my-{}", before.strip_suffix('s').unwrap_or(before))),
            literal => {
                parts.push(literal.to_owned());
                before = literal;
            }
        }
    }
    parts.join("/")
}

/// The value at a path of field names, which is not there any more.
fn taken(json: &mut Json, path: &str) -> Option<Json> {
    let (outer, last) = match path.rsplit_once('.') {
        Some((outer, last)) => (outer, last),
        None => ("", path),
    };
    let mut at = json;
    for name in outer.split('.').filter(|it| !it.is_empty()) {
        at = at.get_mut(lower_camel(name))?;
    }
    at.as_object_mut()?.shift_remove(&lower_camel(last))
}

fn lower_camel(name: &str) -> String {
    super::super::wire::default_json_name(name)
}

/// What a path may hold as it is (RFC 3986, 3.3), `/` included.
fn escaped(text: &str) -> String {
    let kept = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/".contains(&byte);
    text.bytes().map(|it| if kept(it) { char::from(it).to_string() } else { format!("%{it:02X}") }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_filled_from_the_sample_or_from_their_pattern() {
        for (template, json, path, left) in [
            ("/v1/users/{id}", r#"{"id":"a b","x":1}"#, "/v1/users/a%20b", r#"{"x":1}"#),
            (
                "/v1/{name=projects/*/topics/*}:x",
                r#"{"name":"a"}"#,
                "/v1/projects/my-project/topics/my-topic:x",
                "{}",
            ),
            (
                "/v1/{topic.full_name=**}",
                r#"{"topic":{"fullName":"a"}}"#,
                "/v1/my-full_name",
                r#"{"topic":{}}"#,
            ),
            ("/v1/{n}/{m}", r#"{"n":3}"#, "/v1/3/my-m", "{}"),
        ] {
            let mut json: Json = serde_json::from_str(json).unwrap();
            assert_eq!(filled(template, &mut json), path);
            assert_eq!(json.to_string(), left);
        }
    }
}
