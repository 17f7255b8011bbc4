//! CONTRACT_EXPRESSION.

use prost_reflect::MessageDescriptor;

use super::category::Category::Contract;
use super::findings::Findings;
use super::refusal::say_unknown;
use super::rule::{Check, Example, Rule, own};

pub static RULE: Rule = Rule {
    info: own(
        "CONTRACT_EXPRESSION",
        "What a message is held to in an expression stays as it was.",
        "`buf.validate` takes expressions in CEL (`cel`, `cel_expression`) and rules that a schema declares itself. What \
         they refuse is not known without evaluating them, so that the finding has no value to show: it says that \
         something is new which may refuse requests, or that something is gone which answers were held to.",
    ),
    categories: &[Contract],
    check: Check::MessagePair(check),
    example: Example {
        old: &[(
            "a.proto",
            "syntax = \"proto3\";\nimport \"buf/validate/validate.proto\";\nmessage M {\n  string name = 1;\n}\n\
             message N {}\nservice S {\n  rpc Set(M) returns (N);\n}\n",
        )],
        new: &[(
            "a.proto",
            "syntax = \"proto3\";\nimport \"buf/validate/validate.proto\";\nmessage M {\n  string name = 1 \
             [(buf.validate.field).cel = {id: \"c\", expression: \"this != 'x'\"}];\n}\n\
             message N {}\nservice S {\n  rpc Set(M) returns (N);\n}\n",
        )],
    },
};

fn check(old: &MessageDescriptor, new: &MessageDescriptor, findings: &mut Findings) {
    say_unknown(old, new, findings);
}

#[cfg(test)]
mod tests {
    use super::super::tests::says;
    use super::RULE;

    fn message(field: &str, rpc: &str) -> String {
        format!(
            "import \"buf/validate/validate.proto\"; message R {{\n{field}\n}} message A {{}} service S {{ {rpc} }}"
        )
    }

    #[test]
    fn what_may_refuse_a_request_is_said_and_what_answers_were_held_to() {
        let (plain, held) = (
            "string n = 1;",
            "string n = 1 [(buf.validate.field).cel = {id: \"c\", expression: \"this != 'x'\"}];",
        );
        let (set, get) = ("rpc Set(R) returns (A);", "rpc Get(A) returns (R);");
        let title = "field 1 `n` of message `R`";
        says(
            &RULE,
            &message(plain, set),
            &message(held, set),
            &[&format!(
                "3:1-3:80: {title} has the expression `this != 'x'` (c) now, which may refuse what was valid; 3:1-3:14: it was this here"
            )],
        );
        says(&RULE, &message(held, set), &message(plain, set), &[]);
        says(
            &RULE,
            &message(held, get),
            &message(plain, get),
            &[&format!(
                "3:1-3:14: {title} no longer has the expression `this != 'x'` (c), which may have refused what is valid now; 3:1-3:80: it was this here"
            )],
        );
        says(&RULE, &message(held, set), &message(held, set), &[]);
    }
}
