//! What may be repeated: read from a schema.

use std::collections::HashMap;

use prost::{DecodeError, Message as _};
use prost_types::FileDescriptorSet;
use prost_types::method_options::IdempotencyLevel;

use crate::Kind;

/// The methods of a service, and which of them do no harm when they are called twice.
#[derive(Debug, Clone, Default)]
pub struct Calls(HashMap<String, Call>);

/// One method.
#[derive(Debug, Clone, Copy)]
pub struct Call {
    /// Whether its request is one message, which can be kept.
    pub has_one_request: bool,
    /// `NO_SIDE_EFFECTS` or `IDEMPOTENT`.
    pub is_idempotent: bool,
}

impl Calls {
    /// Of every service of an encoded `google.protobuf.FileDescriptorSet`, such as the `FILE_DESCRIPTOR_SET` that protogate
    /// generates.
    ///
    /// # Errors
    ///
    /// It is none.
    pub fn from_descriptor_set(encoded: &[u8]) -> Result<Self, DecodeError> {
        let set = FileDescriptorSet::decode(encoded)?;
        let mut calls = HashMap::new();
        for file in &set.file {
            for service in &file.service {
                for method in &service.method {
                    let kind = Kind::new(method.client_streaming(), method.server_streaming());
                    let level = method.options.as_ref().map(|options| options.idempotency_level());
                    let call = Call {
                        has_one_request: matches!(kind, Kind::Unary | Kind::ServerStream),
                        is_idempotent: matches!(
                            level,
                            Some(IdempotencyLevel::NoSideEffects | IdempotencyLevel::Idempotent)
                        ),
                    };
                    let dot = if file.package().is_empty() { "" } else { "." };
                    let path = format!("/{}{dot}{}/{}", file.package(), service.name(), method.name());
                    calls.insert(path, call);
                }
            }
        }
        Ok(Self(calls))
    }

    /// The same, and this method may be repeated whatever the schema says.
    #[must_use]
    pub fn with_idempotent(mut self, path: &str) -> Self {
        if let Some(call) = self.0.get_mut(path) {
            call.is_idempotent = true;
        }
        self
    }

    /// A method that nobody knows is never repeated.
    pub(super) fn find(&self, path: &str) -> Call {
        self.0.get(path).copied().unwrap_or(Call { has_one_request: false, is_idempotent: false })
    }
}
