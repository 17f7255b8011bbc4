//! Replies made of what the model knows: one of the things it keeps, all of them, or a page of them.
//!
//! A promise such as `got.map(m, m.id) == old.order.slice(…)` says what a reply is without saying how it is made. It
//! is not solved: the replies it could mean are few, and whoever asks judges each by the same promises.

use std::ops::Range;

use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, ReflectMessage as _, Value};

use super::{Call, Item, Method, Model, Service, StateKind, Variable, expr::integers};

/// Fields of a request that say where a page begins, and how long it is, by a part of their names.
const SKIPS: [&str; 4] = ["offset", "skip", "start", "from"];
const TAKES: [&str; 6] = ["limit", "page_size", "size", "max", "count", "first"];
/// Where the next page begins, as the request and the reply have it (AIP-158).
const TOKEN: &str = "page_token";
const NEXT_TOKEN: &str = "next_page_token";
/// How many there are on all pages.
const TOTAL: &str = "total_size";

/// What a reply could be made of, in one order.
type Rows = Vec<DynamicMessage>;

impl Service {
    /// The replies to the call that can be made of what the model knows, the likeliest first. None of them need keep
    /// the promises.
    pub fn from_model<'a>(
        &'a self,
        old: &'a Model,
        call: &'a Call<'_>,
    ) -> impl Iterator<Item = Vec<DynamicMessage>> + 'a {
        let method = self.methods.get(call.method);
        let req = call.sent.first();
        method.into_iter().flat_map(move |method| {
            let output = method.desc.output();
            let streams = method.desc.is_server_streaming();
            let one = self.rows(old, &output).into_iter().flatten().filter(move |_| !streams);
            let one = one.filter(move |it| req.is_some_and(|req| shares_a_text(req, it))).map(|it| vec![it]);
            let lists: Vec<FieldDescriptor> =
                output.fields().filter(|field| !streams && field.is_list()).collect();
            let pages = lists.into_iter().flat_map(move |field| self.pages(old, method, call, field));
            let streamed = self.rows(old, &method.desc.output()).into_iter().filter(move |_| streams);
            let streamed = streamed.flat_map(move |rows| {
                slices(rows.len(), req, &caps(method))
                    .into_iter()
                    .map(move |range| rows.get(range).unwrap_or_default().to_vec())
            });
            one.chain(pages).chain(streamed)
        })
    }

    /// The replies with a page of things in this field.
    fn pages<'a>(
        &'a self,
        old: &'a Model,
        method: &'a Method,
        call: &'a Call<'_>,
        field: FieldDescriptor,
    ) -> impl Iterator<Item = Vec<DynamicMessage>> + 'a {
        let of = match field.kind() {
            Kind::Message(of) => self.rows(old, &of),
            _ => Vec::new(),
        };
        of.into_iter().flat_map(move |rows| {
            let field = field.clone();
            slices(rows.len(), call.sent.first(), &caps(method)).into_iter().map(move |range| {
                let mut page = DynamicMessage::new(method.desc.output());
                let items = rows.get(range.clone()).unwrap_or_default();
                page.set_field(&field, Value::List(items.iter().cloned().map(Value::Message).collect()));
                let rest = if range.end < rows.len() { range.end.to_string() } else { String::new() };
                set(&mut page, NEXT_TOKEN, Value::String(rest));
                set(&mut page, TOTAL, Value::I32(i32::try_from(rows.len()).unwrap_or(i32::MAX)));
                vec![page]
            })
        })
    }

    /// The messages of this type that are the values of a map: in the order of each list that holds its keys, and in
    /// the order in which they came.
    fn rows(&self, old: &Model, desc: &MessageDescriptor) -> Vec<Rows> {
        let mut out: Vec<Rows> = Vec::new();
        for state in &self.states {
            let is_of = matches!(&state.kind, StateKind::Map(_, value) if value == desc.full_name());
            let Some(Variable::Map(entries)) = old.variable(&state.name).filter(|_| is_of) else { continue };
            let lists = self.states.iter().filter_map(|it| match old.variable(&it.name) {
                Some(Variable::List(items)) if items.len() == entries.len() => ordered(entries, items),
                _ => None,
            });
            let plain = entries.iter().filter_map(|(_, it)| it.as_message().cloned()).collect();
            for rows in lists.chain([plain]) {
                if !out.contains(&rows) {
                    out.push(rows);
                }
            }
        }
        out
    }
}

/// The entries in the order of their keys; nothing where one of these is none.
fn ordered(entries: &[(Item, Item)], keys: &[Item]) -> Option<Rows> {
    let of = |key: &Item| entries.iter().find(|(it, _)| it == key)?.1.as_message().cloned();
    keys.iter().map(of).collect()
}

/// Whether a text of the request, which may be its id, is in the message as well.
fn shares_a_text(req: &DynamicMessage, message: &DynamicMessage) -> bool {
    let has = |text: &Value| message.fields().any(|(_, it)| it == text);
    req.fields().any(|(_, it)| it.as_str().is_some_and(|text| !text.is_empty()) && has(it))
}

/// The numbers in the promises of the method: a page that nobody sized has one of these sizes.
fn caps(method: &Method) -> Vec<usize> {
    let rules = method.each.iter().chain(&method.finals).chain(&method.ensures);
    let numbers = rules.flat_map(|rule| integers(rule.expr.root()));
    let mut caps: Vec<usize> = numbers.filter_map(|it| it.try_into().ok()).filter(|it| *it > 0).collect();
    caps.sort_unstable();
    caps.dedup();
    caps
}

/// The pages that the numbers of the request can mean, of so many things.
fn slices(all: usize, req: Option<&DynamicMessage>, caps: &[usize]) -> Vec<Range<usize>> {
    let numbers = req.map(numbers).unwrap_or_default();
    let of = |names: &[&str]| {
        let named = numbers.iter().filter(|(name, _)| names.iter().any(|it| name.contains(it)));
        named.map(|(_, number)| *number).collect::<Vec<_>>()
    };
    let token = req.and_then(|it| it.get_field_by_name(TOKEN)?.as_str()?.parse().ok());
    let others = || numbers.iter().map(|(_, number)| *number);
    let skips = token.into_iter().chain(of(&SKIPS)).chain([0]).chain(others());
    let sizes = || of(&TAKES).into_iter().filter(|it| *it > 0);
    // Of a page without a size all that there is, or as many as the promises name.
    let takes: Vec<usize> =
        sizes().chain([all]).chain(caps.iter().rev().copied()).chain(others().filter(|it| *it > 0)).collect();
    let mut out = Vec::new();
    for skip in skips {
        for take in &takes {
            let from = skip.min(all);
            let range = from..from.saturating_add(*take).min(all);
            if !out.contains(&range) {
                out.push(range);
            }
        }
    }
    out
}

/// The whole numbers of the request's own fields, by their names; a negative one is none.
fn numbers(req: &DynamicMessage) -> Vec<(String, usize)> {
    let number = |value: &Value| match value {
        Value::I32(it) => usize::try_from(*it).ok(),
        Value::I64(it) => usize::try_from(*it).ok(),
        Value::U32(it) => usize::try_from(*it).ok(),
        Value::U64(it) => usize::try_from(*it).ok(),
        _ => None,
    };
    let desc = req.descriptor();
    let of = |field: FieldDescriptor| Some((field.name().to_owned(), number(&req.get_field(&field))?));
    desc.fields().filter_map(of).collect()
}

/// Where the message has such a field, and it holds such a value.
fn set(message: &mut DynamicMessage, name: &str, value: Value) {
    if let Some(field) = message.descriptor().get_field_by_name(name)
        && value.is_valid_for_field(&field)
    {
        message.set_field(&field, value);
    }
}
