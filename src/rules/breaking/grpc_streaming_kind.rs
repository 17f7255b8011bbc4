//! GRPC_STREAMING_KIND.

use prost_reflect::MethodDescriptor;

use super::category::Category::{Grpc, Proven};
use super::element::Element;
use super::findings::Findings;
use super::rule::{Check, Example, Rule, own};
use crate::diag::Peer;

pub static RULE: Rule = Rule {
    info: own(
        "GRPC_STREAMING_KIND",
        "An rpc keeps how many messages each side sends.",
        "Whoever expects one message fails on none and on two, with a status that the other side never sent; whoever \
         expects a stream takes a stream of one. So a side may begin to send one message where it sent many once the \
         other side is changed, and the order to deploy in follows from that: the finding names it.",
    ),
    categories: &[Grpc, Proven],
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
    let was = (old.is_client_streaming(), old.is_server_streaming());
    let is = (new.is_client_streaming(), new.is_server_streaming());
    if was == is {
        return;
    }
    // Who reads one message and is sent many. A stream of requests is read by servers, one of answers by clients.
    let of_old_clients = was.0 && !is.0 || !was.1 && is.1;
    let of_new_clients = !was.0 && is.0 || was.1 && !is.1;
    let mut who = Vec::new();
    who.extend(of_old_clients.then_some(Peer::OldClients));
    who.extend(of_new_clients.then_some(Peer::NewClients));
    let order = match (of_old_clients, of_new_clients) {
        (true, false) => Some("clients first"),
        (false, true) => Some("servers first"),
        _ => None,
    };
    let message = format!("rpc `{}` was {} and is {} now", old.name(), kind(was), kind(is));
    findings
        .add(new.whole(), message)
        .was(old.whole(), format!("it was {} here", kind(was)))
        .breaks(&who, order)
        .help("add an rpc with another name, and keep this one as it is");
}

fn kind((client, server): (bool, bool)) -> &'static str {
    match (client, server) {
        (false, false) => "unary",
        (true, false) => "client streaming",
        (false, true) => "server streaming",
        (true, true) => "bidirectional streaming",
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{says, schema};
    use super::super::{Selection, check};
    use crate::diag::Peer::{self, NewClients, OldClients};

    fn service(request: &str, response: &str) -> String {
        format!("syntax = \"proto3\";\nmessage M {{}} service S {{ rpc A({request}) returns ({response}); }}")
    }

    #[test]
    fn each_side_counts() {
        says(
            &super::RULE,
            &service("M", "stream M"),
            &service("stream M", "stream M"),
            &["2:26-2:61: rpc `A` was server streaming and is bidirectional streaming now; \
               2:26-2:54: it was server streaming here"],
        );
    }

    #[test]
    fn who_expects_one_message_and_is_sent_many_breaks() {
        type Kind = (&'static str, &'static str);
        let (unary, server, client) = (("M", "M"), ("M", "stream M"), ("stream M", "M"));
        let cases: [(Kind, Kind, &[Peer], Option<&str>); 5] = [
            (unary, server, &[OldClients], Some("clients first")),
            (server, unary, &[NewClients], Some("servers first")),
            (client, unary, &[OldClients], Some("clients first")),
            (unary, client, &[NewClients], Some("servers first")),
            (server, client, &[NewClients], Some("servers first")),
        ];
        for (old, new, who, order) in cases {
            let side = |(request, response)| schema(&[("a.proto", &service(request, response))]);
            let selection = Selection::new(&["GRPC_STREAMING_KIND".to_owned()], &[]).unwrap();
            let said = check(&side(old), &side(new), &selection);
            let evidence = said[0].evidence.as_ref().unwrap();
            assert_eq!((&*evidence.breaks, evidence.deploy.as_deref()), (who, order), "{old:?} {new:?}");
        }
    }
}
