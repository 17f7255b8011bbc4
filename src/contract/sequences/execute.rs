//! One sequence against the server: step by step, or several clients beside one another, and each answer against the
//! promises.
//!
//! Whether a call that had no answer did anything is not known: it may have taken effect at any time since, or never, and
//! a promise is broken only where it is broken in each of these cases.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    time::{SystemTime, UNIX_EPOCH},
};

use prost_reflect::{DynamicMessage, Value};

use super::{
    Reset,
    call::{Answered, Course},
    step::{Origin, Step, is_race, scalars},
    world::{Made, World},
};
use crate::{
    client::{CallError, Transport},
    contract::{Method, answer::Answer, cover, judge::Judge},
    promise::contract::{Service, Told, Verdict},
};

/// What a sequence is run in.
pub(in crate::contract) struct Stage<'a, T> {
    pub judge: &'a Judge<'a, T>,
    pub methods: &'a [&'a Method],
    pub service: &'a Service,
    /// What empties the server before each sequence.
    pub reset: Option<&'a Reset>,
    /// Which broken promises end a sequence.
    pub ends: RefCell<Ends>,
    /// Why it could not be emptied, once it could not.
    pub failed: RefCell<Option<String>>,
    /// Seconds since the Unix epoch when the run began.
    pub started: i64,
    /// What is fresh in one run of a sequence, is not in another: of the seed, and how often something ran.
    pub salt: u64,
    pub runs: Cell<u64>,
}

/// A rule and the method whose call broke it.
pub(in crate::contract) type Key = (String, String);

/// Which broken promises end a sequence. What breaks others is passed over, and the model goes on with what the server
/// said: else the first fault of a method would hide every other that shows only after it.
#[derive(Debug, Default, Clone)]
pub(in crate::contract) enum Ends {
    #[default]
    Every,
    /// All but these, which are known already.
    New(Vec<Key>),
    /// One alone.
    Only(Key),
}

impl Ends {
    /// Where the same fault is looked for again. Of a race each run may be lost by another of its calls.
    pub fn at(steps: &[Step], key: Option<Key>) -> Ends {
        key.filter(|_| !is_race(steps)).map_or(Ends::Every, Ends::Only)
    }

    pub fn has(&self, rule: &str, method: &str) -> bool {
        let is_it = |key: &Key| key.0 == rule && key.1 == method;
        match self {
            Ends::Every => true,
            Ends::New(known) => !known.iter().any(is_it),
            Ends::Only(key) => is_it(key),
        }
    }
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
    /// When it began and ended, in turns of the sequence's own clock.
    pub span: (u64, u64),
}

/// What came of a run of a sequence.
#[derive(Debug, Default)]
pub(in crate::contract) struct Ran {
    pub done: Vec<Done>,
    /// What one of these broke, or several together.
    pub broken: Option<Told>,
    /// Which of them.
    pub at: Option<usize>,
    /// How each order of calls made beside one another fails.
    pub orders: Vec<String>,
    /// The steps of which nobody knows whether they took effect.
    pub unknown: Vec<usize>,
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

impl<'a, T: Transport> Stage<'a, T> {
    pub fn new(
        judge: &'a Judge<'a, T>,
        methods: &'a [&'a Method],
        service: &'a Service,
        (reset, salt): (Option<&'a Reset>, u64),
    ) -> Stage<'a, T> {
        let (ends, failed, runs) = (RefCell::default(), RefCell::default(), Cell::default());
        Stage { judge, methods, service, reset, ends, failed, started: now(), salt, runs }
    }

    /// Whether nothing is in the server before a sequence.
    pub fn is_closed(&self) -> bool {
        self.reset.is_some() && self.failed.borrow().is_none()
    }

    /// Runs the steps until one breaks a promise that [`Ends`] the sequence.
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
        let mut world = World::new(self.service, self.is_closed(), self.ends.borrow().clone());
        let (mut at, clock) = (0, Cell::new(0));
        while at < steps.len() {
            let count = steps[at..].iter().take_while(|step| step.client.is_some()).count().max(1);
            let course = Course { stage: self, steps, salt, clock: &clock, model: world.model() };
            let replies = match course.make(at..at + count, &ran.done).await {
                Ok(replies) => replies,
                Err(error) if ran.done.is_empty() => return Err(error),
                Err(error) => {
                    ran.unreachable = Some(error);
                    break;
                }
            };
            // The schema has a method no more that a saved step calls.
            let is_whole = replies.len() == count;
            at += count;
            let mut answers = Vec::new();
            let mut is_lost = false;
            for reply in replies {
                ran.hung |= reply.hung;
                is_lost |= reply.lost;
                answers.push((reply.answered, reply.made));
                ran.done.push(reply.done);
            }
            // A death is that of the call that had no answer, not of the one that found nobody.
            if is_lost && let Some(gone) = self.judge.gone().await {
                ran.unreachable = Some(gone);
                break;
            }
            if !is_whole || !self.take(answers, &mut world, &mut ran) {
                break;
            }
        }
        Ok(ran)
    }

    /// Holds the answers against the promises: that of one call, or those of several made beside one another. `false`:
    /// nothing more can be said.
    fn take(&self, answers: Vec<(Answered, Made)>, world: &mut World<'_>, ran: &mut Ran) -> bool {
        let is_race = answers.len() > 1;
        let mut made = Vec::new();
        for (answered, call) in answers {
            let changes = self.service.methods.get(&call.method).is_some_and(|it| !it.effects.is_empty());
            match answered {
                // What cannot be read belongs to another check, and nothing is known after it.
                Answered::Unreadable => return false,
                Answered::Beside if !is_race => return false,
                // Who validates first need not know what is promised beyond it.
                Answered::Refused if !is_race => {
                    let kept = world.judge(&call).into_iter().filter(|it| it.verdict == Verdict::Kept);
                    let method = format!("{}/{}", self.service.name, call.method);
                    ran.told.extend(kept.map(|it| (method.clone(), it)));
                }
                Answered::Refused => {}
                Answered::GivenUp if world.breaks(&call, ran) => return false,
                Answered::Perhaps | Answered::GivenUp | Answered::Beside if changes => {
                    made.push(Made { ended: None, ..call })
                }
                Answered::Perhaps | Answered::GivenUp | Answered::Beside => {}
                Answered::Clearly => made.push(call),
            }
        }
        let goes_on = made.is_empty() || world.take(made, ran);
        for state in &self.service.states {
            let size = world.model().size(&state.name);
            let most = ran.reached.entry(state.name.clone()).or_default();
            *most = (*most).max(size);
        }
        goes_on
    }
}

/// The steps with what they drew from the model as values of earlier replies, where it came from one.
pub(super) fn pinned(steps: &[Step], done: &[Done]) -> Vec<Step> {
    let mut out = steps.to_vec();
    for (at, step) in out.iter_mut().enumerate() {
        let Some(linked) = done.get(at).map(|it| &it.linked) else { continue };
        // What another client is answered with meanwhile, a step cannot know.
        let knows = |earlier: &usize| {
            steps[*earlier].client.is_none()
                || steps[*earlier].client == steps[at].client
                || step.client.is_none()
        };
        for (link, value) in step.links.iter_mut().zip(linked) {
            let (Origin::Model { .. }, Some(value)) = (&link.from, value) else { continue };
            let mut earlier = (0..at).filter(knows);
            let origin = earlier.find_map(|earlier| named_by(&done[earlier].got, value, earlier));
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
