//! Which files of a schema become Rust.

use std::collections::BTreeSet;

use prost_reflect::{FileDescriptor, Kind, MessageDescriptor};

use crate::schema::{File, Origin, Schema};

/// The files to hand to prost-build, in the order of their names: the source's own; imported ones that
/// declare a type which one of these uses, directly or through others; and all of `google.protobuf`,
/// which makes no code (`prost_types` has it) but which prost-build looks its types up in. An import that
/// only brings options, such as `google/api/annotations.proto`, is left out.
pub(super) fn files(schema: &Schema) -> Vec<&File> {
    let mut needed: BTreeSet<String> = BTreeSet::new();
    let mut waiting: Vec<FileDescriptor> = schema
        .files()
        .iter()
        .filter(|file| file.origin() == Origin::Own || is_well_known(file.descriptor()))
        .map(|file| file.descriptor().clone())
        .collect();
    while let Some(file) = waiting.pop() {
        if needed.insert(file.name().to_owned()) && !is_well_known(&file) {
            waiting.extend(used_by(&file).into_iter().filter(|used| !needed.contains(used.name())));
        }
    }
    schema.files().iter().filter(|file| needed.contains(file.name())).collect()
}

fn is_well_known(file: &FileDescriptor) -> bool {
    file.package_name() == "google.protobuf"
}

fn used_by(file: &FileDescriptor) -> Vec<FileDescriptor> {
    let mut used = Vec::new();
    for method in file.services().flat_map(|service| service.methods().collect::<Vec<_>>()) {
        used.push(method.input().parent_file());
        used.push(method.output().parent_file());
    }
    let mut messages: Vec<MessageDescriptor> = file.messages().collect();
    while let Some(message) = messages.pop() {
        for field in message.fields() {
            match field.kind() {
                Kind::Message(kind) => used.push(kind.parent_file()),
                Kind::Enum(kind) => used.push(kind.parent_file()),
                _ => {}
            }
        }
        messages.extend(message.child_messages());
    }
    used
}
