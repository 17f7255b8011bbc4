//! What a list of things promises, page by page.

use prost_reflect::FieldDescriptor;

use super::bounds::is_never_negative;
use super::kind::Kind;
use super::method::{Shape, is_integer, is_text, named};
use super::proposal::{Confidence, Proposal};
use super::resource::Resource;

/// How many there are on a page, and how many come before it.
const LIMITS: [&str; 4] = ["page_size", "limit", "max_results", "count"];
const OFFSETS: [&str; 3] = ["offset", "skip", "start"];
const TOKEN: &str = "page_token";

/// The fields of the request that make a page.
pub(super) struct Paging {
    limit: FieldDescriptor,
    offset: Option<FieldDescriptor>,
    /// The page begins where a token says.
    by_token: bool,
    /// Nothing else is asked for: no filter, no parent.
    is_whole: bool,
}

impl Paging {
    pub fn of(shape: &Shape) -> Option<Paging> {
        let input = shape.desc.input();
        let limit = named(&input, &LIMITS).filter(is_integer)?;
        let offset = named(&input, &OFFSETS).filter(is_integer);
        let by_token = input.get_field_by_name(TOKEN).is_some_and(|it| is_text(&it));
        let known = |it: &FieldDescriptor| *it == limit || Some(it) == offset.as_ref() || it.name() == TOKEN;
        let is_whole = input.fields().all(|it| known(&it));
        Some(Paging { limit, offset, by_token, is_whole })
    }

    pub fn is_number(&self, field: &FieldDescriptor) -> bool {
        *field == self.limit || Some(field) == self.offset.as_ref()
    }
}

/// What the method promises of the things that it lists.
pub(super) fn proposals(shape: &Shape, resource: &Resource) -> Vec<Proposal> {
    if shape.kind != Kind::List {
        return Vec::new();
    }
    let output = shape.desc.output();
    let (part, items) = if shape.desc.is_server_streaming() {
        if output != resource.desc {
            return Vec::new();
        }
        ("stream.final", "got".to_owned())
    } else {
        let is_its = |it: &FieldDescriptor| {
            it.is_list() && it.kind().as_message().is_some_and(|desc| *desc == resource.desc)
        };
        let Some(field) = output.fields().find(is_its) else { return Vec::new() };
        ("ensures", format!("resp.{}", field.name()))
    };
    let (map, order, key) = (&resource.map, &resource.order, resource.key.name());
    let rule = |part: &'static str, id: &str, expr: String| Proposal::rule_of(&shape.name, part, id, expr);
    let said = &shape.evidence;
    let keys = format!("{items}.map(m, m.{key})");
    let mut out = vec![
        rule(part, "unique", format!("size({keys}.distinct()) == size({items})"))
            .worth(Confidence::High, format!("{said}: nothing is listed twice")),
        rule(part, "same", format!("{items}.all(m, !(m.{key} in old.{map}) || old.{map}[m.{key}] == m)"))
            .worth(Confidence::High, format!("{said}: what is listed is what was written")),
        rule(part, "known", format!("{items}.all(m, m.{key} in old.{map})"))
            .closed()
            .worth(Confidence::High, format!("{said}: nothing is listed that nobody made")),
    ];
    if part == "stream.final" {
        let end = Proposal::entry(&shape.name, "stream", [("end", "SERVER_ENDS".into())]);
        out.insert(0, end.worth(Confidence::High, format!("{said}: a list ends")));
    }
    let Some(paging) = Paging::of(shape) else { return out };
    let limit = format!("req.{}", paging.limit.name());
    let offset = paging.offset.as_ref().map(|it| format!("req.{}", it.name()));
    let bound = format!("{limit} == 0 || size({items}) <= {limit}");
    let each = if part == "ensures" { "ensures" } else { "stream.each" };
    let said = format!("`{}` of the request", paging.limit.name());
    out.insert(0, rule(each, "bound", bound).worth(Confidence::High, format!("{said}: no page is longer")));
    out.insert(0, negative(shape, &paging, &limit, offset.as_deref()));
    if !paging.is_whole {
        return out;
    }
    // The first page, and not full: all there is.
    let mut first: Vec<String> = offset.iter().map(|it| format!("{it} == 0")).collect();
    first.extend(paging.by_token.then(|| format!("req.{TOKEN} == ''")));
    first.push(format!("{limit} > size({items})"));
    let first = first.join(" && ");
    let whole = format!("{first} ? old.{map}.all(k, {items}.exists(m, m.{key} == k)) : true");
    let rest = format!("{said}: a first page that is not full has all there is");
    out.push(rule(part, "complete", whole).worth(Confidence::High, &*rest));
    let ordered = format!("{first} ? {keys}.filter(k, k in old.{map}) == old.{order} : true");
    let in_order = "in the order of creation, if there is one";
    out.push(rule(part, "in_order", ordered).worth(Confidence::Medium, in_order));
    if let Some(offset) = offset {
        let least = |it: String| format!("math.least({it}, size(old.{order}))");
        let slice = format!(
            "{limit} == 0 || {keys} == old.{order}.slice({}, {})",
            least(offset.clone()),
            least(format!("{offset} + {limit}"))
        );
        out.push(rule(part, "slice", slice).closed().worth(Confidence::Medium, in_order));
    }
    out
}

/// A page of less than nothing is refused.
fn negative(shape: &Shape, paging: &Paging, limit: &str, offset: Option<&str>) -> Proposal {
    let fields = std::iter::once(&paging.limit).chain(&paging.offset);
    let when = [Some(limit), offset].into_iter().flatten().map(|it| format!("{it} < 0"));
    let when = when.collect::<Vec<_>>().join(" || ");
    let rule = Proposal::rule_of(&shape.name, "errors", "negative", when).with("code", "INVALID_ARGUMENT");
    match fields.into_iter().all(is_never_negative) {
        true => rule.worth(Confidence::High, "buf.validate: neither is negative"),
        false => rule.worth(Confidence::Medium, "AIP-158: a negative size is an error"),
    }
}
