//! Whether a request without a REQUIRED field is refused.

use super::{Check, Class, Level, Seen, Verdict, fail};
use crate::{
    client::Code,
    diag::RuleInfo,
    promise::{Verdict as Judged, behavior::missing},
};

pub(super) static CHECK: Check = Check {
    info: RuleInfo {
        id: "PG163",
        name: "required_field_enforced",
        summary: "A request without a field of `field_behavior = REQUIRED` is refused.",
        explain: "The schema says that the caller must set the field. An answer of OK means that the server went on \
                  with an empty value, which is then stored or acted upon. A number or an enum without presence is \
                  not tested, because its zero cannot be told from its absence; neither are the fields of a resource \
                  in an update, of which the mask decides.\n\n\
                  Check it before the logic: in Rust `ok_or_else(|| Status::invalid_argument(...))` on the `Option`, \
                  in Go a nil or empty check with `status.Error(codes.InvalidArgument, ...)`, in Python \
                  `context.abort(StatusCode.INVALID_ARGUMENT, ...)`, in Java `Status.INVALID_ARGUMENT`. If an empty \
                  value is fine, declare the field OPTIONAL.",
        url: Some("https://google.aip.dev/203"),
    },
    applies: &[Class::Invalid],
    level: Level::On,
    check,
};

fn check(seen: &Seen<'_>) -> Verdict {
    let status = seen.exchange.status();
    let talks = seen.method.desc.is_client_streaming() && seen.method.desc.is_server_streaming();
    if talks || status.code != Code::Ok || status.synthetic {
        return Verdict::Pass;
    }
    let changes = ["Update", "Patch", "Modify"].iter().any(|verb| seen.method.desc.name().starts_with(verb));
    // What a rule of buf.validate says as well belongs to another check.
    let broken = |it| matches!(seen.method.asks.judge(it), Judged::Broken(_) | Judged::Unknown(_));
    let paths: Vec<String> = seen.sent.iter().flat_map(missing).collect();
    match &paths[..] {
        [path] if !(changes && path.contains('.') || seen.sent.iter().any(broken)) => {
            let message =
                format!("the REQUIRED field `{path}` was not set, but the request was answered with OK");
            fail(path, message)
        }
        _ => Verdict::Pass,
    }
}
