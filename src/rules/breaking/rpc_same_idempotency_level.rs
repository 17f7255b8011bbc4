//! RPC_SAME_IDEMPOTENCY_LEVEL.

use prost_reflect::MethodDescriptor;
use prost_types::method_options::IdempotencyLevel;

use super::category::Category::{Csr, File, Package, Wire, WireJson};
use super::element::{Element, token};
use super::findings::Findings;
use super::rule::{Check, Example, Rule, info};

pub static RULE: Rule = Rule {
    info: info(
        "RPC_SAME_IDEMPOTENCY_LEVEL",
        "An rpc keeps its idempotency level.",
        "`NO_SIDE_EFFECTS` lets Connect clients and caches use HTTP GET, and `IDEMPOTENT` lets clients \
         repeat a call. Both are promises that old clients rely on; gRPC itself does not send them.",
    ),
    categories: &[File, Package, WireJson, Wire, Csr],
    check: Check::MethodPair(check),
    example: Example {
        old: &[(
            "a.proto",
            "syntax = \"proto3\";\nmessage M {}\nservice S {\n  rpc Get(M) returns (M) {\n    option idempotency_level = NO_SIDE_EFFECTS;\n  }\n}\n",
        )],
        new: &[(
            "a.proto",
            "syntax = \"proto3\";\nmessage M {}\nservice S {\n  rpc Get(M) returns (M) {\n    option idempotency_level = IDEMPOTENT;\n  }\n}\n",
        )],
    },
};

fn check(old: &MethodDescriptor, new: &MethodDescriptor, findings: &mut Findings) {
    let (was, is) = (level(old).as_str_name(), level(new).as_str_name());
    if was != is {
        let (name, service) = (new.name(), new.parent_service().name());
        findings
            .add(
                new.only(token::METHOD_IDEMPOTENCY),
                format!(
                    "rpc `{name}` of service `{service}` changed idempotency level from `{was}` to `{is}`"
                ),
            )
            .was(old.token(token::METHOD_IDEMPOTENCY), format!("it was `{was}` here"))
            .help(format!("write `option idempotency_level = {was};`"));
    }
}

fn level(method: &MethodDescriptor) -> IdempotencyLevel {
    method
        .method_descriptor_proto()
        .options
        .as_ref()
        .map_or_else(Default::default, |it| it.idempotency_level())
}

#[cfg(test)]
mod tests {
    use super::super::tests::says;

    #[test]
    fn an_option_that_is_gone_leaves_no_place() {
        says(
            &super::RULE,
            "message M {}\nservice S { rpc A(M) returns (M) { option idempotency_level = IDEMPOTENT; } }",
            "message M {}\nservice S { rpc A(M) returns (M) { } }",
            &[
                "a.proto: rpc `A` of service `S` changed idempotency level from `IDEMPOTENT` to `IDEMPOTENCY_UNKNOWN`; 3:36-3:74: it was `IDEMPOTENT` here",
            ],
        );
    }
}
