//! What the schema says of the methods that a client calls: how many messages go each way, and whether a call that was
//! perhaps done may be made again.

use std::collections::HashMap;

use prost::Message;
use prost_types::FileDescriptorSet;
use prost_types::method_options::IdempotencyLevel;

use crate::Kind;

/// One method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Method {
    /// How many messages go each way.
    pub kind: Kind,
    /// Whether its `idempotency_level` is `NO_SIDE_EFFECTS` or `IDEMPOTENT`.
    pub idempotent: bool,
}

/// The methods of a schema, by their paths. One that is not here is a stream each way and is not idempotent: the least is
/// presumed of it.
#[derive(Debug, Clone, Default)]
pub struct Calls(HashMap<String, Method>);

impl Calls {
    /// Those of an encoded `FileDescriptorSet`, as `generate` writes it: `pb::FILE_DESCRIPTOR_SET`.
    ///
    /// # Errors
    /// When it is none.
    pub fn from_descriptors(encoded: &[u8]) -> Result<Self, prost::DecodeError> {
        let mut calls = Self::default();
        for file in FileDescriptorSet::decode(encoded)?.file {
            for service in &file.service {
                for method in &service.method {
                    let package = if file.package().is_empty() { "" } else { "." };
                    let path = format!("/{}{package}{}/{}", file.package(), service.name(), method.name());
                    let kind = Kind::new(method.client_streaming(), method.server_streaming());
                    let level = method.options.as_ref().map(|options| options.idempotency_level());
                    let idempotent = level.is_some_and(|level| level != IdempotencyLevel::IdempotencyUnknown);
                    calls.0.insert(path, Method { kind, idempotent });
                }
            }
        }
        Ok(calls)
    }

    /// The same with one method more, or said anew.
    #[must_use]
    pub fn with(mut self, path: &str, kind: Kind, idempotent: bool) -> Self {
        self.0.insert(path.to_owned(), Method { kind, idempotent });
        self
    }

    /// The method of this path.
    #[must_use]
    pub fn find(&self, path: &str) -> Method {
        self.0.get(path).copied().unwrap_or(Method { kind: Kind::BidiStream, idempotent: false })
    }
}
