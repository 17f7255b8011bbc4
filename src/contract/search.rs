//! One phase of the run: its cases through the judge, several at once, and what they found first.

use std::{cell::RefCell, collections::VecDeque, sync::atomic::Ordering, time::Duration};

use futures_util::StreamExt as _;
use prost_reflect::DynamicMessage;
use tokio::{sync::watch, time::Instant};

use super::{
    Case, Config, Event, Level, Method, Phase,
    answer::Answer,
    checks::{DEAD, STAYS_ALIVE, UNREACHABLE, is_list},
    input::Input,
    judge::{Failure, Judge, Judged, Key},
    listed::removes,
    pool::Pool,
    run::Found,
    shrink::{CONFIRM, HANG, Shrunk},
    stop::reached,
    tally::Tally,
};
use crate::{
    client::Transport,
    diag::{Diagnostic, RuleRow, StateRow},
};

/// After so many hangs a method is left alone.
const HANGS: u64 = 3;
/// A stream that has shown that it goes on is not waited for: so long each, and so many in the run.
const BRIEF: Duration = Duration::from_millis(500);
const WATCHED: u64 = 100;
/// Of a stream of replies the first few say what the server has.
const LEARNED_REPLIES: usize = 4;
/// How many of the last calls are named when the server dies.
const LAST_CALLS: usize = 20;

/// A failure with a new key: the method's index, what was sent, what came.
pub(super) type Fresh = (usize, Input, Failure);

/// What the phases share.
pub(super) struct Search<'a, T> {
    pub config: &'a Config,
    pub judge: &'a Judge<'a, T>,
    pub methods: &'a [&'a Method],
    pub tallies: RefCell<Vec<Tally>>,
    pub said: Vec<Diagnostic>,
    pub cases: u64,
    /// Nothing more is to be sent.
    pub over: bool,
    pub pool: Pool,
    /// Every saved case was sent.
    pub saved_done: bool,
    /// So was every saved sequence.
    pub sequences_done: bool,
    /// And every saved race.
    pub races_done: bool,
    /// What is said of the sequences, a line for each service.
    pub sequences: Vec<String>,
    /// What became of each promise.
    pub rules: Vec<RuleRow>,
    /// How full the models were.
    pub states: Vec<StateRow>,
    last: VecDeque<(usize, Input, String)>,
    /// Calls that had no answer when the server died.
    pub suspects: Vec<Case>,
}

impl<'a, T: Transport> Search<'a, T> {
    pub fn new(config: &'a Config, judge: &'a Judge<'a, T>, methods: &'a [&'a Method]) -> Self {
        Search {
            config,
            judge,
            methods,
            tallies: RefCell::new(methods.iter().map(|method| Tally::new(method)).collect()),
            said: Vec::new(),
            cases: 0,
            over: false,
            pool: Pool::default(),
            saved_done: false,
            sequences_done: false,
            races_done: false,
            sequences: Vec::new(),
            rules: Vec::new(),
            states: Vec::new(),
            last: VecDeque::new(),
            suspects: Vec::new(),
        }
    }

    /// Sends the cases of a phase and gives the first failure of each key that is not known. Ends at the first of
    /// the two times when something was found, and at the second when nothing was.
    pub async fn phase(
        &mut self,
        phase: Phase,
        inputs: Box<dyn Iterator<Item = (usize, Input)>>,
        (end, end_of_search): (Option<Instant>, Option<Instant>),
        stop: &mut watch::Receiver<bool>,
        known: &dyn Fn(&Failure) -> bool,
        on_event: &mut dyn FnMut(Event),
    ) -> Vec<Fresh> {
        let (judge, methods) = (self.judge, self.methods);
        let tallies = std::mem::take(&mut self.tallies);
        let mut fresh: Vec<Fresh> = Vec::new();
        let brief = judge.within(BRIEF.min(judge.deadline));
        {
            let tallies = &tallies;
            let brief = &brief;
            let judged = futures_util::stream::iter(inputs)
                .map(|(at, input)| async move {
                    let (hangs, watched) = {
                        let tally = &mut tallies.borrow_mut()[at];
                        tally.watched += u64::from(tally.open_ended);
                        (tally.hangs, tally.watched)
                    };
                    if hangs >= HANGS || watched > WATCHED {
                        return (at, input, None);
                    }
                    let judge = if watched > 0 { brief } else { judge };
                    let judged = judge.judge(methods[at], &input).await;
                    tallies.borrow_mut()[at].hangs += u64::from(judged.hung && !judged.open_ended);
                    (at, input, Some(judged))
                })
                // In order, whatever the number of workers: the first failure of a key is always the same one.
                .buffered(if phase.is_alone() { 1 } else { self.config.workers.max(1) });
            let mut judged = std::pin::pin!(judged);
            loop {
                let limit = if fresh.is_empty() { end } else { end_of_search };
                let next = tokio::select! {
                    biased;
                    () = reached(stop, limit) => { self.over = true; None }
                    next = judged.next() => next,
                };
                let Some((at, input, judged)) = next else { break };
                match judged {
                    Some(mut judged) => {
                        // No stream opened: a limit of the server's, or nobody is there any more.
                        if let Some(error) = &judged.unreachable
                            && !error.is_unreachable()
                            && let Some(gone) = judge.gone().await
                        {
                            judged.unreachable = Some(gone);
                        }
                        self.take(
                            at,
                            input,
                            judged,
                            &mut tallies.borrow_mut()[at],
                            &mut fresh,
                            known,
                            on_event,
                        );
                    }
                    // Of a watch enough has been seen.
                    None if tallies.borrow()[at].open_ended => {}
                    None => tallies.borrow_mut()[at].left_out += 1,
                }
                // Whether a fault is the framework's is only known when the phase is over.
                let sure = |it: &Fresh| {
                    let (at, input, failure) = it;
                    let excused = is_excused(methods[*at], &tallies.borrow()[*at], failure);
                    let warns = failure.check.level == Level::Warn || failure.doubtful;
                    !warns && !input.class.is_the_frameworks() && !excused
                };
                self.over |= self.config.fail_fast && fresh.iter().any(sure);
                if self.over {
                    break;
                }
            }
        }
        judge.calls.fetch_add(brief.calls.into_inner(), Ordering::Relaxed);
        fresh.retain(|(at, _, failure)| !is_excused(methods[*at], &tallies.borrow()[*at], failure));
        self.tallies = tallies;
        self.saved_done |= phase == Phase::Saved && !self.over;
        fresh
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one answer")]
    pub(super) fn take(
        &mut self,
        at: usize,
        input: Input,
        judged: Judged,
        tally: &mut Tally,
        fresh: &mut Vec<Fresh>,
        known: &dyn Fn(&Failure) -> bool,
        on_event: &mut dyn FnMut(Event),
    ) {
        if let Some(error) = judged.unreachable {
            self.over = true;
            self.unreachable(at, &input, &error, fresh, on_event);
            return;
        }
        self.cases += 1;
        let outcome = judged.outcome.unwrap_or_default();
        on_event(Event::CaseDone(self.methods[at].name.clone(), outcome.clone()));
        tally.open_ended |= judged.open_ended;
        let answers = if input.class.is_malformed() { &mut tally.malformed } else { &mut tally.statuses };
        *answers.entry(outcome.clone()).or_default() += 1;
        tally.put_off += u64::from(judged.put_off && !input.class.is_malformed());
        tally.cover(&input, &judged.replies);
        for reply in judged.replies.iter().take(LEARNED_REPLIES) {
            self.pool.learn(reply);
        }
        if judged.accepted && !removes(self.methods[at]) {
            input.messages(self.methods[at]).iter().for_each(|message| self.pool.learn_request(message));
        }
        // One more: the one that the death is put down to is shown by itself.
        if self.last.len() > LAST_CALLS {
            self.last.pop_front();
        }
        let dead = |failure: &Failure| failure.key.cause == DEAD;
        // What was under way when it died is told apart from what was before.
        if !fresh.iter().any(|(_, _, known)| dead(known)) {
            self.last.push_back((at, input.clone(), outcome));
        }
        for failure in judged.failures {
            let known_death = fresh.iter_mut().find(|(_, _, known)| dead(known)).filter(|_| dead(&failure));
            // One death is one finding, however many calls were under way: that of a call that was not answered, if
            // there is one.
            if let Some(known) = known_death {
                let mut one = (at, input.clone(), failure);
                if !is_broken(&known.2) && is_broken(&one.2) {
                    std::mem::swap(known, &mut one);
                }
                self.suspects.push(Case::new(self.judge, self.config, self.methods[one.0], &one.1, &one.2));
            } else if !known(&failure) && !fresh.iter().any(|(_, _, known)| known.key == failure.key) {
                on_event(Event::FailureFound(failure.key.check, failure.key.method.clone()));
                fresh.push((at, input.clone(), failure));
            }
        }
    }

    /// Counts one step of a sequence.
    pub fn step(
        &mut self,
        at: usize,
        input: Input,
        replies: &[DynamicMessage],
        outcome: &str,
        on_event: &mut dyn FnMut(Event),
    ) {
        self.cases += 1;
        on_event(Event::CaseDone(self.methods[at].name.clone(), outcome.to_owned()));
        {
            let tally = &mut self.tallies.borrow_mut()[at];
            *tally.statuses.entry(outcome.to_owned()).or_default() += 1;
            tally.cover(&input, replies);
        }
        if self.last.len() > LAST_CALLS {
            self.last.pop_front();
        }
        self.last.push_back((at, input, outcome.to_owned()));
    }

    /// It answered before, and does not take connections now: it died, and that is a finding.
    pub(super) fn unreachable(
        &mut self,
        at: usize,
        input: &Input,
        error: &crate::client::CallError,
        fresh: &mut Vec<Fresh>,
        on_event: &mut dyn FnMut(Event),
    ) {
        let known = fresh.iter().any(|(_, _, failure)| failure.key.cause == DEAD);
        match self.last.back() {
            Some(_) if known => {}
            Some((at, input, answer)) if error.is_unreachable() => {
                let died = died(self.methods[*at], answer.clone());
                on_event(Event::FailureFound(died.key.check, died.key.method.clone()));
                fresh.push((*at, input.clone(), died));
            }
            _ => {
                let name = &self.methods[at].name;
                let message = format!("{error} (at case {}, {name}, {})", self.cases, input.label);
                self.said.push(Diagnostic::failure(&UNREACHABLE, message));
            }
        }
    }

    /// The finding as it will be reported.
    pub fn found(&self, method: &Method, shrunk: Shrunk, case: Case) -> Found {
        let severity = shrunk.severity();
        let mut before = Vec::new();
        let mut row = case.row(shrunk.failure.check, method);
        shrunk.failure.answer.clone().tell(&mut row);
        row.details.push(("input".into(), shrunk.input.label.clone()));
        match shrunk.confirmed {
            Some(times) if times < CONFIRM => {
                row.details.push(("flaky".into(), format!("{times}/{CONFIRM} repetitions failed")));
            }
            None if shrunk.failure.key.cause == DEAD => {
                row.details.extend(self.suspects.iter().map(|case| ("also".into(), under_way(case))));
                before = self.before(&shrunk, &case);
                row.before = before.iter().map(Case::as_call).collect();
            }
            None => row.details.push(("shrunk".into(), "not to the end: the run was stopped".into())),
            Some(_) => {}
        }
        Found { row, case, severity, before }
    }

    /// The last calls before a death as cases, the last one first.
    fn before(&self, death: &Shrunk, case: &Case) -> Vec<Case> {
        let others = self.last.iter().rev().filter(|(_, input, _)| *input != death.input);
        let of = |(at, input, answer): &(usize, Input, String)| {
            let failure = died(self.methods[*at], answer.clone());
            Case::new(self.judge, self.config, self.methods[*at], input, &failure).before(case)
        };
        others.take(LAST_CALLS).map(of).collect()
    }
}

/// What is quiet in one case has shown in another that it goes on. What lists things has an end all the same, and so
/// has a conversation of which the client has closed its half.
fn is_excused(method: &Method, tally: &Tally, failure: &Failure) -> bool {
    let has_an_end = is_list(method.desc.name()) || method.desc.is_client_streaming();
    failure.key.cause == HANG && tally.open_ended && !has_an_end
}

/// The call it was seen after had no answer itself.
fn is_broken(failure: &Failure) -> bool {
    failure.outcome == "CLOSED" || failure.outcome.starts_with("GOAWAY")
}

/// A death that no call was seen to cause: the last one that was answered is the nearest to it.
fn died(method: &Method, answer: String) -> Failure {
    Failure {
        key: Key { check: STAYS_ALIVE.info.name, method: method.name.clone(), cause: DEAD.to_owned() },
        check: &STAYS_ALIVE,
        message: "after this call or one shortly before it the server could not be reached any more"
            .to_owned(),
        doubtful: false,
        outcome: answer,
        answer: Answer::default(),
    }
}

/// A call that had no answer yet when the server died.
fn under_way(case: &Case) -> String {
    format!("under way: {} ({}), protogate replay {}", case.method, case.label, case.id)
}
