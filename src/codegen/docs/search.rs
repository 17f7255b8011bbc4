//! What the search of a page looks through, as JSON in the page: a page from `file://` may not ask for a file.

use serde::Serialize;

use super::view::Package;

/// The elements of one package.
#[derive(Debug, Serialize)]
pub(super) struct Group {
    /// The page they are on; nothing for this one.
    page: String,
    /// What all their names begin with, its dot included.
    prefix: String,
    /// Kind and rest of the name.
    entries: Vec<(&'static str, String)>,
}

impl Group {
    /// `depth`: whether fields and values are found as well.
    pub fn of(package: &Package, page: &str, deep: bool) -> Group {
        let prefix = match package.anchor.strip_prefix("package:") {
            None | Some("") => String::new(),
            Some(name) => format!("{name}."),
        };
        let mut entries = Vec::new();
        let mut add = |kind, name: &str| {
            entries.push((kind, name.strip_prefix(&prefix).unwrap_or(name).to_owned()));
        };
        for service in &package.services {
            add("service", &service.common.full_name);
            service.methods.iter().for_each(|it| add("method", &it.common.full_name));
        }
        for message in &package.messages {
            add("message", &message.common.full_name);
            message.fields.iter().filter(|_| deep).for_each(|it| add("field", &it.common.full_name));
        }
        for kind in &package.enums {
            add("enum", &kind.common.full_name);
            kind.values.iter().filter(|_| deep).for_each(|it| add("value", &it.common.full_name));
        }
        package.extensions.iter().for_each(|it| add("extension", &it.field.common.full_name));
        Group { page: page.to_owned(), prefix, entries }
    }
}
