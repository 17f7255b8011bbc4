//! What each method answered, and what that says about the whole run.

use std::collections::BTreeMap;

use prost_reflect::DynamicMessage;

use super::{
    Class, Method, Plan,
    checks::{LOW_VALID_RATE, OPEN_ENDED, SKIPPED, UNTESTED_RULES},
    input::{Body, Input},
    reach::Reach,
};
use crate::{
    diag::{Coverage, Diagnostic, MethodRow, Severity},
    promise::Verdict,
};

/// More than this share of calls with one error, over several methods: the environment.
const ENVIRONMENT_SHARE: f64 = 0.95;

/// Of one method.
#[derive(Debug)]
pub(super) struct Tally {
    pub statuses: BTreeMap<String, u64>,
    pub malformed: BTreeMap<String, u64>,
    pub hangs: u64,
    pub left_out: u64,
    pub open_ended: bool,
    /// Cases since that was seen.
    pub watched: u64,
    /// Valid calls whose last answer asked for time.
    pub put_off: u64,
    request: Reach,
    response: Reach,
}

impl Tally {
    pub fn new(method: &Method) -> Tally {
        Tally {
            statuses: BTreeMap::new(),
            malformed: BTreeMap::new(),
            hangs: 0,
            left_out: 0,
            open_ended: false,
            watched: 0,
            put_off: 0,
            request: Reach::new(&method.desc.input()),
            response: Reach::new(&method.desc.output()),
        }
    }

    /// Counts towards the coverage what a valid call sent and what came back.
    pub fn cover(&mut self, input: &Input, replies: &[DynamicMessage]) {
        let valid = !input.class.is_malformed() && input.class != Class::Invalid;
        if let (true, Body::Messages(messages)) = (valid, &input.body) {
            messages.iter().for_each(|message| self.request.saw(message));
        }
        replies.iter().for_each(|reply| self.response.saw(reply));
    }

    fn coverage(&self) -> Coverage {
        Coverage { request: self.request.covered(), response: self.response.covered() }
    }
}

/// So few calls prove nothing by having failed.
const ENOUGH: u64 = 50;

/// What is worth saying of one method. Of a run that ended early, nothing is said that needs all of it.
pub(super) fn notes(method: &Method, tally: &Tally, over: bool) -> Vec<Diagnostic> {
    let name = &method.name;
    let open = tally.open_ended.then(|| {
        let message = format!("{name} was still sending, or quiet after several replies, at the deadline");
        Diagnostic::new(&OPEN_ENDED, Severity::Note, message).at(method.place.clone())
    });
    let left = (tally.left_out > 0).then(|| {
        let message = format!("{name} hung {} times; {} calls were left out", tally.hangs, tally.left_out);
        Diagnostic::new(&SKIPPED, Severity::Warning, message).at(method.place.clone())
    });
    let answered: u64 = tally.statuses.values().sum::<u64>() - tally.put_off;
    let quiet = over || tally.open_ended || tally.statuses.contains_key("OK");
    let never = if quiet { None } else { never_ok(name, answered) };
    let never = never.map(|diagnostic| diagnostic.at(method.place.clone()));
    let untested = match method.asks.judge(&method.typical(0)) {
        Verdict::Kept => None,
        Verdict::Broken(all) => all.first().map(ToString::to_string),
        Verdict::Unknown(why) => Some(why),
    };
    let untested = untested.map(|why| {
        let message = format!("the rules of requests to {name} are not tested: {why}");
        Diagnostic::new(&UNTESTED_RULES, Severity::Note, message).at(method.place.clone())
    });
    open.into_iter().chain(left).chain(never).chain(untested).collect()
}

/// What is worth saying of a method of which so many valid calls were answered, and none with OK.
fn never_ok(method: &str, answered: u64) -> Option<Diagnostic> {
    let message = format!("none of {answered} valid calls of {method} was answered with OK");
    (answered >= ENOUGH).then(|| Diagnostic::new(&LOW_VALID_RATE, Severity::Warning, message))
}

/// What shards said of single methods, said of all of them together: one that never saw an OK may only have had
/// too few cases.
pub fn together(said: Vec<Diagnostic>, methods: &[MethodRow]) -> Vec<Diagnostic> {
    let (rates, mut said): (Vec<_>, Vec<_>) = said.into_iter().partition(|it| it.rule == &LOW_VALID_RATE);
    for row in methods {
        let of_row = format!(" of {} was ", row.name);
        let Some(first) = rates.iter().find(|it| it.message.contains(&of_row)) else { continue };
        let open = format!("{} was ", row.name);
        let is_open = said.iter().any(|it| it.rule == &OPEN_ENDED && it.message.starts_with(&open));
        if is_open || row.statuses.iter().any(|(code, _)| code == "OK") {
            continue;
        }
        // Which of the busy ones asked for time, the table does not say: none of them is an answer then.
        let busy = |code: &str| ["UNAVAILABLE", "RESOURCE_EXHAUSTED"].contains(&code);
        let answered = row.statuses.iter().filter(|(code, _)| !busy(code)).map(|(_, count)| count).sum();
        said.extend(never_ok(&row.name, answered).map(|it| it.at(first.place.clone())));
    }
    said
}

/// The one error that nearly every call to several methods ended with.
pub(super) fn environment(tallies: &[Tally]) -> Option<String> {
    const SUSPECTS: [&str; 5] =
        ["UNKNOWN", "INTERNAL", "UNAVAILABLE", "UNAUTHENTICATED", "PERMISSION_DENIED"];
    let called: Vec<&Tally> = tallies.iter().filter(|tally| !tally.statuses.is_empty()).collect();
    let total: u64 = called.iter().flat_map(|tally| tally.statuses.values()).sum();
    let put_off: u64 = called.iter().map(|tally| tally.put_off).sum();
    let share = |code: &str| {
        let count: u64 = called.iter().filter_map(|tally| tally.statuses.get(code)).sum();
        // A limit of calls is said in another way.
        count.saturating_sub(put_off) as f64 / total as f64
    };
    let all = called.len() > 1;
    SUSPECTS.into_iter().find(|code| all && share(code) > ENVIRONMENT_SHARE).map(str::to_owned)
}

/// The statuses that the contract of a method names: all of them where it lists them, or else OK and its errors.
fn expected(plan: &Plan, method: &Method) -> Vec<String> {
    let service = plan.contract.services.get(method.desc.parent_service().full_name());
    service.map(|service| service.statuses(method.desc.name())).unwrap_or_default()
}

pub(super) fn rows_of(plan: &Plan, tallies: &[Tally]) -> Vec<MethodRow> {
    let mut tallies = tallies.iter();
    let row = |method: &Method| {
        let tally = if method.skipped.is_none() { tallies.next() } else { None };
        let listed = |answers: &BTreeMap<String, u64>| answers.clone().into_iter().collect();
        let statuses: Vec<(String, u64)> = tally.map(|tally| listed(&tally.statuses)).unwrap_or_default();
        let malformed: Vec<(String, u64)> = tally.map(|tally| listed(&tally.malformed)).unwrap_or_default();
        let calls = statuses.iter().chain(&malformed).map(|(_, count)| count).sum();
        MethodRow {
            name: method.name.clone(),
            calls,
            statuses,
            malformed,
            skipped: method.skipped.clone(),
            coverage: tally.map(Tally::coverage),
            expected: expected(plan, method),
        }
    };
    plan.methods.iter().map(row).collect()
}
