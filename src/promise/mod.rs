//! What is promised of messages and methods: the rules of `buf.validate` and `google.api.field_behavior`, which are a crate of
//! their own because services ask them too ([`protogate_validate`]), and the [contracts](contract) of methods.

pub mod contract;

pub use protogate_validate::*;
