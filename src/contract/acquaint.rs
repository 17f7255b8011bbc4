//! Finding out what the server takes: a plain request of each method, in other ways until one is not refused.
//!
//! A server that validates refuses what only the types allow, and whoever never gets past that has tested the
//! validation and nothing behind it. The refusal usually names a field; that field is tried in its other plain ways,
//! and a way is kept that is accepted, or that moves the refusal on to another field. What is learned is a
//! [`Manner`], of which the later phases make their plain requests. Each attempt is a case like any other.

use std::{collections::BTreeSet, sync::atomic::Ordering};

use tokio::{sync::watch, time::Instant};

use super::{
    Event,
    cover::hash,
    input::Input,
    judge::Failure,
    search::{Fresh, Search},
    shrink::HANG,
    stop::reached,
    tally::Tally,
};
use crate::{
    client::{Code, Transport},
    values::{self, Choice, Manner, choices},
};

/// Requests per method at most: what is refused for another reason than its values is not asked for ever.
const ATTEMPTS: u64 = 60;

/// How a plain request was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Answer {
    refused: bool,
    /// The choices whose names the refusal has in it, by where they stand.
    named: Vec<usize>,
    /// The refusal without what was sent, numbers and quotes.
    words: BTreeSet<String>,
}

impl<T: Transport> Search<'_, T> {
    /// Learns the manner of each method. Gives the first failure of each key, as [`phase`](Search::phase) does.
    pub async fn acquaint(
        &mut self,
        end: Option<Instant>,
        stop: &mut watch::Receiver<bool>,
        known: &dyn Fn(&Failure) -> bool,
        on_event: &mut dyn FnMut(Event),
    ) -> Vec<Fresh> {
        let mut fresh = Vec::new();
        for at in 0..self.methods.len() {
            let learned = tokio::select! {
                biased;
                () = reached(stop, end) => { self.over = true; None }
                learned = self.manner(at, &mut fresh, known, on_event) => learned,
            };
            if self.over {
                break;
            }
            if let Some(manner) = learned {
                // Set here only, once per method and run.
                let _ = self.methods[at].manner.set(manner);
            }
        }
        fresh
    }

    /// The manner that the server takes; nothing when it takes none, or the first.
    async fn manner(
        &mut self,
        at: usize,
        fresh: &mut Vec<Fresh>,
        known: &dyn Fn(&Failure) -> bool,
        on_event: &mut dyn FnMut(Event),
    ) -> Option<Manner> {
        let method = self.methods[at];
        let choices = choices(&method.desc.input());
        let mut manner = Manner::default();
        let mut attempts = 0..ATTEMPTS;
        // A choice may change nothing, such as one for an arm that is not set.
        let plainly = |manner: &Manner| values::encode(&values::typical(&method.desc.input(), 0, manner));
        let mut sent = BTreeSet::from([plainly(&manner)]);
        let mut answer =
            self.attempt(at, &manner, attempts.next()?, &choices, fresh, known, on_event).await?;
        'refused: while answer.refused {
            for index in suspects(&choices, &answer) {
                for way in 1..choices[index].ways {
                    let trial = manner.with(&choices[index], way);
                    if !sent.insert(plainly(&trial)) {
                        continue;
                    }
                    // Out of attempts: what was learned so far is still nearer to what the server wants.
                    let Some(attempt) = attempts.next() else { return Some(manner) };
                    let next = self.attempt(at, &trial, attempt, &choices, fresh, known, on_event).await?;
                    if next.is_further_than(&answer, index) {
                        (manner, answer) = (trial, next);
                        continue 'refused;
                    }
                }
            }
            return (manner != Manner::default()).then_some(manner);
        }
        (manner != Manner::default()).then_some(manner)
    }

    /// Sends one. `None`: the server cannot be called, or the run is over.
    #[expect(clippy::too_many_arguments, reason = "what a case needs, and the attempt")]
    async fn attempt(
        &mut self,
        at: usize,
        manner: &Manner,
        attempt: u64,
        choices: &[Choice],
        fresh: &mut Vec<Fresh>,
        known: &dyn Fn(&Failure) -> bool,
        on_event: &mut dyn FnMut(Event),
    ) -> Option<Answer> {
        let method = self.methods[at];
        let salt = hash(&[&self.config.seed.to_le_bytes(), method.name.as_bytes(), b"acquaint"]) >> 24;
        let salt = salt.wrapping_add(attempt << 8);
        let messages = method.stream_in(manner, salt, method.usual_count());
        let input = Input::valid(method, "a plain message", messages);
        // A stream may go on; what hangs is for the later phases to say.
        let impatient = self.judge.impatient();
        let judge = if method.desc.is_server_streaming() { &impatient } else { self.judge };
        let mut judged = judge.judge(method, &input).await;
        self.judge.calls.fetch_add(impatient.calls.load(Ordering::Relaxed), Ordering::Relaxed);
        if method.desc.is_server_streaming() {
            judged.failures.retain(|failure| failure.key.cause != HANG);
        }
        let answer = judged.said.as_ref().map(|said| Answer::new(said, &input, choices));
        let (hung, tallies) = (judged.hung, std::mem::take(&mut self.tallies));
        // Every shard has to know it, and the cases of all shards together are those of one run: the first counts.
        let (counts, cases) = (self.config.shard.0 == 0, self.cases);
        let mut not_counted = Tally::new(method);
        let mut counted = tallies.borrow_mut();
        let tally = if counts { &mut counted[at] } else { &mut not_counted };
        self.take(at, input, judged, tally, fresh, known, on_event);
        if !counts {
            self.cases = cases;
        }
        drop(counted);
        self.tallies = tallies;
        let sure = fresh.iter().any(|(_, _, failure)| failure.check.level != super::Level::Warn);
        self.over |= self.config.fail_fast && sure;
        if self.over || hung { None } else { answer }
    }
}

impl Answer {
    fn new((code, text): &(Code, String), input: &Input, choices: &[Choice]) -> Answer {
        let refused = matches!(code, Code::InvalidArgument | Code::OutOfRange | Code::FailedPrecondition);
        let sent = input.json().map(|it| serde_json::Value::from(it).to_string()).unwrap_or_default();
        let words: Vec<String> = words(text).map(str::to_lowercase).collect();
        let place = |choice: &Choice| {
            let name = choice.name.to_lowercase();
            let camel = name.replace('_', "");
            let spaced: Vec<&str> = name.split('_').collect();
            words.iter().position(|word| *word == name || *word == camel).or_else(|| {
                let together = words.windows(spaced.len()).position(|some| some == spaced);
                together.filter(|_| spaced.len() > 1)
            })
        };
        let mut named: Vec<(usize, usize)> =
            (0..).zip(choices).filter_map(|(index, choice)| Some((place(choice)?, index))).collect();
        named.sort_unstable();
        // What echoes the value is as good as the same words.
        let plain = words.into_iter().filter(|word| !sent.to_lowercase().contains(word.as_str()));
        Answer { refused, named: named.into_iter().map(|(_, index)| index).collect(), words: plain.collect() }
    }

    /// Whether changing this choice was right: no refusal any more, or one that is about something else.
    fn is_further_than(&self, before: &Answer, changed: usize) -> bool {
        if !self.refused {
            return true;
        }
        match (before.named.is_empty(), self.named.is_empty()) {
            (false, false) => self.named != before.named && !self.named.contains(&changed),
            (true, true) => self.words != before.words,
            // From a sentence about the field to one about nothing, or the reverse.
            (false, true) => true,
            (true, false) => !self.named.contains(&changed),
        }
    }
}

/// The words of a text; a name with underscores is one.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty())
}

/// What may be to blame, most likely first: what the refusal names, and then everything else.
fn suspects(choices: &[Choice], answer: &Answer) -> Vec<usize> {
    let others = (0..choices.len()).filter(|index| !answer.named.contains(index));
    answer.named.iter().copied().chain(others).collect()
}
