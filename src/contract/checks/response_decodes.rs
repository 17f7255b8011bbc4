//! Whether every byte of the response body makes sense by the schema.

use prost_reflect::DynamicMessage;

use super::{Check, Class, Level, Seen, Verdict, ended, fail};
use crate::diag::RuleInfo;

pub(super) static CHECK: Check = Check {
    info: RuleInfo {
        id: "PG105",
        name: "response_decodes",
        summary: "Each response message decodes as the declared type.",
        explain: "The body is cut into whole frames, a frame is compressed only when an encoding was \
                  negotiated, and each message parses with strings in strict UTF-8.\n\n\
                  A client fails here with INTERNAL though the server believes all is well. Strings cut at a \
                  byte limit, another version of the schema, and hand-made frames are the usual causes.\n\n\
                  Cut at character borders: in Rust with `str::floor_char_boundary`, never with \
                  `from_utf8_unchecked`; in Go, whose strings may hold any bytes, check `utf8.ValidString` or \
                  repair with `strings.ToValidUTF8`; in Python decode what comes from outside with \
                  `errors=\"replace\"`; in Java do not pass bytes through `new String(…, ISO_8859_1)`. Generate \
                  both sides from one schema.",
        url: Some("https://protobuf.dev/programming-guides/encoding/"),
    },
    applies: &[Class::Valid, Class::Invalid, Class::BadUtf8],
    level: Level::On,
    check,
};

fn check(seen: &Seen<'_>) -> Verdict {
    let exchange = seen.exchange;
    if !ended(exchange) || exchange.http_status != Some(200) {
        return Verdict::Pass;
    }
    if !exchange.leftover.is_empty() {
        let message =
            format!("the response ends inside a message, after {} of its bytes", exchange.leftover.len());
        return fail("TRUNCATED", message);
    }
    for (at, (flag, bytes)) in exchange.messages.iter().enumerate() {
        match flag {
            0 => {}
            // No encoding is asked for, so that none can have been negotiated.
            1 => {
                return fail(
                    "COMPRESSED",
                    format!("response message {at} is compressed, which was not negotiated"),
                );
            }
            flag => return fail("FLAG", format!("response message {at} has the flag byte {flag}")),
        }
        if let Err(error) = DynamicMessage::decode(seen.method.desc.output(), bytes.as_ref()) {
            let output = seen.method.desc.output();
            return fail(
                "UNDECODABLE",
                format!("response message {at} is no {}: {error}", output.full_name()),
            );
        }
    }
    Verdict::Pass
}
