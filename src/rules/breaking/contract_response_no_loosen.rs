//! CONTRACT_RESPONSE_NO_LOOSEN.

use prost_reflect::MessageDescriptor;

use super::category::Category::{Contract, Proven};
use super::findings::Findings;
use super::refusal::{Change, say};
use super::rule::{Check, Example, Rule, own};

pub static RULE: Rule = Rule {
    info: own(
        "CONTRACT_RESPONSE_NO_LOOSEN",
        "An answer keeps to the rules that clients know.",
        "What the rules of `buf.validate` say of an answer is a promise: a client that relies on it, or checks it, meets \
         values that it was told never come. The finding shows one, which the new rules accept and the old ones refuse. \
         Messages that only clients send may be loosened, and what is tightened here is silent.",
    ),
    categories: &[Contract, Proven],
    check: Check::MessagePair(check),
    example: Example {
        old: &[(
            "a.proto",
            "syntax = \"proto3\";\nimport \"buf/validate/validate.proto\";\nmessage M {\n  int32 age = 1 \
             [(buf.validate.field).int32.gte = 0];\n}\nmessage N {}\nservice S {\n  rpc Get(N) returns (M);\n}\n",
        )],
        new: &[(
            "a.proto",
            "syntax = \"proto3\";\nimport \"buf/validate/validate.proto\";\nmessage M {\n  int32 age = 1 \
             [(buf.validate.field).int32.gte = -1];\n}\nmessage N {}\nservice S {\n  rpc Get(N) returns (M);\n}\n",
        )],
    },
};

fn check(old: &MessageDescriptor, new: &MessageDescriptor, findings: &mut Findings) {
    say(old, new, Change::Loosened, findings);
}

#[cfg(test)]
mod tests {
    use super::super::tests::{says, schema};
    use super::super::{Selection, check};
    use super::RULE;

    fn message(most: u32, rpc: &str) -> String {
        format!(
            "import \"buf/validate/validate.proto\"; message R {{\nint32 n = 1 [(buf.validate.field).int32.lte = {most}];\n}} \
             message A {{}} {rpc}"
        )
    }

    #[test]
    fn answers_are_held_to_what_was_promised() {
        let get = "service S { rpc Get(A) returns (R); }";
        let set = "service S { rpc Set(R) returns (A); }";
        says(
            &RULE,
            &message(5, get),
            &message(6, get),
            &[
                "3:1-3:50: field 1 `n` of message `R` is no longer held to `must be at most 5` (int32.lte): answers may be \
               what they never were; 3:1-3:50: it was this here",
            ],
        );
        says(&RULE, &message(6, get), &message(5, get), &[]);
        says(&RULE, &message(5, set), &message(6, set), &[]);
    }

    #[test]
    fn what_no_rpc_carries_counts_both_ways_unless_somebody_says_where_it_goes() {
        let (old, new) = (message(5, ""), message(6, ""));
        let [old, new] = [old, new].map(|it| schema(&[("a.proto", &format!("syntax = \"proto3\";\n{it}"))]));
        let found = |old, new, stored: Option<Vec<String>>| {
            let selection = Selection::new(&["CONTRACT".to_owned()], &[]).unwrap().storing(stored);
            check(old, new, &selection).iter().map(|it| it.rule.id).collect::<Vec<_>>()
        };
        let (tighten, loosen) = ("CONTRACT_REQUEST_NO_TIGHTEN", RULE.info.id);
        assert_eq!(found(&old, &new, None), [loosen]);
        assert_eq!(found(&new, &old, None), [tighten]);
        let kept = Some(vec!["R".to_owned()]);
        assert_eq!(found(&old, &new, kept.clone()), [""; 0]);
        assert_eq!(found(&new, &old, kept), [tighten]);
        assert_eq!(found(&new, &old, Some(Vec::new())), [""; 0]);
    }
}
