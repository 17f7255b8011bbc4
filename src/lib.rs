//! protogate keeps `.proto` schemas, the code and docs generated from them, and the services that speak
//! them in step, and holds the gate where they drift.
//!
//! A directory of protos goes in; one immutable [`schema::Schema`] comes out; everything above is a
//! function of it. Rules turn two schemas into diagnostics. Codegen turns one into a set of files.
//! Contract turns one, plus a server that can be called, into a run. A [`diag::Report`] is the only thing
//! that is ever rendered.
//!
//! ```text
//!  doors      src/main.rs -> cli           xtask             tests/it
//!  ------------------------------------------------------------------------------------------
//!  3 study                    mock         contract          answers of any schema; plan, checks, run, shrink
//!  2 rooms    rules        codegen         client            call any method, no stubs
//!  1½ loft    promise      values                            rules of options; strategies, shrinking
//!  1 ground                schema                            Source -> Schema, places
//!  0 cellar                diag                              RuleInfo, Diagnostic, Report, render, read
//!
//!  next door  src/reference (user-service), built on generated/; tests/zoo: it, behind one fault each;
//!             src/runtime (protogate-runtime): tower layers for anybody's server, which the reference wears
//!             src/validate (protogate-validate): the rules of buf.validate, which promise is made of and new services ask
//! ```
//!
//! An arrow points to a lower floor only, and rooms on one floor do not know each other; `tests/it/floors.rs`
//! holds the table. What is not there, and stays out:
//!
//! - `diag` knows no descriptors, arguments or sockets; it never reads a file, prints or exits.
//! - `schema` decides nothing and cannot fail after `load`. It reads no network.
//! - `promise` reads what a schema asks of messages (`buf.validate`, `google.api.field_behavior`) and what a service
//!   promises (its contract, in CEL), and calls nobody.
//! - `rules` never read files: schemas in, diagnostics out. What they know of history is a ledger that is handed in.
//! - `codegen` gives templates plain views, never descriptors, and writes only where it is told.
//! - `client` treats a gRPC status as data; an error is a call that could not be made.
//! - `mock` invents nothing that a promise denies, and keeps nothing when it ends.
//! - `contract` never prints; what happens while it runs are events, what came of it is a report.
//! - Only the doors read arguments, print, and choose an exit code.
//! - `xtask` and this library never depend on the reference, so that `cargo xtask generate` works while
//!   `generated/` is stale, broken or gone.
//!
//! Not built yet: lint rules of schemas. The drawing leaves room for them.

pub mod cli;
pub mod client;
pub mod codegen;
pub mod contract;
pub mod diag;
pub mod mock;
pub mod promise;
pub mod rules;
pub mod schema;
pub mod values;
