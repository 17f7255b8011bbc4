//! Whether a prefix that announces 4 GiB is worth more than its five bytes.

use bytes::Bytes;

use super::{Found, Level, Probe, Probing, Question};
use crate::{
    client::{End, Step, Transport},
    contract::checks::timed_out,
    diag::RuleInfo,
};

pub(super) static PROBE: Probe = Probe {
    info: RuleInfo {
        id: "PG151",
        name: "length_prefix_bomb",
        summary: "A length prefix of 4 GiB with three bytes behind it ends the call and harms nothing.",
        explain: "Whoever allocates what a prefix announces gives 4 GiB for eight bytes, and whoever waits for it \
                  waits for ever. The call has to end, with any status, and the next one to be answered.\n\n\
                  The stock frameworks compare the prefix with their limit first: leave \
                  `max_decoding_message_size` (Rust, tonic), `grpc.MaxRecvMsgSize` (Go), \
                  `grpc.max_receive_message_length` (Python) and `maxInboundMessageSize` (Java) finite. A codec \
                  of your own must check before it allocates, and treat the end of the stream inside of a \
                  message as an error.",
        url: Some("https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md"),
    },
    level: Level::On,
    question: Question::PrefixBomb,
};

pub(super) async fn ask<T: Transport>(probing: &Probing<'_, T>) -> Vec<Found> {
    let Some(method) = probing.subject() else { return Vec::new() };
    let bomb = Bytes::from_static(&[0, 0xff, 0xff, 0xff, 0xff, 0, 0, 0]);
    let script = vec![Step::Raw(bomb), Step::HalfClose];
    let Some(seen) = probing.call(&method.path(), script.clone()).await else { return Vec::new() };
    let found = |cause, text| {
        vec![Found::new(&PROBE, cause, text).on(&method.name).after(&seen).sent("4 GiB announced", &script)]
    };
    if !probing.is_alive().await {
        return found("DEAD", "after a length prefix of 4 GiB the server answers nothing any more");
    }
    if seen.end == End::Hang || timed_out(&seen, probing.deadline) {
        return found("HANG", "a length prefix of 4 GiB and the end of the request leave the call open");
    }
    Vec::new()
}
