//! RPC_SAME_CLIENT_STREAMING.

use prost_reflect::MethodDescriptor;

use super::category::Category::{Csr, File, Package, Wire, WireJson};
use super::element::Element;
use super::findings::Findings;
use super::rule::{Check, Example, Rule, info};

pub static RULE: Rule = Rule {
    info: info(
        "RPC_SAME_CLIENT_STREAMING",
        "An rpc keeps its client streaming.",
        "With and without `stream` an rpc has another signature in every language, and an old client that sends one message meets a server that waits for many, or the other way round.",
    ),
    categories: &[File, Package, WireJson, Wire, Csr],
    check: Check::MethodPair(check),
    example: Example {
        old: &[(
            "a.proto",
            "syntax = \"proto3\";\nmessage M {}\nservice S {\n  rpc Get(M) returns (M);\n}\n",
        )],
        new: &[(
            "a.proto",
            "syntax = \"proto3\";\nmessage M {}\nservice S {\n  rpc Get(stream M) returns (M);\n}\n",
        )],
    },
};

fn check(old: &MethodDescriptor, new: &MethodDescriptor, findings: &mut Findings) {
    if old.is_client_streaming() == new.is_client_streaming() {
        return;
    }
    let (was, is) = if old.is_client_streaming() { ("streaming", "unary") } else { ("unary", "streaming") };
    let (name, service) = (new.name(), new.parent_service().name());
    findings
        .add(
            new.whole(),
            format!("rpc `{name}` of service `{service}` changed from client {was} to client {is}"),
        )
        .was(old.whole(), format!("it was client {was} here"))
        .help("add a new rpc beside it and deprecate this one");
}

#[cfg(test)]
mod tests {
    use super::super::tests::says;

    #[test]
    fn both_directions_and_only_this_side() {
        let service = |signature: &str| format!("message M {{}}\nservice S {{ rpc A{signature}; }}");
        let (unary, streaming) = (service("(M) returns (M)"), service("(stream M) returns (M)"));
        says(
            &super::RULE,
            &unary,
            &streaming,
            &["3:13-3:41: rpc `A` of service `S` changed from client unary to client streaming; \
               3:13-3:34: it was client unary here"],
        );
        says(
            &super::RULE,
            &streaming,
            &unary,
            &["3:13-3:34: rpc `A` of service `S` changed from client streaming to client unary; \
               3:13-3:41: it was client streaming here"],
        );
        let other = service("(M) returns (stream M)");
        says(&super::RULE, &unary, &other, &[]);
    }
}
