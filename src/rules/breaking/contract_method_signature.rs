//! CONTRACT_METHOD_SIGNATURE.

use prost_reflect::MethodDescriptor;

use super::category::Category::Contract;
use super::findings::Findings;
use super::options::{Optioned, texts};
use super::rule::{Check, Example, Rule, own};

pub static RULE: Rule = Rule {
    info: own(
        "CONTRACT_METHOD_SIGNATURE",
        "The signatures of an rpc stay, in their order.",
        "`google.api.method_signature` is what a generated client library (GAPIC) offers as arguments of a call: without \
         it, or with other fields, code that calls the method so does not compile. The order counts, because some \
         languages offer the first one only. One more at the end breaks nobody.",
    ),
    categories: &[Contract],
    check: Check::MethodPair(check),
    example: Example {
        old: &[(
            "a.proto",
            "syntax = \"proto3\";\nimport \"google/api/client.proto\";\nmessage M {\n  string a = 1;\n  string b = 2;\n}\n\
             service S {\n  rpc Get(M) returns (M) {\n    option (google.api.method_signature) = \"a,b\";\n  }\n}\n",
        )],
        new: &[(
            "a.proto",
            "syntax = \"proto3\";\nimport \"google/api/client.proto\";\nmessage M {\n  string a = 1;\n  string b = 2;\n}\n\
             service S {\n  rpc Get(M) returns (M) {\n    option (google.api.method_signature) = \"a\";\n  }\n}\n",
        )],
    },
};

const OPTION: &str = "google.api.method_signature";

fn check(old: &MethodDescriptor, new: &MethodDescriptor, findings: &mut Findings) {
    if old.method_descriptor_proto().options.is_none() {
        return;
    }
    let Some((number, was)) = old.option(OPTION) else { return };
    let was = texts(&was);
    let is = new.option(OPTION).map(|(_, value)| texts(&value)).unwrap_or_default();
    let mut say = |message: String| {
        findings
            .add(new.option_spot(number), message)
            .was(old.option_spot(number), "it was here")
            .help("keep the signatures as they were, and add another one behind them");
    };
    let gone: Vec<&String> = was.iter().filter(|it| !is.contains(it)).collect();
    for signature in &gone {
        say(format!("signature `{signature}` of rpc `{}` is gone", old.name()));
    }
    if gone.is_empty() && !is.starts_with(&was) {
        say(format!("the signatures of rpc `{}` are in another order", old.name()));
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::says;
    use super::RULE;

    fn rpc(signatures: &[&str]) -> String {
        let option = |it: &&str| format!("option (google.api.method_signature) = \"{it}\"; ");
        let options: String = signatures.iter().map(option).collect();
        format!(
            "import \"google/api/client.proto\"; message M {{ string a = 1; string b = 2; }}\n\
             service S {{ rpc R(M) returns (M) {{ {options} }} }}"
        )
    }

    #[test]
    fn what_is_gone_and_the_order_count_and_additions_do_not() {
        let (old, new) = (rpc(&["a", "a,b"]), rpc(&["a"]));
        says(&RULE, &old, &new, &["3:13-3:82: signature `a,b` of rpc `R` is gone; 3:13-3:128: it was here"]);
        says(
            &RULE,
            &old,
            &rpc(&["a,b", "a"]),
            &["3:13-3:128: the signatures of rpc `R` are in another order; 3:13-3:128: it was here"],
        );
        says(&RULE, &old, &rpc(&["a", "a,b", "b"]), &[]);
        says(&RULE, &rpc(&[]), &new, &[]);
    }
}
