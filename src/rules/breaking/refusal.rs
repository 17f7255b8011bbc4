//! What the rules about validation have in common: the places where two versions judge differently, told with the
//! value that shows it.

use prost::Message as _;
use prost_reflect::{DynamicMessage, MessageDescriptor, ReflectMessage as _};

use super::element::{Element, Field, Spot};
use super::findings::Findings;
use super::wrap::wrapped;
use crate::diag::{Agreement, Direction, Encoding, Peer, Reading, Witness, shell_word};
use crate::promise::compare::{At, Difference, Proof, compare};
use crate::promise::{Rules, Violation};
use crate::rules::reach::{Flow, Side};

/// Which way the new rules differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    /// They refuse more; it matters where old clients write.
    Tightened,
    /// They accept more; it matters where old clients read.
    Loosened,
}

impl Change {
    fn matters(self, flow: Flow) -> bool {
        match self {
            Change::Tightened => flow.to_server || flow.stored || flow.unknown,
            Change::Loosened => flow.to_client || flow.unknown,
        }
    }

    fn breaks(self, flow: Flow) -> Vec<Peer> {
        let mut who = Vec::new();
        match self {
            Change::Tightened => {
                who.extend(flow.to_server.then_some(Peer::OldClients));
                who.extend((flow.stored || flow.unknown).then_some(Peer::StoredData));
            }
            Change::Loosened => who.push(Peer::OldClients),
        }
        who
    }
}

/// Says every place of a message where the rules changed this way and a value shows it, if that matters for a message
/// that travels as it does.
pub(super) fn say(old: &MessageDescriptor, new: &MessageDescriptor, change: Change, findings: &mut Findings) {
    say_those(old, new, change, findings, |proof| matches!(proof, Proof::Shown(..)));
}

/// The same of what no value can show, because nobody evaluates it.
pub(super) fn say_unknown(old: &MessageDescriptor, new: &MessageDescriptor, findings: &mut Findings) {
    for change in [Change::Tightened, Change::Loosened] {
        say_those(old, new, change, findings, |proof| matches!(proof, Proof::Unknown(_)));
    }
}

fn say_those(
    old: &MessageDescriptor,
    new: &MessageDescriptor,
    change: Change,
    findings: &mut Findings,
    is_meant: fn(&Proof) -> bool,
) {
    let mut differences = compare(old, new);
    differences.retain(|it| proof(it, change).is_some_and(is_meant));
    if differences.is_empty() {
        return;
    }
    let flow = findings.flow(old.full_name());
    if !change.matters(flow) {
        return;
    }
    for difference in &differences {
        let Some(proof) = proof(difference, change) else { continue };
        let (title, spot, was) = place(old, new, &difference.at);
        let (witness, sent) = match proof {
            Proof::Shown(message, violation) => {
                let (witness, rpc) = witness(message, violation, change, findings);
                (Ok(witness), rpc)
            }
            Proof::Unknown(_) => (Err("nobody can tell which values it refuses".to_owned()), None),
        };
        let help = match (&witness, sent) {
            (Ok(witness), Some(rpc)) => send(witness, &rpc),
            _ => "keep the rule as it was, and give what needs another one a field of its own".to_owned(),
        };
        let who = change.breaks(flow);
        let order = who.contains(&Peer::OldClients).then_some("clients first");
        findings
            .add(spot, format!("{title} {}", phrase(proof, change)))
            .was(was, "it was this here")
            .breaks(&who, order)
            .witness(witness)
            .help(help);
    }
}

fn proof(difference: &Difference, change: Change) -> Option<&Proof> {
    match change {
        Change::Tightened => difference.tightened.as_ref(),
        Change::Loosened => difference.loosened.as_ref(),
    }
}

fn phrase(proof: &Proof, change: Change) -> String {
    match (proof, change) {
        (Proof::Shown(_, it), Change::Tightened) => {
            format!("{} now ({}): values that were valid are refused", it.message, it.rule)
        }
        (Proof::Shown(_, it), Change::Loosened) => {
            // What a rule asks may have backticks of its own.
            let held = it.message.replace('`', "");
            format!("is no longer held to `{held}` ({}): answers may be what they never were", it.rule)
        }
        (Proof::Unknown(what), Change::Tightened) => {
            format!("has {what} now, which may refuse what was valid")
        }
        (Proof::Unknown(what), Change::Loosened) => {
            format!("no longer has {what}, which may have refused what is valid now")
        }
    }
}

/// How a sentence about the place begins, where it is and where it was.
fn place(old: &MessageDescriptor, new: &MessageDescriptor, at: &At) -> (String, Spot, Spot) {
    let whole = || (format!("message `{}`", new.name()), new.whole(), old.whole());
    match at {
        At::Message => whole(),
        At::Oneof(name) => {
            let find = |message: &MessageDescriptor| message.oneofs().find(|it| it.name() == name);
            match (find(old), find(new)) {
                (Some(old), Some(new)) => {
                    let title = format!("oneof `{name}` of message `{}`", new.parent_message().name());
                    (title, new.whole(), old.whole())
                }
                _ => whole(),
            }
        }
        At::Field(number) => match (old.get_field(*number), new.get_field(*number)) {
            (was, Some(is)) => {
                let was = was.map_or_else(|| old.whole(), |it| it.whole());
                let is = Field::Member(is);
                (is.title(), is.whole(), was)
            }
            _ => whole(),
        },
    }
}

/// The value as a whole request or answer where that can be made, with the rpc that carries it.
fn witness(
    message: &DynamicMessage,
    violation: &Violation,
    change: Change,
    findings: &Findings,
) -> (Witness, Option<String>) {
    let (old, new) = findings.schemas();
    let (writer, reader, side, direction) = match change {
        Change::Tightened => (old, new, Side::Request, Direction::OldToNew),
        Change::Loosened => (new, old, Side::Response, Direction::NewToOld),
    };
    let whole = wrapped(message, side, writer, findings.uses()).and_then(|(rpc, whole)| {
        let name = whole.descriptor().full_name().to_owned();
        let read_as = reader.pool().get_message_by_name(&name)?;
        let read = DynamicMessage::decode(read_as.clone(), &*whole.encode_to_vec()).ok()?;
        let violation = Rules::of(&read_as).violations(&read).into_iter().next()?;
        Rules::of(&whole.descriptor()).violations(&whole).is_empty().then_some((rpc, whole, violation))
    });
    let (rpc, message, violation) = match whole {
        Some((rpc, whole, violation)) => (Some(rpc), whole, violation),
        None => (None, message.clone(), violation.clone()),
    };
    let hex: String = message.encode_to_vec().iter().map(|byte| format!("{byte:02x}")).collect();
    let reading = Reading {
        direction,
        encoding: Encoding::Binary,
        verdict: Agreement::Rejected,
        written: hex.clone(),
        read: violation.to_string(),
    };
    let witness = Witness {
        message: message.descriptor().full_name().to_owned(),
        hex,
        // Values of rules have a form in JSON but for times out of range, which none accepts.
        json: serde_json::to_string(&message).unwrap_or_default(),
        readings: vec![reading],
    };
    (witness, rpc.filter(|_| change == Change::Tightened))
}

fn send(witness: &Witness, rpc: &str) -> String {
    let json = shell_word(&witness.json);
    format!(
        "keep the old rule, or see the server refuse it: `grpcurl -plaintext -d {json} HOST:PORT {rpc}`; \
         `protogate contract --method {rpc}` tries the edges of the new rules"
    )
}
