//! The checks: one question per file, an exchange in, a verdict out. They call nothing.
//!
//! One cause gives one finding: each way to end badly belongs to exactly one check. What the specification
//! leaves to frameworks, and five stock frameworks do differently, no check minds.

mod always_terminates;
mod backpressure;
mod cancel_survives;
mod compressed_flag_without_encoding;
mod compression_negotiation;
mod concurrent_equals_sequential;
mod content_type_enforced;
mod contracts;
mod deadline_respected;
mod deterministic_read;
mod early_end_clean;
mod empty_request_stream;
mod encoding_invariance;
mod error_message_leak;
mod error_message_wellformed;
mod error_without_message;
mod framing_invariance;
mod grpc_envelope;
mod half_close_terminates;
mod http_method_enforced;
mod idempotent_replay;
mod identifier_stable;
mod immutable_kept;
mod input_only_hidden;
mod invalid_utf8_rejected;
mod latency_bound;
mod malformed_request_rejected;
mod metadata_tolerant;
mod method_implemented;
mod no_transport_abort;
mod not_a_server_error;
mod notes;
mod output_only_ignored;
mod protovalidate_request;
mod protovalidate_response;
mod recursion_limit;
mod request_cardinality;
mod required_field_enforced;
mod response_cardinality;
mod response_decodes;
mod response_enum_known;
mod response_no_unknown_fields;
mod response_required_present;
mod response_within_limit;
mod sibling_isolation;
mod status_details_valid;
mod stays_alive;
mod survives_malformed_input;
mod timeout_header_strict;
mod truncated_stream_not_ok;
mod unknown_enum_tolerated;
mod unknown_fields_ignored;
mod unknown_method_unimplemented;

use std::time::Duration;

pub(super) use self::always_terminates::{is_flood, is_list};
pub(super) use self::contracts::CONTRACTS;
pub(super) use self::latency_bound::NAME as LATENCY_BOUND;
pub(super) use self::notes::{
    ASKED_TO_WAIT, CONTRACT_UNCLEAR, ENVIRONMENT, LOW_VALID_RATE, MISSING_HEADER, NO_METHOD, OPEN_ENDED,
    RULE_VACUOUS, SKIPPED, UNKNOWN_CHECK, UNREACHABLE, UNTESTED_RULES,
};
pub use self::notes::{HEALED, NOTES};
pub(super) use self::stays_alive::{CHECK as STAYS_ALIVE, DEAD};
use prost_reflect::{DynamicMessage, Value};

use super::{Class, Method, PROBES, compare};
use crate::{
    client::{Code, End, Exchange},
    diag::{Diagnostic, RuleInfo},
    schema::nearest,
};

/// When a check runs and how much its failure weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// Always; an error.
    On,
    /// Always; a warning.
    Warn,
    /// With `--strict`, or when named; an error.
    Strict,
    /// Only when named, because it is expensive or hard on the server; an error.
    Probe,
}

/// What a check looks at.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    /// The method that was called.
    pub method: &'a Method,
    /// What came back.
    pub exchange: &'a Exchange,
    /// What it is compared with. A variant: the same request plainly, before and after; a repetition: the answers
    /// before, one for a read and two for a write; an edge of a rule: a plain message before; [`Class::Parallel`]: alone,
    /// before and after; [`Class::Cancel`]: a plain call before, and the cancelled one; [`Class::Deadline`]: a method that
    /// no server has, right after it; [`Class::Backpressure`]: another method alone, and meanwhile; [`Class::Valid`]:
    /// nothing else, but for a stream that floods other requests to its method.
    pub base: &'a [Exchange],
    /// The requests, where they are messages.
    pub sent: &'a [DynamicMessage],
    /// Whether the server answered another call afterwards; asked after malformed input and lost connections.
    pub alive: bool,
    /// The deadline the call had.
    pub deadline: Duration,
    /// The kind of input.
    pub class: Class,
    /// What was special about it.
    pub label: &'a str,
    /// How long a unary call may take, where the user has bounded it.
    pub max_latency: Option<Duration>,
    /// The metadata given by the user, which may be secret.
    pub secrets: &'a [(String, Vec<u8>)],
}

/// What a check says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing to say.
    Pass,
    /// The stream has no end of its own; worth a note.
    OpenEnded,
    /// A failure for which there may be a good reason: a warning.
    Doubt {
        /// As below.
        cause: String,
        /// As below.
        message: String,
    },
    /// A failure. The cause is part of its key, the message is one sentence.
    Fail {
        /// Such as a status name: failures of one check on one method with the same cause are one.
        cause: String,
        /// What went wrong.
        message: String,
    },
}

fn fail(cause: impl Into<String>, message: impl Into<String>) -> Verdict {
    Verdict::Fail { cause: cause.into(), message: message.into() }
}

/// One check.
#[derive(Debug)]
pub struct Check {
    /// What `explain` prints.
    pub info: RuleInfo,
    /// The inputs it judges.
    pub applies: &'static [Class],
    /// When it runs.
    pub level: Level,
    /// The question.
    pub check: fn(&Seen<'_>) -> Verdict,
}

/// Every check, by code.
pub static CHECKS: &[&Check] = &[
    &not_a_server_error::CHECK,
    &always_terminates::CHECK,
    &grpc_envelope::CHECK,
    &no_transport_abort::CHECK,
    &response_decodes::CHECK,
    &response_cardinality::CHECK,
    &unknown_method_unimplemented::CHECK,
    &unknown_fields_ignored::CHECK,
    &survives_malformed_input::CHECK,
    &stays_alive::CHECK,
    &error_without_message::CHECK,
    &malformed_request_rejected::CHECK,
    &invalid_utf8_rejected::CHECK,
    &truncated_stream_not_ok::CHECK,
    &request_cardinality::CHECK,
    &recursion_limit::CHECK,
    &framing_invariance::CHECK,
    &encoding_invariance::CHECK,
    &unknown_enum_tolerated::CHECK,
    &metadata_tolerant::CHECK,
    &response_no_unknown_fields::CHECK,
    &response_enum_known::CHECK,
    &response_required_present::CHECK,
    &error_message_wellformed::CHECK,
    &error_message_leak::CHECK,
    &status_details_valid::CHECK,
    &deterministic_read::CHECK,
    &idempotent_replay::CHECK,
    &concurrent_equals_sequential::CHECK,
    &deadline_respected::CHECK,
    &cancel_survives::CHECK,
    &empty_request_stream::CHECK,
    &half_close_terminates::CHECK,
    &early_end_clean::CHECK,
    &backpressure::CHECK,
    &sibling_isolation::CHECK,
    &method_implemented::CHECK,
    &content_type_enforced::CHECK,
    &http_method_enforced::CHECK,
    &compression_negotiation::CHECK,
    &compressed_flag_without_encoding::CHECK,
    &timeout_header_strict::CHECK,
    &latency_bound::CHECK,
    &protovalidate_request::CHECK,
    &protovalidate_response::CHECK,
    &required_field_enforced::CHECK,
    &output_only_ignored::CHECK,
    &input_only_hidden::CHECK,
    &immutable_kept::CHECK,
    &identifier_stable::CHECK,
    &contracts::REQUIRES,
    &contracts::ENSURES,
    &contracts::ERRORS,
    &contracts::STREAM,
    &contracts::INVARIANT,
    &contracts::MAY_RETURN,
    &contracts::NOT_LINEARIZABLE,
    &contracts::FIELD,
    &response_within_limit::CHECK,
];

/// The checks that run: all that are on, or those of `only`; never those of `skip`. Names and codes both do.
///
/// # Errors
/// A name that no check has, with the one that was probably meant.
pub fn select(only: &[String], skip: &[String], strict: bool) -> Result<Vec<&'static Check>, Diagnostic> {
    for word in only.iter().chain(skip) {
        let probe = PROBES.iter().any(|probe| has_name(&probe.info, word));
        if !probe && !CHECKS.iter().any(|check| is(check, word)) {
            let diagnostic = Diagnostic::failure(&UNKNOWN_CHECK, format!("there is no check `{word}`"));
            let names = CHECKS.iter().map(|check| check.info.name);
            let names = names.chain(PROBES.iter().map(|probe| probe.info.name));
            return Err(match nearest(word, names) {
                Some(name) => diagnostic.help(format!("did you mean `{name}`?")),
                None => diagnostic.help("`protogate rules` lists them"),
            });
        }
    }
    let named = |words: &[String], check: &Check| words.iter().any(|word| is(check, word));
    let wanted = |check: &Check| match only {
        [] => check.level != Level::Probe && (strict || check.level != Level::Strict),
        only => named(only, check),
    };
    Ok(CHECKS.iter().copied().filter(|check| wanted(check) && !named(skip, check)).collect())
}

fn is(check: &Check, word: &str) -> bool {
    has_name(&check.info, word)
}

pub(super) fn has_name(info: &RuleInfo, word: &str) -> bool {
    info.name == word || info.id.eq_ignore_ascii_case(word)
}

/// The verdict on a variant of a request: it fails when it is answered like neither of the plain ones.
fn same_as_plain(seen: &Seen<'_>) -> Verdict {
    let with = seen.exchange;
    let [before, after] = seen.base else { return Verdict::Pass };
    if ![with, before, after].into_iter().all(ended) {
        return Verdict::Pass;
    }
    let outcome = with.outcome();
    if outcome != before.outcome() && outcome != after.outcome() {
        return fail(&*outcome, format!("{} plainly, {outcome} in this form", before.outcome()));
    }
    let changed = if seen.method.reads {
        let stable = compare::difference(seen.method, before, after).is_none();
        stable.then(|| compare::difference(seen.method, before, with)).flatten()
    } else {
        compare::changed(seen.method, [before, after], with)
    };
    match changed {
        Some(what) => fail("RESPONSE", format!("the response depends on the form of the request: {what}")),
        None => Verdict::Pass,
    }
}

/// The replies to a request that was answered with OK; those that do not decode belong to another check.
fn decoded(seen: &Seen<'_>) -> Vec<DynamicMessage> {
    let decode =
        |bytes: &bytes::Bytes| DynamicMessage::decode(seen.method.desc.output(), bytes.as_ref()).ok();
    let ok = seen.exchange.status().code == Code::Ok;
    seen.exchange.messages.iter().filter(|_| ok).filter_map(|(_, bytes)| decode(bytes)).collect()
}

/// The replies to another call than the one that is judged.
fn replies_of(seen: &Seen<'_>, exchange: &Exchange) -> Vec<DynamicMessage> {
    decoded(&Seen { exchange, ..*seen })
}

/// The messages inside a message, one level below.
fn inner(message: &DynamicMessage) -> Vec<&DynamicMessage> {
    message
        .fields()
        .flat_map(|(_, value)| match value {
            Value::Message(inner) => vec![inner],
            Value::List(items) => items.iter().filter_map(Value::as_message).collect(),
            Value::Map(entries) => entries.values().filter_map(Value::as_message).collect(),
            _ => Vec::new(),
        })
        .collect()
}

/// The response ended as HTTP/2 wants it, with or without a status.
fn ended(exchange: &Exchange) -> bool {
    matches!(exchange.end, End::Trailers | End::TrailersOnly | End::NoTrailers)
}

/// The call lasted as long as its deadline, and the server or its framework said so before we did.
pub(super) fn timed_out(exchange: &Exchange, deadline: Duration) -> bool {
    // Some servers say UNKNOWN or INTERNAL when their own context runs out.
    let gave_up = exchange.status().code != Code::Ok;
    gave_up && exchange.elapsed >= deadline.mul_f64(0.9)
}

/// The cause of a call without an answer that the server, or its framework, ended at the deadline. A client that sets
/// none waits for ever.
pub(super) const UNANSWERED: &str = "UNANSWERED";

/// A call that was left unanswered. A handler of a stream that keeps it open until the client has had enough is in its
/// right with requests that it can read, and of the others it is often not told: where the server keeps the deadline,
/// it gets the benefit of the doubt.
fn left(seen: &Seen<'_>, cause: &'static str, message: String) -> Verdict {
    match cause {
        UNANSWERED if seen.method.desc.is_client_streaming() => {
            Verdict::Doubt { cause: cause.into(), message }
        }
        _ => fail(cause, message),
    }
}

/// The cause, where nothing came before the deadline.
fn unanswered(seen: &Seen<'_>) -> Option<&'static str> {
    let cause = match seen.exchange.end {
        End::Hang => "HANG",
        _ if timed_out(seen.exchange, seen.deadline) => UNANSWERED,
        _ => return None,
    };
    seen.exchange.messages.is_empty().then_some(cause)
}

#[cfg(test)]
mod tests;
