//! CONTRACT_FIELD_BEHAVIOR.

use prost::Message as _;
use prost_reflect::{DynamicMessage, FieldDescriptor, MessageDescriptor};

use super::category::Category::Contract;
use super::element::{Element, Field};
use super::findings::Findings;
use super::rule::{Check, Example, Rule, own};
use crate::diag::{Agreement, Direction, Encoding, Peer, Reading, Witness};
use crate::promise::behavior::{Behavior, behaviors, missing};
use crate::rules::reach::Flow;
use crate::values::{Manner, typical};

pub static RULE: Rule = Rule {
    info: own(
        "CONTRACT_FIELD_BEHAVIOR",
        "What a caller may leave out, set and read stays so.",
        "`google.api.field_behavior` says who sets a field. Where it newly says `REQUIRED`, a call without the field is \
         refused; with `IMMUTABLE` an update of it; with `OUTPUT_ONLY` what callers set is ignored; with `INPUT_ONLY` \
         answers no longer have it. AIP-203 calls each of them a breaking change. Taking one of them back is none.",
    ),
    categories: &[Contract],
    check: Check::MessagePair(check),
    example: Example {
        old: &[(
            "a.proto",
            "syntax = \"proto3\";\nimport \"google/api/field_behavior.proto\";\nmessage M {\n  string name = 1;\n}\n",
        )],
        new: &[(
            "a.proto",
            "syntax = \"proto3\";\nimport \"google/api/field_behavior.proto\";\nmessage M {\n  string name = 1 \
             [(google.api.field_behavior) = REQUIRED];\n}\n",
        )],
    },
};

fn check(old: &MessageDescriptor, new: &MessageDescriptor, findings: &mut Findings) {
    for field in new.fields().filter(|it| it.field_descriptor_proto().options.is_some()) {
        let was = old.get_field(field.number());
        let known = was.as_ref().map(behaviors).unwrap_or_default();
        for behavior in behaviors(&field).into_iter().filter(|it| !known.contains(it)) {
            added(behavior, was.as_ref(), &field, old, findings);
        }
    }
}

fn added(
    behavior: Behavior,
    was: Option<&FieldDescriptor>,
    is: &FieldDescriptor,
    old: &MessageDescriptor,
    findings: &mut Findings,
) {
    let flow = findings.flow(old.full_name());
    let matters =
        |flow: Flow, answered: bool| flow.unknown || if answered { flow.to_client } else { flow.to_server };
    let what = match behavior {
        Behavior::Required if matters(flow, false) => "is REQUIRED now: calls without it are refused",
        Behavior::Immutable if was.is_some() && matters(flow, false) => {
            "is IMMUTABLE now: calls that change it are refused"
        }
        Behavior::OutputOnly if was.is_some() && matters(flow, false) => {
            "is OUTPUT_ONLY now: what callers set in it is ignored"
        }
        Behavior::InputOnly if was.is_some() && matters(flow, true) => {
            "is INPUT_ONLY now: answers no longer have it"
        }
        _ => return,
    };
    let witness = match behavior {
        Behavior::Required => without(old, is),
        _ => Err("the values are the same; what a server does with them is not".to_owned()),
    };
    let is = Field::Member(is.clone());
    findings
        .add(is.whole(), format!("{} {what}", is.title()))
        .was(was.map_or_else(|| old.whole(), |it| it.whole()), "it was this here")
        .breaks(&[Peer::OldClients], Some("clients first"))
        .witness(witness)
        .help("leave it out, and treat a caller who does not know it as before");
}

/// A message that has everything that was required, and not this.
fn without(old: &MessageDescriptor, new: &FieldDescriptor) -> Result<Witness, String> {
    let mut message = typical(old, 0, &Manner::default());
    if let Some(field) = old.get_field(new.number()) {
        message.clear_field(&field);
    }
    let bytes = message.encode_to_vec();
    let read = DynamicMessage::decode(new.parent_message().clone(), &*bytes).map_err(|it| it.to_string())?;
    if !missing(&read).iter().any(|path| path == new.name()) {
        return Err("nobody can tell the zero of a field without presence from its absence".to_owned());
    }
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let reading = Reading {
        direction: Direction::OldToNew,
        encoding: Encoding::Binary,
        verdict: Agreement::Rejected,
        written: hex.clone(),
        read: format!("{}: is required (google.api.field_behavior)", new.name()),
    };
    let json = serde_json::to_string(&message).map_err(|it| it.to_string())?;
    Ok(Witness { message: old.full_name().to_owned(), hex, json, readings: vec![reading] })
}

#[cfg(test)]
mod tests {
    use super::super::tests::says;
    use super::RULE;

    fn message(behavior: &str, rpc: &str) -> String {
        let option = match behavior {
            "" => String::new(),
            behavior => format!(" [(google.api.field_behavior) = {behavior}]"),
        };
        format!(
            "import \"google/api/field_behavior.proto\"; message M {{\nstring a = 1{option};\n}} message A {{}} \
             service S {{ rpc R({rpc}); }}"
        )
    }

    #[test]
    fn each_addition_breaks_the_side_that_it_speaks_of() {
        let (request, answer) = ("M) returns (A", "A) returns (M");
        let cases = [
            ("REQUIRED", request, "is REQUIRED now: calls without it are refused"),
            ("IMMUTABLE", request, "is IMMUTABLE now: calls that change it are refused"),
            ("OUTPUT_ONLY", request, "is OUTPUT_ONLY now: what callers set in it is ignored"),
            ("INPUT_ONLY", answer, "is INPUT_ONLY now: answers no longer have it"),
        ];
        for (behavior, rpc, what) in cases {
            let end = 47 + behavior.len();
            let said = format!("3:1-3:{end}: field 1 `a` of message `M` {what}; 3:1-3:14: it was this here");
            says(&RULE, &message("", rpc), &message(behavior, rpc), &[&said]);
            says(&RULE, &message(behavior, rpc), &message("", rpc), &[]);
            let other = if rpc == request { answer } else { request };
            says(&RULE, &message("", other), &message(behavior, other), &[]);
        }
    }

    #[test]
    fn a_new_field_that_must_be_there_is_in_no_old_call() {
        let text = |more: &str| {
            format!(
                "import \"google/api/field_behavior.proto\"; message M {{ string a = 1; {more} }} service S {{ rpc R(M) returns (M); }}"
            )
        };
        says(
            &RULE,
            &text(""),
            &text("string b = 2 [(google.api.field_behavior) = REQUIRED];"),
            &["2:69-2:123: field 2 `b` of message `M` is REQUIRED now: calls without it are refused; \
               2:43-2:71: it was this here"],
        );
        says(&RULE, &text(""), &text("string b = 2 [(google.api.field_behavior) = OUTPUT_ONLY];"), &[]);
    }
}
