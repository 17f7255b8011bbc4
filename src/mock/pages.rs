//! A page that nothing is promised of: the only one, and no longer than was asked for.

use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, ReflectMessage as _, Value};

/// Where the next page begins (AIP-158).
const NEXT: &str = "next_page_token";
/// How long a page may be.
const SIZE: &str = "page_size";

/// The drafted reply as the last page, where it is one. Tokens that were made up would lead from page to page forever.
pub(super) fn only(mut draft: DynamicMessage, sent: &[DynamicMessage]) -> DynamicMessage {
    let Some(next) = draft.descriptor().get_field_by_name(NEXT) else { return draft };
    draft.clear_field(&next);
    let size = sent.first().and_then(|it| it.get_field_by_name(SIZE)?.as_i32());
    let size = size.and_then(|it| usize::try_from(it).ok()).filter(|it| *it > 0).unwrap_or(usize::MAX);
    let is_things = |field: &FieldDescriptor| field.is_list() && matches!(field.kind(), Kind::Message(_));
    let things: Vec<FieldDescriptor> = draft.descriptor().fields().filter(is_things).collect();
    for field in things {
        if let Value::List(items) = draft.get_field_mut(&field) {
            items.truncate(size);
        }
    }
    draft
}
