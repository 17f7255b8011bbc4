//! RPC_NO_DELETE.

use prost_reflect::{MethodDescriptor, ServiceDescriptor};

use super::category::Category::{File, Package};
use super::element::Element;
use super::findings::Findings;
use super::rule::{Check, Example, Rule, info};

pub static RULE: Rule = Rule {
    info: info(
        "RPC_NO_DELETE",
        "An rpc is not deleted.",
        "Old clients get `UNIMPLEMENTED`. The name of an rpc is part of its path on the wire, so renaming it \
         deletes it. Deprecate it and keep it working until nobody calls it.",
    ),
    categories: &[File, Package],
    check: Check::MethodGone(check),
    example: Example {
        old: &[(
            "a.proto",
            "syntax = \"proto3\";\nmessage M {}\nservice S {\n  rpc Get(M) returns (M);\n}\n",
        )],
        new: &[("a.proto", "syntax = \"proto3\";\nmessage M {}\nservice S {}\n")],
    },
};

fn check(gone: &MethodDescriptor, service: &ServiceDescriptor, findings: &mut Findings) {
    findings
        .add(service.whole(), format!("rpc `{}` of service `{}` was deleted", gone.name(), service.name()))
        .was(gone.whole(), "it was here")
        .help("keep it with `option deprecated = true;`");
}

#[cfg(test)]
mod tests {
    use super::super::tests::says;

    #[test]
    fn a_renamed_rpc_is_a_deleted_one() {
        says(
            &super::RULE,
            "message M {} service S { rpc A(M) returns (M); rpc B(M) returns (M); }",
            "message M {} service S { rpc B(M) returns (M); rpc C(M) returns (M) {} }",
            &["2:14-2:73: rpc `A` of service `S` was deleted; 2:26-2:47: it was here"],
        );
    }
}
