//! CONTRACT_REQUEST_NO_TIGHTEN.

use prost_reflect::MessageDescriptor;

use super::category::Category::{Contract, Proven};
use super::findings::Findings;
use super::refusal::{Change, say};
use super::rule::{Check, Example, Rule, own};

pub static RULE: Rule = Rule {
    info: own(
        "CONTRACT_REQUEST_NO_TIGHTEN",
        "A request that was valid stays valid.",
        "Old clients send what the old rules of `buf.validate` allow; a server that validates by stricter ones answers \
         `INVALID_ARGUMENT`. The finding shows a request that the old rules accept and the new ones refuse, judged by \
         the same evaluator that tests a running server. Messages that only servers send may be tightened, and what is \
         loosened here is silent. Expressions (`cel`) are for CONTRACT_EXPRESSION.",
    ),
    categories: &[Contract, Proven],
    check: Check::MessagePair(check),
    example: Example {
        old: &[(
            "a.proto",
            "syntax = \"proto3\";\nimport \"buf/validate/validate.proto\";\nmessage M {\n  string name = 1 \
             [(buf.validate.field).string.min_len = 1];\n}\nmessage N {}\nservice S {\n  rpc Set(M) returns (N);\n}\n",
        )],
        new: &[(
            "a.proto",
            "syntax = \"proto3\";\nimport \"buf/validate/validate.proto\";\nmessage M {\n  string name = 1 \
             [(buf.validate.field).string.min_len = 3];\n}\nmessage N {}\nservice S {\n  rpc Set(M) returns (N);\n}\n",
        )],
    },
};

fn check(old: &MessageDescriptor, new: &MessageDescriptor, findings: &mut Findings) {
    say(old, new, Change::Tightened, findings);
}

#[cfg(test)]
mod tests {
    use super::super::tests::{says, schema};
    use super::super::{Selection, check};
    use super::RULE;
    use crate::diag::{Agreement, Direction, Peer};

    /// A request with this field.
    fn request(field: &str) -> String {
        format!(
            "import \"buf/validate/validate.proto\"; message R {{\n{field}\n}} message A {{}} \
             service S {{ rpc Set(R) returns (A); }}"
        )
    }

    /// The same as an answer.
    fn answer(field: &str) -> String {
        request(field).replace("Set(R) returns (A)", "Get(A) returns (R)")
    }

    #[track_caller]
    fn tightens(old: &str, new: &str, what: &str) {
        let field = |rules: &str| match rules {
            "" => "string name = 1;".to_owned(),
            rules => format!("string name = 1 [(buf.validate.field).{rules}];"),
        };
        let (old, new) = (field(old), field(new));
        let said = format!(
            "3:1-3:{}: field 1 `name` of message `R` {what}; 3:1-3:{}: it was this here",
            new.len() + 1,
            old.len() + 1
        );
        says(&RULE, &request(&old), &request(&new), &[&said]);
        says(&RULE, &answer(&old), &answer(&new), &[]);
    }

    #[test]
    fn every_kind_of_rule_is_found_on_requests_only() {
        let refused = ": values that were valid are refused";
        let cases = [
            (
                "string.min_len = 1",
                "string.min_len = 3",
                "must have at least 3 characters now (string.min_len)",
            ),
            (
                "string.max_len = 9",
                "string.max_len = 8",
                "must have at most 8 characters now (string.max_len)",
            ),
            ("", "required = true", "must be set now (required)"),
            ("", "string.email = true", "must not be empty now (string.email_empty)"),
            (
                "string.pattern = \"^[a-z]+$\"",
                "string.pattern = \"^[a-y]+$\"",
                "must match `^[a-y]+$` now (string.pattern)",
            ),
            (
                "string = {in: [\"a\", \"b\"]}",
                "string = {in: [\"a\"]}",
                "must be one of \"a\" now (string.in)",
            ),
        ];
        for (old, new, what) in cases {
            tightens(old, new, &format!("{what}{refused}"));
        }
    }

    #[test]
    fn a_value_that_goes_is_no_longer_defined() {
        let text = |kind: &str, rule: &str, values: &str| {
            format!(
                "{}\nenum E {{ Z = 0; {values} }}",
                request(&format!("{kind} e = 1 [(buf.validate.field).{rule}.defined_only = true];"))
            )
        };
        for (kind, rule) in
            [("E", "enum"), ("repeated E", "repeated.items.enum"), ("map<string, E>", "map.values.enum")]
        {
            let (old, new) = (text(kind, rule, "ONE = 7;"), text(kind, rule, "reserved 7;"));
            let end = old.lines().nth(1).unwrap().len() + 1;
            let said = format!(
                "3:1-3:{end}: field 1 `e` of message `R` must be a value that `E` declares now (enum.defined_only): values \
                 that were valid are refused; 3:1-3:{end}: it was this here"
            );
            says(&RULE, &old, &new, &[&said]);
            says(&RULE, &new, &old, &[]);
            let free = |text: &str| text.replace("= true", "= false");
            says(&RULE, &free(&old), &free(&new), &[]);
        }
    }

    #[test]
    fn what_is_loosened_is_silent() {
        let field =
            |min: u32| request(&format!("string name = 1 [(buf.validate.field).string.min_len = {min}];"));
        says(&RULE, &field(3), &field(1), &[]);
        says(
            &RULE,
            &request("string name = 1 [(buf.validate.field).required = true];"),
            &request("string name = 1;"),
            &[],
        );
    }

    #[test]
    fn the_witness_is_a_whole_request_that_can_be_sent() {
        let text = |min: u32| {
            format!(
                "syntax = \"proto3\"; package p; import \"buf/validate/validate.proto\"; \
                 message Name {{ string text = 1 [(buf.validate.field).string.min_len = {min}]; }} \
                 message R {{ repeated Name names = 1; string id = 2 [(buf.validate.field).string.len = 2]; }} \
                 service S {{ rpc Set(R) returns (R); }}"
            )
        };
        let selection = Selection::new(&[RULE.info.id.to_owned()], &[]).unwrap();
        let said = check(&schema(&[("a.proto", &text(0))]), &schema(&[("a.proto", &text(1))]), &selection);
        let evidence = said[0].evidence.as_ref().unwrap();
        assert_eq!(
            (&*evidence.breaks, evidence.deploy.as_deref()),
            (&[Peer::OldClients][..], Some("clients first"))
        );
        let witness = evidence.witness.clone().unwrap().unwrap();
        assert_eq!(witness.message, "p.R");
        assert_eq!(witness.json, "{\"names\":[{}],\"id\":\"a0\"}");
        assert_eq!(witness.hex, "0a0012026130");
        let reading = &witness.readings[0];
        assert_eq!((reading.direction, reading.verdict), (Direction::OldToNew, Agreement::Rejected));
        assert_eq!(reading.read, "names[0].text: must have at least 1 character (string.min_len)");
        let help = said[0].help.as_ref().unwrap();
        assert!(
            help.contains("grpcurl -plaintext -d '{\"names\":[{}],\"id\":\"a0\"}' HOST:PORT p.S/Set"),
            "{help}"
        );
    }
}
