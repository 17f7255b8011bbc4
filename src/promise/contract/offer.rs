//! What a method offers beyond single rules: pages, limits, repetition, who may call it, examples.

use prost_reflect::{DynamicMessage, Value};

use super::options::{inner, list, number, text, texts};

/// How a list is read in parts: paths, empty where none is given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pagination {
    /// Of the request: how many elements.
    pub limit: String,
    /// Of the request: after how many.
    pub offset: String,
    /// Of the request: how many elements are on a page.
    pub page_size: String,
    /// Of the request: the token of the page.
    pub page_token: String,
    /// Of the reply: the token of the next page.
    pub next_page_token: String,
    /// Of the reply: the list.
    pub items: String,
    /// Of an element: what no other has.
    pub item_key: String,
}

/// Bounds of one call; nothing bounds nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a request.
    pub max_request_bytes: Option<u64>,
    /// Bytes of a reply.
    pub max_response_bytes: Option<u64>,
    /// How long it takes.
    pub max_latency_ms: Option<u64>,
}

/// By what a repetition is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Idempotency {
    /// A path of the request.
    Field(String),
    /// A header.
    Metadata(String),
}

/// Who may call a method.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Auth {
    /// Nothing is promised.
    #[default]
    Unsaid,
    /// Everybody.
    None,
    /// Whoever has credentials.
    Required,
    /// Whoever made the thing that the call is about.
    Owner,
}

/// A call with its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    /// Names it in reports.
    pub id: String,
    /// The messages, as ProtoJSON.
    pub request: Vec<String>,
    /// The replies, as ProtoJSON; none where nothing is compared.
    pub reply: Vec<String>,
    /// The status.
    pub code: i32,
}

impl Auth {
    pub(super) fn of(contract: &DynamicMessage) -> Auth {
        match number(contract, "auth") {
            1 => Auth::None,
            2 => Auth::Required,
            3 => Auth::Owner,
            _ => Auth::Unsaid,
        }
    }

    /// What the method says, or else this.
    pub(super) fn or(self, service: Auth) -> Auth {
        if self == Auth::Unsaid { service } else { self }
    }
}

impl Pagination {
    pub(super) fn of(contract: &DynamicMessage) -> Option<Pagination> {
        let of = inner(contract, "pagination")?;
        Some(Pagination {
            limit: text(&of, "limit"),
            offset: text(&of, "offset"),
            page_size: text(&of, "page_size"),
            page_token: text(&of, "page_token"),
            next_page_token: text(&of, "next_page_token"),
            items: text(&of, "items"),
            item_key: text(&of, "item_key"),
        })
    }
}

impl Limits {
    pub(super) fn of(contract: &DynamicMessage) -> Limits {
        let Some(of) = inner(contract, "limits") else { return Limits::default() };
        let bound = |name: &str| {
            let value = of.get_field_by_name(name)?;
            let number = match *value {
                Value::U32(it) => u64::from(it),
                Value::U64(it) => it,
                _ => 0,
            };
            (number > 0).then_some(number)
        };
        Limits {
            max_request_bytes: bound("max_request_bytes"),
            max_response_bytes: bound("max_response_bytes"),
            max_latency_ms: bound("max_latency_ms"),
        }
    }
}

impl Idempotency {
    /// The field, where both are given; `contract lint` says that one is too many.
    pub(super) fn of(contract: &DynamicMessage) -> Option<Idempotency> {
        let of = inner(contract, "idempotency")?;
        match (text(&of, "field"), text(&of, "metadata")) {
            (field, _) if !field.is_empty() => Some(Idempotency::Field(field)),
            (_, header) if !header.is_empty() => Some(Idempotency::Metadata(header.to_ascii_lowercase())),
            _ => None,
        }
    }
}

impl Example {
    pub(super) fn all(contract: &DynamicMessage) -> Vec<Example> {
        let one = |it: &DynamicMessage| Example {
            id: text(it, "id"),
            request: texts(it, "request"),
            reply: texts(it, "reply"),
            code: number(it, "code"),
        };
        list(contract, "examples").iter().map(one).collect()
    }
}
