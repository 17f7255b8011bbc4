//! What shows that a finding is true, for every format: a few lines for people, an object for programs.

use serde_json::{Map, Value, json};

use super::finding::tame;
use crate::diag::{Affected, Agreement, Direction, Encoding, Evidence, Peer, Reading, Witness};

/// Characters of a value that somebody may compare by eye; JSON has them all.
const SHOWN: usize = 72;

/// The most ways that are told to people; JSON has them all.
const WAYS: usize = 3;

/// Lines for people, each a phrase: a reading that is not the same, as `old writer, new reader · binary · lossy: 08… is
/// read as {}`, or why there is none; then the rpcs that it reaches; then who breaks.
pub(super) fn lines(evidence: &Evidence) -> Vec<String> {
    let mut lines = match &evidence.witness {
        None => Vec::new(),
        Some(Err(why)) => vec![format!("no value shows it: {}", tame(why, &[]))],
        Some(Ok(witness)) => {
            witness.readings.iter().filter(|it| it.verdict != Agreement::Same).map(reading).collect()
        }
    };
    lines.extend(evidence.affected.iter().take(WAYS).map(reaches));
    let more = evidence.affected.len().saturating_sub(WAYS) + evidence.affected_more;
    if more > 0 {
        lines.push(format!("and {more} more"));
    }
    if !evidence.breaks.is_empty() {
        let who: Vec<&str> = evidence.breaks.iter().map(|it| words(*it)).collect();
        lines.push(format!("breaks {}", who.join(", ")));
    }
    lines.extend(evidence.deploy.iter().map(|order| format!("safe when deployed {order}")));
    lines
}

fn reading(it: &Reading) -> String {
    let head = format!("{} · {} · {}", it.direction.words(), it.encoding.word(), it.verdict.word());
    let written = if it.written.is_empty() { "no bytes" } else { &it.written };
    match it.verdict {
        Agreement::Rejected => format!("{head}: {} is refused: {}", cut(written), cut(&it.read)),
        // Text that becomes bytes, as base64, and the other way.
        Agreement::Misread if it.written == it.read => {
            format!("{head}: {} is read as another value that is written alike", cut(written))
        }
        _ => format!("{head}: {} is read as {}", cut(written), cut(&it.read)),
    }
}

fn cut(text: &str) -> String {
    let text = tame(text, &[]);
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
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

/// The object of the key `evidence`: everything, whole. What is not known has no key, and where nothing is known there
/// is no object.
pub(super) fn json(evidence: &Evidence) -> Option<Value> {
    let mut object = Map::new();
    match &evidence.witness {
        None => {}
        Some(Err(why)) => drop(object.insert("none".to_owned(), why.as_str().into())),
        Some(Ok(shown)) => drop(object.insert("witness".to_owned(), witness(shown))),
    }
    if !evidence.affected.is_empty() {
        let way = |it: &Affected| json!({ "rpc": it.rpc, "path": it.path });
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

fn witness(it: &Witness) -> Value {
    let reading = |it: &Reading| {
        json!({
            "direction": match it.direction {
                Direction::OldToNew => "old_to_new",
                Direction::NewToOld => "new_to_old",
            },
            "encoding": match it.encoding {
                Encoding::Binary => "binary",
                Encoding::Json => "json",
                Encoding::StrictJson => "strict_json",
            },
            "verdict": it.verdict.word(),
            "written": it.written,
            "read": it.read,
        })
    };
    json!({
        "message": it.message,
        "hex": it.hex,
        "json": it.json,
        "readings": it.readings.iter().map(reading).collect::<Vec<_>>(),
    })
}
