//! Whether the pages of a list by `limit` and `offset` are parts of one list.

use prost_reflect::{DynamicMessage, Kind, Value};

use super::promised::{key, one, replies, set_number};
use super::{Found, Level, Probe, Probing, Question};
use crate::{
    client::{Code, Exchange, Step, Transport},
    contract::{plan::Method, sequences::step::get},
    diag::{RuleInfo, Severity},
    promise::contract::{Change, Pagination, Service},
    values,
};

pub(super) static PROBE: Probe = Probe {
    info: RuleInfo {
        id: "PG221",
        name: "pages_add_up",
        summary: "Pages by limit and offset keep to their limit, repeat nothing, and add up to the list.",
        explain: "Asked of methods with `pagination` in `(protogate.contract.v1.method)` that names `limit` and `offset`. \
                  Pages of two are read one after the other, and then as many elements at once: the pages together are \
                  that list, none is larger than its limit, and nothing is in two of them (by `item_key`, or as a whole). \
                  Elements are made first where the contract says which method makes them. What is not seen again on a \
                  second walk may be somebody else's writing, and is a warning.\n\n\
                  Order by something that is unique, the same for each page (`ORDER BY created, id`): without an order a \
                  database gives any. Cut after filtering, not before, and count the offset from 0.",
        url: None,
    },
    level: Level::On,
    question: Question::PagesAddUp,
};

/// Elements on a page.
const SIZE: u32 = 2;
/// Pages that are walked: so many elements show any order that changes.
const PAGES: u32 = 3;

pub(super) async fn ask<T: Transport>(probing: &Probing<'_, T>) -> Vec<Found> {
    let mut found = Vec::new();
    for (method, service, of) in probing.with_promises() {
        let Some(paged) = of.pagination.as_ref().and_then(|it| Paged::of(method, it)) else { continue };
        let text = format!("pages by {} and {}", paged.names.limit, paged.names.offset);
        let full = fill(probing, &paged, service).await;
        if full.is_none_or(|count| count == 0) {
            probing.tell(method, "pagination", text, Err("the list could not be read, or nothing was in it"));
            continue;
        }
        let Some(first) = walk(probing, &paged).await else { continue };
        // Somebody else may have written meanwhile.
        let again = match &first {
            Some(_) => walk(probing, &paged).await.flatten(),
            None => None,
        };
        probing.tell(method, "pagination", text, Ok(first.is_none()));
        found.extend(first.map(|it| match &again {
            // An order that changes is seen in one way or another.
            Some(_) => it,
            None => it.light(Severity::Warning),
        }));
    }
    found
}

/// A method with its names.
struct Paged<'a> {
    method: &'a Method,
    names: &'a Pagination,
    /// The field of the reply with the list; nothing where each reply is an element.
    items: Option<String>,
}

impl<'a> Paged<'a> {
    fn of(method: &'a Method, names: &'a Pagination) -> Option<Paged<'a>> {
        if names.limit.is_empty() || names.offset.is_empty() || method.desc.is_client_streaming() {
            return None;
        }
        let lists = |output: prost_reflect::MessageDescriptor| {
            let is_list = |field: &prost_reflect::FieldDescriptor| {
                field.is_list() && matches!(field.kind(), Kind::Message(_) | Kind::String)
            };
            output.fields().filter(is_list).map(|field| field.name().to_owned()).collect::<Vec<_>>()
        };
        let items = match (names.items.as_str(), method.desc.is_server_streaming()) {
            ("", true) => None,
            ("", false) => Some(lists(method.desc.output()).into_iter().next()?),
            (path, _) => Some(path.to_owned()),
        };
        Some(Paged { method, names, items })
    }

    fn request(&self, limit: u32, offset: u32) -> Option<Vec<Step>> {
        let mut request: DynamicMessage = values::minimal(&self.method.desc.input());
        let whole = set_number(&mut request, &self.names.limit, limit)
            && set_number(&mut request, &self.names.offset, offset);
        whole.then(|| one(&request))
    }

    /// What tells the elements of an answer apart, in order; nothing where it was none.
    fn elements(&self, seen: &Exchange) -> Option<Vec<String>> {
        let replies = replies(self.method, seen)?;
        let tell = |value: &Value| match value {
            Value::Message(message) => key(message, &self.names.item_key),
            other => other.to_string(),
        };
        let of_reply = |reply: &DynamicMessage| match &self.items {
            None => vec![key(reply, &self.names.item_key)],
            Some(path) => {
                let list = get(reply, path);
                list.as_ref().and_then(Value::as_list).unwrap_or_default().iter().map(tell).collect()
            }
        };
        Some(replies.iter().flat_map(of_reply).collect())
    }

    async fn page<T: Transport>(
        &self,
        probing: &Probing<'_, T>,
        limit: u32,
        offset: u32,
    ) -> Option<(Vec<Step>, Exchange, Vec<String>)> {
        let script = self.request(limit, offset)?;
        let seen = probing.call(&self.method.path(), script.clone()).await?;
        let elements = self.elements(&seen)?;
        Some((script, seen, elements))
    }
}

/// How many elements there are to walk over; more are made where it is known how.
async fn fill<T: Transport>(probing: &Probing<'_, T>, paged: &Paged<'_>, service: &Service) -> Option<usize> {
    let wanted = SIZE * PAGES;
    let (.., elements) = paged.page(probing, wanted, 0).await?;
    let mut count = elements.len();
    let creates = |method: &&&Method| {
        let unary = !method.desc.is_client_streaming() && !method.desc.is_server_streaming();
        let of = service.methods.get(method.desc.name()).filter(|_| unary);
        let is_its = method.desc.parent_service().full_name() == service.name;
        is_its
            && of.is_some_and(|it| {
                it.effects.iter().any(|it| matches!(it.change, Change::Put(..) | Change::Append(..)))
            })
    };
    let Some(create) = probing.methods.iter().find(creates) else { return Some(count) };
    for salt in 0..wanted {
        if count >= wanted as usize {
            break;
        }
        let message = probing.typical(create, 700 + u64::from(salt));
        let made = probing.call(&create.path(), vec![Step::Send(message.into()), Step::HalfClose]).await?;
        count += usize::from(made.status().code == Code::Ok);
    }
    Some(count)
}

/// The first thing that is wrong; nothing at all where a page could not be read.
async fn walk<T: Transport>(probing: &Probing<'_, T>, paged: &Paged<'_>) -> Option<Option<Found>> {
    let found = |cause, text: String, script: &[Step], seen: &Exchange| {
        Some(Some(Found::new(&PROBE, cause, text).on(&paged.method.name).after(seen).sent("a page", script)))
    };
    let mut all: Vec<String> = Vec::new();
    for page in 0..PAGES {
        let (script, seen, elements) = paged.page(probing, SIZE, page * SIZE).await?;
        let count = elements.len();
        if count > SIZE as usize {
            let text = format!("{count} elements came where `{}` was {SIZE}", paged.names.limit);
            return found("BOUND", text, &script, &seen);
        }
        if let Some(twice) = elements.iter().find(|it| all.contains(it)) {
            let text = format!("{twice} of page {} stood on a page before it", page + 1);
            return found("TWICE", text, &script, &seen);
        }
        all.extend(elements);
        if count < SIZE as usize {
            break;
        }
    }
    let (script, seen, whole) = paged.page(probing, SIZE * PAGES, 0).await?;
    let differs = (0..whole.len().max(all.len())).find(|at| whole.get(*at) != all.get(*at));
    if let Some(at) = differs {
        let shown = |it: Option<&String>| it.map_or("nothing".to_owned(), ToString::to_string);
        let (one, other) = (shown(whole.get(at)), shown(all.get(at)));
        let text = format!("element {} of the list is {one}, and of the pages together {other}", at + 1);
        return found("UNION", text, &script, &seen);
    }
    Some(None)
}
