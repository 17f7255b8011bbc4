//! One sequence against the server: step by step, and each answer against the promises.
//!
//! Whether a call that had no answer did anything is not known: both are taken for possible, and a promise is broken
//! only where it is broken in each of the possible worlds.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    time::{SystemTime, UNIX_EPOCH},
};

use prost_reflect::{DynamicMessage, Value};

use super::{
    Reset,
    step::{Origin, Step, get, scalars},
};
use crate::{
    client::{self, CallError, Code, End, Exchange, Transport},
    contract::{Method, answer::Answer, cover, judge::Judge},
    promise::contract::{Call, Model, Service, Told, Verdict},
    values,
};

/// More possible worlds than these say nothing any more.
const WORLDS: usize = 8;

/// What a sequence is run in.
pub(in crate::contract) struct Stage<'a, T> {
    pub judge: &'a Judge<'a, T>,
    pub methods: &'a [&'a Method],
    pub service: &'a Service,
    /// What empties the server before each sequence.
    pub reset: Option<&'a Reset>,
    /// Why it could not be emptied, once it could not.
    pub failed: RefCell<Option<String>>,
    /// Seconds since the Unix epoch when the run began.
    pub started: i64,
    /// What is fresh in one run of a sequence, is not in another: of the seed, and how often something ran.
    pub salt: u64,
    pub runs: Cell<u64>,
}

/// A step that was made.
#[derive(Debug, Clone)]
pub(in crate::contract) struct Done {
    pub sent: Vec<DynamicMessage>,
    /// For each link the value that it led to.
    pub linked: Vec<Option<Value>>,
    pub got: Vec<DynamicMessage>,
    pub outcome: String,
    pub answer: Answer,
}

/// What came of a run of a sequence.
#[derive(Debug, Default)]
pub(in crate::contract) struct Ran {
    pub done: Vec<Done>,
    /// What the last step of these broke.
    pub broken: Option<Told>,
    /// The rules that could not be evaluated, with the reason.
    pub unclear: Vec<Told>,
    /// What each promise said, with the method.
    pub told: Vec<(String, Told)>,
    /// How much was in each variable of the model, at most.
    pub reached: BTreeMap<String, usize>,
    /// A call had no answer before the deadline.
    pub hung: bool,
    /// After the steps that were made nobody was there any more.
    pub unreachable: Option<CallError>,
}

/// How an answer leaves the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answered {
    /// With a status of the server's own.
    Clearly,
    /// Whatever was asked may have been done.
    Perhaps,
    /// With something that the promises do not speak of.
    Beside,
}

impl<'a, T: Transport> Stage<'a, T> {
    pub fn new(
        judge: &'a Judge<'a, T>,
        methods: &'a [&'a Method],
        service: &'a Service,
        (reset, salt): (Option<&'a Reset>, u64),
    ) -> Stage<'a, T> {
        let (failed, runs) = (RefCell::default(), Cell::default());
        Stage { judge, methods, service, reset, failed, started: now(), salt, runs }
    }

    /// Whether nothing is in the server before a sequence.
    pub fn is_closed(&self) -> bool {
        self.reset.is_some() && self.failed.borrow().is_none()
    }

    /// Runs the steps until one breaks a promise.
    ///
    /// # Errors
    /// The first call could not be made.
    pub async fn execute(&self, steps: &[Step]) -> Result<Ran, CallError> {
        if let Some(reset) = self.reset.filter(|_| self.is_closed())
            && let Err(why) = reset.run().await
        {
            *self.failed.borrow_mut() = Some(why);
        }
        self.runs.set(self.runs.get() + 1);
        let salt = cover::hash(&[&self.salt.to_le_bytes(), &self.runs.get().to_le_bytes()]);
        let mut ran = Ran::default();
        let mut worlds = vec![Model::new(self.service, self.is_closed())];
        for step in steps {
            let Some(method) = self.methods.iter().find(|it| it.name == step.method) else { break };
            let model = &worlds[0];
            let (sent, linked) = step.resolved(method, salt, &|origin| found(origin, model, &ran.done));
            let exchange = match self.judge.call(&self.call(step, method, &sent)).await {
                Ok(exchange) => exchange,
                Err(error) if ran.done.is_empty() => return Err(error),
                Err(error) => {
                    ran.unreachable = Some(error);
                    break;
                }
            };
            let decode = |(_, bytes): &(u8, bytes::Bytes)| {
                DynamicMessage::decode(method.desc.output(), bytes.as_ref()).ok()
            };
            let got: Option<Vec<DynamicMessage>> = exchange.messages.iter().map(decode).collect();
            let code = exchange.status().code;
            ran.hung |= exchange.end == End::Hang;
            ran.done.push(Done {
                sent: sent.clone(),
                linked,
                got: got.clone().unwrap_or_default(),
                outcome: exchange.outcome(),
                answer: Answer::of(method, &exchange, self.judge.metadata),
            });
            // A death is that of the call that had no answer, not of the one that found nobody.
            if matches!(exchange.end, End::Closed(_) | End::GoAway(_))
                && let Some(gone) = self.judge.gone().await
            {
                ran.unreachable = Some(gone);
                break;
            }
            let name = method.desc.name();
            let now = now();
            let call = |got, code| Call { method: name, sent: &sent, got, code, clock: (self.started, now) };
            // What cannot be read belongs to another check, and nothing is known after it.
            let Some(got) = got else { break };
            let shape = !method.desc.is_server_streaming() && code == Code::Ok && got.len() != 1;
            let number = i32::try_from(code.number()).unwrap_or(i32::MAX);
            match answered(&exchange, self.mentions(name, number)) {
                _ if shape => break,
                Answered::Beside => break,
                Answered::Perhaps => {
                    let Some(more) = self.perhaps(&worlds, &call(&[], 0)) else { break };
                    worlds = more;
                }
                Answered::Clearly => {
                    let refused = sent.iter().any(|it| super::draw::broken(method, it));
                    // Who validates first need not know what is promised beyond it.
                    if refused && matches!(code, Code::InvalidArgument | Code::OutOfRange) {
                        let told = self.service.judge(&worlds[0], &worlds[0], &call(&got, number));
                        let kept = told.into_iter().filter(|it| it.verdict == Verdict::Kept);
                        ran.told.extend(kept.map(|it| (method.name.clone(), it)));
                        continue;
                    }
                    match self.judge_all(&worlds, &call(&got, number), &mut ran) {
                        Some(next) => worlds = next,
                        None => break,
                    }
                }
            }
        }
        Ok(ran)
    }

    /// The worlds after the call; nothing where a promise is broken, or where the model cannot go on.
    fn judge_all(&self, worlds: &[Model], call: &Call<'_>, ran: &mut Ran) -> Option<Vec<Model>> {
        let method = format!("{}/{}", self.service.name, call.method);
        let mut next = Vec::new();
        let mut first: Option<Told> = None;
        for old in worlds {
            let new = match self.service.apply(old, call) {
                Ok(new) => new,
                Err(why) => {
                    let rule = format!("effect of {}", call.method);
                    ran.unclear.push(Told { rule, of: None, verdict: Verdict::Unclear(why) });
                    return None;
                }
            };
            let told = self.service.judge(old, &new, call);
            let is_broken = told.iter().find(|it| matches!(it.verdict, Verdict::Broken(_))).cloned();
            ran.unclear.extend(told.iter().filter(|it| matches!(it.verdict, Verdict::Unclear(_))).cloned());
            ran.told.extend(told.into_iter().map(|it| (method.clone(), it)));
            match is_broken {
                Some(told) => first = first.or(Some(told)),
                None if next.contains(&new) => {}
                None => next.push(new),
            }
        }
        if next.is_empty() {
            ran.broken = first;
            return None;
        }
        for state in &self.service.states {
            let size = next[0].size(&state.name);
            let most = ran.reached.entry(state.name.clone()).or_default();
            *most = (*most).max(size);
        }
        Some(next)
    }

    /// The worlds in which the call did nothing and those in which it did what it should; nothing where the latter
    /// cannot be told.
    fn perhaps(&self, worlds: &[Model], call: &Call<'_>) -> Option<Vec<Model>> {
        let mut all = worlds.to_vec();
        for old in worlds {
            let new = self.service.apply(old, call).ok()?;
            if !all.contains(&new) {
                all.push(new);
            }
        }
        (all.len() <= WORLDS).then_some(all)
    }

    /// Whether the promises of the method speak of this status.
    fn mentions(&self, method: &str, code: i32) -> bool {
        self.service.methods.get(method).is_some_and(|it| {
            let errors = it.errors.iter().chain(&it.requires).any(|(_, of)| *of == code);
            errors || it.may_return.contains(&code)
        })
    }

    fn call(&self, step: &Step, method: &Method, sent: &[DynamicMessage]) -> client::Call {
        let mut script = Vec::new();
        for (at, message) in sent.iter().enumerate() {
            script.push(client::Step::Send(values::encode(message).into()));
            if step.in_turn {
                script.push(client::Step::Await(at + 1));
            }
        }
        script.push(client::Step::HalfClose);
        let metadata = self.judge.metadata.to_vec();
        client::Call { path: method.path(), metadata, deadline: self.judge.deadline, script }
    }
}

/// What the origin leads to now.
fn found(origin: &Origin, model: &Model, done: &[Done]) -> Option<Value> {
    match origin {
        Origin::Fresh(_) => None,
        Origin::Model { variable, turn } => {
            let known = model.drawn_from(variable);
            known.get(turn.checked_rem(known.len())?).cloned()
        }
        Origin::Reply { step, reply, field } => get(done.get(*step)?.got.get(*reply)?, field),
    }
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

/// The steps with what they drew from the model as values of earlier replies, where it came from one.
pub(super) fn pinned(steps: &[Step], done: &[Done]) -> Vec<Step> {
    let mut out = steps.to_vec();
    for (at, step) in out.iter_mut().enumerate() {
        let Some(linked) = done.get(at).map(|it| &it.linked) else { continue };
        for (link, value) in step.links.iter_mut().zip(linked) {
            let (Origin::Model { .. }, Some(value)) = (&link.from, value) else { continue };
            let origin = (0..at).find_map(|earlier| named_by(&done[earlier].got, value, earlier));
            if let Some(origin) = origin {
                link.from = origin;
            }
        }
    }
    out
}

fn named_by(got: &[DynamicMessage], value: &Value, step: usize) -> Option<Origin> {
    got.iter().enumerate().find_map(|(reply, message)| {
        let named = scalars(message).into_iter().find(|(.., it)| it == value);
        named.map(|(field, ..)| Origin::Reply { step, reply, field })
    })
}

/// Seconds since the Unix epoch.
pub(super) fn now() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(now.as_secs()).unwrap_or(i64::MAX)
}
