//! A sequence that breaks a promise, as a person reads it: one line for each call.

use std::collections::BTreeMap;

use prost_reflect::DynamicMessage;

use super::{
    SavedCall,
    execute::{Done, Ran, Stage},
    rules::LINEARIZABILITY,
    schedule,
    shrink::{CONFIRM, Shrunk},
    step::{Origin, Step, is_race, shown},
};
use crate::{
    contract::{Case, Check, Config, Method, answer, case::SavedStep, cover, run::Found},
    diag::Severity,
    promise::contract::Verdict,
    values,
};

/// So many replies are shown of a stream.
const SHOWN: usize = 4;
/// A longer line is cut, in characters.
const LONG: usize = 400;

/// The sequence as a finding.
pub(super) fn found<T>(
    stage: &Stage<'_, T>,
    config: &Config,
    (check, method): (&'static Check, &Method),
    shrunk: &Shrunk,
) -> Option<Found> {
    let (told, last) = (shrunk.ran.broken.as_ref()?, shrunk.ran.done.get(shrunk.ran.at?)?);
    let Verdict::Broken(differs) = &told.verdict else { return None };
    let steps = &shrunk.steps;
    let calls = match steps.len() {
        1 => "one call".to_owned(),
        n => format!("{n} calls"),
    };
    let hide = |text: &str| answer::without(text, stage.judge.metadata);
    let differ = telling(differs).map_or(String::new(), |what| format!(": {}", hide(what)));
    let message = match told.rule.as_str() {
        LINEARIZABILITY => {
            let at_once = steps.iter().filter(|step| step.client.is_some()).count();
            let nearest =
                told.of.as_ref().map_or(String::new(), |rule| format!(": at best `{}` is broken", rule.id));
            format!("no order of {at_once} calls made at once keeps every promise{nearest}{differ}")
        }
        rule => format!("`{rule}` is broken after {calls}{differ}"),
    };
    let seed = config.seed.to_le_bytes();
    let calls_saved: Vec<SavedCall> = steps.iter().map(SavedCall::from_step).collect();
    let text = serde_json::to_string(&calls_saved).unwrap_or_default();
    let parts = [&seed[..], check.info.name.as_bytes(), told.rule.as_bytes(), text.as_bytes()];
    let script = last.sent.iter().map(|message| crate::client::Step::Send(values::encode(message).into()));
    let script = script.chain([crate::client::Step::HalfClose]);
    let case = Case {
        id: format!("{:016x}", cover::hash(&parts))[..10].to_owned(),
        seed: config.seed,
        target: config.target.clone(),
        method: method.name.clone(),
        check: check.info.name.to_owned(),
        cause: told.rule.clone(),
        message,
        status: last.outcome.clone(),
        class: "sequence".to_owned(),
        label: calls,
        metadata: stage.judge.metadata.iter().map(|(name, _)| name.clone()).collect(),
        deadline_ms: u64::try_from(stage.judge.deadline.as_millis()).unwrap_or(u64::MAX),
        script: script.map(|step| SavedStep::from_step(&step)).collect(),
        request_json: last.sent.iter().map(|message| serde_json::to_value(message).ok()).collect(),
        manner: BTreeMap::new(),
        led_to: None,
        sequence: Some(calls_saved),
        sides: config.sides.clone(),
        started: false,
    };
    let mut row = case.row(check, method);
    last.answer.clone().tell(&mut row);
    let mut say = |name: &str, text: String| row.details.push((name.to_owned(), text));
    lines(steps, &shrunk.ran.done).into_iter().for_each(|line| say("step", hide(&line)));
    beside(steps, &shrunk.ran.done).into_iter().for_each(|line| say("beside", line));
    if let Some(rule) = &told.of {
        let place = rule.place.as_ref().map_or(String::new(), |place| {
            format!("   ({}:{})", place.file, place.span_or_start().start_line)
        });
        say("rule", format!("{}{place}", rule.expr.text()));
    }
    differs.iter().for_each(|what| say("differs", hide(what)));
    doubts(&shrunk.ran).into_iter().for_each(|(name, line)| say(name, hide(&line)));
    match shrunk.confirmed {
        Some(times) if times < CONFIRM => {
            say("flaky", format!("{times}/{CONFIRM} repetitions failed"));
        }
        None => say("shrunk", "not to the end: the run was stopped".to_owned()),
        Some(_) => {}
    }
    // What is never seen again may be somebody else's doing.
    let severity = if shrunk.confirmed == Some(0) { Severity::Warning } else { Severity::Error };
    Some(Found { row, case, severity, before: Vec::new() })
}

/// Of the lines about a broken promise the one that tells most: that of two values which should be one.
pub(super) fn telling(lines: &[String]) -> Option<&String> {
    lines.iter().find(|line| line.contains('\u{2260}')).or(lines.first())
}

/// Each call with what it was answered with. What an earlier reply gave is said by its name.
pub(super) fn lines(steps: &[Step], done: &[Done]) -> Vec<String> {
    // Only what is spoken of has a name.
    let is_named = |at: usize| at + 1 < done.len() || is_race(steps);
    let heads: Vec<(String, String)> = steps
        .iter()
        .zip(done)
        .enumerate()
        .map(|(at, (step, done))| {
            let client = step.client.map_or(String::new(), |client| format!("{}: ", letter(client)));
            let name = if is_named(at) { format!("{client}r{} = ", at + 1) } else { String::new() };
            let method = step.method.rsplit('/').next().unwrap_or_default();
            let request = requests(step, done);
            let replies = match done.got.as_slice() {
                [] => String::new(),
                got => format!(" {}", replies(got)),
            };
            let taken_back = match step.cancel {
                Some(0) => ", taken back at once".to_owned(),
                Some(wait) => format!(", taken back after {wait} ms"),
                None => String::new(),
            };
            let turns = schedule::words(step);
            (
                cut(format!("{name}{method}{request}{turns}{taken_back}")),
                cut(format!("{}{replies}", done.outcome)),
            )
        })
        .collect();
    let wide = heads.iter().map(|(head, _)| head.chars().count()).filter(|it| *it < 80).max().unwrap_or(0);
    heads.into_iter().map(|(head, tail)| format!("{head:wide$}  -> {tail}")).collect()
}

/// The name of a client.
fn letter(client: usize) -> char {
    char::from(b'A' + u8::try_from(client % 26).unwrap_or(0))
}

/// Which calls were under way at the same time as each call of a race.
fn beside(steps: &[Step], done: &[Done]) -> Vec<String> {
    let racing: Vec<usize> =
        (0..done.len().min(steps.len())).filter(|at| steps[*at].client.is_some()).collect();
    let met = |one: &usize| {
        let others = racing.iter().filter(|other| {
            let (first, second) = (done[*one].span, done[**other].span);
            one < *other && first.0 < second.1 && second.0 < first.1
        });
        let others: Vec<String> = others.map(|other| format!("r{}", other + 1)).collect();
        (!others.is_empty()).then(|| format!("r{} ran beside {}", one + 1, others.join(", ")))
    };
    racing.iter().filter_map(met).collect()
}

/// What nobody knows of the calls, and how each order of them fails.
fn doubts(ran: &Ran) -> Vec<(&'static str, String)> {
    let unknown = ran.unknown.iter().map(|step| {
        let text =
            format!("nobody knows whether r{} took effect: with it or without, it is broken", step + 1);
        ("unknown", text)
    });
    let is_race = ran.broken.as_ref().is_some_and(|told| told.rule == LINEARIZABILITY);
    let orders = ran.orders.iter().filter(|_| is_race).map(|order| ("order", order.clone()));
    unknown.chain(orders).collect()
}

fn requests(step: &Step, done: &Done) -> String {
    let one = |(at, message): (usize, &DynamicMessage)| {
        let words = |path: &str| {
            let of = step.links.iter().zip(&done.linked).rev();
            let named =
                of.filter(|(link, value)| link.message == at && link.field == path && value.is_some());
            match &named.map(|(link, _)| &link.from).next()? {
                Origin::Reply { step, reply: 0, field } => Some(format!("r{}.{field}", step + 1)),
                Origin::Reply { step, reply, field } => Some(format!("r{}[{reply}].{field}", step + 1)),
                Origin::Fresh(_) | Origin::Model { .. } => None,
            }
        };
        shown(message, &words)
    };
    let all: Vec<String> = done.sent.iter().enumerate().map(one).collect();
    if all.len() == 1 { all.concat() } else { format!("[{}]", all.join(", ")) }
}

fn replies(got: &[DynamicMessage]) -> String {
    let all: Vec<String> = got.iter().take(SHOWN).map(|message| shown(message, &|_| None)).collect();
    match got.len() {
        1 => all.concat(),
        n if n > SHOWN => format!("[{}, … {n} in all]", all.join(", ")),
        _ => format!("[{}]", all.join(", ")),
    }
}

fn cut(text: String) -> String {
    match text.char_indices().nth(LONG) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
