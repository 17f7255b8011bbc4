//! What of its imports a file needs.

use std::collections::BTreeSet;

use prost_reflect::{DescriptorPool, DynamicMessage, Value};

/// The files whose types and extensions a file uses, wherever in it.
pub(super) fn needed(message: &DynamicMessage, pool: &DescriptorPool) -> BTreeSet<String> {
    let mut files = BTreeSet::new();
    let mut waiting = vec![message];
    while let Some(message) = waiting.pop() {
        for (extension, _) in message.extensions() {
            files.insert(extension.parent_file().name().to_owned());
        }
        for (field, value) in message.fields() {
            match value {
                Value::String(name)
                    if ["type_name", "extendee", "input_type", "output_type"].contains(&field.name()) =>
                {
                    let name = name.trim_start_matches('.');
                    let message = pool.get_message_by_name(name).map(|it| it.parent_file());
                    let found = message.or_else(|| pool.get_enum_by_name(name).map(|it| it.parent_file()));
                    files.extend(found.map(|file| file.name().to_owned()));
                }
                Value::Message(inner) => waiting.push(inner),
                Value::List(list) => waiting.extend(list.iter().filter_map(Value::as_message)),
                _ => {}
            }
        }
    }
    files
}

/// Takes away imports, and counts those anew that are public or weak.
pub(super) fn keep_imports(file: &mut DynamicMessage, keeps: impl Fn(&str) -> bool) {
    let Some(Value::List(imports)) = file.get_field_by_name_mut("dependency") else { return };
    let mut now = Vec::new();
    let mut left = 0;
    imports.retain(|import| {
        let keeps = import.as_str().is_none_or(&keeps);
        now.push(keeps.then_some(left));
        left += i32::from(keeps);
        keeps
    });
    for list in ["public_dependency", "weak_dependency"] {
        let Some(Value::List(positions)) = file.get_field_by_name_mut(list) else { continue };
        let moved = |position: &Value| {
            let position = usize::try_from(position.as_i32()?).ok()?;
            now.get(position).copied().flatten().map(Value::I32)
        };
        *positions = positions.iter().filter_map(moved).collect();
    }
}
