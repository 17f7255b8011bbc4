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

/// What the service probably promises, in the order of its methods; the variables of its model come first.
pub fn infer(service: &ServiceDescriptor) -> Vec<Proposal> {
    let shapes: Vec<Shape> = service.methods().map(Shape::of).collect();
    let resources = resource::all(&shapes);
    let mut out: Vec<Proposal> = resources.iter().flat_map(|it| it.states(service, &shapes)).collect();
    for shape in &shapes {
        let of: Option<&Resource> = resources.iter().find(|it| it.noun == shape.noun);
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
/// with the reason, those that were kept are worth more. Both are by method and rule, such as
/// (`user.UserService/GetUser`, `ensures/same`).
pub fn overruled(
    proposals: &mut [Proposal],
    broken: &[(String, String, String)],
    kept: &dyn Fn(&str, &str) -> bool,
) {
    for proposal in proposals {
        let Some(rule) = proposal.rule() else { continue };
        let by = broken.iter().find(|(of, it, _)| *of == proposal.of && *it == rule);
        if let Some((.., why)) = by {
            proposal.dropped = Some(why.clone());
        } else if proposal.dropped.is_none() && kept(&proposal.of, &rule) {
            proposal.confidence = Confidence::High;
            proposal.evidence.push_str("; the server kept it wherever it was asked");
        }
    }
}
