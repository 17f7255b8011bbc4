//! GRPC_METHOD_PATH.

use std::collections::BTreeSet;

use prost_reflect::{MethodDescriptor, ServiceDescriptor};

use super::category::Category::{Grpc, Proven};
use super::element::{Element, Spot};
use super::findings::Findings;
use super::rule::{Check, Example, Rule, own};
use crate::diag::Peer;
use crate::schema::Schema;

pub static RULE: Rule = Rule {
    info: own(
        "GRPC_METHOD_PATH",
        "The path of an rpc stays where clients call it.",
        "A gRPC call is an HTTP/2 request to `/package.Service/Method`. When the package, the service or the rpc has \
         another name, or is gone, a server answers `UNIMPLEMENTED` at the old path, whatever the messages are. The \
         encoding of messages says nothing of it, so that the categories WIRE and WIRE_JSON are silent. Serve both \
         paths until nobody calls the old one.",
    ),
    categories: &[Grpc, Proven],
    check: Check::Service(check),
    example: Example {
        old: &[(
            "a.proto",
            "syntax = \"proto3\";\nmessage M {}\nservice S {\n  rpc Get(M) returns (M);\n}\n",
        )],
        new: &[(
            "a.proto",
            "syntax = \"proto3\";\nmessage M {}\nservice S {\n  rpc Fetch(M) returns (M);\n}\n",
        )],
    },
};

fn check(old: &ServiceDescriptor, new: Option<&ServiceDescriptor>, findings: &mut Findings) {
    match new {
        Some(new) => old
            .methods()
            .filter(|method| !has(new, method))
            .for_each(|method| gone(&method, new, old, findings)),
        None => all_gone(old, findings),
    }
}

fn gone(
    method: &MethodDescriptor,
    new: &ServiceDescriptor,
    old: &ServiceDescriptor,
    findings: &mut Findings,
) {
    let path = path(method);
    let renamed = new.methods().find(|it| !has(old, it) && is_alike(it, method));
    let at = renamed.as_ref().map_or_else(|| new.whole(), Element::whole);
    let message = match &renamed {
        Some(now) => format!("`{path}` is not served any more; it looks renamed to `{}`", self::path(now)),
        None => format!("`{path}` is not served any more"),
    };
    let said = findings.add(at, message).was(method.whole(), "it was here");
    let (who, order) = broken(renamed.is_some());
    said.breaks(who, order).help(match renamed {
        Some(_) => "keep the old rpc beside the new one until nobody calls it",
        None => "keep it with `option deprecated = true;` until nobody calls it",
    });
}

fn all_gone(old: &ServiceDescriptor, findings: &mut Findings) {
    if old.methods().len() == 0 {
        return;
    }
    let (_, new) = findings.schemas();
    let renamed = renamed(old, new);
    let paths: Vec<String> = old.methods().map(|method| format!("`{}`", path(&method))).collect();
    let are = if paths.len() == 1 { "is" } else { "are" };
    let mut message = format!("{} {are} not served any more", some(&paths));
    if let Some(now) = &renamed {
        message += &format!("; service `{}` looks renamed to `{}`", old.full_name(), now.full_name());
    }
    let file = old.parent_file();
    let said = match (&renamed, new.file(file.name())) {
        (Some(now), _) => findings.add(now.whole(), message),
        (None, Some(file)) => findings.add(Spot::file(file.descriptor()), message),
        (None, None) => findings.add_gone(&file, message),
    };
    let (who, order) = broken(renamed.is_some());
    said.was(old.whole(), "it was here")
        .breaks(who, order)
        .help("serve the old service beside what takes its place until nobody calls it");
}

/// A server of the old schema does not know the new path either. What is only gone can be left alone first.
fn broken(renamed: bool) -> (&'static [Peer], Option<&'static str>) {
    match renamed {
        true => (&[Peer::OldClients, Peer::NewClients], None),
        false => (&[Peer::OldClients], Some("clients first")),
    }
}

/// The one service of the new schema that is new there and has the same methods.
fn renamed(old: &ServiceDescriptor, new: &Schema) -> Option<ServiceDescriptor> {
    let names = |service: &ServiceDescriptor| -> BTreeSet<String> {
        service.methods().map(|method| method.name().to_owned()).collect()
    };
    let wanted = names(old);
    let pool = old.parent_pool();
    let mut found = new
        .pool()
        .services()
        .filter(|it| pool.get_service_by_name(it.full_name()).is_none() && names(it) == wanted);
    // Of several nobody knows which it is.
    found.next().filter(|_| found.next().is_none())
}

fn has(service: &ServiceDescriptor, method: &MethodDescriptor) -> bool {
    service.methods().any(|it| it.name() == method.name())
}

/// Whether a call of one would be a call of the other, but for the path.
fn is_alike(one: &MethodDescriptor, other: &MethodDescriptor) -> bool {
    let shape = |it: &MethodDescriptor| {
        let types = [it.input(), it.output()].map(|it| it.full_name().to_owned());
        (types, it.is_client_streaming(), it.is_server_streaming())
    };
    shape(one) == shape(other)
}

/// `/package.Service/Method`.
fn path(method: &MethodDescriptor) -> String {
    format!("/{}/{}", method.parent_service().full_name(), method.name())
}

/// The first three and how many more there are.
fn some(paths: &[String]) -> String {
    const SHOWN: usize = 3;
    let mut shown = paths.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    if paths.len() > SHOWN {
        shown += &format!(" and {} more", paths.len() - SHOWN);
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::super::tests::{says, says_of_files};
    use super::RULE;

    #[test]
    fn a_path_is_named_and_so_is_where_it_went() {
        says(
            &RULE,
            "message M {} service S { rpc A(M) returns (M); rpc B(M) returns (stream M); }",
            "message M {} service S { rpc C(M) returns (M); }",
            &[
                "2:14-2:49: `/S/B` is not served any more; 2:48-2:76: it was here",
                "2:26-2:47: `/S/A` is not served any more; it looks renamed to `/S/C`; 2:26-2:47: it was here",
            ],
        );
        says(
            &RULE,
            "message M {} service S { rpc A(M) returns (M); }",
            "message M {} service S { rpc B(M) returns (M); rpc A(M) returns (M); }",
            &[],
        );
    }

    #[test]
    fn a_service_takes_its_paths_along() {
        let service = |package: &str, name: &str| {
            format!(
                "syntax = \"proto3\"; package {package}; message M {{}} service {name} {{ \
                 rpc A(M) returns (M); rpc B(M) returns (M); rpc C(M) returns (M); rpc D(M) returns (M); }}"
            )
        };
        let (old, renamed) = (service("p", "S"), service("p.v2", "S"));
        says_of_files(
            &RULE,
            &[("a.proto", &old)],
            &[("a.proto", &renamed)],
            &[
                "1:47-1:148: `/p.S/A`, `/p.S/B`, `/p.S/C` and 1 more are not served any more; service `p.S` looks renamed \
               to `p.v2.S`; 1:44-1:145: it was here",
            ],
        );
        says(
            &RULE,
            "message M {} service S { rpc A(M) returns (M); } service T { rpc A(M) returns (M); }",
            "message M {} service T { rpc A(M) returns (M); }",
            &["a.proto: `/S/A` is not served any more; 2:14-2:49: it was here"],
        );
        says(&RULE, "service Empty {}", "", &[]);
    }
}
