//! `buf.validate`: the rules that the schema itself declares.

use std::collections::HashSet;
use std::fmt;

use prost_protovalidate::{Error as Broken, Validator, ValidatorOption, normalize_edition_descriptor_set};
use prost_reflect::{DescriptorPool, DynamicMessage, Kind, MessageDescriptor};

use super::{Error, Rules};

/// The options of `buf/validate/validate.proto` all begin so.
const PACKAGE: &str = "buf.validate.";

/// The rules of `buf.validate` in a descriptor set. Every broken rule of a message is told at once, in a
/// `google.rpc.BadRequest` whose reasons are the ids of the rules.
pub struct Validation {
    pool: DescriptorPool,
    validator: Validator,
    /// The messages that have rules, or hold one that has. No other is looked at.
    ruled: HashSet<String>,
}

impl fmt::Debug for Validation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Validation").field("ruled", &self.ruled.len()).finish_non_exhaustive()
    }
}

impl Validation {
    /// Of an encoded `google.protobuf.FileDescriptorSet`: the `FILE_DESCRIPTOR_SET` of the generated code. Every rule
    /// is compiled here and now.
    ///
    /// # Errors
    ///
    /// The set cannot be read, or a rule makes no sense: a sentence that names it.
    pub fn new(descriptors: &[u8]) -> Result<Validation, String> {
        let descriptors = normalize_edition_descriptor_set(descriptors);
        let pool = DescriptorPool::decode(descriptors.as_slice())
            .map_err(|error| format!("the descriptor set cannot be read: {error}"))?;
        let validator =
            Validator::with_options(&[ValidatorOption::AdditionalDescriptorSetBytes(descriptors)]);
        let ruled = ruled(&pool);
        let validation = Validation { pool, validator, ruled };
        for name in &validation.ruled {
            match validation.broken(name, &[]) {
                Ok(()) | Err(Broken::Validation(_)) => {}
                Err(error) => return Err(format!("a rule of {name} cannot be used: {error}")),
            }
        }
        Ok(validation)
    }

    fn broken(&self, name: &str, encoded: &[u8]) -> Result<(), Broken> {
        let Some(descriptor) = self.pool.get_message_by_name(name) else { return Ok(()) };
        // What prost has encoded is a message; one that is none keeps no rule and breaks none.
        let Ok(message) = DynamicMessage::decode(descriptor, encoded) else { return Ok(()) };
        self.validator.validate(&message)
    }
}

impl Rules for Validation {
    fn concern(&self, message: &str) -> bool {
        self.ruled.contains(message)
    }

    fn check(&self, message: &str, encoded: &[u8]) -> Result<(), Error> {
        let broken = match self.broken(message, encoded) {
            Ok(()) => return Ok(()),
            Err(Broken::Validation(broken)) => broken,
            Err(error) => {
                tracing::error!(message, %error, "a rule could not be asked");
                return Err(Error::internal(format!("a rule of {message} could not be asked")));
            }
        };
        let sentences = broken.violations().iter().map(|it| match it.field_path() {
            path if path.is_empty() => it.message().to_owned(),
            path => format!("{path}: {}", it.message()),
        });
        let said = Error::invalid_argument(sentences.collect::<Vec<_>>().join("; "));
        Err(broken.violations().iter().fold(said, |error, it| {
            error.with_violation_because(it.field_path(), it.message(), it.rule_id())
        }))
    }
}

/// The messages with a rule of their own, and then those that hold one of them, until there are no more.
fn ruled(pool: &DescriptorPool) -> HashSet<String> {
    let mut ruled: HashSet<String> =
        pool.all_messages().filter(has_rules).map(|message| message.full_name().to_owned()).collect();
    loop {
        let holds = |message: &MessageDescriptor| {
            message.fields().any(|field| match field.kind() {
                Kind::Message(inner) => ruled.contains(inner.full_name()),
                _ => false,
            })
        };
        let more: Vec<String> = pool
            .all_messages()
            .filter(|message| !ruled.contains(message.full_name()) && holds(message))
            .map(|message| message.full_name().to_owned())
            .collect();
        if more.is_empty() {
            return ruled;
        }
        ruled.extend(more);
    }
}

fn has_rules(message: &MessageDescriptor) -> bool {
    let speaks = |options: DynamicMessage| {
        options.extensions().any(|(extension, _)| extension.full_name().starts_with(PACKAGE))
    };
    speaks(message.options())
        || message.fields().any(|field| speaks(field.options()))
        || message.oneofs().any(|oneof| speaks(oneof.options()))
}

#[cfg(test)]
mod tests {
    use super::super::Code;
    use super::*;

    /// That of this repository's own schema: what the generated code of the reference embeds.
    const USERS: &[u8] = include_bytes!("../../../../generated/descriptor.binpb");

    #[test]
    fn every_broken_rule_is_told_at_once() {
        let rules = Validation::new(USERS).unwrap();
        // CreateUserRequest { name: "", email: "no address" }
        let error = rules.check("user.CreateUserRequest", b"\x12\x0ano address").unwrap_err();
        assert_eq!(error.code(), Code::InvalidArgument);
        let fields: Vec<_> = error.violations().map(|(field, _)| field).collect();
        assert_eq!(fields, ["name", "email"], "{error:?}");
        // CreateUserRequest { name: "a", email: "a@b" }
        assert!(rules.check("user.CreateUserRequest", b"\x0a\x01a\x12\x03a@b").is_ok());
    }

    #[test]
    fn messages_without_rules_are_not_looked_at() {
        let rules = Validation::new(USERS).unwrap();
        for (name, has) in [
            ("user.UserRequest", true),
            ("user.ChatMessage", false),
            ("google.protobuf.Empty", false),
            ("no.Such", false),
        ] {
            assert_eq!(rules.concern(name), has, "{name}");
        }
    }

    #[test]
    fn a_descriptor_set_that_is_none_is_refused() {
        assert!(Validation::new(b"\xff").unwrap_err().contains("cannot be read"));
    }
}
