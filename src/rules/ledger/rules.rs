//! The rules about history. buf has none of them: they are not in [`BREAKING`](crate::rules::breaking::BREAKING),
//! which is compared with the real buf.

use crate::diag::RuleInfo;

/// The name of all of them together, in `use`, `except` and `--category`.
pub const CATEGORY: &str = "HISTORY";

const fn info(id: &'static str, summary: &'static str, explain: &'static str) -> RuleInfo {
    RuleInfo { id, name: id, summary, explain, url: None }
}

pub(super) static FIELD_NUMBER: RuleInfo = info(
    "FIELD_NUMBER_NO_REUSE",
    "The number of a deleted field is not used for another field.",
    "A release had another field with this number, and a later one had none. Peers of that release, and what they \
     have stored, still write the old field: it would be read as the new one. That the release in between had no \
     such field is why comparing two schemas is silent. A field that comes back as it was (number, name and type) \
     is no reuse. A number that a release reserved may be used for that, and for nothing else.\n\n\
     For example: `v1.0.0` has `string old = 2;`, `v2.0.0` has no field 2, and now there is `int32 new = 2;`. Take a \
     number that no release had; `protogate baseline ledger` lists those that are retired. What a release has \
     already is a warning: it cannot be taken back.",
);

pub(super) static FIELD_NAME: RuleInfo = info(
    "FIELD_NAME_NO_REUSE",
    "The name of a deleted field is not used for another field.",
    "A release had a field of this name under another number, and a later one had none. In the binary encoding names \
     do not count; in JSON, in the text format and in field masks they do, and what was written with the old field \
     is read as the new one. Take another name. A field that comes back as it was is no reuse.",
);

pub(super) static VALUE_NUMBER: RuleInfo = info(
    "ENUM_VALUE_NUMBER_NO_REUSE",
    "The number of a deleted enum value is not used for another value.",
    "A release had another value with this number, and a later one had none. What peers of that release write, and \
     what is stored, would be read as the new value. Take a number that no release had. A value that comes back \
     under a name it had is no reuse.",
);

pub(super) static VALUE_NAME: RuleInfo = info(
    "ENUM_VALUE_NAME_NO_REUSE",
    "The name of a deleted enum value is not used for another value.",
    "A release had a value of this name under another number, and a later one had none. JSON and the text format \
     write names: an old document would be read as the new value. Take another name.",
);

pub(super) static RPC: RuleInfo = info(
    "RPC_NAME_NO_REUSE",
    "The name of a deleted rpc is not used for an rpc with other messages.",
    "A release had an rpc of this name with other messages or streams, and a later one had none. The path of a call \
     is made of the names of service and method: old clients reach the new rpc and do not understand each other with \
     it. Take another name.",
);

/// Every rule about history, in the order of their names.
pub static HISTORY: [&RuleInfo; 5] = [&VALUE_NAME, &VALUE_NUMBER, &FIELD_NAME, &FIELD_NUMBER, &RPC];
