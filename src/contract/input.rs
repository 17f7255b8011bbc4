//! What one case sends: plain data, and how it becomes a call.

use std::time::Duration;

use bytes::Bytes;
use prost_reflect::DynamicMessage;

use super::plan::Method;
use crate::{
    client::{Call, Step},
    values,
};

/// What kind of input a call carries: which checks apply depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// Valid by the schema.
    Valid,
    /// Valid, and sent again with fields that the schema does not have.
    UnknownFields,
    /// Bytes or frames that no encoder writes.
    Malformed,
    /// A method that the service does not have.
    UnknownMethod,
}

impl Class {
    const NAMES: [(Class, &'static str); 4] = [
        (Class::Valid, "valid"),
        (Class::UnknownFields, "unknown_fields"),
        (Class::Malformed, "malformed"),
        (Class::UnknownMethod, "unknown_method"),
    ];

    /// Its name in saved cases.
    pub fn name(self) -> &'static str {
        Class::NAMES.iter().find(|(class, _)| *class == self).map_or("", |(_, name)| name)
    }

    pub(super) fn from_name(name: &str) -> Option<Class> {
        Class::NAMES.iter().find(|(_, known)| *known == name).map(|(class, _)| *class)
    }
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Body {
    /// Messages, then half-close.
    Messages(Vec<DynamicMessage>),
    /// A script as it is.
    Script(Vec<Step>),
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Input {
    pub class: Class,
    /// What is special about it, in a phrase.
    pub label: String,
    pub body: Body,
}

impl Input {
    pub fn valid(label: impl Into<String>, messages: Vec<DynamicMessage>) -> Input {
        Input { class: Class::Valid, label: label.into(), body: Body::Messages(messages) }
    }

    pub fn script(&self, suffix: &[u8]) -> Vec<Step> {
        match &self.body {
            Body::Script(steps) => steps
                .iter()
                .map(|step| match step {
                    Step::Send(bytes) if !suffix.is_empty() => Step::Send([bytes, suffix].concat().into()),
                    step => step.clone(),
                })
                .collect(),
            Body::Messages(messages) => {
                let sends =
                    messages.iter().map(|m| Step::Send([&values::encode(m)[..], suffix].concat().into()));
                sends.chain([Step::HalfClose]).collect()
            }
        }
    }

    pub fn path(&self, method: &Method) -> String {
        match self.class {
            Class::UnknownMethod => format!("{}ProtogateUndeclared", method.path()),
            _ => method.path(),
        }
    }

    pub fn call(
        &self,
        method: &Method,
        metadata: &[(String, Vec<u8>)],
        deadline: Duration,
        suffix: &[u8],
    ) -> Call {
        Call { path: self.path(method), metadata: metadata.to_vec(), deadline, script: self.script(suffix) }
    }

    /// The bytes of each thing sent.
    pub fn sent(&self) -> Vec<Bytes> {
        let bytes = |step| match step {
            Step::Send(bytes) | Step::Raw(bytes) => Some(bytes),
            _ => None,
        };
        self.script(&[]).into_iter().filter_map(bytes).collect()
    }

    /// ProtoJSON of the messages; nothing for bytes that are no message, or that JSON cannot say.
    pub fn json(&self) -> Option<Vec<serde_json::Value>> {
        match &self.body {
            Body::Messages(messages) => messages.iter().map(|m| serde_json::to_value(m).ok()).collect(),
            Body::Script(_) => None,
        }
    }
}

/// One step of shrinking: fewer messages, or a simpler one; of a script, fewer bytes.
pub(super) fn simpler(input: &Input) -> Box<dyn Iterator<Item = Input> + '_> {
    let messages = match &input.body {
        Body::Messages(messages) => messages,
        Body::Script(steps) => return Box::new(shorter(input, steps)),
    };
    let with = move |messages| Input { body: Body::Messages(messages), ..input.clone() };
    // A unary request has one message; a script with fewer is another class of input.
    let fewer = values::removals(if input.label.starts_with("stream") { messages.len() } else { 0 })
        .map(move |gap| with([&messages[..gap.start], &messages[gap.end..]].concat()));
    let within = messages.iter().enumerate().flat_map(move |(at, message)| {
        values::simpler(message).map(move |less| {
            let mut messages = messages.clone();
            messages[at] = less;
            with(messages)
        })
    });
    Box::new(fewer.chain(within))
}

/// The script with some bytes less in one of the things it sends.
fn shorter<'a>(input: &'a Input, steps: &'a [Step]) -> impl Iterator<Item = Input> + 'a {
    let of_step = move |(at, step): (usize, &'a Step)| {
        let (make, bytes): (fn(Bytes) -> Step, &Bytes) = match step {
            Step::Send(bytes) => (Step::Send, bytes),
            Step::Raw(bytes) => (Step::Raw, bytes),
            _ => return None,
        };
        Some(values::removals(bytes.len()).map(move |gap| {
            let mut steps = steps.to_vec();
            steps[at] = make([&bytes[..gap.start], &bytes[gap.end..]].concat().into());
            Input { body: Body::Script(steps), ..input.clone() }
        }))
    };
    steps.iter().enumerate().filter_map(of_step).flatten()
}
