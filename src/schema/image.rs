//! Descriptor sets: schemas that somebody else has compiled.

use std::path::Path;

use bytes::Bytes;
use prost::Message;

use super::problem;
use super::source::{Content, Input, Inputs};
use crate::diag::Diagnostic;

/// A `google.protobuf.FileDescriptorSet` whose files stay encoded: decoding them into prost's types
/// would drop the custom options.
#[derive(Clone, PartialEq, Message)]
struct EncodedSet {
    #[prost(bytes = "bytes", repeated, tag = "1")]
    file: Vec<Bytes>,
}

/// The one field of a `FileDescriptorProto` that is needed to find it.
#[derive(Clone, PartialEq, Message)]
struct FileName {
    #[prost(string, optional, tag = "1")]
    name: Option<String>,
}

pub(super) fn read(path: &Path) -> Result<Inputs, Box<Diagnostic>> {
    let shown = path.display().to_string();
    let bytes = std::fs::read(path).map_err(|error| problem::cannot_read(&shown, &error))?;
    Ok(decode(&shown, bytes.into())?)
}

fn decode(shown: &str, bytes: Bytes) -> Result<Inputs, Diagnostic> {
    let set = EncodedSet::decode(bytes).map_err(|error| problem::not_a_descriptor_set(shown, &error))?;
    let mut inputs = Vec::with_capacity(set.file.len());
    for encoded in set.file {
        let name = FileName::decode(encoded.clone())
            .ok()
            .and_then(|file| file.name)
            .ok_or_else(|| problem::nameless_file(shown))?;
        inputs.push(Input { shown: name.as_str().into(), name, content: Content::Encoded(encoded) });
    }
    Ok(Inputs { inputs, ..Inputs::default() })
}
