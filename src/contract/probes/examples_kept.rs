//! Whether the examples of a contract are answered as they say.

use prost_reflect::{DynamicMessage, MessageDescriptor, ReflectMessage as _, Value};
use serde_json::Value as Json;

use super::{Found, Level, Probe, Probing, Question};
use crate::{
    client::{Code, Exchange, Step, Transport},
    contract::plan::Method,
    diag::{RuleInfo, Severity},
    promise::contract::Example,
    values,
};

pub(super) static PROBE: Probe = Probe {
    info: RuleInfo {
        id: "PG224",
        name: "examples_kept",
        summary: "The examples of a contract are answered as they say.",
        explain: "`examples` of `(protogate.contract.v1.method)` are calls with the answer that they have in any server: \
                  they are made before everything else, and show at once whether the right service was called. The \
                  status is that of the example, and a reply has each value that the example names; what it has beyond \
                  is not compared.\n\n\
                  An example that needs something to be there is none: write it as `ensures`, with state. Where the \
                  server is right, change the example; it is documentation that is tested.",
        url: None,
    },
    level: Level::On,
    question: Question::Examples,
};

pub(super) async fn ask<T: Transport>(probing: &Probing<'_, T>) -> Vec<Found> {
    let mut found = Vec::new();
    for (method, _, of) in probing.with_promises() {
        for example in &of.examples {
            let id = format!("examples/{}", example.id);
            let (text, read) = (example.request.join(" "), script(method, example));
            let script = match read {
                Ok(script) => script,
                Err(why) => {
                    probing.tell(method, &id, text, Err("it is no request"));
                    let said = Found::new(&PROBE, &id, why).on(&method.name).light(Severity::Warning);
                    found.push(said);
                    continue;
                }
            };
            let Some(seen) = probing.call(&method.path(), script.clone()).await else {
                probing.tell(method, &id, text, Err("the call could not be made"));
                continue;
            };
            let wrong = wrong(method, example, &seen);
            probing.tell(method, &id, text, Ok(wrong.is_none()));
            found.extend(wrong.map(|text| {
                Found::new(&PROBE, &id, text)
                    .on(&method.name)
                    .after(&seen)
                    .sent(&format!("the example `{}`", example.id), &script)
            }));
        }
    }
    found
}

/// What is sent.
///
/// # Errors
/// A request that is no ProtoJSON of its type.
fn script(method: &Method, example: &Example) -> Result<Vec<Step>, String> {
    let read = |text: &String| {
        let message = read(&method.desc.input(), text)?.0;
        Ok(Step::Send(values::encode(&message).into()))
    };
    let sent: Vec<Step> = example.request.iter().map(read).collect::<Result<_, String>>()?;
    Ok(sent.into_iter().chain([Step::HalfClose]).collect())
}

fn read(desc: &MessageDescriptor, text: &str) -> Result<(DynamicMessage, Json), String> {
    let wrong = |error: &dyn std::fmt::Display| format!("`{text}` is no {}: {error}", desc.full_name());
    let json: Json = serde_json::from_str(text).map_err(|error| wrong(&error))?;
    let message = DynamicMessage::deserialize(desc.clone(), json.clone()).map_err(|error| wrong(&error))?;
    Ok((message, json))
}

/// What is not as the example says.
fn wrong(method: &Method, example: &Example, seen: &Exchange) -> Option<String> {
    let code = u32::try_from(example.code).ok().and_then(Code::from_number).unwrap_or(Code::Unknown);
    if seen.status().code != code {
        return Some(format!("answered with {}, and the example says {code}", seen.outcome()));
    }
    if example.reply.is_empty() {
        return None;
    }
    if example.reply.len() != seen.messages.len() {
        let (wanted, came) = (example.reply.len(), seen.messages.len());
        return Some(format!("{came} replies came, and the example has {wanted}"));
    }
    example.reply.iter().zip(&seen.messages).enumerate().find_map(|(at, (text, (_, bytes)))| {
        let came = DynamicMessage::decode(method.desc.output(), bytes.as_ref()).ok()?;
        match read(&method.desc.output(), text) {
            Ok((wanted, json)) => {
                differs("", &json, &wanted, &came).map(|what| format!("reply {}: {what}", at + 1))
            }
            Err(why) => Some(why),
        }
    })
}

/// The first value that the example names and the reply has otherwise.
fn differs(path: &str, named: &Json, wanted: &DynamicMessage, came: &DynamicMessage) -> Option<String> {
    let desc = wanted.descriptor();
    for (name, below) in named.as_object()? {
        let field = desc.get_field_by_json_name(name).or_else(|| desc.get_field_by_name(name))?;
        let (one, other) = (wanted.get_field(&field), came.get_field(&field));
        let path = format!("{path}{}", field.name());
        match (&*one, &*other) {
            (Value::Message(one), Value::Message(other)) if below.is_object() => {
                let found = differs(&format!("{path}."), below, one, other);
                if found.is_some() {
                    return found;
                }
            }
            (one, other) if one == other => {}
            (one, other) => return Some(format!("`{path}` is {other}, and the example says {one}")),
        }
    }
    None
}
