//! Whether the pages of a list come to an end, take their own tokens and keep to their size.

use std::collections::BTreeSet;

use prost_reflect::{Cardinality, DynamicMessage, FieldDescriptor, Kind, Value};

use super::{Found, Level, Probe, Probing, Question};
use crate::{
    client::{Code, Exchange, Step, Transport},
    contract::plan::Method,
    diag::{RuleInfo, Severity},
    promise::contract::Pagination,
    values,
};

pub(super) static PROBE: Probe = Probe {
    info: RuleInfo {
        id: "PG160",
        name: "pages_consistent",
        summary: "The pages of a list take their own tokens, keep to their size, and come to an end.",
        explain: "Asked of methods that page as AIP-158 says, or by the names of `pagination` in their contract: a request with `page_size` and `page_token`, a \
                  response with `next_page_token` and one list. Each page is asked for with the token of the one \
                  before. A token that is refused leaves the client with half a list, one that comes again \
                  leaves it in a circle, and a page that is larger than was asked for does not fit where the \
                  client has room for it.\n\n\
                  An element that stands on two pages is an error when it does so on a second walk as well, with \
                  nothing written between.\n\n\
                  Continue after the last element of a page by a key that is unique, not by counting: in SQL \
                  `WHERE (created, id) > ($1, $2) ORDER BY created, id LIMIT $3`. Compare with the length of what \
                  was found before a slice is taken (`rows[:size]` in Go and Python, `subList` in Java, \
                  `chunks` in Rust), and leave the token empty after the last page.",
        url: Some("https://google.aip.dev/158"),
    },
    level: Level::On,
    question: Question::Pages,
};

/// Elements on a page: a few, so that a short list has several pages.
const SIZE: i64 = 2;
/// Pages that are walked.
const PAGES: usize = 25;

/// The fields that make a method page.
struct Paged {
    size: FieldDescriptor,
    token: FieldDescriptor,
    next: FieldDescriptor,
    items: FieldDescriptor,
}

impl Paged {
    /// By the usual names, or by those of the contract.
    fn of(method: &Method, named: Option<&Pagination>) -> Option<Paged> {
        let name = |of: fn(&Pagination) -> &String, usual: &'static str| {
            named.map(of).filter(|name| !name.is_empty()).map_or(usual, String::as_str)
        };
        let (request, response) = (method.desc.input(), method.desc.output());
        let text = |field: &FieldDescriptor| field.kind() == Kind::String && !field.is_list();
        let whole = |field: &FieldDescriptor| {
            matches!(field.kind(), Kind::Int32 | Kind::Int64 | Kind::Uint32 | Kind::Uint64)
                && !field.is_list()
        };
        let mut lists = response.fields().filter(|field| {
            field.cardinality() == Cardinality::Repeated
                && !field.is_map()
                && matches!(field.kind(), Kind::Message(_))
        });
        let items = match named.map(|it| it.items.as_str()).filter(|name| !name.is_empty()) {
            Some(name) => lists.find(|field| field.name() == name)?,
            None => lists.next().filter(|_| lists.next().is_none())?,
        };
        let unary = !method.desc.is_client_streaming() && !method.desc.is_server_streaming();
        Some(Paged {
            size: request
                .get_field_by_name(name(|it| &it.page_size, "page_size"))
                .filter(|field| unary && whole(field))?,
            token: request.get_field_by_name(name(|it| &it.page_token, "page_token")).filter(text)?,
            next: response
                .get_field_by_name(name(|it| &it.next_page_token, "next_page_token"))
                .filter(text)?,
            items,
        })
    }

    fn request(&self, base: &DynamicMessage, token: &str) -> Vec<Step> {
        let mut request = base.clone();
        let size = match self.size.kind() {
            Kind::Int32 => Value::I32(SIZE as i32),
            Kind::Int64 => Value::I64(SIZE),
            Kind::Uint32 => Value::U32(SIZE as u32),
            _ => Value::U64(SIZE as u64),
        };
        request.set_field(&self.size, size);
        request.set_field(&self.token, Value::String(token.to_owned()));
        vec![Step::Send(values::encode(&request).into()), Step::HalfClose]
    }

    /// The elements of a page, encoded, and the token of the next.
    fn page(&self, method: &Method, seen: &Exchange) -> Option<(Vec<Vec<u8>>, String)> {
        let (_, bytes) = seen.messages.first().filter(|_| seen.status().code == Code::Ok)?;
        let reply = DynamicMessage::decode(method.desc.output(), bytes.as_ref()).ok()?;
        let items = reply.get_field(&self.items);
        let items = items.as_list()?.iter().filter_map(Value::as_message).map(values::encode).collect();
        Some((items, reply.get_field(&self.next).as_str()?.to_owned()))
    }
}

pub(super) async fn ask<T: Transport>(probing: &Probing<'_, T>) -> Vec<Found> {
    let mut found = Vec::new();
    for method in probing.methods {
        let named = probing.promised(method).and_then(|(_, of)| of.pagination.as_ref());
        let Some(paged) = Paged::of(method, named) else { continue };
        let (before, mut asked) = (found.len(), false);
        // Without a filter more is listed; what must be set is set in the plain message.
        for base in [values::minimal(&method.desc.input()), method.typical(probing.seed)] {
            let Some(first) = probing.call(&method.path(), paged.request(&base, "")).await else { break };
            if paged.page(method, &first).is_none() {
                continue;
            }
            asked = true;
            let Some(one) = walk(probing, method, &paged, &base).await else { break };
            // Somebody else may have written meanwhile, and a limit of calls may have been met.
            let again = walk(probing, method, &paged, &base).await;
            found.extend(match again {
                Some(again) if again.cause == one.cause => Some(one),
                _ => Some(one.light(Severity::Warning)),
            });
            break;
        }
        if named.is_some() {
            let text = "pages by size and token".to_owned();
            let held = found.len() == before;
            probing.tell(
                method,
                "pagination",
                text,
                if asked { Ok(held) } else { Err("the list could not be read") },
            );
        }
    }
    found
}

/// One walk from the first page on, to the first thing that is wrong.
async fn walk<T: Transport>(
    probing: &Probing<'_, T>,
    method: &Method,
    paged: &Paged,
    base: &DynamicMessage,
) -> Option<Found> {
    let (mut tokens, mut items) = (BTreeSet::new(), BTreeSet::new());
    let mut token = String::new();
    for page in 1..=PAGES {
        let script = paged.request(base, &token);
        let seen = probing.call(&method.path(), script.clone()).await?;
        let found = |cause, text: String| {
            Some(Found::new(&PROBE, cause, text).on(&method.name).after(&seen).sent("a page", &script))
        };
        let Some((elements, next)) = paged.page(method, &seen) else {
            let code = seen.status().code;
            let busy = matches!(code, Code::Unavailable | Code::ResourceExhausted);
            return match busy || page == 1 {
                true => None,
                false => found("TOKEN", format!("the token of page {} is refused with {code}", page - 1)),
            };
        };
        if elements.len() > SIZE as usize {
            let count = elements.len();
            return found("SIZE", format!("page {page} has {count} elements where {SIZE} were asked for"));
        }
        if elements.into_iter().any(|element| !element.is_empty() && !items.insert(element)) {
            return found("TWICE", format!("an element of page {page} stood on a page before it"));
        }
        if next.is_empty() {
            return None;
        }
        if !tokens.insert(next.clone()) {
            return found(
                "CIRCLE",
                format!("the token after page {page} has come before: the list has no end"),
            );
        }
        token = next;
    }
    None
}
