//! What breaks the peers of a schema when it changes from old to new.
//!
//! The rules are those of `buf breaking`: the same names, the same questions, the same places, so that a
//! team can move over without reading a word. [`check`] walks both schemas once and hands every active
//! rule the pairs it asks about; a rule is one function over one pair and never loops over a schema.
//!
//! Absent on purpose: history (two schemas, no more), custom options, suppressions. What a finding means
//! for an exit code is the caller's business.
//!
//! Where we follow buf although it is wrong: the generated messages of map fields count as messages
//! (`MESSAGE_NO_DELETE`), and `PACKAGE_{ENUM,EXTENSION,MESSAGE}_NO_DELETE` say nothing about a package
//! that has none of its kind left.

mod cardinality;
mod category;
mod declaration;
mod element;
mod findings;
mod pair;
mod ranges;
mod registry;
mod rule;
mod selection;

mod enum_value_no_delete;
mod field_no_delete;
mod field_no_delete_unless_name_reserved;
mod field_no_delete_unless_number_reserved;
mod field_same_cardinality;
mod field_same_name;
mod field_same_oneof;
mod field_same_type;
mod file_no_delete;
mod message_no_delete;
mod reserved_message_no_delete;
mod rpc_no_delete;
mod rpc_same_client_streaming;
mod rpc_same_request_type;
mod rpc_same_response_type;
mod rpc_same_server_streaming;

#[cfg(test)]
mod tests;

pub use category::Category;
pub use registry::BREAKING;
pub use rule::{Example, Files, Rule};
pub use selection::{SELECTION, Selection};

use crate::diag::Diagnostic;
use crate::schema::Schema;

/// Everything in `new` that breaks somebody who knows `old`, by the selected rules. One diagnostic per
/// finding, in no particular order (`diag::Report` sorts); each has the place in `new`, or none where the
/// file is gone, and the place in `old` as a related one.
pub fn check(old: &Schema, new: &Schema, selection: &Selection) -> Vec<Diagnostic> {
    pair::walk(old, new, selection.rules())
}
