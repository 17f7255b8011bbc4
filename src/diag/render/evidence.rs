//! What shows a finding, for every format: a few lines for people, an object for programs.

use serde_json::{Map, Value, json};

use super::finding::tame;
use crate::diag::{Agreement, Direction, Encoding, Evidence, Peer, Reading};

/// Characters of a value that somebody may compare by eye; JSON has them all.
const SHOWN: usize = 72;

/// One line per reading that is not the same, as `old writer, new reader · binary · lossy: 08… is read as {}`; or why
/// there is none.
pub(super) fn lines(evidence: &Evidence) -> Vec<String> {
    let mut lines = match &evidence.witness {
        None => Vec::new(),
        Some(Err(why)) => vec![format!("no value shows it: {}", tame(why, &[]))],
        Some(Ok(witness)) => {
            witness.readings.iter().filter(|it| it.verdict != Agreement::Same).map(reading).collect()
        }
    };
    lines.extend(evidence.affected.iter().map(|it| format!("reaches {} by {}", it.rpc, it.path)));
    if !evidence.breaks.is_empty() {
        let peers: Vec<&str> = evidence.breaks.iter().map(|it| peer(*it)).collect();
        lines.push(format!("breaks {}", peers.join(", ")));
    }
    lines.extend(evidence.deploy.iter().map(|order| format!("deploy {}", tame(order, &[]))));
    lines
}

fn reading(it: &Reading) -> String {
    let head = format!("{} · {} · {}", it.direction.words(), it.encoding.word(), it.verdict.word());
    let written = if it.written.is_empty() { "no bytes" } else { &it.written };
    match it.verdict {
        Agreement::Rejected => format!("{head}: {} is refused: {}", cut(written), cut(&it.read)),
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

fn peer(it: Peer) -> &'static str {
    match it {
        Peer::OldClients => "old clients",
        Peer::NewClients => "new clients",
        Peer::StoredData => "stored data",
    }
}

/// Everything, whole. What is not known has no key.
pub(super) fn object(evidence: &Evidence) -> Value {
    let mut object = Map::new();
    match &evidence.witness {
        None => {}
        Some(Err(why)) => drop(object.insert("none".to_owned(), why.as_str().into())),
        Some(Ok(witness)) => {
            let readings = witness.readings.iter().map(|it| {
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
            });
            let witness = json!({
                "message": witness.message,
                "hex": witness.hex,
                "json": witness.json,
                "readings": readings.collect::<Vec<_>>(),
            });
            object.insert("witness".to_owned(), witness);
        }
    }
    if !evidence.affected.is_empty() {
        let affected = evidence.affected.iter().map(|it| json!({ "rpc": it.rpc, "path": it.path }));
        object.insert("affected".to_owned(), affected.collect());
    }
    if !evidence.breaks.is_empty() {
        object.insert("breaks".to_owned(), evidence.breaks.iter().map(|it| peer(*it)).collect());
    }
    if let Some(order) = &evidence.deploy {
        object.insert("deploy".to_owned(), order.as_str().into());
    }
    Value::Object(object)
}
