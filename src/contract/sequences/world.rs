//! What is known of the server while a sequence runs: the model after the calls so far, or, where more than one may be
//! right, the calls themselves.

use prost_reflect::DynamicMessage;

use super::{
    execute::{Ends, Ran},
    rules::LINEARIZABILITY,
    tell::telling,
};
use crate::promise::contract::{Call, DeadEnd, Happened, Model, Order, Rule, Service, Told, Verdict};

/// More calls of which nobody knows how they ended leave nothing to say.
const UNKNOWN: usize = 4;
/// So many orders are shown that do not explain the replies.
const SHOWN: usize = 4;

/// A call that may have changed the server.
#[derive(Debug)]
pub(super) struct Made {
    /// Which step made it.
    pub step: usize,
    /// The simple name of the method.
    pub method: String,
    pub sent: Vec<DynamicMessage>,
    pub got: Vec<DynamicMessage>,
    pub code: i32,
    pub clock: (i64, i64),
    pub began: u64,
    /// Nothing where nobody knows whether it took effect.
    pub ended: Option<u64>,
}

impl Made {
    fn call(&self) -> Call<'_> {
        let (method, sent, got) = (&*self.method, &*self.sent, &*self.got);
        Call { method, sent, got, code: self.code, clock: self.clock }
    }

    fn happened(&self) -> Happened<'_> {
        Happened { call: self.call(), began: self.began, ended: self.ended }
    }
}

/// The server, as far as the calls tell.
pub(super) struct World<'a> {
    service: &'a Service,
    ends: Ends,
    /// Before the calls below.
    settled: Model,
    /// Since the first call that was made beside another, or of which nobody knows how it ended.
    since: Vec<Made>,
    raced: bool,
    /// The model, or one of those that are possible.
    now: Model,
}

impl<'a> World<'a> {
    /// `closed`: nothing is in it.
    pub fn new(service: &'a Service, closed: bool, ends: Ends) -> World<'a> {
        let settled = Model::new(service, closed);
        World { service, ends, now: settled.clone(), settled, since: Vec::new(), raced: false }
    }

    pub fn model(&self) -> &Model {
        &self.now
    }

    /// What the promises say of a call that changes nothing, in the model as it is.
    pub fn judge(&self, made: &Made) -> Vec<Told> {
        self.service.judge(&self.now, &self.now, &made.call())
    }

    /// Whether the replies of a call that was given up break what holds after each of them.
    pub fn breaks(&self, made: &Made, ran: &mut Ran) -> bool {
        let told = self.judge(made).into_iter().filter(|it| it.rule.starts_with("each/"));
        let told: Vec<Told> = told.collect();
        let broken = self.ending(made, &told);
        // Where more than one model is possible, another one may allow it.
        let broken = broken.filter(|_| self.since.is_empty());
        let is_broken = broken.is_some();
        if is_broken {
            (ran.broken, ran.at) = (broken, Some(made.step));
        }
        if is_broken || self.since.is_empty() {
            self.add(made, told, ran);
        }
        is_broken
    }

    /// Takes a call, or several that were made beside one another, and says in `ran` what comes of it. `false`: nothing
    /// more can be said after it.
    pub fn take(&mut self, made: Vec<Made>, ran: &mut Ran) -> bool {
        if let [only] = made.as_slice()
            && only.ended.is_some()
            && self.since.is_empty()
        {
            return self.settle(only, ran);
        }
        let first = self.since.len();
        self.raced |= made.len() > 1;
        self.since.extend(made);
        if self.since.iter().filter(|it| it.ended.is_none()).count() > UNKNOWN {
            return false;
        }
        let history: Vec<Happened<'_>> = self.since.iter().map(Made::happened).collect();
        match self.service.order(&self.settled, &history) {
            Order::Untold => false,
            Order::Found(model, told) => {
                for (at, told) in told.into_iter().filter(|(at, _)| *at >= first) {
                    self.add(&self.since[at], told, ran);
                }
                self.now = model;
                true
            }
            Order::None(ends) => {
                self.break_down(&ends, ran);
                false
            }
        }
    }

    /// A call after which nothing is in doubt.
    fn settle(&mut self, made: &Made, ran: &mut Ran) -> bool {
        let call = made.call();
        let new = match self.service.apply(&self.settled, &call) {
            Ok(new) => new,
            Err(why) => {
                let rule = format!("effect of {}", made.method);
                ran.unclear.push(Told { rule, of: None, verdict: Verdict::Unclear(why) });
                return false;
            }
        };
        let told = self.service.judge(&self.settled, &new, &call);
        let broken = self.ending(made, &told);
        self.add(made, told, ran);
        if broken.is_some() {
            (ran.broken, ran.at) = (broken, Some(made.step));
            return false;
        }
        (self.settled, self.now) = (new.clone(), new);
        true
    }

    /// The first broken promise that ends the sequence.
    fn ending(&self, made: &Made, told: &[Told]) -> Option<Told> {
        let method = self.method(made);
        let is_it = |it: &&Told| matches!(it.verdict, Verdict::Broken(_)) && self.ends.has(&it.rule, &method);
        told.iter().find(is_it).cloned()
    }

    /// The name of its method, with that of the service.
    fn method(&self, made: &Made) -> String {
        format!("{}/{}", self.service.name, made.method)
    }

    fn add(&self, made: &Made, told: Vec<Told>, ran: &mut Ran) {
        let method = self.method(made);
        ran.unclear.extend(told.iter().filter(|it| matches!(it.verdict, Verdict::Unclear(_))).cloned());
        ran.told.extend(told.into_iter().map(|it| (method.clone(), it)));
    }

    /// No order explains the replies: what the nearest one breaks, and how the others fail.
    fn break_down(&self, ends: &[DeadEnd], ran: &mut Ran) {
        let Some(nearest) = ends.first() else { return };
        let step = |at: &usize| self.since[*at].step;
        ran.at = Some(step(&nearest.at));
        ran.orders = ends.iter().take(SHOWN).map(|it| self.shown(it)).collect();
        let unknown = self.since.iter().filter(|it| it.ended.is_none()).map(|it| it.step);
        ran.unknown = unknown.collect();
        if !self.raced {
            ran.broken = Some(nearest.told.clone());
            return;
        }
        let lines = match &nearest.told.verdict {
            Verdict::Broken(lines) => lines.clone(),
            _ => Vec::new(),
        };
        let of: Option<Rule> = nearest.told.of.clone();
        ran.broken = Some(Told { rule: LINEARIZABILITY.to_owned(), of, verdict: Verdict::Broken(lines) });
    }

    /// `r2, r3: r3 breaks ensures/left`.
    fn shown(&self, end: &DeadEnd) -> String {
        let name = |at: &usize| format!("r{}", self.since[*at].step + 1);
        let order: Vec<String> = end.before.iter().chain([&end.at]).map(name).collect();
        let differs = match &end.told.verdict {
            Verdict::Broken(lines) => telling(lines).map_or(String::new(), |line| format!(", {line}")),
            _ => String::new(),
        };
        format!("{}: {} breaks `{}`{differs}", order.join(", "), name(&end.at), end.told.rule)
    }
}
