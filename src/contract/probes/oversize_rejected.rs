//! Whether requests beyond the server's size limit are turned away, in gzip as well.

use super::{Found, Level, Probe, Probing, Question, compressed, has_status, padded::padded};
use crate::{
    client::{Code, Exchange, Step, Transport},
    contract::Method,
    diag::{RuleInfo, Severity},
};

pub(super) static PROBE: Probe = Probe {
    info: RuleInfo {
        id: "PG150",
        name: "oversize_rejected",
        summary: "A request above the size limit is refused with RESOURCE_EXHAUSTED, also when gzip hides its size.",
        explain: "A server holds a whole message in memory before it looks at it, so that its limit is what keeps \
                  one caller from taking all of it. A message of exactly the limit passes, one byte more is \
                  RESOURCE_EXHAUSTED (OUT_OF_RANGE, which tonic answers, will do), and the limit counts bytes \
                  after decompression: a few KiB of gzip unpack to gigabytes.\n\n\
                  The limit is `max-request-bytes` under `[contract]`. Without it the limit is looked for up to \
                  8 MiB, and none is worth a warning. Messages are filled up with an unknown field, so that the \
                  application sees an ordinary request.\n\n\
                  Rust (tonic): `Server::max_decoding_message_size`, 4 MiB by default. Go: \
                  `grpc.MaxRecvMsgSize`. Python: the option `grpc.max_receive_message_length`; -1 takes \
                  everything. Java: `ServerBuilder.maxInboundMessageSize`. All four are to bound the \
                  decompressed size too; a codec or a proxy of your own must.",
        url: Some("https://github.com/grpc/grpc/blob/master/doc/statuscodes.md"),
    },
    level: Level::On,
    question: Question::Oversize,
};

/// How far a limit is looked for.
const MOST: usize = 8 << 20;
/// What most frameworks have by default.
const USUAL: usize = 4 << 20;

pub(super) async fn ask<T: Transport>(probing: &Probing<'_, T>) -> Vec<Found> {
    look(probing).await.unwrap_or_default()
}

/// `None`: there is nothing to ask, or the server cannot be asked.
async fn look<T: Transport>(probing: &Probing<'_, T>) -> Option<Vec<Found>> {
    let method = probing.subject()?;
    let message = probing.typical(method, 1);
    let sizes = Sizes { probing, method, message };
    let base = sizes.send(sizes.message.len() + 64).await?;
    if refused(&base) || !has_status(&base) {
        return None;
    }
    let mut found = Vec::new();
    let limit = match probing.options.max_request_bytes.and_then(|limit| usize::try_from(limit).ok()) {
        Some(limit) => {
            let at = sizes.send(limit).await?;
            if at.outcome() != base.outcome() && (refused(&at) || !has_status(&at)) {
                let text =
                    format!("a request of {limit} bytes, the limit of the configuration, is turned away");
                found.push(sizes.found("AT_LIMIT", text, limit, &at));
            }
            let over = sizes.send(limit + 1).await?;
            found.extend(sizes.above(&over, &base, limit, Severity::Error));
            limit
        }
        None => match sizes.search(&base).await? {
            Some((limit, over)) => {
                found.extend(sizes.above(&over, &base, limit, Severity::Warning));
                limit
            }
            None => {
                let text = "no size limit was found: a request of 8 MiB is taken like a small one";
                found.push(sizes.found("NO_LIMIT", text, MOST, &base).light(Severity::Warning));
                return Some(found);
            }
        },
    };
    let path = method.path();
    if compressed::is_taken(probing, &path, &sizes.message, &base).await {
        let wide = padded(&method.desc.input(), &sizes.message, limit + 1);
        let seen = compressed::call(probing, &path, &wide).await?;
        if seen.outcome() == base.outcome() {
            let text = format!("gzip that unpacks to {} bytes gets past the limit of {limit}", limit + 1);
            found.push(sizes.found("GZIP", text, limit, &seen));
        }
    }
    Some(found)
}

fn refused(exchange: &Exchange) -> bool {
    has_status(exchange) && matches!(exchange.status().code, Code::ResourceExhausted | Code::OutOfRange)
}

/// One method called with messages of any size.
struct Sizes<'a, T> {
    probing: &'a Probing<'a, T>,
    method: &'a Method,
    message: Vec<u8>,
}

impl<T: Transport> Sizes<'_, T> {
    async fn send(&self, size: usize) -> Option<Exchange> {
        let bytes = padded(&self.method.desc.input(), &self.message, size);
        self.probing.call(&self.method.path(), vec![Step::Send(bytes.into()), Step::HalfClose]).await
    }

    /// The largest size that is taken, and the answer to one byte more.
    async fn search(&self, base: &Exchange) -> Option<Option<(usize, Exchange)>> {
        let taken = |seen: &Exchange| seen.outcome() == base.outcome();
        let (mut low, mut high, mut over) = (self.message.len(), MOST + 1, self.send(MOST + 1).await?);
        if taken(&over) {
            return Some(None);
        }
        let mut next = USUAL;
        while high - low > 1 {
            let seen = self.send(next).await?;
            if taken(&seen) {
                low = next;
            } else {
                (high, over) = (next, seen);
            }
            next = if low == USUAL && high > USUAL + 1 { USUAL + 1 } else { low + (high - low) / 2 };
            next = if next <= low || next >= high { low + (high - low) / 2 } else { next };
        }
        Some(Some((low, over)))
    }

    fn above(&self, over: &Exchange, base: &Exchange, limit: usize, weight: Severity) -> Option<Found> {
        if refused(over) {
            return None;
        }
        let size = limit + 1;
        Some(if over.outcome() == base.outcome() {
            let text = format!("a request of {size} bytes is taken, one more than the limit");
            self.found("ACCEPTED", text, limit, over)
        } else {
            let answer = over.outcome();
            let text = format!("a request of {size} bytes is answered {answer} and not RESOURCE_EXHAUSTED");
            self.found("WRONG_STATUS", text, limit, over).light(weight)
        })
    }

    fn found(&self, cause: &str, text: impl Into<String>, limit: usize, seen: &Exchange) -> Found {
        // The request itself is megabytes of zeros: its size says it all.
        let label = format!("limit {limit}");
        Found::new(&PROBE, cause, text).on(&self.method.name).after(seen).sent(&label, &[])
    }
}
