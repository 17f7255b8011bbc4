//! Schedules: what a client does over time, beside what it sends. Held open past a deadline, cancelled at every
//! point, read no further.

use std::time::Duration;

use bytes::Bytes;
use prost_reflect::{DynamicMessage, Kind, Value};

use super::{
    class::Class,
    input::{Body, Input},
    plan::Method,
    pool::names_things,
};
use crate::{client::Step, values};

/// Every schedule of a method, in a fixed order. Sent one after the other: each needs the server to itself.
pub(super) fn inputs(seed: u64, method: &Method) -> Vec<Input> {
    let message = values::encode(&method.typical(seed));
    let send = || Step::Send(Bytes::copy_from_slice(&message));
    let with = |class, label: &str, script| Input::new(class, label, Body::Script(script));
    let mut inputs = Vec::new();
    if method.desc.is_client_streaming() {
        inputs.push(with(Class::Deadline, "a stream held open", vec![]));
        inputs.push(with(Class::Deadline, "a stream held open after a message", vec![send()]));
    } else {
        inputs.push(with(Class::Deadline, "a request that never comes", vec![]));
        inputs.push(with(Class::Deadline, PLAIN, vec![send(), Step::HalfClose]));
    }
    let pause = || Step::Pause(Duration::from_millis(5));
    inputs.push(with(Class::Cancel, "cancelled at once", vec![Step::Cancel]));
    inputs.push(with(Class::Cancel, "cancelled after a message", vec![send(), pause(), Step::Cancel]));
    let closed = vec![send(), Step::HalfClose, Step::Cancel];
    inputs.push(with(Class::Cancel, "cancelled after half-close", closed));
    if method.desc.is_server_streaming() {
        let unread = script_unread(&message, method);
        inputs.push(with(Class::Backpressure, "a response that nobody reads", unread));
        if method.desc.is_client_streaming() {
            // Frameworks write small replies into one buffer, and are done before anybody could stop reading.
            let large = values::encode(&large(method, seed));
            let unread = script_unread(&large, method);
            inputs.push(with(Class::Backpressure, LARGE, unread));
        }
    }
    inputs
}

/// The response is left unread until a sibling has been answered.
fn script_unread(message: &[u8], method: &Method) -> Vec<Step> {
    let count = if method.desc.is_client_streaming() { MESSAGES } else { 1 };
    let send = || Step::Send(Bytes::copy_from_slice(message));
    let mut script = vec![Step::StopReading(0)];
    script.extend((0..count).map(|_| send()));
    script.extend([Step::HalfClose, Step::Pause(UNREAD), Step::Resume]);
    script
}

/// A plain message with a long text in each field that takes one, as far as its name tells.
pub(super) fn large(method: &Method, seed: u64) -> DynamicMessage {
    let mut message = method.typical(seed);
    for field in method.desc.input().fields() {
        let is_text = matches!(field.kind(), Kind::String) && !field.is_list() && !names_things(field.name());
        if is_text && message.get_field(&field).as_str().is_some_and(|text| text.starts_with("Ada")) {
            message.set_field(&field, Value::String("a".repeat(LONG)));
        }
    }
    message
}

/// So many long ones are more than a server takes in and writes ahead. One that reads no faster than it writes then
/// stops reading, and is in the right: that such a call does not end is nobody's fault (see `backpressure`).
const MESSAGES: usize = 20;
const LONG: usize = 8 << 10;

/// The label of a whole request with a short deadline: the handler's to keep, where the others are often the
/// framework's.
pub(super) const PLAIN: &str = "a plain request";
/// The label of the case with more than fits.
pub(super) const LARGE: &str = "large replies that nobody reads";

/// How long a response is left unread.
pub(super) const UNREAD: Duration = Duration::from_millis(600);
/// How long after it the other call starts.
pub(super) const HEAD_START: Duration = Duration::from_millis(50);
/// How many bytes of it may come in this time: less than one large reply, so that a server which writes one after the
/// other is held up.
pub(super) const WINDOW: u32 = 1024;
