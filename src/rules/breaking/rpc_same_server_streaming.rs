//! RPC_SAME_SERVER_STREAMING.

use prost_reflect::MethodDescriptor;

use super::category::Category::{Csr, File, Package, Wire, WireJson};
use super::element::Element;
use super::findings::Findings;
use super::rule::{Check, Example, Rule, info};

pub static RULE: Rule = Rule {
    info: info(
        "RPC_SAME_SERVER_STREAMING",
        "An rpc keeps its server streaming.",
        "With and without `stream` an rpc has another signature in every language, and an old client that reads one answer meets a server that sends many, or the other way round.",
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
            "syntax = \"proto3\";\nmessage M {}\nservice S {\n  rpc Get(M) returns (stream M);\n}\n",
        )],
    },
};

fn check(old: &MethodDescriptor, new: &MethodDescriptor, findings: &mut Findings) {
    if old.is_server_streaming() == new.is_server_streaming() {
        return;
    }
    let (was, is) = if old.is_server_streaming() { ("streaming", "unary") } else { ("unary", "streaming") };
    let (name, service) = (new.name(), new.parent_service().name());
    findings
        .add(
            new.whole(),
            format!("rpc `{name}` of service `{service}` changed from server {was} to server {is}"),
        )
        .was(old.whole(), format!("it was server {was} here"))
        .help("add a new rpc beside it and deprecate this one");
}

#[cfg(test)]
mod tests {
    use super::super::tests::says;

    #[test]
    fn both_directions_and_only_this_side() {
        let service = |signature: &str| format!("message M {{}}\nservice S {{ rpc A{signature}; }}");
        let (unary, streaming) = (service("(M) returns (M)"), service("(M) returns (stream M)"));
        says(
            &super::RULE,
            &unary,
            &streaming,
            &["3:13-3:41: rpc `A` of service `S` changed from server unary to server streaming; \
               3:13-3:34: it was server unary here"],
        );
        says(
            &super::RULE,
            &streaming,
            &unary,
            &["3:13-3:34: rpc `A` of service `S` changed from server streaming to server unary; \
               3:13-3:41: it was server streaming here"],
        );
        let other = service("(stream M) returns (M)");
        says(&super::RULE, &unary, &other, &[]);
    }
}
