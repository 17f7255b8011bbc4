//! What the syntax of a file decides. Editions, which would decide it element by element, are refused
//! when a schema is loaded.

use prost_reflect::Syntax;

use super::element::Element;

pub(super) fn is_proto3(element: &impl Element) -> bool {
    element.file().syntax() == Syntax::Proto3
}

/// Does the compiler promise that everything it accepts can be written as JSON?
/// (`google/protobuf/descriptor.proto`, `FeatureSet.JsonFormat`: proto3 allows JSON, proto2 tries.)
pub(super) fn json_is_checked(element: &impl Element) -> bool {
    is_proto3(element)
}
