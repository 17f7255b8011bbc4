//! Whether ten kilobytes of gzip become ten megabytes of memory.

use super::{Found, Level, Probe, Probing, Question, compressed, padded::padded};
use crate::{
    client::{Code, Step, Transport},
    diag::RuleInfo,
};

pub(super) static PROBE: Probe = Probe {
    info: RuleInfo {
        id: "PG152",
        name: "decompression_bomb",
        summary: "Gzip that unpacks to 10 MiB of zeros is refused.",
        explain: "Ten KiB on the wire, ten MiB in memory, and a thousand times as much for whoever nests or \
                  repeats it. A server refuses with RESOURCE_EXHAUSTED while it unpacks, or with UNIMPLEMENTED \
                  because it takes no gzip at all.\n\n\
                  Rust (tonic): enable `accept_compressed` only where clients need it, and keep \
                  `max_decoding_message_size`. Go: `grpc.MaxRecvMsgSize` bounds what the gzip decompressor \
                  gives. Python: `grpc.max_receive_message_length`. Java: `maxInboundMessageSize`. Runs only \
                  when it is named: `--check decompression_bomb`. A server that means to take 10 MiB should \
                  not be asked.",
        url: Some("https://github.com/grpc/grpc/blob/master/doc/compression.md"),
    },
    level: Level::Probe,
    question: Question::DecompressionBomb,
};

const SIZE: usize = 10 << 20;

pub(super) async fn ask<T: Transport>(probing: &Probing<'_, T>) -> Vec<Found> {
    look(probing).await.into_iter().collect()
}

async fn look<T: Transport>(probing: &Probing<'_, T>) -> Option<Found> {
    let method = probing.subject()?;
    let path = method.path();
    let message = probing.typical(method, 2);
    let base = probing.call(&path, vec![Step::Send(message.clone().into()), Step::HalfClose]).await?;
    if !compressed::is_taken(probing, &path, &message, &base).await {
        return None;
    }
    let bomb = padded(&method.desc.input(), &message, SIZE);
    let seen = compressed::call(probing, &path, &bomb).await?;
    let status = seen.status();
    let fine = matches!(status.code, Code::ResourceExhausted | Code::OutOfRange | Code::Unimplemented);
    if fine && !status.synthetic {
        return None;
    }
    let text = format!("gzip that unpacks to 10 MiB is answered {}", seen.outcome());
    Some(Found::new(&PROBE, &seen.outcome(), text).on(&method.name).after(&seen))
}
