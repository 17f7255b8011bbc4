//! What has no comment, with its place: for whoever is to write one.

use prost_reflect::{EnumDescriptor, MessageDescriptor};

use crate::diag::Place;
use crate::schema::{File, Schema};

/// One element without a comment.
#[derive(Debug, Clone)]
pub struct Missing {
    /// `field`.
    pub kind: &'static str,
    /// Its full name.
    pub full_name: String,
    /// Where it stands.
    pub place: Place,
}

/// The elements of the source's own files, and those without a comment, in the order of the files.
pub fn missing(schema: &Schema) -> (usize, Vec<Missing>) {
    let mut walk = Walk { total: 0, missing: Vec::new() };
    for file in schema.own_files() {
        walk.file(file);
    }
    (walk.total, walk.missing)
}

struct Walk {
    total: usize,
    missing: Vec<Missing>,
}

impl Walk {
    fn file(&mut self, file: &File) {
        let descriptor = file.descriptor();
        for service in descriptor.services() {
            self.look(file, "service", service.full_name(), service.path());
            for method in service.methods() {
                self.look(file, "method", method.full_name(), method.path());
            }
        }
        descriptor.messages().for_each(|it| self.message(file, &it));
        descriptor.enums().for_each(|it| self.enumeration(file, &it));
        for extension in descriptor.extensions() {
            self.look(file, "extension", extension.full_name(), extension.path());
        }
    }

    fn message(&mut self, file: &File, message: &MessageDescriptor) {
        self.look(file, "message", message.full_name(), message.path());
        for field in message.fields() {
            self.look(file, "field", field.full_name(), field.path());
        }
        message.child_messages().filter(|it| !it.is_map_entry()).for_each(|it| self.message(file, &it));
        message.child_enums().for_each(|it| self.enumeration(file, &it));
        for extension in message.child_extensions() {
            self.look(file, "extension", extension.full_name(), extension.path());
        }
    }

    fn enumeration(&mut self, file: &File, kind: &EnumDescriptor) {
        self.look(file, "enum", kind.full_name(), kind.path());
        for value in kind.values() {
            self.look(file, "value", value.full_name(), value.path());
        }
    }

    fn look(&mut self, file: &File, kind: &'static str, full_name: &str, path: &[i32]) {
        self.total += 1;
        let has_comment = file.location(path).is_some_and(|it| {
            let parts = [&it.leading_comments, &it.trailing_comments];
            parts.into_iter().flatten().any(|text| !text.trim().is_empty())
        });
        if !has_comment {
            let place = file.place(path);
            self.missing.push(Missing { kind, full_name: full_name.to_owned(), place });
        }
    }
}
