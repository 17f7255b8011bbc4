//! Less of a sequence: without a step, with simpler steps, with fewer clients, with plain words in the place of fresh ones.

use prost_reflect::{DynamicMessage, Kind, Value};

use super::{
    draw::{LANES, broken},
    schedule,
    step::{Link, Origin, Step, get, scalars, set},
};
use crate::{contract::Method, values};

/// Whether a later step uses what this one was answered with.
pub(super) fn is_named(steps: &[Step], at: usize) -> bool {
    let names = |link: &Link| matches!(&link.from, Origin::Reply { step, .. } if *step == at);
    steps.iter().flat_map(|step| &step.links).any(names)
}

/// The steps without this one. What named it has a value of its own again.
pub(super) fn without(steps: &[Step], at: usize) -> Vec<Step> {
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

/// The same calls, one after the other.
pub(super) fn serial(steps: &[Step]) -> Vec<Step> {
    steps.iter().map(|step| Step { client: None, ..step.clone() }).collect()
}

/// Races with fewer clients: two clients become one, or the first or the last step of all of them is made by itself.
pub(super) fn fewer_clients(steps: &[Step]) -> Vec<Vec<Step>> {
    let mut clients: Vec<usize> = steps.iter().filter_map(|step| step.client).collect();
    clients.sort_unstable();
    clients.dedup();
    let mut out = Vec::new();
    for (at, one) in clients.iter().enumerate().skip(1) {
        let other = clients[at - 1];
        let as_other = |step: &Step| match step.client {
            Some(client) if client == *one => Step { client: Some(other), ..step.clone() },
            _ => step.clone(),
        };
        out.push(steps.iter().map(as_other).collect());
    }
    let first = steps.iter().position(|step| step.client.is_some());
    let last = steps.iter().rposition(|step| step.client.is_some());
    for at in [first, last].into_iter().flatten() {
        let mut alone = steps.to_vec();
        alone[at].client = None;
        out.push(alone);
    }
    out
}

/// Sequences in which one text more is fresh each time, so that a server which takes it once only takes it again.
pub(super) fn fresher(steps: &[Step]) -> Vec<Vec<Step>> {
    let mut out = Vec::new();
    for (at, step) in steps.iter().enumerate() {
        for (message, sent) in step.sent.iter().enumerate() {
            for (field, of, _) in scalars(sent) {
                let has_link = step.links.iter().any(|link| link.message == message && link.field == field);
                if of.kind() == Kind::String && !has_link {
                    let mut steps = steps.to_vec();
                    let from = Origin::Fresh(at as u64 * LANES + message as u64);
                    steps[at].links.push(Link { message, field, from });
                    out.push(steps);
                }
            }
        }
    }
    out
}

/// The sequence with a short text in the place of one that is fresh each time, wherever it is sent.
pub(super) fn plainer(steps: &[Step]) -> Vec<Vec<Step>> {
    let mut fresh: Vec<(u64, String)> = Vec::new();
    for (step, link) in steps.iter().flat_map(|step| step.links.iter().map(move |link| (step, link))) {
        if let Origin::Fresh(lane) = link.from
            && !step.is_linked(link.message, &link.field)
            && !fresh.iter().any(|(it, field)| (*it, field) == (lane, &link.field))
        {
            fresh.push((lane, link.field.clone()));
        }
    }
    let mut out = Vec::new();
    for (turn, (lane, field)) in fresh.iter().enumerate() {
        let letter = char::from(b'a' + u8::try_from(turn % 26).unwrap_or(0));
        for text in [letter.to_string(), format!("{letter}@a.aa")] {
            out.extend(worded(steps, (*lane, field), &text));
        }
    }
    out
}

fn worded(steps: &[Step], (lane, field): (u64, &str), text: &str) -> Option<Vec<Step>> {
    let mut steps = steps.to_vec();
    let is_it = |link: &Link| link.from == Origin::Fresh(lane) && link.field == field;
    for step in &mut steps {
        let links: Vec<Link> = step.links.iter().filter(|link| is_it(link)).cloned().collect();
        for link in links {
            let message = step.sent.get_mut(link.message)?;
            set(message, &link.field, Value::String(text.to_owned())).then_some(())?;
        }
        step.links.retain(|link| !is_it(link));
    }
    Some(steps)
}

/// Simpler forms of one step, and how often each must fail to be taken: a value that is not fresh any more may be one
/// that the server takes once only.
pub(super) fn simpler<'a>(step: &'a Step, method: &'a Method) -> impl Iterator<Item = (Step, usize)> + 'a {
    let calmer = schedule::simpler(step).map(|it| (it, 1));
    let at_once = step.in_turn.then(|| (Step { in_turn: false, ..step.clone() }, 1));
    let waited = step.cancel.is_some().then(|| (Step { cancel: None, ..step.clone() }, 1));
    let count = if method.desc.is_client_streaming() { step.sent.len() } else { 0 };
    let fewer = (0..if count > 1 { count } else { 0 }).map(|gone| {
        let mut fewer = step.clone();
        fewer.sent.remove(gone);
        schedule::without_message(&mut fewer.turns, gone);
        fewer.links.retain(|link| link.message != gone);
        fewer.links.iter_mut().filter(|link| link.message > gone).for_each(|link| link.message -= 1);
        (fewer, 1)
    });
    let within = (0..step.sent.len()).flat_map(move |message| {
        values::simpler(&step.sent[message]).filter_map(move |less| with(step, message, less))
    });
    let less = within.filter(|(trial, _)| is_kept(method, step, trial));
    calmer.chain(waited).chain(at_once).chain(fewer).chain(less)
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

/// Whether the form keeps what the schema asks, as far as the step does.
fn is_kept(method: &Method, step: &Step, trial: &Step) -> bool {
    let keeps = |step: &Step| !step.sent.iter().any(|message| broken(method, message));
    keeps(trial) || !keeps(step)
}
