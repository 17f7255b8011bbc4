//! What a service is written against, free of tonic: the call's [`Context`], the [`Error`] it ends with, and the
//! streams [`Requests`] and [`Answers`]. `protogate generate` makes a trait of these per service, and the adapter that
//! implements tonic's trait by it; a later change of the transport touches [`adapter`] and what is generated only.

pub mod adapter;
mod answers;
mod code;
mod context;
mod error;
mod requests;
mod rules;
#[cfg(feature = "validate")]
mod schema_rules;

pub use answers::{AnswerSender, Answers};
pub use code::Code;
pub use context::Context;
pub use error::Error;
pub use requests::Requests;
pub use rules::Rules;
#[cfg(feature = "validate")]
pub use schema_rules::SchemaRules;
