//! What a run says besides its failures: what it could not do, and what it noticed on the way.

use crate::diag::RuleInfo;

/// What a run says besides its failures.
pub static NOTES: &[&RuleInfo] = &[
    &UNTESTED_RULES,
    &ASKED_TO_WAIT,
    &OPEN_ENDED,
    &ENVIRONMENT,
    &UNREACHABLE,
    &UNKNOWN_CHECK,
    &SKIPPED,
    &NO_METHOD,
    &MISSING_HEADER,
    &LOW_VALID_RATE,
    &HEALED,
    &RULE_VACUOUS,
    &CONTRACT_UNCLEAR,
];

macro_rules! note {
    ($name:ident, $id:literal, $word:literal, $summary:literal, $explain:literal) => {
        pub(in crate::contract) static $name: RuleInfo =
            RuleInfo { id: $id, name: $word, summary: $summary, explain: $explain, url: None };
    };
}

note!(
    UNTESTED_RULES,
    "PG189",
    "untested_rules",
    "The rules of a request could not all be tested.",
    "No message was found that keeps every `buf.validate` rule of the request, because they contradict each other \
     or a pattern is too narrow to be drawn from; or no value was found \
     that an expression in CEL holds for; or there is a rule that is not understood. No rule of that request is then \
     broken alone. Requests are sent all the same, as near to the rules as they came."
);
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

note!(
    LOW_VALID_RATE,
    "PG198",
    "low_valid_rate",
    "No valid call of a method was answered with OK.",
    "The tests never reached the logic behind the method: credentials are missing, what it needs does not exist, or \
     its rules are not written down in the schema. Give `--header`, declare the rules with `buf.validate`, or fill \
     the store of the server under test."
);

note!(
    ASKED_TO_WAIT,
    "PG190",
    "asked_to_wait",
    "The server asked for time, with `google.rpc.RetryInfo` or `grpc-retry-pushback-ms`.",
    "A call that is answered with UNAVAILABLE or RESOURCE_EXHAUSTED and a time to wait is made again after that time, \
     up to three times, until a tenth of `--max-time`, or 5 s, has been waited in all. From then on such answers \
     count as they are, and no check compares them with others. Raise the limit of the server under test, or give it \
     more time with `--max-time`."
);

/// A case of an earlier run that does not fail any more.
pub static HEALED: RuleInfo = RuleInfo {
    id: "PG199",
    name: "healed",
    summary: "A case that failed in an earlier run does not fail any more.",
    explain: "Failing cases are kept in `.protogate/cases` and sent first the next time. One that passes is \
              forgotten.",
    url: None,
};

note!(
    RULE_VACUOUS,
    "PG216",
    "rule_vacuous",
    "A rule of the contract had nothing to say in any sequence of calls.",
    "Its condition was never true, or the model never knew enough: a rule about an id that is known says nothing where no \
     call names one. Check the expression, and `draw`, which says where the values of requests come from. A rule of \
     `world: CLOSED` is asked only of a server that is emptied before each sequence, with `--reset-cmd`."
);
note!(
    CONTRACT_UNCLEAR,
    "PG219",
    "contract_unclear",
    "A rule of the contract could not be evaluated.",
    "The expression failed for a request and a reply that were sent: a key that is not there, a number that is too large, \
     values of types that cannot be compared. Nothing is known of the rule then, which is neither kept nor broken. Guard \
     the expression, as in `req.id in old.users && …`."
);
