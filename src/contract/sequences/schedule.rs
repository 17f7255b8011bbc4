//! What a client does in a stream besides sending: it waits for replies, pauses, and goes away before the end.
//!
//! A schedule belongs to a step and is drawn from what the step sends, so that it changes nothing about which steps are
//! drawn. What came before a cancelled call was given up is held against the rules of `each` alone: nobody has promised
//! how it would have ended.

use std::time::Duration;

use prost_reflect::DynamicMessage;
use serde::{Deserialize, Serialize};

use super::step::Step;
use crate::{
    client,
    contract::{Method, cover},
    promise::contract::{self, Change},
    values,
};

/// One thing that is done between two messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Turn {
    /// After so many messages; one more than there are: after half-close.
    pub after: usize,
    /// What is done.
    pub what: What,
}

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// Wait until so many replies have come in all, or the call has ended.
    Await(usize),
    /// Do nothing, for so many milliseconds.
    Pause(u64),
    /// Reset the stream, once so many replies have come.
    Cancel(usize),
}

/// How long a pause is: longer than a scheduler takes to run whoever could run.
const PAUSE: u64 = 10;

/// A schedule for a step that is about to be made; mostly none.
pub(super) fn drawn(method: &Method, promises: &contract::Method, step: &Step, at: usize) -> Vec<Turn> {
    let (sends, gets) = (method.desc.is_client_streaming(), method.desc.is_server_streaming());
    let count = step.sent.len();
    let asked = !promises.each.is_empty() || !promises.finals.is_empty();
    if !(sends || gets) || !asked {
        return Vec::new();
    }
    let sent: Vec<Vec<u8>> = step.sent.iter().map(values::encode).collect();
    let at = at.to_le_bytes();
    let mut parts: Vec<&[u8]> = vec![method.name.as_bytes(), &at];
    parts.extend(sent.iter().map(Vec::as_slice));
    let dice = cover::hash(&parts);
    let some = |most: usize| usize::try_from(dice >> 8).unwrap_or(0) % (most + 1);
    // Whether an answer comes before the client has ended its side, `in_turn` has to know.
    let cancelled = if gets && sends && step.in_turn {
        let after = 1 + some(count.saturating_sub(1));
        Some(Turn { after, what: What::Cancel(after) })
    } else if gets {
        Some(Turn { after: count + 1, what: What::Cancel(1 + some(2)) })
    } else {
        Some(Turn { after: some(count), what: What::Cancel(0) })
    };
    match dice % 8 {
        0 => cancelled.filter(|_| can_be_given_up(promises)).into_iter().collect(),
        2 if sends => vec![Turn { after: some(count), what: What::Pause(PAUSE) }],
        3 if sends => (1..=count).map(|after| Turn { after, what: What::Pause(PAUSE) }).collect(),
        _ => Vec::new(),
    }
}

/// Whether it can be told what a call has done that nobody heard the end of.
fn can_be_given_up(promises: &contract::Method) -> bool {
    let silent = |expr: &contract::Expr| !expr.names("resp") && !expr.names("got");
    promises.effects.iter().all(|effect| {
        let of_change = match &effect.change {
            Change::Put(_, key, value) => silent(key) && silent(value),
            Change::Delete(_, it) | Change::Append(_, it) | Change::Remove(_, it) => silent(it),
            Change::Clear(_) | Change::Open(_) => true,
        };
        of_change && effect.when.as_ref().is_none_or(silent)
    })
}

/// The messages that are sent before the client goes away.
pub(super) fn sent(step: &Step, sent: Vec<DynamicMessage>) -> Vec<DynamicMessage> {
    let until =
        step.turns.iter().filter(|turn| matches!(turn.what, What::Cancel(_))).map(|turn| turn.after).min();
    sent.into_iter().take(until.unwrap_or(usize::MAX)).collect()
}

/// The script of a call with these messages.
pub(super) fn script(step: &Step, sent: &[DynamicMessage]) -> Vec<client::Step> {
    let mut script = Vec::new();
    for at in 0..=sent.len() + 1 {
        match sent.get(at.wrapping_sub(1)) {
            Some(message) => {
                script.push(client::Step::Send(values::encode(message).into()));
                if step.in_turn {
                    script.push(client::Step::Await(at));
                }
            }
            None if at > 0 => script.push(client::Step::HalfClose),
            None => {}
        }
        for turn in step.turns.iter().filter(|turn| turn.after == at) {
            match turn.what {
                What::Await(replies) => script.push(client::Step::Await(replies)),
                What::Pause(millis) => script.push(client::Step::Pause(Duration::from_millis(millis))),
                What::Cancel(replies) => {
                    script.extend((replies > 0).then_some(client::Step::Await(replies)));
                    script.push(client::Step::Cancel);
                    return script;
                }
            }
        }
    }
    script
}

/// Simpler schedules of the same messages: without one of its turns, and given up earlier.
pub(super) fn simpler(step: &Step) -> impl Iterator<Item = Step> + '_ {
    let without = (0..step.turns.len()).map(|gone| {
        let mut less = step.clone();
        less.turns.remove(gone);
        less
    });
    let earlier = step.turns.iter().enumerate().filter_map(|(at, turn)| {
        let What::Cancel(replies) = turn.what else { return None };
        let mut less = step.clone();
        less.turns[at].what = What::Cancel(replies.checked_sub(1).filter(|it| *it > 0)?);
        // In a conversation each reply has a message of its own.
        if step.in_turn {
            less.turns[at].after = less.turns[at].after.checked_sub(1)?;
        }
        Some(less)
    });
    without.chain(earlier)
}

/// The turns behind a message that is gone come one message earlier.
pub(super) fn without_message(turns: &mut [Turn], gone: usize) {
    for turn in turns.iter_mut().filter(|turn| turn.after > gone) {
        turn.after -= 1;
        if let What::Cancel(replies) = &mut turn.what
            && *replies > turn.after.max(1)
        {
            *replies = turn.after.max(1);
        }
    }
}

/// As a person says it, behind the call; empty where there is no schedule.
pub(super) fn words(step: &Step) -> String {
    let said: Vec<String> = step
        .turns
        .iter()
        .map(|turn| {
            let after = match turn.after {
                it if it > step.sent.len() => "after half-close".to_owned(),
                0 => "at once".to_owned(),
                1 if step.sent.len() == 1 => "after the message".to_owned(),
                it => format!("after message {it}"),
            };
            match turn.what {
                What::Await(replies) => format!("{replies} replies awaited {after}"),
                What::Pause(millis) => format!("{millis} ms of pause {after}"),
                What::Cancel(0) => format!("cancelled {after}"),
                What::Cancel(1) => format!("cancelled {after} and a reply"),
                What::Cancel(replies) => format!("cancelled {after} and {replies} replies"),
            }
        })
        .collect();
    if said.is_empty() { String::new() } else { format!(" ({})", said.join(", ")) }
}
