//! Comments follow what they are about when a file loses elements.

use std::collections::{BTreeSet, HashMap};

use prost_reflect::{DynamicMessage, Value};

pub(super) fn join(scope: &str, name: &str, by: char) -> String {
    if scope.is_empty() { name.to_owned() } else { format!("{scope}{by}{name}") }
}

pub(super) fn text(message: &DynamicMessage, field: &str) -> String {
    message.get_field_by_name(field).and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

/// Whether a list of this name holds anything.
pub(super) fn has_elements(message: &DynamicMessage, list: &str) -> bool {
    message.get_field_by_name(list).is_some_and(|it| it.as_list().is_some_and(|list| !list.is_empty()))
}

/// Where elements went, by their old paths in the file.
#[derive(Default)]
pub(super) struct Moved {
    /// The new position, or nothing for what is gone.
    pub to: HashMap<Vec<i32>, Option<i32>>,
    /// Lists that are gone as a whole.
    pub gone: BTreeSet<Vec<i32>>,
}

impl Moved {
    /// Gives every location of the file its new path.
    pub(super) fn apply(&self, file: &mut DynamicMessage) {
        let Some(Value::Message(info)) = file.get_field_by_name_mut("source_code_info") else { return };
        let Some(Value::List(locations)) = info.get_field_by_name_mut("location") else { return };
        locations.retain_mut(|location| {
            let Value::Message(location) = location else { return true };
            let Some(Value::List(path)) = location.get_field_by_name_mut("path") else { return true };
            let old: Vec<i32> = path.iter().filter_map(Value::as_i32).collect();
            let mut new = old.clone();
            for end in 1..=old.len() {
                if self.gone.contains(&old[..end]) {
                    return false;
                }
                match self.to.get(&old[..end]) {
                    Some(None) => return false,
                    Some(Some(position)) => new[end - 1] = *position,
                    None => {}
                }
            }
            *path = new.into_iter().map(Value::I32).collect();
            true
        });
    }
}
