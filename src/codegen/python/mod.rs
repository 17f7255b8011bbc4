//! Python: messages (`_pb2.py`), clients and servers (`_pb2_grpc.py`), and types for both (`.pyi`), one set per file
//! of the schema, under the names protoc gives them.
//!
//! A `_pb2.py` holds the encoded descriptor of its file and asks the runtime to make the classes, so that no protoc
//! is needed. Unlike protoc's, the files ask for no particular version of the runtime: any since protobuf 3.20, which
//! brought the builder, reads them.
//!
//! Absent on purpose: the files of `google/protobuf/`, which the runtime brings.

mod grpc;
mod messages;
pub(super) mod names;
mod types;

use std::collections::{BTreeMap, BTreeSet};

use prost_reflect::FileDescriptor;

use super::{File, Options, ours};
use crate::schema::Schema;

/// Below this folder of the output; it is what `PYTHONPATH` names.
const FOLDER: &str = "python";

pub(super) fn generate(schema: &Schema, options: &Options) -> BTreeMap<String, File> {
    let mut files = BTreeMap::new();
    let encoded: BTreeMap<String, Vec<u8>> = schema.encoded_files().collect();
    for file in needed(schema) {
        let stem = format!("{FOLDER}/{}", names::stem(file.name()));
        let mut add = |path: String, body: String| {
            let text = ours::header(&path, &[file.name()], &options.command) + &body;
            files.insert(path, File::new(text, &[file.name()], None));
        };
        let bytes = encoded.get(file.name()).map_or(&[][..], Vec::as_slice);
        add(format!("{stem}_pb2.py"), messages::module(&file, bytes));
        add(format!("{stem}_pb2.pyi"), types::messages(&file));
        if file.services().len() > 0 {
            add(format!("{stem}_pb2_grpc.py"), grpc::module(schema, &file));
            add(format!("{stem}_pb2_grpc.pyi"), types::services(&file));
        }
    }
    files
}

/// The files of the source and all they import, in the order of their names. A descriptor is of no use without those
/// it depends on, even where it takes no more than options from them.
fn needed(schema: &Schema) -> Vec<FileDescriptor> {
    let mut met = BTreeSet::new();
    let mut found = Vec::new();
    let mut waiting: Vec<FileDescriptor> = schema.own_files().map(|file| file.descriptor().clone()).collect();
    while let Some(file) = waiting.pop() {
        if !names::is_of_the_runtime(file.name()) && met.insert(file.name().to_owned()) {
            waiting.extend(file.dependencies());
            found.push(file);
        }
    }
    found.sort_by(|a, b| a.name().cmp(b.name()));
    found
}
