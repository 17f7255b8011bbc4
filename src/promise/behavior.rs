//! `google.api.field_behavior`: who sets a field, and when.

use prost_reflect::{FieldDescriptor, Value};

/// What the option says of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Behavior {
    /// The caller must set it.
    Required,
    /// Only the server sets it; what a caller sends in it is ignored.
    OutputOnly,
    /// No answer has it.
    InputOnly,
    /// Set once and never changed.
    Immutable,
    /// The name of the resource.
    Identifier,
}

/// Everything the option says of this field.
pub fn behaviors(field: &FieldDescriptor) -> Vec<Behavior> {
    let options = field.options();
    let declared = options.extensions().find(|(it, _)| it.full_name() == "google.api.field_behavior");
    let numbers = declared.and_then(|(_, value)| Some(value.as_list()?.iter().filter_map(Value::as_enum_number)));
    let known = |number| {
        Some(match number {
            2 => Behavior::Required,
            3 => Behavior::OutputOnly,
            4 => Behavior::InputOnly,
            5 => Behavior::Immutable,
            8 => Behavior::Identifier,
            _ => return None,
        })
    };
    numbers.into_iter().flatten().filter_map(known).collect()
}
