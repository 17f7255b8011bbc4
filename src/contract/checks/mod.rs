//! The checks: one question per file, an exchange in, a verdict out. They call nothing.
//!
//! One cause gives one finding: each way to end badly belongs to exactly one check. What the specification
//! leaves to frameworks, and five stock frameworks do differently, no check minds.

mod always_terminates;
mod error_without_message;
mod grpc_envelope;
mod no_transport_abort;
mod not_a_server_error;
mod response_cardinality;
mod response_decodes;
mod stays_alive;
mod survives_malformed_input;
mod unknown_fields_ignored;
mod unknown_method_unimplemented;

use std::time::Duration;

pub(super) use self::stays_alive::{CHECK as STAYS_ALIVE, DEAD};
use super::{Class, Method, PROBES};
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
#[derive(Debug)]
pub struct Seen<'a> {
    /// The method that was called.
    pub method: &'a Method,
    /// What came back.
    pub exchange: &'a Exchange,
    /// For [`Class::UnknownFields`]: the same request without them, before and after.
    pub base: &'a [Exchange],
    /// Whether the server answered another call afterwards; asked after malformed input and lost connections.
    pub alive: bool,
    /// The deadline the call had.
    pub deadline: Duration,
}

/// What a check says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing to say.
    Pass,
    /// The stream has no end of its own; worth a note.
    OpenEnded,
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
];

/// What a run says besides its failures.
pub static NOTES: &[&RuleInfo] =
    &[&OPEN_ENDED, &ENVIRONMENT, &UNREACHABLE, &UNKNOWN_CHECK, &SKIPPED, &NO_METHOD, &MISSING_HEADER];

macro_rules! note {
    ($name:ident, $id:literal, $word:literal, $summary:literal, $explain:literal) => {
        pub(super) static $name: RuleInfo =
            RuleInfo { id: $id, name: $word, summary: $summary, explain: $explain, url: None };
    };
}

note!(
    OPEN_ENDED,
    "PG191",
    "open_ended_stream",
    "A server stream sent messages and had not ended at the deadline.",
    "A watch or a long poll has no end of its own. It is not a failure: the stream was alive."
);
note!(
    ENVIRONMENT,
    "PG192",
    "environment",
    "More than 95 % of all calls to several methods ended with the same error.",
    "A missing database, missing credentials or a wrong target look like this. Fix it and run again: until \
     then the tests never reach the logic of the service."
);
note!(
    UNREACHABLE,
    "PG193",
    "unreachable",
    "The server could not be called.",
    "No connection could be made, or the server stopped answering in the middle of the run. Start it, or read \
     its log for the reason it died; the failures found before are still reported."
);
note!(
    UNKNOWN_CHECK,
    "PG194",
    "unknown_check",
    "A check was named that does not exist.",
    "`protogate rules` lists every check. Both its name and its code can be given."
);
note!(
    SKIPPED,
    "PG195",
    "calls_left_out",
    "Calls were left out, because earlier ones hung or the time was up.",
    "After three calls that hang, a method is not called again in this run. Lower the deadline, or fix the hang."
);
note!(
    NO_METHOD,
    "PG196",
    "no_such_method",
    "A pattern for methods matches none.",
    "`--method` and `method` under `[contract]` take globs over `package.Service/Method`, in which `*` also \
     stands for `/`. A pattern that matches nothing would leave methods untested without a word, so that it is \
     refused."
);
note!(
    MISSING_HEADER,
    "PG197",
    "missing_header",
    "A case was replayed without a header it was found with.",
    "Saved cases keep the names of headers and not their values, because those may be secrets. Give them to \
     `replay` with `--header`, as they were given to `contract`."
);

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

/// The response ended as HTTP/2 wants it, with or without a status.
fn ended(exchange: &Exchange) -> bool {
    matches!(exchange.end, End::Trailers | End::TrailersOnly | End::NoTrailers)
}

/// The call lasted as long as its deadline, and the server or its framework said so before we did.
pub(super) fn timed_out(exchange: &Exchange, deadline: Duration) -> bool {
    let gave_up = matches!(exchange.status().code, Code::DeadlineExceeded | Code::Cancelled);
    gave_up && exchange.elapsed >= deadline.mul_f64(0.9)
}

#[cfg(test)]
mod tests;
