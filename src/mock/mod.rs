//! A server of any schema, made of nothing but the schema: its answers keep the rules of the options and the contract.
//!
//! [`Mock`] answers; [`serve`] puts it on a socket, with reflection and health beside it. With the effects of a
//! contract it remembers: what was created can be read. A reply is drafted, changed where a promise says what it is,
//! and sent only when every promise holds of it; where none is found the call ends with UNIMPLEMENTED and the promise
//! that is in the way.
//!
//! Absent on purpose: nothing is written down, so that a new start is an empty server. It asks for no credentials.

mod answer;
mod codec;
mod pages;
mod search;
mod serve;
#[cfg(test)]
mod tests;

pub use answer::{Mock, Refusal};
pub use serve::{ServeError, serve};
