//! What breaks the peers of a schema when it changes from old to new.
//!
//! Most rules are those of `buf breaking`: the same names, the same questions, the same places, so that a
//! team can move over without reading a word. Those of [`Category::Proven`] are ours: they say what a value shows that
//! was written under one schema and read under the other ([`witness`](super::witness)), and so does every finding about
//! a message, field or enum, whichever rule it is of. [`check`] walks both schemas once and hands every active
//! rule the pairs it asks about; a rule is one function over one pair and never loops over a schema.
//!
//! Beside them stand rules of our own, in categories of their own ([`Category::is_bufs`]): what gRPC itself puts on
//! the wire, what is promised beyond types, what Rust code needs. They run when somebody asks for them.
//!
//! Absent on purpose: history (two schemas, no more). What a finding means for an exit code is the caller's
//! business.
//!
//! Rules know nothing of what is ignored (`ignore.rs` drops it) and nothing of where we differ from buf: the
//! walker does not ask them about the messages that map fields generate, nor about well-known files that
//! are merely no longer imported, and it asks them about the last type of a package.
//! [`Selection::exactly_as_buf`] turns that round; `docs/differences-from-buf.md` has the list.

mod cardinality;
mod category;
mod declaration;
mod element;
mod evidence;
mod findings;
mod ignore;
mod language;
mod options;
mod pair;
mod proven;
mod ranges;
mod refusal;
mod registry;
mod rule;
mod rust;
mod selection;
mod symbol;
mod syntax;
mod vocabulary;
mod well_known;
mod wrap;

mod contract_expression;
mod contract_field_behavior;
mod contract_http_route;
mod contract_method_signature;
mod contract_option;
mod contract_promise;
mod contract_request_no_tighten;
mod contract_resource;
mod contract_resource_definition;
mod contract_resource_reference;
mod contract_response_no_loosen;
mod enum_no_delete;
mod enum_same_json_format;
mod enum_same_type;
mod enum_value_no_delete;
mod enum_value_no_delete_unless_name_reserved;
mod enum_value_no_delete_unless_number_reserved;
mod enum_value_same_name;
mod extension_message_no_delete;
mod extension_no_delete;
mod field_no_delete;
mod field_no_delete_unless_name_reserved;
mod field_no_delete_unless_number_reserved;
mod field_same_cardinality;
mod field_same_cpp_string_type;
mod field_same_default;
mod field_same_java_utf8_validation;
mod field_same_json_name;
mod field_same_jstype;
mod field_same_name;
mod field_same_oneof;
mod field_same_type;
mod field_same_utf8_validation;
mod field_wire_compatible_cardinality;
mod field_wire_compatible_type;
mod field_wire_json_compatible_cardinality;
mod field_wire_json_compatible_type;
mod file_no_delete;
mod file_same_option;
mod file_same_package;
mod file_same_syntax;
mod grpc_any_type_url;
mod grpc_method_path;
mod grpc_streaming_kind;
mod import_no_delete;
mod message_no_delete;
mod message_no_remove_standard_descriptor_accessor;
mod message_same_json_format;
mod message_same_required_fields;
mod oneof_no_delete;
mod package_enum_no_delete;
mod package_extension_no_delete;
mod package_message_no_delete;
mod package_no_delete;
mod package_service_no_delete;
mod proven_binary_value;
mod proven_default;
mod proven_deleted;
mod proven_enum_name;
mod proven_enum_value;
mod proven_json_value;
mod proven_message_set;
mod proven_oneof;
mod proven_presence;
mod proven_required;
mod proven_utf8;
mod reserved_enum_no_delete;
mod reserved_message_no_delete;
mod rpc_no_delete;
mod rpc_same_client_streaming;
mod rpc_same_idempotency_level;
mod rpc_same_request_type;
mod rpc_same_response_type;
mod rpc_same_server_streaming;
mod rust_enum_same_variants;
mod rust_item_no_delete;
mod rust_name_collision;
mod rust_same_type;
mod rust_struct_same_fields;
mod rust_trait_same_methods;
mod service_no_delete;

#[cfg(test)]
mod differences;
#[cfg(test)]
mod laws;
#[cfg(test)]
mod tests;

pub use category::Category;
pub use ignore::Ignores;
pub use language::Language;
pub use registry::BREAKING;
pub use rule::{Example, Files, Rule};
pub use selection::{SELECTION, Selection};
pub use vocabulary::{Named, Vocabulary};

pub(super) use symbol::symbol;

use crate::diag::Diagnostic;
use crate::schema::Schema;

/// Everything in `new` that breaks somebody who knows `old`, by the selected rules. One diagnostic per
/// finding, in no particular order (`diag::Report` sorts); each has the place in `new`, or where a deleted
/// file would be in it, and the place in `old` as a related one.
///
/// A file that is [left out](Schema::left_out) of `new` is not deleted: nothing is said about it.
pub fn check(old: &Schema, new: &Schema, selection: &Selection) -> Vec<Diagnostic> {
    pair::walk(old, new, selection)
}
