//! What a run came to.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use protogate::rules::breaking::bufs;

use super::compare::{Outcome, rules_of};
use super::draw::Pair;

#[derive(Debug, Default)]
pub struct Tally {
    pub pairs: usize,
    pub disagreements: usize,
    findings: BTreeMap<String, usize>,
    /// How often an edit was drawn, and how often its pair was rejected.
    edits: BTreeMap<&'static str, (usize, usize)>,
    /// How many, and the first reason in full.
    rejected: BTreeMap<String, (usize, String)>,
    /// By who alone finds it, and the rule.
    differences: BTreeMap<(&'static str, String), usize>,
}

impl Tally {
    pub fn add(&mut self, pair: &Pair, outcome: &Outcome) {
        self.pairs += 1;
        self.disagreements += usize::from(outcome.is_disagreement());
        let refused = matches!(outcome, Outcome::Rejected(_));
        for (edit, _) in &pair.edits {
            let (drawn, rejected) = self.edits.entry(edit.name).or_default();
            *drawn += 1;
            *rejected += usize::from(refused);
        }
        for kind in outcome.difference() {
            *self.differences.entry(kind).or_default() += 1;
        }
        match outcome {
            Outcome::Compared { bufs, .. } => {
                rules_of(bufs).for_each(|rule| *self.findings.entry(rule.to_owned()).or_default() += 1);
            }
            Outcome::Rejected(why) => {
                self.rejected.entry(without_names(why)).or_insert_with(|| (0, why.clone())).0 += 1;
            }
        }
    }

    pub fn rejections(&self) -> usize {
        self.rejected.values().map(|it| it.0).sum()
    }

    /// The rules that buf never named.
    pub fn silent_rules(&self) -> BTreeSet<&'static str> {
        bufs().map(|rule| rule.info.id).filter(|id| !self.findings.contains_key(*id)).collect()
    }

    pub fn table(&self, seed: u64, elapsed: Duration) -> String {
        let findings: usize = self.findings.values().sum();
        let mut lines = vec![format!(
            "{} pairs from seed {seed}: {findings} findings of {} rules, {} disagreements, {} rejected, {:.1} s",
            self.pairs,
            self.findings.len(),
            self.disagreements,
            self.rejections(),
            elapsed.as_secs_f64()
        )];
        lines.extend(bufs().map(|rule| {
            format!("  {:>8} {}", self.findings.get(rule.info.id).copied().unwrap_or_default(), rule.info.id)
        }));
        lines.extend(self.rejected.values().map(|(count, why)| format!("  {count:>8} rejected: {why}")));
        lines.extend(self.edits.iter().map(|(edit, (drawn, rejected))| {
            format!("  {drawn:>8} drawn, {rejected} of them rejected: {edit}")
        }));
        let differences = self.differences.iter();
        lines.extend(
            differences.map(|((who, rule), count)| format!("  {count:>8} pairs: only {who} says {rule}")),
        );
        lines.join("\n")
    }
}

/// The message with the names and numbers of its schema left out.
fn without_names(message: &str) -> String {
    let mut quoted = false;
    let kept = message.chars().filter(|it| {
        let mark = matches!(it, '`' | '"' | '\'');
        quoted ^= mark;
        mark || !quoted && !it.is_ascii_digit()
    });
    kept.take(90).collect()
}
