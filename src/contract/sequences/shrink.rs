//! From a sequence that breaks a promise to the least that breaks the same one: fewer steps, then fewer clients, then no
//! clients at all, then simpler steps.

use std::time::Duration;

use tokio::time::Instant;

use super::{
    execute::{Ends, Key, Ran, Stage, pinned},
    rules::LINEARIZABILITY,
    shorter::{fewer_clients, fresher, is_named, plainer, serial, simpler, without},
    step::{Step, is_race},
};
use crate::client::{CallError, Transport};

/// The most runs that one finding may cost.
const BUDGET: usize = 200;
/// And the most time: a server that is started anew for each run may be slow to start.
const TIME: Duration = Duration::from_secs(60);
/// How often the result is run again.
pub(super) const CONFIRM: usize = 3;
/// A race that is not lost at first may be lost the next time.
const CHANCES: usize = 3;

/// A sequence on its way down. Whoever stops the shrinking finds here how far it came.
#[derive(Debug)]
pub(super) struct Shrunk {
    pub steps: Vec<Step>,
    /// How it was last seen to fail.
    pub ran: Ran,
    /// How many of [`CONFIRM`] repetitions failed; nothing before they are done.
    pub confirmed: Option<usize>,
    runs: usize,
    since: Instant,
}

impl Shrunk {
    pub fn new(steps: Vec<Step>, ran: Ran) -> Shrunk {
        let mut shrunk = Shrunk { steps, ran, confirmed: None, runs: 0, since: Instant::now() };
        shrunk.cut();
        shrunk
    }

    /// The rule that is broken, and the method of the step that breaks it.
    pub fn key(&self) -> Option<Key> {
        key(&self.steps, &self.ran)
    }

    /// Without what comes after the step that breaks the promise.
    fn cut(&mut self) {
        self.steps.truncate(self.ran.done.len());
    }

    fn is_over(&self) -> bool {
        self.runs >= BUDGET || self.since.elapsed() >= TIME
    }
}

pub(super) fn key(steps: &[Step], ran: &Ran) -> Option<Key> {
    Some((ran.broken.as_ref()?.rule.clone(), steps.get(ran.at?)?.method.clone()))
}

/// Whether it is the same fault. Of a race each run may be lost by another of its calls.
fn is_same(one: &Option<Key>, other: &Option<Key>) -> bool {
    match (one, other) {
        (Some((rule, _)), Some((other, _))) if rule == LINEARIZABILITY => rule == other,
        (one, other) => one.is_some() && one == other,
    }
}

/// Walks down and repeats the result. Stops where the server is gone.
pub(super) async fn shrink<T: Transport>(stage: &Stage<'_, T>, shrunk: &mut Shrunk) {
    // A server that cannot be called leaves it as it is.
    let _ = walk(stage, shrunk).await;
}

async fn walk<T: Transport>(stage: &Stage<'_, T>, shrunk: &mut Shrunk) -> Result<(), CallError> {
    let named = pinned(&shrunk.steps, &shrunk.ran.done);
    try_one(stage, shrunk, named, 1).await?;
    in_turn(stage, shrunk).await?;
    fewer_steps(stage, shrunk).await?;
    while is_race(&shrunk.steps) {
        let mut went_on = false;
        for trial in fewer_clients(&shrunk.steps) {
            went_on = is_race(&trial) && try_one(stage, shrunk, trial, 1).await?;
            if went_on {
                break;
            }
        }
        if !went_on {
            in_turn(stage, shrunk).await?;
            break;
        }
    }
    let (mut tried, mut is_fresher) = (0, false);
    while let Some(trial) = fresher(&shrunk.steps).into_iter().nth(tried).filter(|_| !shrunk.is_over()) {
        // One that is taken is no more in the list.
        let is_taken = try_one(stage, shrunk, trial, 1).await?;
        tried += usize::from(!is_taken);
        is_fresher |= is_taken;
    }
    // What a server remembers may be the only reason why no step could be left out before.
    if is_fresher {
        fewer_steps(stage, shrunk).await?;
    }
    let before = shrunk.steps.clone();
    each_step(stage, shrunk).await?;
    let mut confirmed = confirm(stage, shrunk).await?;
    // A server that remembers plain words may take them once only: with fresh ones it can be seen again.
    if confirmed == 0 && before != shrunk.steps {
        let plain = std::mem::replace(&mut shrunk.steps, before);
        confirmed = confirm(stage, shrunk).await?;
        if confirmed == 0 {
            shrunk.steps = plain;
        }
    }
    shrunk.confirmed = Some(confirmed);
    Ok(())
}

/// How many of [`CONFIRM`] repetitions fail.
async fn confirm<T: Transport>(stage: &Stage<'_, T>, shrunk: &mut Shrunk) -> Result<usize, CallError> {
    let (mut confirmed, key) = (0, shrunk.key());
    stage.ends.replace(Ends::at(&shrunk.steps, key.clone()));
    for _ in 0..CONFIRM {
        let ran = stage.execute(&shrunk.steps).await?;
        if is_same(&self::key(&shrunk.steps, &ran), &key) {
            confirmed += 1;
            shrunk.ran = ran;
        }
    }
    Ok(confirmed)
}

/// A race that breaks a promise also where its calls are made one after the other is none.
async fn in_turn<T: Transport>(stage: &Stage<'_, T>, shrunk: &mut Shrunk) -> Result<(), CallError> {
    if !is_race(&shrunk.steps) {
        return Ok(());
    }
    let steps = serial(&shrunk.steps);
    shrunk.runs += 1;
    stage.ends.replace(Ends::Every);
    let ran = stage.execute(&steps).await?;
    if key(&steps, &ran).is_some() {
        (shrunk.steps, shrunk.ran) = (steps, ran);
        shrunk.cut();
    }
    Ok(())
}

async fn each_step<T: Transport>(stage: &Stage<'_, T>, shrunk: &mut Shrunk) -> Result<(), CallError> {
    'plainer: while !shrunk.is_over() {
        for trial in plainer(&shrunk.steps) {
            if !shrunk.is_over() && try_one(stage, shrunk, trial, 2).await? {
                continue 'plainer;
            }
        }
        break;
    }
    let mut at = 0;
    while at < shrunk.steps.len() && !shrunk.is_over() {
        let Some(method) = stage.methods.iter().find(|it| it.name == shrunk.steps[at].method) else { break };
        let (before, mut went_on) = (shrunk.steps[at].clone(), false);
        for (step, times) in simpler(&before, method) {
            let mut trial = shrunk.steps.clone();
            trial[at] = step;
            if shrunk.is_over() {
                break;
            }
            if try_one(stage, shrunk, trial, times).await? {
                went_on = true;
                break;
            }
        }
        at += usize::from(!went_on);
    }
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
    let wanted = shrunk.key();
    stage.ends.replace(Ends::at(&trial, wanted.clone()));
    let mut last = None;
    let mut chances = if is_race(&trial) { CHANCES } else { 1 };
    let mut left = times;
    while left > 0 {
        shrunk.runs += 1;
        let ran = stage.execute(&trial).await?;
        if is_same(&key(&trial, &ran), &wanted) {
            last = Some(ran);
            left -= 1;
            continue;
        }
        chances -= 1;
        if chances == 0 {
            return Ok(false);
        }
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
        if !is_race(&shrunk.steps) && !is_named(&few, at) {
            few = without(&few, at);
        }
    }
    try_one(stage, shrunk, few, 1).await?;
    loop {
        // What breaks a promise in the end is not to be left out; of a race any call may be.
        let most = shrunk.steps.len() - usize::from(!is_race(&shrunk.steps));
        let mut order: Vec<usize> = (0..most).rev().collect();
        order.sort_by_key(|at| is_named(&shrunk.steps, *at));
        let mut went_on = false;
        for at in order {
            let trial = without(&shrunk.steps, at);
            if !shrunk.is_over() && !trial.is_empty() && try_one(stage, shrunk, trial, 1).await? {
                went_on = true;
                break;
            }
        }
        if !went_on {
            return Ok(());
        }
    }
}
