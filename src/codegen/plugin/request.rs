//! What a plugin is asked.

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

/// The encoded request for the source's own files: every file they need before them, comments and positions kept.
/// `parameter` is what protoc's `--NAME_opt` says.
pub fn request(schema: &Schema, parameter: &str) -> Vec<u8> {
    let files: Vec<(String, Bytes)> =
        schema.commented_files().map(|(name, encoded)| (name, encoded.into())).collect();
    let own: Vec<String> = schema.own_files().map(|file| file.name().to_owned()).collect();
    let request = Request {
        parameter: (!parameter.is_empty()).then(|| parameter.to_owned()),
        source_file_descriptors: files
            .iter()
            .filter(|(name, _)| own.contains(name))
            .map(|it| it.1.clone())
            .collect(),
        proto_file: files.into_iter().map(|(_, encoded)| encoded).collect(),
        file_to_generate: own,
    };
    request.encode_to_vec()
}
