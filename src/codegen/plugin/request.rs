//! What a plugin is asked.

use std::collections::BTreeMap;

use prost::Message;
use prost::bytes::Bytes;

use crate::schema::Schema;

/// `google.protobuf.compiler.CodeGeneratorRequest` with files that stay encoded: prost's own types would drop the
/// custom options.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Request {
    #[prost(string, repeated, tag = "1")]
    pub file_to_generate: Vec<String>,
    #[prost(string, optional, tag = "2")]
    pub parameter: Option<String>,
    #[prost(bytes = "bytes", repeated, tag = "15")]
    pub proto_file: Vec<Bytes>,
    #[prost(bytes = "bytes", repeated, tag = "17")]
    pub source_file_descriptors: Vec<Bytes>,
}

/// `google.protobuf.FileDescriptorSet` in the same way.
#[derive(Clone, PartialEq, Message)]
struct Set {
    #[prost(bytes = "bytes", repeated, tag = "1")]
    file: Vec<Bytes>,
}

/// The files of a schema, encoded once for any number of requests.
pub struct Files(BTreeMap<String, Encoded>);

struct Encoded {
    /// Where it stands among the others: behind all that it imports.
    position: usize,
    bytes: Bytes,
    imports: Vec<String>,
}

impl Files {
    /// Comments and positions are kept.
    pub fn of(schema: &Schema) -> Files {
        Files::amended(schema, |_, _, bytes| bytes)
    }

    /// The same with what `amend` makes of the name of a file, its package and its bytes.
    pub fn amended(schema: &Schema, amend: impl Fn(&str, &str, Vec<u8>) -> Vec<u8>) -> Files {
        let encoded = |(position, (name, bytes)): (usize, (String, Vec<u8>))| {
            let file = schema.file(&name);
            let package = file.map_or("", |file| file.descriptor().package_name());
            let bytes = amend(&name, package, bytes);
            let imports = file.into_iter().flat_map(|file| file.imports().map(str::to_owned)).collect();
            (name, Encoded { position, bytes: bytes.into(), imports })
        };
        Files(schema.commented_files().enumerate().map(encoded).collect())
    }

    /// The encoded request for these files: every file they need before them. `parameter` is what protoc's `--NAME_opt`
    /// says.
    pub fn request(&self, wanted: &[&str], parameter: &str) -> Vec<u8> {
        let bytes = |name: &&str| self.0.get(*name).map(|file| file.bytes.clone());
        let request = Request {
            parameter: (!parameter.is_empty()).then(|| parameter.to_owned()),
            source_file_descriptors: wanted.iter().filter_map(bytes).collect(),
            proto_file: self.needed(wanted),
            file_to_generate: wanted.iter().map(|name| (*name).to_owned()).collect(),
        };
        request.encode_to_vec()
    }

    /// The encoded `google.protobuf.FileDescriptorSet` of these files and every file they need.
    pub fn descriptor_set(&self, wanted: &[&str]) -> Vec<u8> {
        Set { file: self.needed(wanted) }.encode_to_vec()
    }

    fn needed(&self, wanted: &[&str]) -> Vec<Bytes> {
        let mut needed: BTreeMap<usize, &Encoded> = BTreeMap::new();
        let mut waiting: Vec<&str> = wanted.to_vec();
        while let Some(name) = waiting.pop() {
            let Some(file) = self.0.get(name) else { continue };
            if needed.insert(file.position, file).is_none() {
                waiting.extend(file.imports.iter().map(String::as_str));
            }
        }
        needed.into_values().map(|file| file.bytes.clone()).collect()
    }
}

/// The encoded request for the source's own files, comments and positions kept.
pub fn request(schema: &Schema, parameter: &str) -> Vec<u8> {
    let own: Vec<&str> = schema.own_files().map(|file| file.name()).collect();
    Files::of(schema).request(&own, parameter)
}
