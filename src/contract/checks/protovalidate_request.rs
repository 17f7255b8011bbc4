//! Whether requests are held to the rules that the schema declares for them.

use super::{Check, Class, Level, Seen, Verdict, fail};
use crate::{client::Code, diag::RuleInfo, promise::Verdict as Judged};

use super::super::requests::EDGE;

pub(super) static CHECK: Check = Check {
    info: RuleInfo {
        id: "PG161",
        name: "protovalidate_request",
        summary: "A request that breaks a `buf.validate` rule is refused, and one that keeps them all is not.",
        explain: "Each rule of the request is broken alone, by a message that keeps all others. An answer of OK means \
                  that the server let it pass: what the schema says of the data is not true of what is stored, and \
                  clients that trust it fail later and elsewhere. Any error of the caller's is accepted, because a \
                  server may look up or authorize before it validates. A message on the edge of a rule that is \
                  refused with INVALID_ARGUMENT where a plain one is not is a warning: the server asks for more than \
                  the schema says. Rules in CEL and predefined ones hold for what is sent, and none of them is broken on purpose.\n\n\
                  Validate where every request passes: an interceptor with `protovalidate` in Go, Python, Java or \
                  TypeScript; in Rust a tower layer, or a call at the head of the handler. Answer INVALID_ARGUMENT \
                  and name the field in a `google.rpc.BadRequest`. A rule that the service does not mean to keep \
                  belongs out of the schema.",
        url: Some("https://protovalidate.com/schemas/standard-rules/"),
    },
    applies: &[Class::Valid, Class::Invalid],
    level: Level::On,
    check,
};

fn check(seen: &Seen<'_>) -> Verdict {
    // Of a conversation nobody knows which reply is to which message.
    if seen.method.desc.is_client_streaming() && seen.method.desc.is_server_streaming() {
        return Verdict::Pass;
    }
    let mut broken = Vec::new();
    for message in seen.sent {
        match seen.method.asks.judge(message) {
            Judged::Kept => {}
            Judged::Broken(violations) => broken.extend(violations),
            Judged::Unknown(_) => return Verdict::Pass,
        }
    }
    let status = seen.exchange.status();
    match (&broken[..], seen.base) {
        ([one], _) if status.code == Code::Ok && !status.synthetic => {
            let message = format!("`{}` {}, but the request was answered with OK", one.path, one.message);
            fail(format!("{} {}", one.rule, one.path), format!("{message} ({})", one.rule))
        }
        ([], [plain]) if seen.label == EDGE => {
            let refused = status.code == Code::InvalidArgument && plain.status().code == Code::Ok;
            let message = "a request that keeps every rule of the schema was refused with INVALID_ARGUMENT, and a \
                           plain one was not";
            match refused {
                true => Verdict::Doubt { cause: "REFUSED".into(), message: message.into() },
                false => Verdict::Pass,
            }
        }
        _ => Verdict::Pass,
    }
}
