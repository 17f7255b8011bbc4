//! What streams of requests promise: an import that counts, and a conversation that answers in turn.

use prost_reflect::FieldDescriptor;

use super::kind::Kind;
use super::method::{Shape, is_integer, named};
use super::proposal::{Confidence, Proposal};
use super::resource::Resource;

/// How many things came of a stream.
const COUNTS: [&str; 7] =
    ["count", "created", "imported", "created_count", "imported_count", "total", "received"];
/// What tells the messages of a conversation apart.
const IDS: [&str; 4] = ["id", "message_id", "request_id", "sequence"];

/// What the method promises of its streams.
pub(super) fn proposals(shape: &Shape, of: Option<&Resource>, shapes: &[Shape]) -> Vec<Proposal> {
    match (shape.desc.is_client_streaming(), shape.desc.is_server_streaming()) {
        (true, false) => import(shape, of, shapes),
        (true, true) => conversation(shape),
        _ => Vec::new(),
    }
}

fn import(shape: &Shape, of: Option<&Resource>, shapes: &[Shape]) -> Vec<Proposal> {
    let mut out = Vec::new();
    let count = named(&shape.desc.output(), &COUNTS).filter(is_integer);
    if let Some(count) = count {
        let name = count.name();
        let rule = Proposal::rule_of(&shape.name, "ensures", "count", format!("resp.{name} == size(sent)"));
        let known = shape.kind == Kind::Import;
        let confidence = if known { Confidence::High } else { Confidence::Medium };
        out.push(rule.worth(confidence, format!("`{name}` of the reply to a stream: how many were sent")));
    }
    // The reply does not tell what was made.
    if let Some(resource) = of.filter(|_| shape.kind == Kind::Import) {
        let lists = resource.is_listed(shapes).then_some(&resource.order);
        for variable in std::iter::once(&resource.map).chain(lists) {
            let fields = [("when", "size(sent) > 0".into()), ("open", (&**variable).into())];
            let evidence = "what it makes is not in its reply";
            out.push(Proposal::entry(&shape.name, "effect", fields).worth(Confidence::High, evidence));
        }
    }
    out
}

fn conversation(shape: &Shape) -> Vec<Proposal> {
    let (input, output) = (shape.desc.input(), shape.desc.output());
    let id = named(&output, &IDS);
    let shared =
        |it: &FieldDescriptor| input.get_field_by_name(it.name()).is_some_and(|own| own.kind() == it.kind());
    let Some(id) = id.filter(shared).filter(|it| !it.supports_presence()) else { return Vec::new() };
    let name = id.name();
    let said = format!("both sides of {} send a `{name}`", shape.desc.name());
    let prefix = format!(
        "size(got) <= size(sent) && got.map(m, m.{name}) == sent.slice(0, size(got)).map(m, m.{name})"
    );
    let all = "code != 'OK' || size(got) == size(sent)";
    vec![
        Proposal::rule_of(&shape.name, "stream.each", "in_turn", prefix)
            .worth(Confidence::Medium, format!("{said}: each is answered, in turn")),
        Proposal::rule_of(&shape.name, "stream.final", "all", all)
            .worth(Confidence::Medium, format!("{said}: none is left without an answer")),
    ]
}
