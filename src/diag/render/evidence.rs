//! What shows that a finding is true, in the two ways that formats need it: as values, and as lines.

use serde_json::{Map, Value, json};

use crate::diag::{Affected, Evidence, Peer};

/// The most ways that are told to people; the JSON report has them all.
const WAYS: usize = 3;

/// Whom it reaches, who breaks, and in which order to deploy: a phrase each.
pub(super) fn lines(evidence: &Evidence) -> Vec<String> {
    let mut lines: Vec<String> = evidence.affected.iter().take(WAYS).map(reaches).collect();
    let more = evidence.affected.len().saturating_sub(WAYS) + evidence.affected_more;
    if more > 0 {
        lines.push(format!("and {more} more"));
    }
    if !evidence.breaks.is_empty() {
        let peers: Vec<&str> = evidence.breaks.iter().map(|it| peer(*it)).collect();
        lines.push(format!("breaks {}", peers.join(", ")));
    }
    lines.extend(evidence.deploy.iter().map(|order| format!("safe when deployed {order}")));
    lines
}

/// Everything, whole. What is not known has no key.
pub(super) fn object(evidence: &Evidence) -> Value {
    let mut object = Map::new();
    if !evidence.affected.is_empty() {
        let affected = evidence.affected.iter().map(|it| json!({"rpc": it.rpc, "path": it.path}));
        object.insert("affected".to_owned(), affected.collect());
    }
    if evidence.affected_more > 0 {
        object.insert("affected_more".to_owned(), evidence.affected_more.into());
    }
    if !evidence.breaks.is_empty() {
        let peers = evidence.breaks.iter().map(|it| Value::from(peer(*it).replace(' ', "_")));
        object.insert("breaks".to_owned(), peers.collect());
    }
    if let Some(order) = &evidence.deploy {
        object.insert("deploy".to_owned(), order.as_str().into());
    }
    Value::Object(object)
}

fn reaches(it: &Affected) -> String {
    match it.path.as_str() {
        "" => format!("reaches {}", it.rpc),
        path => format!("reaches {} → {path}", it.rpc),
    }
}

fn peer(it: Peer) -> &'static str {
    match it {
        Peer::OldClients => "old clients",
        Peer::NewClients => "new clients",
        Peer::StoredData => "stored data",
    }
}
