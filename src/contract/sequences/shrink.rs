//! From a sequence that breaks a promise to the least that breaks the same one.

use prost_reflect::{DynamicMessage, Value};

use super::{
    draw::broken,
    execute::{Ran, Stage, pinned},
    schedule,
    step::{Link, Origin, Step, get, set},
};
use crate::{
    client::{CallError, Transport},
    contract::Method,
    values,
};

/// The most runs that one finding may cost.
const BUDGET: usize = 200;
/// How often the result is run again.
pub(super) const CONFIRM: usize = 3;

/// A sequence on its way down. Whoever stops the shrinking finds here how far it came.
#[derive(Debug)]
pub(super) struct Shrunk {
    pub steps: Vec<Step>,
    /// How it was last seen to fail.
    pub ran: Ran,
    /// How many of [`CONFIRM`] repetitions failed; nothing before they are done.
    pub confirmed: Option<usize>,
    runs: usize,
}

impl Shrunk {
    pub fn new(steps: Vec<Step>, ran: Ran) -> Shrunk {
        let mut shrunk = Shrunk { steps, ran, confirmed: None, runs: 0 };
        shrunk.cut();
        shrunk
    }

    /// The rule that is broken, and the method of the last step.
    pub fn key(&self) -> Option<(String, String)> {
        key(&self.steps, &self.ran)
    }

    /// Without what comes after the step that breaks the promise.
    fn cut(&mut self) {
        self.steps.truncate(self.ran.done.len());
    }
}

pub(super) fn key(steps: &[Step], ran: &Ran) -> Option<(String, String)> {
    let last = steps.get(ran.done.len().checked_sub(1)?)?;
    Some((ran.broken.as_ref()?.rule.clone(), last.method.clone()))
}

/// Walks down and repeats the result. Stops where the server is gone.
pub(super) async fn shrink<T: Transport>(stage: &Stage<'_, T>, shrunk: &mut Shrunk) {
    // A server that cannot be called leaves it as it is.
    let _ = walk(stage, shrunk).await;
}

async fn walk<T: Transport>(stage: &Stage<'_, T>, shrunk: &mut Shrunk) -> Result<(), CallError> {
    let named = pinned(&shrunk.steps, &shrunk.ran.done);
    try_one(stage, shrunk, named, 1).await?;
    fewer_steps(stage, shrunk).await?;
    let mut at = 0;
    while at < shrunk.steps.len() && shrunk.runs < BUDGET {
        let Some(method) = stage.methods.iter().find(|it| it.name == shrunk.steps[at].method) else { break };
        let (before, mut went_on) = (shrunk.steps[at].clone(), false);
        for (step, times) in simpler(&before, method, at) {
            let mut trial = shrunk.steps.clone();
            trial[at] = step;
            if shrunk.runs >= BUDGET {
                break;
            }
            if try_one(stage, shrunk, trial, times).await? {
                went_on = true;
                break;
            }
        }
        at += usize::from(!went_on);
    }
    let mut confirmed = 0;
    let key = shrunk.key();
    for _ in 0..CONFIRM {
        let ran = stage.execute(&shrunk.steps).await?;
        if self::key(&shrunk.steps, &ran) == key {
            confirmed += 1;
            shrunk.ran = ran;
        }
    }
    shrunk.confirmed = Some(confirmed);
    Ok(())
}

/// Takes the trial if it breaks the same promise so many times, one after the other.
async fn try_one<T: Transport>(
    stage: &Stage<'_, T>,
    shrunk: &mut Shrunk,
    trial: Vec<Step>,
    times: usize,
) -> Result<bool, CallError> {
    if trial == shrunk.steps {
        return Ok(false);
    }
    let mut last = None;
    for _ in 0..times {
        shrunk.runs += 1;
        let ran = stage.execute(&trial).await?;
        if key(&trial, &ran) != shrunk.key() {
            return Ok(false);
        }
        last = Some(ran);
    }
    if let Some(ran) = last {
        (shrunk.steps, shrunk.ran) = (trial, ran);
        shrunk.cut();
    }
    Ok(true)
}

async fn fewer_steps<T: Transport>(stage: &Stage<'_, T>, shrunk: &mut Shrunk) -> Result<(), CallError> {
    // All that nothing refers to at once, as most sequences need few of their steps.
    let mut few = shrunk.steps.clone();
    for at in (0..few.len().saturating_sub(1)).rev() {
        if !is_named(&few, at) {
            few = without(&few, at);
        }
    }
    try_one(stage, shrunk, few, 1).await?;
    loop {
        let mut order: Vec<usize> = (0..shrunk.steps.len().saturating_sub(1)).rev().collect();
        order.sort_by_key(|at| is_named(&shrunk.steps, *at));
        let mut went_on = false;
        for at in order {
            let trial = without(&shrunk.steps, at);
            if shrunk.runs < BUDGET && try_one(stage, shrunk, trial, 1).await? {
                went_on = true;
                break;
            }
        }
        if !went_on {
            return Ok(());
        }
    }
}

/// Whether a later step uses what this one was answered with.
fn is_named(steps: &[Step], at: usize) -> bool {
    let names = |link: &Link| matches!(&link.from, Origin::Reply { step, .. } if *step == at);
    steps.iter().flat_map(|step| &step.links).any(names)
}

/// The steps without this one. What named it has a value of its own again.
fn without(steps: &[Step], at: usize) -> Vec<Step> {
    let mut steps = steps.to_vec();
    steps.remove(at);
    for link_of in &mut steps {
        link_of.links.retain(|link| !matches!(&link.from, Origin::Reply { step, .. } if *step == at));
        for link in &mut link_of.links {
            if let Origin::Reply { step, .. } = &mut link.from
                && *step > at
            {
                *step -= 1;
            }
        }
    }
    steps
}

/// Simpler forms of one step, and how often each must fail to be taken: a value that is not fresh any more may be one
/// that the server takes once only.
fn simpler<'a>(step: &'a Step, method: &'a Method, at: usize) -> impl Iterator<Item = (Step, usize)> + 'a {
    let calmer = schedule::simpler(step).map(|it| (it, 1));
    let at_once = step.in_turn.then(|| (Step { in_turn: false, ..step.clone() }, 1));
    let count = if method.desc.is_client_streaming() { step.sent.len() } else { 0 };
    let fewer = (0..if count > 1 { count } else { 0 }).map(|gone| {
        let mut fewer = step.clone();
        fewer.sent.remove(gone);
        schedule::without_message(&mut fewer.turns, gone);
        fewer.links.retain(|link| link.message != gone);
        fewer.links.iter_mut().filter(|link| link.message > gone).for_each(|link| link.message -= 1);
        (fewer, 1)
    });
    let is_fresh =
        |link: &Link| matches!(link.from, Origin::Fresh(_)) && !step.is_linked(link.message, &link.field);
    let fresh = (0..step.links.len()).filter(move |position| is_fresh(&step.links[*position]));
    let shorter = fresh.flat_map(move |position| short(step, position, at)).map(|it| (it, 2));
    let within = (0..step.sent.len()).flat_map(move |message| {
        values::simpler(&step.sent[message]).filter_map(move |less| with(step, message, less))
    });
    let less = shorter.chain(within).filter(|(trial, _)| is_kept(method, step, trial));
    calmer.chain(at_once).chain(fewer).chain(less)
}

/// The step with another message; nothing where that changes what is filled in when the step is made.
fn with(step: &Step, message: usize, less: DynamicMessage) -> Option<(Step, usize)> {
    let sent = &step.sent[message];
    let changed = |link: &&Link| link.message == message && get(&less, &link.field) != get(sent, &link.field);
    let freed: Vec<Link> = step.links.iter().filter(changed).cloned().collect();
    if freed.iter().any(|link| step.is_linked(message, &link.field)) {
        return None;
    }
    let mut trial = step.clone();
    trial.sent[message] = less;
    trial.links.retain(|link| !freed.contains(link));
    Some((trial, if freed.is_empty() { 1 } else { 2 }))
}

/// The step with a short text in the place of a fresh one.
fn short(step: &Step, position: usize, at: usize) -> impl Iterator<Item = Step> + '_ {
    let letter = char::from(b'a' + u8::try_from(at % 26).unwrap_or(0));
    let texts = [letter.to_string(), format!("{letter}@a.aa")];
    texts.into_iter().filter_map(move |text| {
        let mut trial = step.clone();
        let link = trial.links.remove(position);
        let message = trial.sent.get_mut(link.message)?;
        set(message, &link.field, Value::String(text)).then_some(trial)
    })
}

/// Whether the form keeps what the schema asks, as far as the step does.
fn is_kept(method: &Method, step: &Step, trial: &Step) -> bool {
    let keeps = |step: &Step| !step.sent.iter().any(|message| broken(method, message));
    keeps(trial) || !keeps(step)
}
