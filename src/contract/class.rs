//! The kinds of input: which checks apply to a call depends on it, and so does what it is compared with.

/// What kind of input a call carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// Valid by the schema.
    Valid,
    /// Encoded as the schema says, with a declared rule broken.
    Invalid,
    /// Valid, and sent again with fields that the schema does not have.
    UnknownFields,
    /// Valid, and sent again encoded in another way that means the same.
    Encoding,
    /// Valid, and sent again in other DATA frames.
    Framing,
    /// Valid, and sent again with metadata that nobody asked for.
    Metadata,
    /// Valid, and sent again with fields that only the server sets.
    OutputOnly,
    /// Valid, and sent again with another value where none may come after the first.
    Immutable,
    /// Valid but for a number that an open enum does not declare.
    UnknownEnum,
    /// The same request twice, nothing between.
    Repeat,
    /// The same request once, and then several times at once.
    Parallel,
    /// A client stream that is closed without a message.
    EmptyStream,
    /// A stream held open past a short deadline.
    Deadline,
    /// A call that the client cancels, and the next one.
    Cancel,
    /// A response that the client stops reading, and another call meanwhile.
    Backpressure,
    /// Bytes or frames that no encoder writes.
    Malformed,
    /// A string that is not UTF-8.
    BadUtf8,
    /// A request that ends inside a message.
    Truncated,
    /// No message, or two, where there must be one.
    Cardinality,
    /// Messages or groups inside one another.
    Nesting,
    /// A content-type that is not gRPC's.
    ContentType,
    /// A verb other than POST.
    Verb,
    /// A compression that nobody knows.
    Compression,
    /// A message marked as compressed without a `grpc-encoding`.
    CompressedFlag,
    /// A `grpc-timeout` that is none.
    BadTimeout,
    /// A method that the service does not have.
    UnknownMethod,
}

impl Class {
    const NAMES: [(Class, &'static str); 26] = [
        (Class::Valid, "valid"),
        (Class::Invalid, "invalid"),
        (Class::UnknownFields, "unknown_fields"),
        (Class::Encoding, "encoding"),
        (Class::Framing, "framing"),
        (Class::Metadata, "metadata"),
        (Class::OutputOnly, "output_only"),
        (Class::Immutable, "immutable"),
        (Class::UnknownEnum, "unknown_enum"),
        (Class::Repeat, "repeat"),
        (Class::Parallel, "parallel"),
        (Class::EmptyStream, "empty_stream"),
        (Class::Deadline, "deadline"),
        (Class::Cancel, "cancel"),
        (Class::Backpressure, "backpressure"),
        (Class::Malformed, "malformed"),
        (Class::BadUtf8, "bad_utf8"),
        (Class::Truncated, "truncated"),
        (Class::Cardinality, "cardinality"),
        (Class::Nesting, "nesting"),
        (Class::ContentType, "content_type"),
        (Class::Verb, "verb"),
        (Class::Compression, "compression"),
        (Class::CompressedFlag, "compressed_flag"),
        (Class::BadTimeout, "bad_timeout"),
        (Class::UnknownMethod, "unknown_method"),
    ];

    /// Its name in saved cases.
    pub fn name(self) -> &'static str {
        Class::NAMES.iter().find(|(class, _)| *class == self).map_or("", |(_, name)| name)
    }

    pub(super) fn from_name(name: &str) -> Option<Class> {
        Class::NAMES.iter().find(|(_, known)| *known == name).map(|(class, _)| *class)
    }

    /// A valid request sent plainly, in a variant, and plainly again.
    pub(super) fn is_compared(self) -> bool {
        self.is_another_form() || matches!(self, Class::OutputOnly | Class::Immutable)
    }

    /// The same request in other bytes or frames.
    fn is_another_form(self) -> bool {
        matches!(self, Class::UnknownFields | Class::Encoding | Class::Framing | Class::Metadata)
    }

    /// Nobody may expect success: what comes back is counted apart.
    pub(super) fn is_malformed(self) -> bool {
        matches!(
            self,
            Class::Malformed
                | Class::BadUtf8
                | Class::Truncated
                | Class::Cardinality
                | Class::Nesting
                | Class::ContentType
                | Class::Verb
                | Class::Compression
                | Class::CompressedFlag
                | Class::BadTimeout
                | Class::UnknownMethod
        )
    }

    /// Which answer comes is usually up to the framework, before a handler is asked: another service of the same
    /// server shows whether it is.
    pub(super) fn is_the_frameworks(self) -> bool {
        self != Class::UnknownMethod
            && (self.is_malformed()
                || self.is_another_form()
                || matches!(self, Class::Deadline | Class::Cancel))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_has_a_name_of_its_own() {
        for (class, name) in Class::NAMES {
            assert_eq!((class.name(), Class::from_name(name)), (name, Some(class)));
        }
    }
}
