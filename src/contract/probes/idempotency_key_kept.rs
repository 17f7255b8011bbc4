//! Whether a call that is made twice under one key is one call.

use prost_reflect::DynamicMessage;

use super::promised::{fresh, one, replies, set_name};
use super::{Found, Level, Probe, Probing, Question};
use crate::{
    client::{Code, Exchange, Step, Transport},
    contract::{compare, plan::Method},
    diag::RuleInfo,
    promise::contract::{self, Idempotency},
};

pub(super) static PROBE: Probe = Probe {
    info: RuleInfo {
        id: "PG223",
        name: "idempotency_key_kept",
        summary: "A call that is made twice under the same key is answered twice alike.",
        explain: "Asked of methods with `idempotency` in `(protogate.contract.v1.method)`: a field of the request, or a header, \
                  by which a repetition is known. The same request is sent twice under one key, as by a client that lost \
                  the first answer. The second answer is the first one again, but for \
                  fields that are `volatile`: another id is a second thing that was made, a conflict tells the client that \
                  its work failed.\n\n\
                  Keep the answer with the key, in the transaction that does the work (a unique index on the key), and \
                  answer a repetition from there. Let keys expire later than any client retries.",
        url: Some("https://google.aip.dev/155"),
    },
    level: Level::On,
    question: Question::IdempotencyKey,
};

pub(super) async fn ask<T: Transport>(probing: &Probing<'_, T>) -> Vec<Found> {
    let mut found = Vec::new();
    for (method, _, of) in probing.with_promises() {
        let Some(by) = of.idempotency.as_ref().filter(|_| !method.desc.is_client_streaming()) else {
            continue;
        };
        let text = match by {
            Idempotency::Field(path) => format!("idempotency: field `{path}`"),
            Idempotency::Metadata(name) => format!("idempotency: header `{name}`"),
        };
        match twice(probing, method, of, by).await {
            Ok(held) => {
                probing.tell(method, "idempotency", text, Ok(held.is_none()));
                found.extend(held);
            }
            Err(why) => probing.tell(method, "idempotency", text, Err(why)),
        }
    }
    found
}

/// What is wrong, if anything is.
///
/// # Errors
/// Why nothing could be asked.
async fn twice<T: Transport>(
    probing: &Probing<'_, T>,
    method: &Method,
    of: &contract::Method,
    by: &Idempotency,
) -> Result<Option<Found>, &'static str> {
    let salt = fresh();
    let mut request = method.typical(salt);
    let mut metadata = probing.metadata.to_vec();
    let name = format!("{:08x}-0000-4000-8000-{:012x}", probing.seed & 0xffff_ffff, salt & 0xffff_ffff_ffff);
    match by {
        Idempotency::Field(path)
            if !set_name(&mut request, path, &name, u32::try_from(salt & 0x7fff_ffff).unwrap_or(1)) =>
        {
            return Err("its field is neither a text nor a number");
        }
        Idempotency::Field(_) => {}
        Idempotency::Metadata(header) => {
            metadata.retain(|(name, _)| name != header);
            metadata.push((header.clone(), name.into_bytes()));
        }
    }
    let script = one(&request);
    let (path, deadline) = (method.path(), probing.deadline);
    let gone = "the call could not be made";
    let first = probing.call_with(&path, metadata.clone(), script.clone(), deadline).await.ok_or(gone)?;
    if first.status().code != Code::Ok {
        return Err("its first call was not answered with OK");
    }
    let second = probing.call_with(&path, metadata, script.clone(), deadline).await.ok_or(gone)?;
    let found = |cause: &str, text: String, seen: &Exchange, script: &[Step]| {
        Some(Found::new(&PROBE, cause, text).on(&method.name).after(seen).sent("the same once more", script))
    };
    if second.status().code != Code::Ok {
        let text =
            format!("the repetition was answered with {}, and the first call with OK", second.outcome());
        return Ok(found(second.status().code.name(), text, &second, &script));
    }
    let (Some(one), Some(other)) = (replies(method, &first), replies(method, &second)) else {
        return Err("its replies cannot be read");
    };
    let steady = |replies: Vec<DynamicMessage>| -> Vec<DynamicMessage> {
        replies.into_iter().map(|it| compare::steady(it, &of.volatile)).collect()
    };
    let (one, other) = (steady(one), steady(other));
    let output = method.desc.output();
    let differs = one.iter().zip(&other).find_map(|(one, other)| {
        let field = output.fields().find(|field| one.get_field(field) != other.get_field(field))?;
        Some(format!("`{}` was {} and is {}", field.name(), one.get_field(&field), other.get_field(&field)))
    });
    let differs =
        differs.or_else(|| (one.len() != other.len()).then(|| "their number is another".to_owned()));
    Ok(differs.and_then(|what| {
        found(
            "REPLY",
            format!("the repetition has another reply than the first call: {what}"),
            &second,
            &script,
        )
    }))
}
