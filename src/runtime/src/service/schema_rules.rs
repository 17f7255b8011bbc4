//! The rules of `buf.validate`, as the schema of a service has them.

use std::collections::HashMap;
use std::fmt;

use bytes::Bytes;
use prost_reflect::{DescriptorError, DescriptorPool, DynamicMessage, MessageDescriptor};
use protogate_validate::Rules as Asked;

use super::{Error, Rules};

/// The rules of every message that a method of the schema takes: given to an adapter by `with_rules`, they are asked before
/// the method runs, and for each message of a stream. A message that breaks some is answered with INVALID_ARGUMENT and all of
/// them, each a `google.rpc.BadRequest.FieldViolation` with the field's path, what is asked, and the id of the rule as the
/// reason.
///
/// Expressions (`cel`) and rules of somebody's own (`predefined`) are asked as well. What is not understood, such as a rule of a
/// later version or an expression that is none, is [not asked](SchemaRules::not_asked): the method has to; so is an expression
/// that cannot be evaluated for a message. What is asked of a time within five minutes of now is not held against a message,
/// because clocks differ; an expression that asks for `now` is evaluated as it stands.
pub struct SchemaRules(HashMap<String, (MessageDescriptor, Asked)>);

impl fmt::Debug for SchemaRules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl SchemaRules {
    /// Reads them from an encoded `google.protobuf.FileDescriptorSet`: the `FILE_DESCRIPTOR_SET` of the generated code. Says in
    /// the log which cannot be asked.
    ///
    /// # Errors
    ///
    /// It is none.
    pub fn from_descriptor_set(encoded: &[u8]) -> Result<SchemaRules, DescriptorError> {
        let pool = DescriptorPool::decode(encoded)?;
        let inputs = pool
            .services()
            .flat_map(|service| service.methods().map(|method| method.input()).collect::<Vec<_>>());
        let mut rules = HashMap::new();
        for message in inputs {
            let asked = Asked::of(&message);
            if !asked.is_empty() {
                rules.insert(message.full_name().to_owned(), (message, asked));
            }
        }
        let rules = SchemaRules(rules);
        for (place, why) in rules.not_asked() {
            tracing::warn!(place, why, "a rule of buf.validate is not asked: the method has to");
        }
        Ok(rules)
    }

    /// The rules that are left to methods: where each stands, and why.
    #[must_use]
    pub fn not_asked(&self) -> Vec<(String, String)> {
        let mut all: Vec<_> = self.0.values().flat_map(|(_, rules)| rules.not_asked()).collect();
        all.sort();
        all.dedup();
        all
    }
}

impl Rules for SchemaRules {
    fn concern(&self, message: &str) -> bool {
        self.0.contains_key(message)
    }

    fn check(&self, message: &str, encoded: Bytes) -> Result<(), Error> {
        let Some((descriptor, rules)) = self.0.get(message) else { return Ok(()) };
        let read = DynamicMessage::decode(descriptor.clone(), encoded)
            .map_err(|error| Error::internal(format!("a request cannot be read for its rules: {error}")))?;
        let mut violations = rules.violations(&read).into_iter();
        let Some(first) = violations.next() else { return Ok(()) };
        let error =
            Error::invalid_argument(format!("{}: {}", first.path, first.message).trim_start_matches(": "));
        let error = error.with_violation_because(first.path, first.message, first.rule);
        Err(violations.fold(error, |error, it| error.with_violation_because(it.path, it.message, it.rule)))
    }
}
