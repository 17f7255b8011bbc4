//! Descriptor sets: schemas that somebody else has compiled.
//!
//! Binary or ProtoJSON, compressed or not: what the file holds decides, because no form begins like
//! another. An encoded set begins with the tag of its first file, the byte 10; JSON with a brace.

use std::collections::{BTreeSet, HashSet};
use std::path::Path;

use bytes::Bytes;
use prost::Message;
use prost_reflect::{DescriptorPool, DeserializeOptions, DynamicMessage, ReflectMessage};
use prost_types::FileDescriptorSet;
use serde_json::Value;

use super::source::{Content, Input, Inputs};
use super::value::Origin;
use super::{compile, problem, unpack};
use crate::diag::Diagnostic;

/// A `google.protobuf.FileDescriptorSet` whose files stay encoded: decoding them into prost's types
/// would drop the custom options.
#[derive(Clone, PartialEq, Message)]
struct EncodedSet {
    #[prost(bytes = "bytes", repeated, tag = "1")]
    file: Vec<Bytes>,
}

/// What is needed of a `FileDescriptorProto` to find it.
#[derive(Clone, PartialEq, Message)]
struct FileHead {
    #[prost(string, optional, tag = "1")]
    name: Option<String>,
    /// What buf adds to every file of its images: `buf_extension` of
    /// `buf/alpha/image/v1/image.proto`.
    #[prost(message, optional, tag = "8042")]
    buf: Option<BufExtension>,
}

#[derive(Clone, PartialEq, Message)]
struct BufExtension {
    /// The file is there because others import it.
    #[prost(bool, optional, tag = "1")]
    is_import: Option<bool>,
}

pub(super) fn read(path: &Path) -> Result<Inputs, Box<Diagnostic>> {
    let shown = path.display().to_string();
    let bytes = unpack::read(path).map_err(|error| problem::cannot_read(&shown, &error))?;
    let json = bytes.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{');
    let encoded = match json {
        true => encode(&bytes).map_err(|error| problem::not_a_descriptor_set(&shown, &error))?,
        false => bytes,
    };
    Ok(decode(&shown, encoded.into())?)
}

/// The files of a set that is in memory, of which these are meant.
pub(super) fn compiled(files: &[Bytes], own: &BTreeSet<String>) -> Result<Inputs, Box<Diagnostic>> {
    let mut inputs = from_files("the request", files.to_vec())?;
    for input in &mut inputs.inputs {
        input.origin = if own.contains(&input.name) { Origin::Own } else { Origin::Imported };
    }
    Ok(inputs)
}

fn decode(shown: &str, bytes: Bytes) -> Result<Inputs, Diagnostic> {
    let set = EncodedSet::decode(bytes).map_err(|error| problem::not_a_descriptor_set(shown, &error))?;
    from_files(shown, set.file)
}

fn from_files(shown: &str, files: Vec<Bytes>) -> Result<Inputs, Diagnostic> {
    let mut inputs = Vec::with_capacity(files.len());
    let mut met = HashSet::with_capacity(files.len());
    for encoded in files {
        let head = FileHead::decode(encoded.clone())
            .map_err(|error| problem::not_a_descriptor_set(shown, &error))?;
        let name = head.name.ok_or_else(|| problem::nameless_file(shown))?;
        if !met.insert(name.clone()) {
            return Err(problem::duplicate_file(shown, &name));
        }
        let imported = head.buf.is_some_and(|buf| buf.is_import());
        let origin = if imported { Origin::Imported } else { Origin::Own };
        inputs.push(Input { shown: name.as_str().into(), name, origin, content: Content::Encoded(encoded) });
    }
    Ok(Inputs { inputs, ..Inputs::default() })
}

/// The binary form of a set in ProtoJSON. Custom options are written by the names of their extensions,
/// which the set itself declares: it is read once to learn them, and again with them.
fn encode(json: &[u8]) -> Result<Vec<u8>, serde_json::Error> {
    let mut json: Value = serde_json::from_slice(json)?;
    let imported = take_imported(&mut json);
    let plain = read_json(FileDescriptorSet::default().descriptor().parent_pool(), &json)?;
    let files = decode("", plain.encode_to_vec().into()).map(compile::compile);
    let own = files.map(|loaded| loaded.schema.pool().clone()).unwrap_or_default();
    let full = match own.get_message_by_name("google.protobuf.FileDescriptorSet") {
        Some(_) => read_json(&own, &json)?,
        // Without descriptor.proto nothing can be extended. A set that does not link is said so later.
        None => plain,
    };
    let mut set = EncodedSet::decode(full.encode_to_vec().as_slice()).map_err(serde::de::Error::custom)?;
    for (file, imported) in set.file.iter_mut().zip(imported) {
        if imported {
            let head = FileHead { name: None, buf: Some(BufExtension { is_import: Some(true) }) };
            *file = [file.as_ref(), &head.encode_to_vec()].concat().into();
        }
    }
    Ok(set.encode_to_vec())
}

fn read_json(pool: &DescriptorPool, json: &Value) -> Result<DynamicMessage, serde_json::Error> {
    let kind = pool
        .get_message_by_name("google.protobuf.FileDescriptorSet")
        .ok_or_else(|| serde::de::Error::custom("it declares no google.protobuf.FileDescriptorSet"))?;
    // What a later release of descriptor.proto has is left out rather than refused, as in the binary form.
    DynamicMessage::deserialize_with_options(
        kind,
        json,
        &DeserializeOptions::new().deny_unknown_fields(false),
    )
}

/// Takes buf's own words off every file, and says which files are imports by them.
fn take_imported(json: &mut Value) -> Vec<bool> {
    let files = json.get_mut("file").and_then(Value::as_array_mut);
    let one = |file: &mut Value| {
        let buf = file.as_object_mut().and_then(|file| file.remove("bufExtension"));
        buf.is_some_and(|buf| buf.get("isImport") == Some(&Value::Bool(true)))
    };
    files.into_iter().flatten().map(one).collect()
}
