//! What a method offers beyond rules: pages, limits, repetition, who may call it, examples.

use std::collections::BTreeMap;

use prost_reflect::{DynamicMessage, MessageDescriptor, MethodDescriptor, ServiceDescriptor};

use super::super::{
    Auth, Example, Pagination,
    code::OK,
    options::{inner, list, text},
};
use super::element::Element;
use super::kinds::{EXAMPLE, OFFER};
use super::method::path;
use super::types::Type;

pub(super) fn offer(element: &mut Element<'_>, contract: &DynamicMessage, desc: &MethodDescriptor) {
    if let Some(of) = Pagination::of(contract) {
        pagination(element, &of, desc);
    }
    if let Some(of) = inner(contract, "idempotency") {
        let (field, header) = (text(&of, "field"), text(&of, "metadata"));
        if field.is_empty() == header.is_empty() {
            let message = "idempotency is to name a field or a header".to_owned();
            element.say(&OFFER, ("", &field), message, "write `field: \"…\"`, or `metadata: \"…\"`");
        } else if header.is_empty() {
            path(element, "idempotency.field", ("", &field), &desc.input());
        }
    }
    if let Some(stream) = inner(contract, "stream") {
        let isolation = text(&stream, "isolation");
        if !isolation.is_empty() {
            let sent = path(element, "isolation", ("", &isolation), &desc.input());
            // Where one of them has no such field, once is enough.
            if sent.is_some() {
                path(element, "isolation", ("", &isolation), &desc.output());
            }
        }
    }
    examples(element, contract, desc);
}

fn pagination(element: &mut Element<'_>, of: &Pagination, desc: &MethodDescriptor) {
    let (input, output) = (desc.input(), desc.output());
    for (name, at, from) in [
        ("limit", &of.limit, &input),
        ("offset", &of.offset, &input),
        ("page_size", &of.page_size, &input),
        ("page_token", &of.page_token, &input),
        ("next_page_token", &of.next_page_token, &output),
    ] {
        if !at.is_empty() {
            path(element, &format!("pagination.{name}"), ("", at), from);
        }
    }
    let items = match of.items.as_str() {
        "" => None,
        items => path(element, "pagination.items", ("", items), &output),
    };
    let of_element: Option<MessageDescriptor> = match items {
        Some(Type::List(of)) => match *of {
            Type::Message(desc) => Some(desc),
            _ => None,
        },
        Some(other) => {
            let message = format!("pagination.items is {}, and no list", other.a());
            return element.say(&OFFER, ("", &of.items), message, "name the repeated field of the reply");
        }
        None if desc.is_server_streaming() => Some(output.clone()),
        None => {
            let mut lists = output.fields().filter(|field| field.is_list());
            lists.next().and_then(|field| field.kind().as_message().cloned())
        }
    };
    if let Some(of_element) = of_element.filter(|_| !of.item_key.is_empty()) {
        path(element, "pagination.item_key", ("", &of.item_key), &of_element);
    }
    let by_offset = !of.limit.is_empty() && !of.offset.is_empty();
    let has = |desc: &MessageDescriptor, named: &str, usual: &str| {
        !named.is_empty() || desc.get_field_by_name(usual).is_some()
    };
    let by_token = has(&input, &of.page_size, "page_size")
        && has(&input, &of.page_token, "page_token")
        && has(&output, &of.next_page_token, "next_page_token");
    if !by_offset && !by_token {
        let message = "pagination names neither `limit` and `offset` nor pages by size and token".to_owned();
        let word = [&of.limit, &of.offset, &of.page_size].into_iter().find(|it| !it.is_empty());
        let word = word.map_or("", |it| it.as_str());
        element.say(&OFFER, ("", word), message, "add `limit: \"…\" offset: \"…\"`");
    }
}

fn examples(element: &mut Element<'_>, contract: &DynamicMessage, desc: &MethodDescriptor) {
    let all = Example::all(contract);
    for (position, (example, written)) in all.iter().zip(list(contract, "examples")).enumerate() {
        let first = example.request.first().map_or("", String::as_str);
        let (id, label) = element.id("examples", position, &written, first);
        for (what, texts, of) in
            [("request", &example.request, desc.input()), ("reply", &example.reply, desc.output())]
        {
            for json in texts {
                let parsed: Result<serde_json::Value, _> = serde_json::from_str(json);
                let why = match parsed.map(|it| DynamicMessage::deserialize(of.clone(), it)) {
                    Ok(Ok(_)) => continue,
                    Ok(Err(error)) => error.to_string(),
                    Err(error) => error.to_string(),
                };
                let message = format!("{label}.{what} is no {}: {why}", of.full_name());
                element.say(
                    &EXAMPLE,
                    (&id, json),
                    message,
                    "write it as ProtoJSON, by the names of the fields",
                );
            }
        }
        let wrong = if !desc.is_client_streaming() && example.request.len() != 1 {
            Some(format!("{label} has {} requests, and the method takes one", example.request.len()))
        } else if !desc.is_server_streaming() && example.reply.len() > usize::from(example.code == OK) {
            let most = if example.code == OK { "one reply" } else { "no reply" };
            Some(format!("{label} has {} replies, and a call that ends so has {most}", example.reply.len()))
        } else {
            None
        };
        if let Some(message) = wrong {
            element.say(&EXAMPLE, ("", &id), message, "write an example of what the method can do");
        }
    }
}

/// `auth: OWNER` of a method, or of its service, where nothing tells which thing is whose.
pub(super) fn owned(
    element: &mut Element<'_>,
    contracts: &BTreeMap<String, DynamicMessage>,
    service: &ServiceDescriptor,
) {
    let of = |name: &str| contracts.get(&format!("{}/{name}", service.full_name()));
    let of_service = contracts.get(service.full_name()).map(Auth::of).unwrap_or_default();
    let put: Vec<String> = service
        .methods()
        .filter_map(|method| of(method.name()))
        .flat_map(|contract| list(contract, "effect"))
        .filter_map(|effect| Some(text(&inner(&effect, "put")?, "map")))
        .collect();
    for method in service.methods() {
        let Some(contract) = of(method.name()) else { continue };
        // What the service says of all its methods is asked of those that take a thing.
        let own = Auth::of(contract);
        let draw = list(contract, "draw").first().map(|it| text(it, "from"));
        let (name, help) =
            (method.name(), "add `draw { field: \"…\" from: \"…\" }` with a map that an effect puts into");
        match draw {
            None if own == Auth::Owner => {
                let message = format!("{name} is for the owner, and no `draw` says of what");
                element.say(&OFFER, ("", ""), message, help);
            }
            Some(from) if own.or(of_service) == Auth::Owner => {
                let plain = from.strip_prefix("old.").unwrap_or(&from);
                if !put.iter().any(|map| map == plain) {
                    let message = format!("{name} is for the owner, and nothing is put into `{plain}`");
                    element.say(&OFFER, ("", &from), message, help);
                }
            }
            _ => {}
        }
    }
}
