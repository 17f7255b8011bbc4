//! Whether a method takes requests up to the size that its contract says, and none beyond.

use super::padded::padded;
use super::{Found, Level, Probe, Probing, Question, has_status};
use crate::{
    client::{Code, Exchange, Step, Transport},
    diag::RuleInfo,
};

pub(super) static PROBE: Probe = Probe {
    info: RuleInfo {
        id: "PG226",
        name: "request_limit_kept",
        summary: "A request of `limits.max_request_bytes` is taken, and one byte more is refused.",
        explain: "Asked of methods with `limits` in `(protogate.contract.v1.method)`, beyond what the whole server takes \
                  (`oversize_rejected`). A request is filled up with an unknown field, so that the application sees an \
                  ordinary one: of exactly the limit it is answered as a small one, and of one byte more with \
                  RESOURCE_EXHAUSTED or OUT_OF_RANGE.\n\n\
                  Most servers bound all messages alike. A bound of one method belongs into a layer before its handler \
                  that looks at the length of the frame, or where the service is registered (`max_decoding_message_size` \
                  of a tonic service).",
        url: None,
    },
    level: Level::On,
    question: Question::RequestLimit,
};

/// Nobody sends more than this to find out.
const MOST: u64 = 64 << 20;

pub(super) async fn ask<T: Transport>(probing: &Probing<'_, T>) -> Vec<Found> {
    let mut found = Vec::new();
    for (method, _, of) in probing.with_promises() {
        let Some(limit) = of.limits.max_request_bytes else { continue };
        let text = format!("limits: max_request_bytes {limit}");
        let Some(size) = usize::try_from(limit).ok().filter(|_| limit <= MOST) else {
            probing.tell(method, "limits/max_request_bytes", text, Err("it is too large to be tried"));
            continue;
        };
        let message = probing.typical(method, 650);
        let send = |size: usize| {
            let bytes = padded(&method.desc.input(), &message, size);
            let script = vec![Step::Send(bytes.into()), Step::HalfClose];
            async move { probing.call(&method.path(), script).await }
        };
        let base = send(message.len() + 16).await;
        let (Some(base), Some(at), Some(over)) = (base, send(size).await, send(size + 1).await) else {
            continue;
        };
        // What is refused when it is small says nothing of its size.
        if message.len() + 16 > size || refused(&base) || !has_status(&base) {
            probing.tell(method, "limits/max_request_bytes", text, Err("a small request is refused as well"));
            continue;
        }
        let wrong = if refused(&at) {
            Some(("AT_LIMIT", format!("a request of {size} bytes, which is the limit, is refused"), at))
        } else if !refused(&over) {
            let text = format!(
                "a request of {} bytes is answered with {}, and {size} are allowed",
                size + 1,
                over.outcome()
            );
            Some(("ABOVE_LIMIT", text, over))
        } else {
            None
        };
        probing.tell(method, "limits/max_request_bytes", text, Ok(wrong.is_none()));
        found.extend(
            wrong.map(|(cause, text, seen)| Found::new(&PROBE, cause, text).on(&method.name).after(&seen)),
        );
    }
    found
}

fn refused(exchange: &Exchange) -> bool {
    has_status(exchange) && matches!(exchange.status().code, Code::ResourceExhausted | Code::OutOfRange)
}
