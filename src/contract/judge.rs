//! One case on the wire: makes the calls an input needs and asks the checks. Run, shrinking and replay share it.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use prost_reflect::DynamicMessage;

use super::{
    Check, Class, Method,
    answer::Answer,
    checks::{Seen, Verdict, is_flood, timed_out},
    input::Input,
    patient::advice,
    requests,
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
    pub answer: Answer,
    /// There may be a good reason for it.
    pub doubtful: bool,
}

/// What came of one case.
#[derive(Debug, Default)]
pub(super) struct Judged {
    /// The name of the status, or how the call broke; nothing when it could not be made.
    pub outcome: Option<String>,
    pub failures: Vec<Failure>,
    pub open_ended: bool,
    pub hung: bool,
    /// The server asked for time to the last.
    pub put_off: bool,
    /// The replies to a valid request that was answered with OK.
    pub replies: Vec<DynamicMessage>,
    /// A valid request was answered with OK.
    pub accepted: bool,
    /// What the server said, in its status and its trailers: the words of a refusal.
    pub said: Option<(Code, String)>,
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
    /// How long a unary call may take, where that is bounded.
    pub max_latency: Option<Duration>,
    /// A unary method, to be called beside another.
    pub sibling: Option<&'a Method>,
    /// Counts the times that cases are sent again, each of which needs names that nobody has used.
    pub again: AtomicU64,
}

const SECOND: Duration = Duration::from_secs(1);

/// The receive window that HTTP/2 begins with.
const USUAL_WINDOW: u32 = 65_535;

/// How often [`Class::Repeat`] sends the same: what a write changes once more each time shows at the third.
pub(super) fn repetitions(method: &Method) -> usize {
    if method.reads { 2 } else { 3 }
}

/// So many of a stream of replies say what the server answers with.
const KEPT_REPLIES: usize = 16;

/// How long to wait before asking a busy server again.
const PATIENCE: [Duration; 3] =
    [Duration::from_millis(5), Duration::from_millis(25), Duration::from_millis(125)];

/// How often, and after which waits, a server is asked whether it is alive before it is given up. One that is
/// started again within this time counts as alive.
const LAST_CHANCES: [Duration; 3] = [Duration::ZERO, Duration::from_millis(100), Duration::from_millis(500)];

/// A path that no server has; a server that is alive answers it, with an error.
const LIVENESS: &str = "/protogate.Liveness/Probe";

impl<'a, T: Transport> Judge<'a, T> {
    /// The same with a tenth of the deadline: what hangs is shrunk in seconds, not in minutes.
    pub fn impatient(&self) -> Judge<'a, T> {
        self.within((self.deadline / 10).max(SECOND.min(self.deadline)))
    }

    /// The same with another deadline, and a count of its own.
    pub fn within(&self, deadline: Duration) -> Judge<'a, T> {
        let (calls, again) = (0.into(), self.again.load(Ordering::Relaxed).into());
        let (transport, checks, metadata) = (self.transport, self.checks, self.metadata);
        Judge {
            transport,
            checks,
            metadata,
            deadline,
            calls,
            doubts: self.doubts,
            max_latency: self.max_latency,
            sibling: self.sibling,
            again,
        }
    }

    pub async fn judge(&self, method: &Method, input: &Input) -> Judged {
        self.try_judge(method, input)
            .await
            .unwrap_or_else(|unreachable| Judged { unreachable: Some(unreachable), ..Judged::default() })
    }

    async fn try_judge(&self, method: &Method, input: &Input) -> Result<Judged, CallError> {
        let (exchange, base) = match input.class {
            class if class.is_compared() => self.compared(method, input).await?,
            Class::Repeat => {
                let call = self.call_of(method, input);
                let mut before = vec![self.patient(&call).await?];
                while before.len() + 1 < repetitions(method) {
                    before.push(self.patient(&call).await?);
                }
                (self.patient(&call).await?, before)
            }
            Class::Parallel => self.parallel(method, input).await?,
            Class::Cancel => self.cancelled(method, input).await?,
            Class::Backpressure => self.beside(method, input).await?,
            Class::Deadline => {
                let exchange = self.call(&self.call_of(method, input)).await?;
                (exchange, vec![self.call(&self.liveness()).await?])
            }
            Class::BadTimeout => (self.apart(&self.call_of(method, input)).await?, Vec::new()),
            Class::Valid if input.label == requests::EDGE => {
                let plain = method.typical(self.salt(method, input, 1));
                let plain = Input::valid(method, "", vec![plain]);
                let before = self.patient(&plain.plain_call(method, self.metadata, self.deadline)).await?;
                (self.patient(&self.call_of(method, input)).await?, vec![before])
            }
            class if class.is_malformed() => (self.call(&self.call_of(method, input)).await?, Vec::new()),
            _ => {
                let exchange = self.patient(&self.call_of(method, input)).await?;
                let others = if is_flood(&exchange) { self.others(method, input).await? } else { Vec::new() };
                (exchange, others)
            }
        };
        let suspect = input.class.is_malformed() && input.class != Class::UnknownMethod;
        let alive = !(suspect || lost(&exchange) || self.doubts) || self.is_alive().await;
        let deadline = input.deadline(self.deadline);
        let (class, label) = (input.class, &*input.label);
        let secrets = self.metadata;
        let sent =
            if class.is_malformed() { Vec::new() } else { self.variant(method, input).messages(method) };
        let seen = Seen {
            method,
            exchange: &exchange,
            base: &base,
            sent: &sent,
            alive,
            deadline,
            class,
            label,
            max_latency: self.max_latency,
            secrets,
        };
        let put_off = advice(&exchange).is_some();
        // An answer that asks for time says something of itself, and nothing of the request.
        let puts_off = |it: &Exchange| advice(it).is_some() || (class != Class::Cancel && is_busy(it));
        let compares = alive && (puts_off(&exchange) || base.iter().any(puts_off));
        let asks = |check: &Check| !compares || check.applies.contains(&Class::Valid);
        let is_plain = matches!(class, Class::Valid | Class::Invalid);
        let mut judged = Judged {
            outcome: Some(exchange.outcome()),
            put_off,
            // A framework that notices the deadline has waited for it all the same.
            hung: class != Class::Deadline
                && !class.is_malformed()
                && (exchange.end == End::Hang || timed_out(&exchange, self.deadline)),
            replies: replies(method, input, &exchange),
            accepted: is_plain && exchange.status().code == Code::Ok,
            said: is_plain.then(|| words(&exchange)),
            ..Judged::default()
        };
        for check in self.checks.iter().filter(|it| it.applies.contains(&input.class) && asks(it)) {
            let (doubtful, cause, message) = match (check.check)(&seen) {
                Verdict::Pass => continue,
                Verdict::OpenEnded => {
                    judged.open_ended = true;
                    continue;
                }
                Verdict::Doubt { cause, message } => (true, cause, message),
                Verdict::Fail { cause, message } => (false, cause, message),
            };
            judged.failures.push(Failure {
                key: Key { check: check.info.name, method: method.name.clone(), cause },
                check,
                message: match input.class {
                    Class::Valid | Class::Invalid | Class::EmptyStream => message,
                    _ => format!("{message} ({})", input.label),
                },
                outcome: exchange.outcome(),
                answer: Answer::of(method, &exchange, secrets),
                doubtful,
            });
        }
        Ok(judged)
    }

    pub(super) fn call_of(&self, method: &Method, input: &Input) -> Call {
        input.call(method, self.metadata, self.deadline)
    }

    /// A busy server is asked again, a little later each time.
    pub(super) async fn patient(&self, call: &Call) -> Result<Exchange, CallError> {
        let mut exchange = self.call(call).await?;
        for wait in PATIENCE {
            // What it says itself about asking again was heeded when the call was made.
            if !is_busy(&exchange) || advice(&exchange).is_some() {
                break;
            }
            tokio::time::sleep(wait).await;
            exchange = self.call(call).await?;
        }
        Ok(exchange)
    }

    /// On a connection of its own. gRPC's C core remembers a timeout that it could not read together with the header's
    /// place in the connection's table (HPACK), and refuses good ones after it (measured with grpcio 1.85).
    async fn apart(&self, call: &Call) -> Result<Exchange, CallError> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        self.transport.call_through_window(call, USUAL_WINDOW).await
    }

    pub(super) async fn call(&self, call: &Call) -> Result<Exchange, CallError> {
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

    /// Why the server cannot be reached, if it cannot.
    pub async fn gone(&self) -> Option<CallError> {
        self.call(&self.liveness()).await.err().filter(CallError::is_unreachable)
    }

    fn liveness(&self) -> Call {
        let script = vec![Step::Raw(frame(&[])), Step::HalfClose];
        Call { path: LIVENESS.into(), metadata: self.metadata.to_vec(), deadline: self.deadline, script }
    }

    async fn answers(&self) -> bool {
        self.call(&self.liveness())
            .await
            .is_ok_and(|exchange| !matches!(exchange.end, End::Hang | End::Closed(_)))
    }
}

/// What a valid request was answered with.
fn replies(method: &Method, input: &Input, exchange: &Exchange) -> Vec<DynamicMessage> {
    if input.class != Class::Valid || exchange.status().code != Code::Ok {
        return Vec::new();
    }
    let decode = |bytes: &bytes::Bytes| DynamicMessage::decode(method.desc.output(), bytes.as_ref()).ok();
    exchange.messages.iter().take(KEPT_REPLIES).filter_map(|(_, bytes)| decode(bytes)).collect()
}

/// The code, and the message with what the details hold of text.
fn words(exchange: &Exchange) -> (Code, String) {
    let status = exchange.status();
    let details = String::from_utf8_lossy(exchange.trailer("grpc-status-details-bin").unwrap_or_default());
    (status.code, format!("{} {details}", status.message))
}

/// The server says that it has no room at the moment.
pub(super) fn is_busy(exchange: &Exchange) -> bool {
    let status = exchange.status();
    matches!(status.code, Code::Unavailable | Code::ResourceExhausted) && !status.synthetic
}

/// The connection is gone; the server may be.
pub(super) fn lost(exchange: &Exchange) -> bool {
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
