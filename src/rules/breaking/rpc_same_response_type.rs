//! RPC_SAME_RESPONSE_TYPE.

use prost_reflect::MethodDescriptor;

use super::category::Category::{Csr, File, Package, Wire, WireJson};
use super::element::{Element, token};
use super::findings::Findings;
use super::rule::{Check, Example, Rule, info};

pub static RULE: Rule = Rule {
    info: info(
        "RPC_SAME_RESPONSE_TYPE",
        "An rpc keeps its response type.",
        "Generated signatures change, and the bytes of one message are read as another. Only the full name \
         is compared: two messages that look the same today will not stay the same.",
    ),
    categories: &[File, Package, WireJson, Wire, Csr],
    check: Check::MethodPair(check),
    example: Example {
        old: &[(
            "a.proto",
            "syntax = \"proto3\";\nmessage M {}\nmessage N {}\nservice S {\n  rpc Get(M) returns (M);\n}\n",
        )],
        new: &[(
            "a.proto",
            "syntax = \"proto3\";\nmessage M {}\nmessage N {}\nservice S {\n  rpc Get(M) returns (N);\n}\n",
        )],
    },
};

fn check(old: &MethodDescriptor, new: &MethodDescriptor, findings: &mut Findings) {
    let (was, is) = (old.output(), new.output());
    let (was, is) = (was.full_name(), is.full_name());
    if was != is {
        let (name, service) = (new.name(), new.parent_service().name());
        findings
            .add(
                new.token(token::METHOD_OUTPUT),
                format!("rpc `{name}` of service `{service}` changed response type from `{was}` to `{is}`"),
            )
            .was(old.token(token::METHOD_OUTPUT), format!("it was `{was}` here"))
            .help(format!("leave it `{was}` and add an rpc beside it that returns `{is}`"));
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::says;

    #[test]
    fn the_type_is_shown_and_known_by_its_full_name() {
        let file = |signature: &str| {
            format!(
                "syntax = \"proto3\"; package p; message M {{}} message N {{}}\nservice S {{ rpc A{signature}; }}"
            )
        };
        says(
            &super::RULE,
            &file("(M) returns (M)"),
            &file("(M) returns (.p.N)"),
            &["2:31-2:35: rpc `A` of service `S` changed response type from `p.M` to `p.N`; \
               2:31-2:32: it was `p.M` here"],
        );
        says(&super::RULE, &file("(M) returns (M)"), &file("(.p.M) returns (p.M)"), &[]);
    }
}
