//! Proposals as a side file: what is likely as promises, the rest as comments, each with what speaks for it.

use std::fmt::Write as _;

use toml::Value;

use super::proposal::{Confidence, Proposal};

/// The words at the head of the file.
const HEAD: &str = "\
# What these services probably promise. Each is a guess with what speaks for it: keep what is meant, change what is
# nearly right, remove the rest. `high` is written as a promise, `medium` and `low` as comments.
";

/// The side file. `from` says what the guesses were made of.
pub fn write(proposals: &[Proposal], from: &str) -> String {
    let mut out = format!("# Proposed by `protogate contract infer` from {from}.\n{HEAD}\n");
    let mut of = "";
    for (at, proposal) in proposals.iter().enumerate() {
        if proposal.of != of {
            of = &proposal.of;
            let _ = writeln!(out, "# {of}");
            tables(&mut out, &proposals[at..], of);
        }
        if proposal.part != TABLE && !is_plain(proposal) {
            element(&mut out, proposal);
        }
    }
    out
}

/// The part of which the fields stand in a table of their own, and come before its lists.
const TABLE: &str = "stream";

/// Fields of the contract itself, which are no lists of tables.
fn is_plain(proposal: &Proposal) -> bool {
    proposal.part.is_empty()
}

/// The fields that are no lists, which TOML wants first.
fn tables(out: &mut String, proposals: &[Proposal], of: &str) {
    for (part, is) in [("", is_plain as fn(&Proposal) -> bool), (".stream", |it| it.part == TABLE)] {
        let own: Vec<&Proposal> = proposals.iter().filter(|it| it.of == of && is(it)).collect();
        let Some(first) = own.first() else { continue };
        let mark = if own.iter().any(|it| it.is_active()) { "" } else { "# " };
        let _ = writeln!(out, "{mark}[{}.\"{of}\"{part}]", section(first));
        for proposal in own {
            said(out, proposal);
            fields(out, proposal, if proposal.is_active() { "" } else { "# " });
        }
        out.push('\n');
    }
}

/// One element of a list.
fn element(out: &mut String, proposal: &Proposal) {
    said(out, proposal);
    let mark = if proposal.is_active() { "" } else { "# " };
    let _ = writeln!(out, "{mark}[[{}.\"{}\".{}]]", section(proposal), proposal.of, proposal.part);
    fields(out, proposal, mark);
    out.push('\n');
}

fn said(out: &mut String, proposal: &Proposal) {
    let worth = proposal.confidence.word();
    let _ = match &proposal.dropped {
        Some(why) => writeln!(out, "# dropped ({worth}: {}): {why}", proposal.evidence),
        None => writeln!(out, "# {worth}: {}", proposal.evidence),
    };
}

/// Names before what they name.
fn fields(out: &mut String, proposal: &Proposal, mark: &str) {
    let mut fields: Vec<(&String, &Value)> = proposal.entry.iter().collect();
    fields.sort_by_key(|(name, _)| !matches!(name.as_str(), "id" | "name"));
    for (name, value) in fields {
        let _ = writeln!(out, "{mark}{name} = {value}");
    }
}

fn section(proposal: &Proposal) -> &'static str {
    if proposal.of.contains('/') { "method" } else { "service" }
}

impl Confidence {
    /// How many of the proposals are worth so much and not dropped.
    pub fn count(self, proposals: &[Proposal]) -> usize {
        proposals.iter().filter(|it| it.dropped.is_none() && it.confidence == self).count()
    }
}
