//! What shows that a finding is true, in the two ways that formats need it: as values, and as lines.

use serde_json::{Map, Value, json};

use crate::diag::{Affected, Evidence, Peer};

/// The most ways that are told to people; the JSON report has them all.
const SHOWN: usize = 3;

/// The object of the key `evidence`; nothing where nothing is known.
pub(super) fn json(evidence: &Evidence) -> Option<Value> {
    let mut object = Map::new();
    if !evidence.affected.is_empty() {
        let way = |it: &Affected| json!({"rpc": it.rpc, "path": it.path});
        object.insert("affected".to_owned(), evidence.affected.iter().map(way).collect());
    }
    if evidence.affected_more > 0 {
        object.insert("affected_more".to_owned(), evidence.affected_more.into());
    }
    if !evidence.breaks.is_empty() {
        let peer = |it: &Peer| Value::from(words(*it).replace(' ', "_"));
        object.insert("breaks".to_owned(), evidence.breaks.iter().map(peer).collect());
    }
    if let Some(order) = &evidence.deploy {
        object.insert("deploy".to_owned(), order.as_str().into());
    }
    (!object.is_empty()).then_some(Value::Object(object))
}

/// Lines for people, each a phrase.
pub(super) fn notes(evidence: &Evidence) -> Vec<String> {
    let mut notes: Vec<String> = evidence.affected.iter().take(SHOWN).map(reaches).collect();
    let more = evidence.affected.len().saturating_sub(SHOWN) + evidence.affected_more;
    if more > 0 {
        notes.push(format!("and {more} more"));
    }
    if !evidence.breaks.is_empty() {
        let order = match &evidence.deploy {
            Some(order) => format!("; nobody, if deployed {order}"),
            None => String::new(),
        };
        let who: Vec<&str> = evidence.breaks.iter().map(|it| words(*it)).collect();
        notes.push(format!("breaks {}{order}", who.join(", ")));
    }
    notes
}

fn reaches(it: &Affected) -> String {
    match it.path.as_str() {
        "" => format!("reaches {}", it.rpc),
        path => format!("reaches {} → {path}", it.rpc),
    }
}

fn words(peer: Peer) -> &'static str {
    match peer {
        Peer::OldClients => "old clients",
        Peer::NewClients => "new clients",
        Peer::StoredData => "stored data",
    }
}
