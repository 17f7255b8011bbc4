//! What a service promises in its own options. The phase of sequences asks; a single exchange says too little, so that
//! these checks apply to no class of input.

use super::{Check, Level, Seen, Verdict};
use crate::diag::RuleInfo;

/// One check for each kind of promise, by code.
pub(in crate::contract) static CONTRACTS: &[&Check] =
    &[&REQUIRES, &ENSURES, &ERRORS, &STREAM, &INVARIANT, &MAY_RETURN, &NOT_LINEARIZABLE, &FIELD];

macro_rules! kind {
    ($name:ident, $id:literal, $word:literal, $summary:literal, $explain:literal) => {
        pub(super) static $name: Check = Check {
            info: RuleInfo { id: $id, name: $word, summary: $summary, explain: $explain, url: None },
            applies: &[],
            level: Level::On,
            check: nothing,
        };
    };
}

fn nothing(_: &Seen<'_>) -> Verdict {
    Verdict::Pass
}

kind!(
    REQUIRES,
    "PG210",
    "contract_requires",
    "A request that breaks what the contract requires of the caller is answered as the contract says.",
    "`requires` of `(protogate.contract.v1.method)` says what a caller owes, and `otherwise` with which status a call \
     is refused that does not keep to it. The server took such a call, or refused it in other words.\n\n\
     Look for a check that is missing, or that comes after the work is done. Where the server is right, change the \
     expression or its status. The finding shows the calls before it: each value that the server chose has the name \
     of the reply that it comes from, such as `r1.id`."
);
kind!(
    ENSURES,
    "PG211",
    "contract_ensures",
    "A call that was answered with OK leaves behind what the contract ensures.",
    "`ensures` of `(protogate.contract.v1.method)` relates a reply to its request and to what was there before: what \
     was created can be read, and in the same words. protogate keeps a model of the state that the contract \
     declares, changes it by the `effect` of each call that was answered with OK, and compares.\n\n\
     Look for a read that takes another record than the one that was asked for, a write that is lost or goes to the \
     wrong place, fields that are swapped or trimmed, a cache that is not told. The finding is the shortest sequence \
     of calls that shows it; the values that differ stand below the rule."
);
kind!(
    ERRORS,
    "PG212",
    "contract_errors",
    "A call ends with an error of the contract exactly when the contract says so.",
    "`errors` of `(protogate.contract.v1.method)` says when a call ends with which status, and at no other time does \
     it end with one of these. An id that nobody has was answered with OK, or one that was just created with \
     NOT_FOUND.\n\n\
     Look for a lookup that falls back to something else, a default record, a write that is not seen by the next \
     read, a status that is chosen from the text of an error. A request that breaks a rule of `buf.validate` may be \
     refused with INVALID_ARGUMENT before any of this is looked at."
);
kind!(
    STREAM,
    "PG213",
    "contract_stream",
    "A stream of replies is what the contract says, after each reply and at its end.",
    "`stream` of `(protogate.contract.v1.method)` speaks of the replies so far (`each`) and of all of them (`final`): \
     no more than the limit, nothing twice, the page that was asked for.\n\n\
     Look for an offset that is off by one, a page that is filtered after it was cut, replies of another call on the \
     same connection. Rules of `world: CLOSED` are asked only where the server is emptied before each sequence, with \
     `--reset-cmd`."
);
kind!(
    INVARIANT,
    "PG214",
    "contract_invariant",
    "What the contract says of the state holds after every call.",
    "`invariant` of `(protogate.contract.v1.service)` relates the variables of the model with one another. It is \
     asked after each call, of the model: a reply that the effects took over has brought it out of step.\n\n\
     The last call of the finding is the one after which it does not hold. Either its reply is wrong, or its \
     `effect` leaves out one of the variables."
);
kind!(
    MAY_RETURN,
    "PG215",
    "contract_may_return",
    "A call ends with one of the statuses that the contract lists.",
    "`may_return` of `(protogate.contract.v1.method)` is the whole list of what callers must be ready for. Another \
     status came.\n\n\
     Look for an error of something below the service that is handed on as it is. Where callers can do something \
     about it, add it to the list."
);
kind!(
    FIELD,
    "PG220",
    "contract_field",
    "A field is what the contract says of it, in every reply that carries it.",
    "`ensures` of `(protogate.contract.v1.field)` speaks of `this`, the value of one field, whichever call it comes \
     with: a price that is not negative, a list without duplicates, a name that is never blank. What a request must \
     hold is for `buf.validate` to say.\n\n\
     Look for a record that was written before the rule was thought of, a default that is no value, a field that one \
     of the methods leaves out. A field that has presence and is not set is not asked."
);
kind!(
    NOT_LINEARIZABLE,
    "PG217",
    "not_linearizable",
    "Calls that are made at once are answered as if they had been made in some order.",
    "Two to four clients call at once, after a few calls that prepare it. Their replies are right when there is an order \
     of the calls, with each between its beginning and its end, in which every promise of \
     `(protogate.contract.v1.method)` is kept. There is none; one after the other the same calls keep them.\n\n\
     Look for a value that is read, changed and written back with nothing to keep others out meanwhile, an id that is made \
     of the clock or of a count, a check and the write that relies on it in two transactions. The finding shows which \
     calls ran beside one another, and what each order of them breaks. Only methods with one reply are called at once: \
     nothing promises that a stream of replies shows one moment. It is a race, and may need several runs to be seen \
     again: `replay` makes the calls up to ten times."
);
