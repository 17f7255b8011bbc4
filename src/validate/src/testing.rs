//! The helper of this crate's tests: descriptors of a file in a line.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are tests")]

use prost_reflect::DescriptorPool;
use protox::file::{ChainFileResolver, File, FileResolver, GoogleFileResolver};

/// The file of a test, and those it may import beside protobuf's own.
struct Files(String);

const IMPORTS: [(&str, &str); 2] = [
    ("buf/validate/validate.proto", include_str!("../../schema/bundled/buf/validate/validate.proto")),
    ("google/api/field_behavior.proto", include_str!("../../schema/bundled/google/api/field_behavior.proto")),
];

impl FileResolver for Files {
    fn open_file(&self, name: &str) -> Result<File, protox::Error> {
        let import = IMPORTS.iter().find(|(known, _)| *known == name).map(|(_, text)| *text);
        match (name, import) {
            ("m.proto", _) => File::from_source(name, &self.0),
            (_, Some(text)) => File::from_source(name, text),
            _ => Err(protox::Error::file_not_found(name)),
        }
    }
}

/// What a file with this text declares, options and all.
#[track_caller]
pub fn pool(text: &str) -> DescriptorPool {
    let mut resolver = ChainFileResolver::new();
    resolver.add(Files(text.to_owned()));
    resolver.add(GoogleFileResolver::new());
    let mut compiler = protox::Compiler::with_file_resolver(resolver);
    compiler.open_file("m.proto").unwrap_or_else(|error| panic!("{error:?} in {text}"));
    compiler.descriptor_pool()
}
