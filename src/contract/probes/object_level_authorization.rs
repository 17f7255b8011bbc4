//! Whether what one caller made is out of reach for another.

use prost_reflect::{DynamicMessage, Value};

use super::promised::{fresh, one, put, replies};
use super::{Found, Identity, Level, Probe, Probing, Question};
use crate::{
    client::{Code, Exchange, Step, Transport},
    contract::plan::Method,
    diag::RuleInfo,
    promise::contract::{self, Auth, Call, Change, Model, Service},
};

pub(super) static PROBE: Probe = Probe {
    info: RuleInfo {
        id: "PG218",
        name: "object_level_authorization",
        summary: "What one caller made can be read and changed by no other.",
        explain: "Asked of methods that say `auth: OWNER` in `(protogate.contract.v1.method)`, or whose service does, with two \
                  callers given as `--identity NAME=header:value`. The first one makes a thing by a method whose `effect` \
                  puts it into a map of the model, and reads it; then the second one names the same thing wherever `draw` \
                  takes it from that map. PERMISSION_DENIED and NOT_FOUND are right answers, and afterwards the owner \
                  finds the thing as it was.\n\n\
                  It is the first of OWASP's list for APIs (broken object level authorization): who is known is asked, and \
                  not whether the thing is theirs. Put the owner into the query (`WHERE id = $1 AND owner = $2`), not into \
                  a check that each handler has to remember; answer NOT_FOUND where the existence is a secret.",
        url: Some("https://owasp.org/API-Security/editions/2023/en/0xa1-broken-object-level-authorization/"),
    },
    level: Level::On,
    question: Question::Ownership,
};

/// A method that takes a thing of a map by its key.
struct Taker<'a> {
    method: &'a Method,
    field: &'a str,
}

pub(super) async fn ask<T: Transport>(probing: &Probing<'_, T>) -> Vec<Found> {
    let mut found = Vec::new();
    for (method, service, of) in probing.with_promises() {
        if of.auth != Auth::Owner {
            continue;
        }
        let text = "auth: OWNER".to_owned();
        // What a service says of all its methods is about those that take a thing.
        let Some((field, map)) = drawn(of) else { continue };
        let [owner, other, ..] = &probing.options.identities[..] else {
            probing.tell(method, "auth", text, Err("it needs two callers: give --identity twice"));
            continue;
        };
        let taker = Taker { method, field };
        match intrusion(probing, service, &taker, map, (owner, other)).await {
            Some(held) => {
                probing.tell(method, "auth", text, Ok(held.is_none()));
                found.extend(held);
            }
            None => probing.tell(method, "auth", text, Err("its owner could not make a thing and take it")),
        }
    }
    found
}

/// The field that names the thing, and the map that it is in.
fn drawn(of: &contract::Method) -> Option<(&str, &str)> {
    of.draws.first().map(|(field, from, _)| (field.as_str(), from.as_str()))
}

/// What the second caller could do; nothing at all where nothing could be asked.
async fn intrusion<T: Transport>(
    probing: &Probing<'_, T>,
    service: &Service,
    taker: &Taker<'_>,
    map: &str,
    (owner, other): (&Identity, &Identity),
) -> Option<Option<Found>> {
    // Calls that take a thing away leave nothing for the next one: each has one of its own, and the owner another.
    let key = make(probing, service, map, owner).await?;
    let script = taking(probing, taker, &key)?;
    let reader = reader(probing, service, map);
    let before = look(probing, reader.as_ref(), &key, owner).await;
    let seen = probing.call_as(&taker.method.path(), other, script.clone()).await?;
    let (name, whose) = (&other.name, &owner.name);
    let said = |cause, text: String| {
        let found = Found::new(&PROBE, cause, text).on(&taker.method.name).after(&seen);
        Some(Some(found.sent(&format!("what {whose} made, named by {name}"), &script)))
    };
    match seen.status().code {
        Code::PermissionDenied | Code::NotFound => {}
        Code::Ok => {
            return said("ANOTHERS", format!("`{name}` was answered with OK about what `{whose}` made"));
        }
        // An error about the thing says as much as the thing; other errors say nothing of it.
        code if !seen.messages.is_empty() => {
            return said(
                "ANOTHERS",
                format!("`{name}` was answered with {code}, after replies about what `{whose}` made"),
            );
        }
        _ => {}
    }
    if let (Some(before), Some(after)) = (before, look(probing, reader.as_ref(), &key, owner).await)
        && before != after
    {
        let text = format!(
            "`{name}` was answered with {}, and what `{whose}` made is not as it was",
            seen.outcome()
        );
        return said("CHANGED", text);
    }
    // Whom the server lets near nothing, nobody can tell from one that it keeps from this thing.
    let own = probing.call_as(&taker.method.path(), owner, script.clone()).await?;
    (own.status().code == Code::Ok).then_some(None)
}

/// Makes a thing and gives its key.
async fn make<T: Transport>(
    probing: &Probing<'_, T>,
    service: &Service,
    map: &str,
    owner: &Identity,
) -> Option<Value> {
    for method in probing.methods.iter().filter(|it| it.desc.parent_service().full_name() == service.name) {
        let Some(of) = service.methods.get(method.desc.name()) else { continue };
        let puts = of.effects.iter().any(|it| matches!(&it.change, Change::Put(name, ..) if name == map));
        // What takes a thing changes one, and makes none.
        if !puts || of.draws.iter().any(|(_, from, _)| from == map) || method.desc.is_client_streaming() {
            continue;
        }
        let message = method.typical(fresh());
        let Some(seen) = probing.call_as(&method.path(), owner, one(&message)).await else { continue };
        let Some(got) = replies(method, &seen) else { continue };
        let call = Call { method: method.desc.name(), sent: &[message], got: &got, code: 0, clock: (0, 0) };
        let model = service.apply(&Model::new(service, true), &call).ok();
        if let Some(key) = model.and_then(|model| model.drawn_from(map).into_iter().next()) {
            return Some(key);
        }
    }
    None
}

/// The request that names the thing.
fn taking<T: Transport>(probing: &Probing<'_, T>, taker: &Taker<'_>, key: &Value) -> Option<Vec<Step>> {
    let mut request: DynamicMessage = taker.method.typical((probing.seed << 8).wrapping_add(950));
    put(&mut request, taker.field, key.clone()).then(|| one(&request))
}

/// A method that only reads one of the things.
fn reader<'a, T: Transport>(probing: &Probing<'a, T>, service: &'a Service, map: &str) -> Option<Taker<'a>> {
    probing.methods.iter().find_map(|method| {
        let is_its = method.desc.parent_service().full_name() == service.name;
        let of = service.methods.get(method.desc.name()).filter(|_| is_its && method.reads)?;
        let (field, _) = drawn(of).filter(|(_, from)| *from == map)?;
        Some(Taker { method, field })
    })
}

/// What the owner sees of it.
async fn look<T: Transport>(
    probing: &Probing<'_, T>,
    reader: Option<&Taker<'_>>,
    key: &Value,
    owner: &Identity,
) -> Option<(String, Vec<DynamicMessage>)> {
    let reader = reader?;
    let script = taking(probing, reader, key)?;
    let seen: Exchange = probing.call_as(&reader.method.path(), owner, script).await?;
    Some((seen.outcome(), replies(reader.method, &seen).unwrap_or_default()))
}
