//! `contract infer`: what a service that promises nothing probably promises, from its names and shapes.
//!
//! [`infer`] reads one service and gives [`Proposal`]s, each with what speaks for it and how much that is worth;
//! [`write()`] makes a side file of them, in which what is not likely enough is a comment. [`overruled`] is for whoever
//! tried them on a server.
//!
//! Absent on purpose: nothing is called, and nothing here ever fails a run. A proposal is a question to its reader.

mod bounds;
mod entity;
mod kind;
mod listing;
mod method;
mod proposal;
mod resource;
mod stream;
#[cfg(test)]
mod tests;
mod write;

use prost_reflect::ServiceDescriptor;

pub use proposal::{Confidence, Proposal};
pub use write::write;

use self::method::Shape;
use self::resource::Resource;
use super::code;

/// What the service probably promises, in the order of its methods; the variables of its model come first.
pub fn infer(service: &ServiceDescriptor) -> Vec<Proposal> {
    let shapes: Vec<Shape> = service.methods().map(Shape::of).collect();
    let resources = resource::all(&shapes);
    let mut out: Vec<Proposal> = resources.iter().flat_map(|it| it.states(service, &shapes)).collect();
    for shape in &shapes {
        let of: Option<&Resource> = resources.iter().find(|it| it.is_of(shape));
        let mut own = bounds::of_request(shape);
        if let Some(resource) = of {
            own.extend(entity::proposals(shape, resource, &shapes));
            own.extend(listing::proposals(shape, resource));
        }
        own.extend(stream::proposals(shape, of, &shapes));
        out.extend(own);
    }
    out
}

/// What remains when a server was seen to break some of them, and to keep others: those that were broken are dropped
/// with the reason; of the others `kept` says how often they were asked and held, which is worth one step more. Both go
/// by method and rule, such as (`user.UserService/GetUser`, `ensures/same`).
pub fn overruled(
    proposals: &mut [Proposal],
    broken: &[(String, String, String)],
    kept: &dyn Fn(&str, &str) -> u64,
) {
    for proposal in proposals {
        let Some(rule) = proposal.rule() else { continue };
        let by = broken.iter().find(|(of, it, _)| *of == proposal.of && *it == rule);
        let times = kept(&proposal.of, &rule);
        if let Some((.., why)) = by {
            proposal.dropped = Some(why.clone());
        } else if proposal.dropped.is_none() && times > 0 {
            proposal.confidence = proposal.confidence.more();
            let times = if times == 1 { "once".to_owned() } else { format!("{times} times") };
            proposal.evidence.push_str(&format!("; asked {times}, the server kept it"));
        }
    }
}

/// Proposes the statuses that a method was seen to answer with as its only ones. Others may be rare: it is a question.
pub fn answered(proposals: &mut Vec<Proposal>, method: &str, statuses: &[(String, u64)]) {
    let codes = statuses.iter().map(|(name, _)| &**name).filter(|name| code::is_name(name));
    let codes: Vec<toml::Value> = codes.map(toml::Value::from).collect();
    let seen = statuses.iter().map(|(name, times)| format!("{name} {times}")).collect::<Vec<_>>().join(", ");
    let fields = [("may_return", toml::Value::Array(codes))];
    let one =
        Proposal::entry(method, "", fields).worth(Confidence::Low, format!("the server answered {seen}"));
    let at = proposals.iter().position(|it| it.of == method).unwrap_or(proposals.len());
    proposals.insert(at, one);
}
