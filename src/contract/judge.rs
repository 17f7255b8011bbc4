//! One case on the wire: makes the calls an input needs and asks the checks. Run, shrinking and replay share it.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use super::{
    Check, Class, Method,
    checks::{Seen, Verdict, timed_out},
    input::Input,
};
use crate::client::{Call, CallError, Code, End, Exchange, Step, Transport, frame};

/// What makes two failures the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key {
    pub check: &'static str,
    pub method: String,
    pub cause: String,
}

#[derive(Debug, Clone)]
pub(super) struct Failure {
    pub key: Key,
    pub check: &'static Check,
    pub message: String,
    pub outcome: String,
}

/// What came of one case.
#[derive(Debug, Default)]
pub(super) struct Judged {
    /// The name of the status, or how the call broke; nothing when it could not be made.
    pub outcome: Option<String>,
    pub failures: Vec<Failure>,
    pub open_ended: bool,
    pub hung: bool,
    /// Why the server could not be called.
    pub unreachable: Option<CallError>,
}

pub(super) struct Judge<'a, T> {
    pub transport: &'a T,
    pub checks: &'a [&'static Check],
    pub metadata: &'a [(String, Vec<u8>)],
    pub deadline: Duration,
    pub calls: AtomicU64,
    /// Asks after every case whether the server is still there, not only after those that lost the connection.
    pub doubts: bool,
}

/// How long to wait before asking a busy server again.
const PATIENCE: [Duration; 3] =
    [Duration::from_millis(5), Duration::from_millis(25), Duration::from_millis(125)];

/// How often, and after which waits, a server is asked whether it is alive before it is given up. One that is
/// started again within this time counts as alive.
const LAST_CHANCES: [Duration; 3] = [Duration::ZERO, Duration::from_millis(100), Duration::from_millis(500)];

/// A path that no server has; a server that is alive answers it, with an error.
const LIVENESS: &str = "/protogate.Liveness/Probe";

impl<T: Transport> Judge<'_, T> {
    pub async fn judge(&self, method: &Method, input: &Input) -> Judged {
        self.try_judge(method, input)
            .await
            .unwrap_or_else(|unreachable| Judged { unreachable: Some(unreachable), ..Judged::default() })
    }

    async fn try_judge(&self, method: &Method, input: &Input) -> Result<Judged, CallError> {
        let call = |suffix: &[u8]| input.call(method, self.metadata, self.deadline, suffix);
        let mut base = Vec::new();
        let exchange = match input.class {
            Class::Valid | Class::UnknownMethod => self.patient(&call(&[])).await?,
            Class::UnknownFields => {
                base.push(self.patient(&call(&[])).await?);
                let with = self.patient(&call(&unknown_fields(method))).await?;
                // A server that died of them cannot be asked without them.
                if !lost(&with) {
                    base.push(self.patient(&call(&[])).await?);
                }
                with
            }
            Class::Malformed => self.call(&call(&[])).await?,
        };
        let suspect = input.class == Class::Malformed || lost(&exchange) || self.doubts;
        let alive = !suspect || self.is_alive().await;
        let seen = Seen { method, exchange: &exchange, base: &base, alive, deadline: self.deadline };
        let mut judged = Judged {
            outcome: Some(exchange.outcome()),
            // A framework that notices the deadline has waited for it all the same.
            hung: exchange.end == End::Hang || timed_out(&exchange, self.deadline),
            ..Judged::default()
        };
        for check in self.checks.iter().filter(|check| check.applies.contains(&input.class)) {
            match (check.check)(&seen) {
                Verdict::Pass => {}
                Verdict::OpenEnded => judged.open_ended = true,
                Verdict::Fail { cause, message } => judged.failures.push(Failure {
                    key: Key { check: check.info.name, method: method.name.clone(), cause },
                    check,
                    message: match input.class {
                        Class::Malformed => format!("{message} ({})", input.label),
                        _ => message,
                    },
                    outcome: exchange.outcome(),
                }),
            }
        }
        Ok(judged)
    }

    /// A busy server is asked again, a little later each time.
    async fn patient(&self, call: &Call) -> Result<Exchange, CallError> {
        let mut exchange = self.call(call).await?;
        for wait in PATIENCE {
            let status = exchange.status();
            let busy =
                matches!(status.code, Code::Unavailable | Code::ResourceExhausted) && !status.synthetic;
            if !busy {
                break;
            }
            tokio::time::sleep(wait).await;
            exchange = self.call(call).await?;
        }
        Ok(exchange)
    }

    async fn call(&self, call: &Call) -> Result<Exchange, CallError> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        self.transport.call(call).await
    }

    pub async fn is_alive(&self) -> bool {
        for wait in LAST_CHANCES {
            tokio::time::sleep(wait).await;
            if self.answers().await {
                return true;
            }
        }
        false
    }

    async fn answers(&self) -> bool {
        let script = vec![Step::Raw(frame(&[])), Step::HalfClose];
        let metadata = self.metadata.to_vec();
        let call = Call { path: LIVENESS.into(), metadata, deadline: self.deadline, script };
        self.call(&call).await.is_ok_and(|exchange| !matches!(exchange.end, End::Hang | End::Closed(_)))
    }
}

/// The connection is gone; the server may be.
fn lost(exchange: &Exchange) -> bool {
    matches!(exchange.end, End::Closed(_) | End::GoAway(_))
}

/// One unknown field of each wire type, with numbers that the request type does not have.
pub(super) fn unknown_fields(method: &Method) -> Vec<u8> {
    use prost::encoding::{WireType, encode_key};
    let desc = method.desc.input();
    let mut free = (1..=536_870_911u32).rev().filter(|number| {
        desc.get_field(*number).is_none() && !desc.extension_ranges().any(|range| range.contains(number))
    });
    let values: [(WireType, &[u8]); 4] = [
        (WireType::Varint, &[1]),
        (WireType::SixtyFourBit, &[1; 8]),
        (WireType::LengthDelimited, &[2, b'h', b'i']),
        (WireType::ThirtyTwoBit, &[1; 4]),
    ];
    let mut out = Vec::new();
    for ((wire_type, bytes), number) in values.into_iter().zip(&mut free) {
        encode_key(number, wire_type, &mut out);
        out.extend_from_slice(bytes);
    }
    if let Some(number) = free.next() {
        encode_key(number, WireType::StartGroup, &mut out);
        encode_key(number, WireType::EndGroup, &mut out);
    }
    out
}
