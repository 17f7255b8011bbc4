//! The files that come with every protobuf compiler.

use crate::schema::{File, Origin};

/// `google/protobuf/NAME.proto`.
const NAMES: [&str; 12] = [
    "any",
    "api",
    "compiler/plugin",
    "descriptor",
    "duration",
    "empty",
    "field_mask",
    "source_context",
    "struct",
    "timestamp",
    "type",
    "wrappers",
];

/// Whether a file is there for everybody, so that no longer importing it takes nothing away: it came with
/// protogate, or it is one of protobuf's own that a descriptor set brought along.
pub(super) fn is_always_there(file: &File) -> bool {
    let name = file.name().strip_prefix("google/protobuf/").and_then(|name| name.strip_suffix(".proto"));
    file.origin() == Origin::Bundled || name.is_some_and(|name| NAMES.contains(&name))
}
