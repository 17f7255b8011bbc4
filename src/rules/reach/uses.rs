//! A schema turned round: what holds a type, and which rpcs carry a message.

use std::collections::HashMap;

use prost_reflect::{Kind, MessageDescriptor};

use crate::schema::Schema;

/// Which way a message travels in an rpc.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// From client to server.
    Request,
    /// From server to client.
    Response,
}

/// One shortest way from the message of an rpc to a type.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Way {
    /// `package.Service/Method`.
    pub rpc: String,
    /// Which of its messages.
    pub side: Side,
    /// The simple name of that message and the fields down from it: `UserResponse`, `address`.
    pub steps: Vec<String>,
}

/// Where the messages of a type go.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Flow {
    /// From clients to servers.
    pub to_server: bool,
    /// From servers to clients.
    pub to_client: bool,
    /// Their bytes are kept; somebody said so.
    pub stored: bool,
    /// No rpc carries them, and nobody said what is stored: they may be kept, or sent in another way.
    pub unknown: bool,
}

/// The types of a schema by what uses them.
#[derive(Debug, Default)]
pub struct Uses {
    /// The place of each message and enum in the lists below, by full name.
    places: HashMap<String, usize>,
    types: Vec<Type>,
    has_any: bool,
}

#[derive(Debug, Default)]
struct Type {
    name: String,
    /// The messages that have it in a field, and the name of the field.
    holders: Vec<(usize, String)>,
    rpcs: Vec<(String, Side)>,
}

impl Uses {
    /// Reads every field and every rpc once.
    pub fn of(schema: &Schema) -> Uses {
        let mut uses = Uses::default();
        let pool = schema.pool();
        for message in pool.all_messages() {
            for field in message.fields() {
                // The message of a map field is no step of a way: `prices`, not `prices.value`.
                let step = if message.is_map_entry() { String::new() } else { field.name().to_owned() };
                uses.hold(&message, field.kind(), step);
            }
        }
        for extension in pool.all_extensions() {
            let step = format!("[{}]", extension.full_name());
            uses.hold(&extension.containing_message(), extension.kind(), step);
        }
        for method in pool.services().flat_map(|service| service.methods().collect::<Vec<_>>()) {
            let rpc = format!("{}/{}", method.parent_service().full_name(), method.name());
            for (message, side) in [(method.input(), Side::Request), (method.output(), Side::Response)] {
                let place = uses.place(message.full_name());
                uses.types[place].rpcs.push((rpc.clone(), side));
            }
        }
        uses
    }

    fn hold(&mut self, holder: &MessageDescriptor, kind: Kind, step: String) {
        let held = match &kind {
            Kind::Message(message) => message.full_name(),
            Kind::Enum(r#enum) => r#enum.full_name(),
            _ => return,
        };
        self.has_any |= held == "google.protobuf.Any";
        let (holder, held) = (self.place(holder.full_name()), self.place(held));
        self.types[held].holders.push((holder, step));
    }

    fn place(&mut self, name: &str) -> usize {
        if let Some(place) = self.places.get(name) {
            return *place;
        }
        let place = self.types.len();
        self.types.push(Type { name: name.to_owned(), ..Type::default() });
        self.places.insert(name.to_owned(), place);
        place
    }

    /// Whether a field has the type `google.protobuf.Any`.
    pub fn has_any(&self) -> bool {
        self.has_any
    }

    /// Whether a field of another message, or an rpc, has this type.
    pub fn is_used(&self, name: &str) -> bool {
        let Some(&place) = self.places.get(name) else { return false };
        let it = &self.types[place];
        !it.rpcs.is_empty() || it.holders.iter().any(|(holder, _)| *holder != place)
    }

    /// One shortest way from each message of an rpc that holds this type, directly or not, in the order of the rpcs:
    /// the first `most` of them, and how many more there are.
    pub fn ways(&self, name: &str, most: usize) -> (Vec<Way>, usize) {
        let found = self.around(name);
        let mut ends: Vec<(&str, Side, usize)> = Vec::new();
        for (at, visit) in found.iter().enumerate() {
            ends.extend(self.types[visit.place].rpcs.iter().map(|(rpc, side)| (rpc.as_str(), *side, at)));
        }
        ends.sort_unstable();
        let more = ends.len().saturating_sub(most);
        let way = |(rpc, side, at): (&str, Side, usize)| Way {
            rpc: rpc.to_owned(),
            side,
            steps: self.steps(&found, at),
        };
        (ends.into_iter().take(most).map(way).collect(), more)
    }

    /// The shortest way of all on one side.
    pub fn nearest(&self, name: &str, side: Side) -> Option<Way> {
        let found = self.around(name);
        // Who is visited first is nearest.
        found.iter().enumerate().find_map(|(at, visit)| {
            let (rpc, side) = self.types[visit.place].rpcs.iter().find(|it| it.1 == side)?;
            Some(Way { rpc: rpc.clone(), side: *side, steps: self.steps(&found, at) })
        })
    }

    /// Where messages with this type in them go. `stored` names the messages that are kept, if somebody said so.
    pub fn flow(&self, name: &str, stored: Option<&[String]>) -> Flow {
        let names = stored.unwrap_or_default();
        // A type that nothing uses is no part of the graph.
        let mut flow = Flow { stored: names.iter().any(|it| it == name), ..Flow::default() };
        for visit in self.around(name) {
            let it = &self.types[visit.place];
            flow.stored |= names.contains(&it.name);
            flow.to_server |= it.rpcs.iter().any(|(_, side)| *side == Side::Request);
            flow.to_client |= it.rpcs.iter().any(|(_, side)| *side == Side::Response);
        }
        flow.unknown = stored.is_none() && !flow.to_server && !flow.to_client;
        flow
    }

    /// The type, what holds it, what holds that: breadth first, so that the first way is a shortest one.
    fn around(&self, name: &str) -> Vec<Visit<'_>> {
        let Some(&place) = self.places.get(name) else { return Vec::new() };
        let mut seen = vec![false; self.types.len()];
        seen[place] = true;
        let mut found = vec![Visit { place, down: None }];
        let mut next = 0;
        while let Some(visit) = found.get(next) {
            let holders = &self.types[visit.place].holders;
            for (holder, step) in holders {
                if !std::mem::replace(&mut seen[*holder], true) {
                    found.push(Visit { place: *holder, down: Some((next, step)) });
                }
            }
            next += 1;
        }
        found
    }

    fn steps(&self, found: &[Visit], at: usize) -> Vec<String> {
        let name = &self.types[found[at].place].name;
        let mut steps = vec![name.rsplit('.').next().unwrap_or(name).to_owned()];
        let mut at = at;
        while let Some((next, step)) = found[at].down {
            steps.extend((!step.is_empty()).then(|| step.to_owned()));
            at = next;
        }
        steps
    }
}

/// A type on the way up, with the visit it was reached from and the field that leads back down to it.
struct Visit<'a> {
    place: usize,
    down: Option<(usize, &'a str)>,
}
