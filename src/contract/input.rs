//! What one case sends: plain data, and how it becomes a call.

use std::time::Duration;

use bytes::Bytes;
use prost_reflect::DynamicMessage;

use super::{class::Class, plan::Method, requests, variant};
use crate::{
    client::{Call, Step},
    promise, values,
};

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
    /// What is special about it, in a phrase. With the class it names the variant.
    pub label: String,
    pub body: Body,
    /// Whether fewer messages would be a request too.
    pub stream: bool,
    /// Whether it names things that the server has: the compared calls must not be told apart by new names.
    pub pooled: bool,
}

/// How long a call of [`Class::Deadline`] may take.
pub(super) const SHORT: Duration = Duration::from_millis(300);

/// How long a call may take of which the response is not read for a while.
const UNREAD_FOR: Duration = Duration::from_secs(3);
/// How long malformed input may be thought about. Some frameworks wait for the rest of it, each time.
const WIRE: Duration = Duration::from_secs(1);

impl Input {
    pub fn new(class: Class, label: impl Into<String>, body: Body) -> Input {
        Input { class, label: label.into(), body, stream: false, pooled: false }
    }

    pub fn of(
        class: Class,
        method: &Method,
        label: impl Into<String>,
        messages: Vec<DynamicMessage>,
    ) -> Input {
        let stream = method.desc.is_client_streaming();
        Input { stream, ..Input::new(class, label, Body::Messages(messages)) }
    }

    pub fn valid(method: &Method, label: impl Into<String>, messages: Vec<DynamicMessage>) -> Input {
        Input::of(requests::class(method, &messages), method, label, messages)
    }

    /// The same with other messages; of a script, the script.
    pub fn map(mut self, of: impl FnMut(DynamicMessage) -> DynamicMessage) -> Input {
        if let Body::Messages(messages) = &mut self.body {
            *messages = std::mem::take(messages).into_iter().map(of).collect();
        }
        self
    }

    /// What goes over the wire.
    pub fn script(&self, method: &Method) -> Vec<Step> {
        match &self.body {
            Body::Script(steps) => steps.clone(),
            Body::Messages(messages) => {
                let encoded: Vec<Vec<u8>> = messages.iter().map(values::encode).collect();
                match variant::find(self.class, &self.label) {
                    Some(variant) => (variant.script)(&encoded, method),
                    None => variant::plain(&encoded, method),
                }
            }
        }
    }

    /// The same messages without what makes it a variant; of a script, the script.
    pub fn plain(&self, method: &Method) -> Vec<Step> {
        let without = |message: &DynamicMessage| match requests::left_out(self.class) {
            Some(fields) => values::encode(&promise::behavior::without(message, &fields)),
            None => values::encode(message),
        };
        match &self.body {
            Body::Script(steps) => steps.clone(),
            Body::Messages(messages) => {
                variant::plain(&messages.iter().map(without).collect::<Vec<_>>(), method)
            }
        }
    }

    /// The messages that are sent as messages.
    pub fn messages(&self, method: &Method) -> Vec<DynamicMessage> {
        let decode = |step: &Step| match step {
            Step::Send(bytes) => DynamicMessage::decode(method.desc.input(), bytes.as_ref()).ok(),
            _ => None,
        };
        match &self.body {
            Body::Messages(messages) => messages.clone(),
            Body::Script(steps) => steps.iter().filter_map(decode).collect(),
        }
    }

    pub fn path(&self, method: &Method) -> String {
        match self.class {
            Class::UnknownMethod => format!("{}ProtogateUndeclared", method.path()),
            _ => method.path(),
        }
    }

    /// The deadline of the call, where that of the run is `usual`.
    pub fn deadline(&self, usual: Duration) -> Duration {
        match self.class {
            Class::Deadline => SHORT.min(usual),
            Class::Backpressure => UNREAD_FOR.min(usual),
            class if class.is_malformed() => WIRE.min(usual),
            _ => usual,
        }
    }

    pub fn call(&self, method: &Method, metadata: &[(String, Vec<u8>)], usual: Duration) -> Call {
        let extra = variant::find(self.class, &self.label).map_or(&[][..], |variant| variant.headers);
        let extra = extra.iter().map(|(name, value)| ((*name).to_owned(), value.to_vec()));
        Call {
            path: self.path(method),
            metadata: metadata.iter().cloned().chain(extra).collect(),
            deadline: self.deadline(usual),
            script: self.script(method),
        }
    }

    /// The call that a variant is compared with.
    pub fn plain_call(&self, method: &Method, metadata: &[(String, Vec<u8>)], usual: Duration) -> Call {
        Call {
            path: self.path(method),
            metadata: metadata.to_vec(),
            deadline: usual,
            script: self.plain(method),
        }
    }

    /// The bytes of each thing sent.
    pub fn sent(&self, method: &Method) -> Vec<Bytes> {
        let bytes = |step| match step {
            Step::Send(bytes) | Step::Raw(bytes) => Some(bytes),
            _ => None,
        };
        self.script(method).into_iter().filter_map(bytes).collect()
    }

    /// ProtoJSON of the messages; nothing for bytes that are no message, or that JSON cannot say.
    pub fn json(&self) -> Option<Vec<serde_json::Value>> {
        match &self.body {
            Body::Messages(messages) => messages.iter().map(|m| serde_json::to_value(m).ok()).collect(),
            Body::Script(_) => None,
        }
    }

    /// The same request with names that nobody has used: a plain message of the type gives each string that is
    /// there another value. What cannot be sent twice can be compared then.
    pub fn renewed(&self, method: &Method, salt: u64) -> Input {
        let Body::Messages(messages) = &self.body else { return self.clone() };
        let renew = |(at, message): (u64, &DynamicMessage)| {
            use prost_reflect::ReflectMessage as _;
            let other = method.typical(salt.wrapping_add(at));
            let mut message = message.clone();
            for field in message.descriptor().fields() {
                let is_text = matches!(field.kind(), prost_reflect::Kind::String) && !field.is_list();
                let names = self.pooled && super::pool::names_things(field.name());
                let filled = message.get_field(&field).as_str().is_some_and(|text| !text.is_empty());
                if is_text && filled && !names && other.has_field(&field) {
                    message.set_field(&field, other.get_field(&field).into_owned());
                }
            }
            message
        };
        Input { body: Body::Messages((0..).zip(messages).map(renew).collect()), ..self.clone() }
    }
}

/// One step of shrinking: fewer messages, or a simpler one; of a script, fewer steps or bytes.
pub(super) fn simpler(input: &Input) -> Box<dyn Iterator<Item = Input> + '_> {
    let messages = match &input.body {
        Body::Messages(messages) => messages,
        Body::Script(steps) => return Box::new(fewer_steps(input, steps).chain(shorter(input, steps))),
    };
    let with = move |messages| Input { body: Body::Messages(messages), ..input.clone() };
    // A unary request has one message; a script with fewer is another class of input.
    let fewer = values::removals(if input.stream { messages.len() } else { 0 })
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

/// A schedule without one of its events. Of other scripts every step is needed.
fn fewer_steps<'a>(input: &'a Input, steps: &'a [Step]) -> impl Iterator<Item = Input> + 'a {
    let count = if input.class == Class::Deadline { steps.len() } else { 0 };
    (0..count).map(move |at| {
        let mut steps = steps.to_vec();
        steps.remove(at);
        Input { body: Body::Script(steps), ..input.clone() }
    })
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
