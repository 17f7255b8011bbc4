//! Whether some order of calls explains what they were answered with.
//!
//! Calls that ran beside one another may have taken effect in either order, and one of which nobody knows how it ended
//! may have taken effect at any time after it was sent, or never. The replies are fine when there is one order, with each
//! call between its beginning and its end, in which every promise is kept: the search of Wing and Gong, which turns
//! back at the first promise that is broken and never goes on twice from the same calls and the same state.

use std::cmp::Reverse;

use prost_reflect::{DynamicMessage, MessageDescriptor, ReflectMessage as _, Value};

use super::{Call, Model, Service, Told, Verdict, code, guess::Guess};

/// More calls are not judged for one history.
const MOST_JUDGED: usize = 5000;
/// The calls of a history are the bits of a number.
const MOST_CALLS: usize = 64;
/// So many replies are tried for one that nobody saw.
const MOST_REPLIES: usize = 16;
/// So many dead ends are remembered.
const MOST_ENDS: usize = 64;

/// A call of a history.
#[derive(Debug, Clone)]
pub struct Happened<'a> {
    /// What was sent and what came back. Where nobody knows how it ended, the replies and the status are not looked at.
    pub call: Call<'a>,
    /// When it was sent, in turns of some clock.
    pub began: u64,
    /// When its answer had come; nothing where nobody knows whether it took effect.
    pub ended: Option<u64>,
}

/// What a search came to.
#[derive(Debug)]
pub enum Order {
    /// There is one: the state after it, and what the promises say of each call, in this order. A call that nobody
    /// knows of is in it only where it took effect.
    Found(Model, Vec<(usize, Vec<Told>)>),
    /// There is none. Those that come farthest are first.
    None(Vec<DeadEnd>),
    /// Nobody can tell: the history is too long, an effect cannot be evaluated, or a reply that nobody saw may have been
    /// anything.
    Untold,
}

/// A beginning of an order that cannot go on in this way.
#[derive(Debug, Clone)]
pub struct DeadEnd {
    /// The calls that took effect, in this order.
    pub before: Vec<usize>,
    /// The call that breaks a promise then.
    pub at: usize,
    /// The promise.
    pub told: Told,
}

impl Service {
    /// Looks for an order of these calls that keeps every promise.
    pub fn order(&self, start: &Model, history: &[Happened<'_>]) -> Order {
        if history.len() > MOST_CALLS {
            return Order::Untold;
        }
        let (passed, path, ends) = (Vec::new(), Vec::new(), Vec::new());
        let mut search = Search { service: self, history, passed, path, ends, judged: 0, unclear: false };
        match search.rest(0, start) {
            Some(model) => Order::Found(model, search.path),
            None if search.judged >= MOST_JUDGED || search.unclear => Order::Untold,
            None => {
                search.ends.sort_by_key(|it| Reverse(it.before.len()));
                Order::None(search.ends)
            }
        }
    }
}

/// Where a reply is from that nobody saw.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Of {
    /// Another call was answered with it.
    Another,
    /// The call itself says what it must have been.
    Itself,
    /// It is one of many that it may have been.
    Nobody,
}

struct Search<'a> {
    service: &'a Service,
    history: &'a [Happened<'a>],
    /// Where it has been: the calls that are done, as bits, and the state after them.
    passed: Vec<(u64, Model)>,
    path: Vec<(usize, Vec<Told>)>,
    ends: Vec<DeadEnd>,
    judged: usize,
    unclear: bool,
}

impl Search<'_> {
    /// The state after an order of all that is left.
    fn rest(&mut self, done: u64, model: &Model) -> Option<Model> {
        let history = self.history;
        let left = || (0..history.len()).filter(|at| done & (1 << at) == 0);
        // Nothing that begins after another call has ended comes before it.
        let Some(first_end) = left().filter_map(|at| history[at].ended).min() else {
            return Some(model.clone());
        };
        if self.passed.iter().any(|(calls, state)| *calls == done && state == model) {
            return None;
        }
        self.passed.push((done, model.clone()));
        let mut next: Vec<usize> = left().filter(|at| history[*at].began < first_end).collect();
        // In the order of their ends most histories are explained at once.
        next.sort_by_key(|at| history[*at].ended.unwrap_or(u64::MAX));
        for at in next {
            let happened = &history[at];
            if happened.ended.is_some() {
                if let Some(model) = self.with(done, model, (at, &happened.call), true) {
                    return Some(model);
                }
                continue;
            }
            for (reply, of) in self.replies(model, at) {
                let call = Call { got: &reply, code: code::OK, ..happened.call.clone() };
                if let Some(model) = self.with(done, model, (at, &call), of == Of::Another) {
                    return Some(model);
                }
                // It may have been another reply that explains what came after it.
                self.unclear |= of == Of::Nobody;
            }
        }
        None
    }

    /// The same after this call. What is guessed of a reply is held against nobody.
    fn with(
        &mut self,
        done: u64,
        old: &Model,
        (at, call): (usize, &Call<'_>),
        is_seen: bool,
    ) -> Option<Model> {
        if self.judged >= MOST_JUDGED {
            return None;
        }
        self.judged += 1;
        let Ok(new) = self.service.apply(old, call) else {
            self.unclear |= self.history[at].ended.is_some();
            return None;
        };
        let told = if is_seen { self.service.judge(old, &new, call) } else { Vec::new() };
        if let Some(broken) = told.iter().find(|it| matches!(it.verdict, Verdict::Broken(_))) {
            // That a reply of another call was not the one that is missing, is nothing to tell.
            if self.history[at].ended.is_some() && self.ends.len() < MOST_ENDS {
                let before = self.path.iter().map(|(at, _)| *at).collect();
                self.ends.push(DeadEnd { before, at, told: broken.clone() });
            }
            return None;
        }
        self.path.push((at, told));
        let after = self.rest(done | 1 << at, &new);
        if after.is_none() {
            self.path.pop();
        }
        after
    }

    /// What a call may have been answered with that nobody saw the answer of: what other replies show, and what can be
    /// guessed from the request.
    fn replies(&self, model: &Model, at: usize) -> Vec<(Vec<DynamicMessage>, Of)> {
        let call = &self.history[at].call;
        let Some(method) = self.service.methods.get(call.method) else { return Vec::new() };
        if method.desc.is_server_streaming() {
            return vec![(Vec::new(), Of::Nobody)];
        }
        let mut seen = Vec::new();
        for other in self.history.iter().filter(|it| it.ended.is_some()) {
            other.call.got.iter().for_each(|reply| gather(reply, &method.desc.output(), &mut seen));
        }
        let seen = seen.into_iter().map(|reply| (vec![reply], Of::Another));
        let Guess { reply, is_sure } = self.service.guess(method, model, call, at);
        seen.chain([(vec![reply], if is_sure { Of::Itself } else { Of::Nobody })]).collect()
    }
}

/// The messages of a type in a reply, itself among them.
fn gather(reply: &DynamicMessage, of: &MessageDescriptor, into: &mut Vec<DynamicMessage>) {
    if into.len() >= MOST_REPLIES {
        return;
    }
    if reply.descriptor() == *of {
        if !into.contains(reply) {
            into.push(reply.clone());
        }
        return;
    }
    for (_, value) in reply.fields() {
        match value {
            Value::Message(inner) => gather(inner, of, into),
            Value::List(items) => {
                items.iter().filter_map(Value::as_message).for_each(|it| gather(it, of, into));
            }
            Value::Map(entries) => {
                entries.values().filter_map(Value::as_message).for_each(|it| gather(it, of, into));
            }
            _ => {}
        }
    }
}
