//! The status codes of gRPC, by the names that `code` has in expressions.

pub(super) const OK: i32 = 0;

const NAMES: [&str; 17] = [
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
];

/// A number that is no code reads as itself.
pub(super) fn name(code: i32) -> String {
    let name = usize::try_from(code).ok().and_then(|at| NAMES.get(at));
    name.map_or_else(|| code.to_string(), |name| (*name).to_owned())
}

/// Whether a status is called so.
pub(super) fn is_name(name: &str) -> bool {
    NAMES.contains(&name)
}

/// Whether a call can end so in any service for reasons of its way and its load, whatever it asked for.
pub(super) fn is_of_the_way(code: i32) -> bool {
    matches!(name(code).as_str(), "CANCELLED" | "DEADLINE_EXCEEDED" | "RESOURCE_EXHAUSTED" | "UNAVAILABLE")
}
