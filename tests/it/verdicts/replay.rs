//! A second opinion on every reading: Python protobuf is given what was written, and has to have what we say is read.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use protogate::diag::{Agreement, Direction, Encoding, Reading};
use protogate::rules::witness::World;
use protogate::schema::Schema;
use serde_json::{Value, json};

use super::{rows, schema};
use crate::{pairs, peers};

/// Generated pairs beside the rows.
const PAIRS: usize = 400;

#[test]
fn python_reads_the_same() {
    let Some(python) = peers::or_skip("python") else { return };
    let of_rows = rows::all().into_iter().map(|row| (row.id, row.old, row.new));
    let generated = pairs::texts(PAIRS, 3).into_iter().enumerate();
    let generated = generated.map(|(index, (old, new))| (format!("pair {index}"), old, new));
    let (mut said, mut asked) = (Vec::new(), Vec::new());
    for (name, old, new) in of_rows.chain(generated) {
        let ((old, was), (new, is)) = (schema(&old), schema(&new));
        if was.is_empty() && is.is_empty() {
            add(&name, &old, &new, &mut said, &mut asked);
        }
    }
    let heard = ask(&python, &Value::Array(asked));
    assert_eq!(heard.len(), said.len());
    let differs = |(name, reading): &(String, Reading), heard: &Value| {
        (!is_same(reading, heard) && known(reading, heard).is_none())
            .then(|| format!("{name}: {reading:?}\n  python: {heard}"))
    };
    let differences: Vec<String> =
        said.iter().zip(&heard).filter_map(|(said, heard)| differs(said, heard)).collect();
    let broken = said.iter().filter(|(_, reading)| reading.verdict.is_break()).count();
    eprintln!("{} readings, {broken} of them break", said.len());
    assert!(differences.is_empty(), "{} of {}:\n{}", differences.len(), said.len(), differences.join("\n"));
    assert!(broken > 300, "{broken}");
}

fn add(name: &str, old: &Schema, new: &Schema, said: &mut Vec<(String, Reading)>, asked: &mut Vec<Value>) {
    let world = World::new(old, new);
    let (mut at_old, mut at_new) = (Vec::new(), Vec::new());
    for it in world.differences() {
        for reading in &it.witness.readings {
            let (list, reader) = match reading.direction {
                Direction::OldToNew => (&mut at_new, &it.messages.1),
                Direction::NewToOld => (&mut at_old, &it.messages.0),
            };
            list.push((reader.full_name().to_owned(), reading.clone()));
        }
    }
    for (reader, readings) in [(old, at_old), (new, at_new)] {
        let pool: String = reader.pool().encode_to_vec().iter().map(|byte| format!("{byte:02x}")).collect();
        let of = |(message, reading): &(String, Reading)| {
            let encoding = match reading.encoding {
                Encoding::Binary => "binary",
                Encoding::Json => "json",
                Encoding::StrictJson => "strict",
            };
            json!({ "message": message, "encoding": encoding, "written": reading.written })
        };
        asked.push(json!({ "pool": pool, "readings": readings.iter().map(of).collect::<Vec<_>>() }));
        said.extend(readings.into_iter().map(|(_, reading)| (name.to_owned(), reading)));
    }
}

/// Refused by both, or the same value.
fn is_same(ours: &Reading, theirs: &Value) -> bool {
    match ours.verdict {
        Agreement::Rejected => theirs.get("refused").is_some(),
        _ => match (ours.read.parse::<Value>(), theirs.get("read")) {
            (Ok(ours), Some(theirs)) => ours == *theirs,
            // JSON has no words for it on either side.
            (Err(_), None) => theirs.get("unsaid").is_some(),
            _ => false,
        },
    }
}

/// Why the two differ, where they do: each is a way of upb or of Python's JSON, and none of the specification.
fn known(ours: &Reading, theirs: &Value) -> Option<&'static str> {
    let read = ours.read.parse::<Value>();
    let refused = theirs.get("refused").is_some();
    if ours.encoding != Encoding::Binary {
        let text = ours.written.contains(":\"") || ours.written.contains("[\"");
        return match ours.verdict {
            Agreement::Rejected if text && ours.read.ends_with("expected a map") => {
                Some("takes a string for a message and finds no key in it")
            }
            _ if refused && theirs.to_string().contains("Invalid enum value") => {
                Some("takes digits in a string for the number of an enum")
            }
            _ if refused && ours.written.contains("\"[") => {
                Some("refuses keys of extensions it does not know")
            }
            _ => None,
        };
    }
    // The entry is not there, and so nothing in it is missed.
    let missed = ours.read.strip_prefix("required field `").and_then(|path| path.split('.').next());
    if let (Agreement::Rejected, Some(field), Some(Value::Object(theirs))) =
        (ours.verdict, missed, theirs.get("read"))
        && !theirs.contains_key(field)
    {
        return Some("sets an entry of a map aside that holds anything unknown");
    }
    let (Ok(Value::Object(mut read)), Some(Value::Object(theirs))) = (read, theirs.get("read")) else {
        return None;
    };
    if ours.read.contains('\u{fffd}') && Value::Object(theirs.clone()).to_string().contains("b'") {
        return Some("shows the bytes of a string that is no text");
    }
    read.retain(|key, value| theirs.contains_key(key) || !value.is_object());
    (read == *theirs).then_some("sets an entry of a map aside that holds anything unknown")
}

fn ask(python: &Path, asked: &Value) -> Vec<Value> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers/replay.py");
    let mut child =
        Command::new(python).arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let text = asked.to_string();
    let mut stdin = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || stdin.write_all(text.as_bytes()).unwrap());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap().lines().map(|line| line.parse().unwrap()).collect()
}
