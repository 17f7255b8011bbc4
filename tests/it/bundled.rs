//! The schemas protogate bundles say the same as the originals.

#![allow(clippy::panic, clippy::unwrap_used)] // clippy knows the functions with #[test] only, not their helpers

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use prost_reflect::{DescriptorPool, DynamicMessage};
use protox::file::{ChainFileResolver, GoogleFileResolver, IncludeFileResolver};
use serde_json::Value;
use similar::TextDiff;

use crate::peers;

const BUNDLED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/schema/bundled");
const GOOGLE: &[&str] = &["google/api", "google/longrunning", "google/rpc", "google/type"];
const VALIDATE: &str = "buf/validate/validate.proto";

#[test]
fn googles_files_are_the_originals_without_their_words() {
    let Some(originals) = peers::or_skip("google-proto-files-6") else { return };
    let names: Vec<_> = GOOGLE.iter().flat_map(|folder| protos(&originals, folder)).collect();
    let bundled: Vec<_> = GOOGLE.iter().flat_map(|folder| protos(Path::new(BUNDLED), folder)).collect();
    assert_eq!(bundled, names);

    let (set, pool) = compile(&originals, &names);
    let theirs = files(read(&pool, "google.protobuf.FileDescriptorSet", &set));

    let (set, pool) = compile(Path::new(BUNDLED), &bundled);
    let ours = files(read(&pool, "google.protobuf.FileDescriptorSet", &set));

    for name in &names {
        assert_same(name, &ours[name], &theirs[name]);
    }
}

#[test]
fn protovalidates_file_is_the_original_without_its_words_and_programs() {
    let Some(original) = peers::or_skip("protovalidate") else { return };
    let (set, pool) = compile(Path::new(BUNDLED), &[VALIDATE.to_owned()]);
    let ours = files(read(&pool, "google.protobuf.FileDescriptorSet", &set));
    let theirs = read(&pool, "google.protobuf.FileDescriptorProto", &fs::read(original).unwrap());
    assert_same(VALIDATE, &ours[VALIDATE], &theirs);
}

/// The import paths of the files directly inside `folder`, sorted.
fn protos(root: &Path, folder: &str) -> Vec<String> {
    let entries = fs::read_dir(root.join(folder)).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut protos: Vec<_> =
        names.filter(|name| name.ends_with(".proto")).map(|name| format!("{folder}/{name}")).collect();
    protos.sort();
    protos
}

/// The descriptor set with imports, encoded so that custom options survive, and its pool.
fn compile(root: &Path, names: &[String]) -> (Vec<u8>, DescriptorPool) {
    // Before `root`: protox does not read the `extensions 1 [...]` of the newest google/protobuf/descriptor.proto.
    let mut resolver = ChainFileResolver::new();
    resolver.add(GoogleFileResolver::new());
    resolver.add(IncludeFileResolver::new(root.to_owned()));
    let mut compiler = protox::Compiler::with_file_resolver(resolver);
    compiler.include_imports(true).open_files(names).unwrap();
    let set = compiler.encode_file_descriptor_set();
    let pool = DescriptorPool::decode(set.as_slice()).unwrap();
    (set, pool)
}

/// The message as JSON, which shows custom options by name.
fn read(pool: &DescriptorPool, message: &str, bytes: &[u8]) -> Value {
    let descriptor = pool.get_message_by_name(message).unwrap();
    let mut value = serde_json::to_value(DynamicMessage::decode(descriptor, bytes).unwrap()).unwrap();
    leave_out(&mut value);
    value
}

/// Removes what the bundled files leave out on purpose; `{}` and no options at all mean the same.
fn leave_out(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(leave_out),
        Value::Object(entries) => {
            entries.values_mut().for_each(leave_out);
            entries.retain(|key, value| {
                let empty = key == "options" && value.as_object().is_some_and(|options| options.is_empty());
                !empty && key != "sourceCodeInfo" && !key.starts_with("[buf.validate.")
            });
        }
        _ => {}
    }
}

fn files(mut set: Value) -> BTreeMap<String, Value> {
    let Value::Array(files) = set["file"].take() else { panic!("a set without files") };
    files.into_iter().map(|file| (file["name"].as_str().unwrap().to_owned(), file)).collect()
}

fn assert_same(name: &str, ours: &Value, theirs: &Value) {
    let [ours, theirs] = [ours, theirs].map(|file| serde_json::to_string_pretty(file).unwrap());
    if ours != theirs {
        let diff = TextDiff::from_lines(&theirs, &ours);
        panic!("{}", diff.unified_diff().header(&format!("original {name}"), "bundled"));
    }
}
