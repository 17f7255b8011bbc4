//! The plugin protocol of protoc, from both sides: what a plugin is asked, what it answers, and our own generators as
//! plugins of protoc and buf.
//!
//! The protocol is that of `google/protobuf/compiler/plugin.proto`. Nothing here starts a process or reads a stream:
//! bytes come in and go out.

mod answer;
mod asked;
mod fields;
mod managed;
mod names;
mod request;

pub use answer::{Answer, read as read_answer};
pub use asked::{GENERATORS, Said, answer};
pub use fields::FieldRules;
pub use managed::{FileOption, Managed, Scope};
pub use request::{Files, request};
