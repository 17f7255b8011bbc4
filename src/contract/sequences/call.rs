//! The calls of a sequence: one alone, or those of several clients beside one another.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    ops::Range,
    time::Duration,
};

use futures_util::future::try_join_all;
use prost_reflect::{DynamicMessage, Value};

use super::{
    draw::broken,
    execute::{Done, Stage, now},
    schedule,
    step::{Origin, Step, get},
    world::Made,
};
use crate::{
    client::{self, CallError, Code, End, Exchange, Transport},
    contract::{Method, answer::Answer},
    promise::contract::{Model, Service},
};

/// So long a server may take until it has noticed that a call was taken back, and has done what it then does.
const NOTICES: Duration = Duration::from_millis(5);

/// How an answer leaves the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answered {
    /// With a status of the server's own.
    Clearly,
    /// The request breaks the rules of its fields, and the server says so.
    Refused,
    /// Whatever was asked may have been done.
    Perhaps,
    /// The same, and what came before the client went away can be held against the promises of a stream.
    GivenUp,
    /// With something that the promises do not speak of.
    Beside,
    /// With something that is no reply of the method.
    Unreadable,
}

/// One call and what came of it.
pub(super) struct Reply {
    pub answered: Answered,
    pub made: Made,
    pub done: Done,
    pub hung: bool,
    /// The connection is gone; the server may be.
    pub lost: bool,
}

/// What the calls of a sequence share while they are made.
pub(super) struct Course<'a, T> {
    pub stage: &'a Stage<'a, T>,
    pub steps: &'a [Step],
    pub salt: u64,
    /// Goes on at each beginning and each end of a call.
    pub clock: &'a Cell<u64>,
    /// Before the calls.
    pub model: &'a Model,
}

impl<T: Transport> Course<'_, T> {
    /// Makes the calls of these steps: each client its own, one after the other, and the clients at once. In the order of
    /// the steps come the replies.
    pub async fn make(&self, steps: Range<usize>, before: &[Done]) -> Result<Vec<Reply>, CallError> {
        let mut clients: BTreeMap<Option<usize>, Vec<usize>> = BTreeMap::new();
        for at in steps.clone() {
            clients.entry(self.steps[at].client).or_default().push(at);
        }
        let replies: RefCell<BTreeMap<usize, Reply>> = RefCell::default();
        let of_client = |own: Vec<usize>| {
            let replies = &replies;
            async move {
                for at in own {
                    if let Some(reply) = self.one(at, before, replies).await? {
                        replies.borrow_mut().insert(at, reply);
                    }
                }
                Ok::<(), CallError>(())
            }
        };
        try_join_all(clients.into_values().map(of_client)).await?;
        Ok(replies.into_inner().into_values().collect())
    }

    /// Nothing for a method that is not called.
    async fn one(
        &self,
        at: usize,
        before: &[Done],
        beside: &RefCell<BTreeMap<usize, Reply>>,
    ) -> Result<Option<Reply>, CallError> {
        let (stage, step) = (self.stage, &self.steps[at]);
        let Some(method) = stage.methods.iter().find(|it| it.name == step.method) else { return Ok(None) };
        let found = |origin: &Origin| match origin {
            Origin::Fresh(_) => None,
            Origin::Model { variable, turn } => {
                let known = self.model.drawn_from(variable);
                known.get(turn.checked_rem(known.len())?).cloned()
            }
            Origin::Reply { step, reply, field } => match before.get(*step) {
                Some(done) => get(done.got.get(*reply)?, field),
                None => get(beside.borrow().get(step)?.done.got.get(*reply)?, field),
            },
        };
        let (sent, linked) = step.resolved(method, self.salt, &found);
        let sent = schedule::sent(step, sent);
        let began = self.tick();
        let exchange = stage.judge.call(&self.call(step, method, &sent)).await?;
        let ended = self.tick();
        if exchange.end == End::Cancelled {
            tokio::time::sleep(NOTICES).await;
        }
        Ok(Some(self.reply(at, method, (sent, linked), &exchange, (began, ended))))
    }

    fn tick(&self) -> u64 {
        self.clock.set(self.clock.get() + 1);
        self.clock.get()
    }

    fn reply(
        &self,
        step: usize,
        method: &Method,
        (sent, linked): (Vec<DynamicMessage>, Vec<Option<Value>>),
        exchange: &Exchange,
        span: (u64, u64),
    ) -> Reply {
        let decode = |(_, bytes): &(u8, bytes::Bytes)| {
            DynamicMessage::decode(method.desc.output(), bytes.as_ref()).ok()
        };
        let got: Option<Vec<DynamicMessage>> = exchange.messages.iter().map(decode).collect();
        let code = exchange.status().code;
        let number = i32::try_from(code.number()).unwrap_or(i32::MAX);
        let name = method.desc.name();
        let is_refused = matches!(code, Code::InvalidArgument | Code::OutOfRange)
            && sent.iter().any(|it| broken(method, it));
        let one_reply = method.desc.is_server_streaming() || code != Code::Ok;
        let (at, step) = (step, &self.steps[step]);
        let is_race = step.client.is_some();
        let answered = match answered(exchange, mentions(self.stage.service, name, number)) {
            Answered::Perhaps
                if exchange.end == End::Cancelled && !step.turns.is_empty() && got.is_some() =>
            {
                Answered::GivenUp
            }
            Answered::Clearly if is_refused => Answered::Refused,
            // Who meets another write may give up: nothing promises that no call ever does.
            Answered::Clearly if is_race && code == Code::Aborted => Answered::Beside,
            Answered::Clearly if got.as_ref().is_none_or(|got| !one_reply && got.len() != 1) => {
                Answered::Unreadable
            }
            answered => answered,
        };
        let got = got.unwrap_or_default();
        let done = Done {
            sent: sent.clone(),
            linked,
            got: got.clone(),
            outcome: exchange.outcome(),
            answer: Answer::of(method, exchange, self.stage.judge.metadata),
            span,
        };
        let made = Made {
            step: at,
            method: name.to_owned(),
            sent,
            got,
            code: number,
            clock: (self.stage.started, now()),
            began: span.0,
            ended: Some(span.1),
        };
        Reply {
            answered,
            made,
            done,
            hung: exchange.end == End::Hang,
            lost: matches!(exchange.end, End::Closed(_) | End::GoAway(_)),
        }
    }

    fn call(&self, step: &Step, method: &Method, sent: &[DynamicMessage]) -> client::Call {
        let mut script = schedule::script(step, sent);
        let is_given_up = matches!(script.last(), Some(client::Step::Cancel));
        if let Some(wait) = step.cancel.filter(|_| !is_given_up) {
            script.extend([client::Step::Pause(Duration::from_millis(wait)), client::Step::Cancel]);
        }
        let judge = self.stage.judge;
        let metadata = judge.metadata.to_vec();
        client::Call { path: method.path(), metadata, deadline: judge.deadline, script }
    }
}

/// Whether the promises of the method speak of this status.
fn mentions(service: &Service, method: &str, code: i32) -> bool {
    service.methods.get(method).is_some_and(|it| {
        let errors = it.errors.iter().chain(&it.requires).any(|(_, of)| *of == code);
        errors || it.may_return.contains(&code)
    })
}

fn answered(exchange: &Exchange, is_mentioned: bool) -> Answered {
    let status = exchange.status();
    if !matches!(exchange.end, End::Trailers | End::TrailersOnly) || status.synthetic {
        return Answered::Perhaps;
    }
    match status.code {
        Code::Cancelled | Code::DeadlineExceeded | Code::Unavailable => Answered::Perhaps,
        // Nobody asked for credentials, or for patience.
        Code::PermissionDenied | Code::Unauthenticated | Code::ResourceExhausted if !is_mentioned => {
            Answered::Beside
        }
        // Another check owns it.
        Code::Unimplemented if !is_mentioned => Answered::Beside,
        _ => Answered::Clearly,
    }
}
