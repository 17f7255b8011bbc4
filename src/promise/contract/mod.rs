//! What a service promises beyond its types: the options of `protogate/contract/v1/contract.proto`, as plain data.
//!
//! [`Contract::of`] reads them from a pool. Expressions are CEL. [`Model`] is what the promises know of a server;
//! [`Service::judge`] holds one finished call against the promises of its method, [`Service::apply`] says what the
//! call did to the model, and [`Service::order`] looks for an order of calls that ran beside one another.
//!
//! Absent on purpose: nothing is called, and nothing is drawn.

mod apply;
mod code;
mod explain;
mod expr;
mod fields;
mod from_model;
mod guess;
pub mod infer;
mod judge;
pub mod lint;
mod listed;
mod model;
mod offer;
mod options;
mod order;
mod place;
mod propose;
mod read;
mod scope;
mod show;
mod side;
#[cfg(test)]
mod tests;
mod text;
mod value;
mod words;

use std::{collections::BTreeMap, sync::Arc};

use prost_reflect::MethodDescriptor;

use crate::diag::Place;

pub use expr::{Expr, Problem};
pub use judge::{Call, Told, Verdict};
pub use listed::Listed;
pub use model::{Item, Model, Variable};
pub use offer::{Auth, Example, Idempotency, Limits, Pagination};
pub use order::{DeadEnd, Happened, Order};
pub use side::{SideFile, merged};

/// The promises of every service of a schema, by the full name of the service. Only services that promise something.
#[derive(Debug, Clone, Default)]
pub struct Contract {
    /// By `package.Service`.
    pub services: BTreeMap<String, Service>,
    /// The expressions that are no CEL: nothing can be said of them.
    pub unread: Vec<Unread>,
}

/// An expression that is no CEL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unread {
    /// `package.Service`, or `package.Service/Method`.
    pub of: String,
    /// As it was written.
    pub text: String,
    /// What is wrong with it.
    pub why: String,
}

/// The promises of one service.
#[derive(Debug, Clone)]
pub struct Service {
    /// `package.Service`.
    pub name: String,
    /// The variables of the model, in order.
    pub states: Vec<State>,
    /// Hold after every call.
    pub invariants: Vec<Rule>,
    /// By the simple name of the method; every method of the service has one, maybe empty.
    pub methods: BTreeMap<String, Method>,
    /// What is promised of fields, by `package.Message.field`: of any message, also where no reply has it.
    pub fields: Arc<BTreeMap<String, Field>>,
}

/// The promises of one field.
#[derive(Debug, Clone, Default)]
pub struct Field {
    /// Of `this`, in every reply that carries it.
    pub ensures: Vec<Rule>,
    /// Replies that differ only in it are the same.
    pub volatile: bool,
}

/// One variable of the model.
#[derive(Debug, Clone)]
pub struct State {
    /// Its name, as expressions know it.
    pub name: String,
    /// Map or list.
    pub kind: StateKind,
}

/// What a variable is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StateKind {
    /// With the types of its keys and values: a scalar type of protobuf or the full name of a message.
    Map(String, String),
    /// With the type of its elements.
    List(String),
}

/// The promises of one method.
#[derive(Debug, Clone)]
pub struct Method {
    /// Its types and streams.
    pub desc: MethodDescriptor,
    /// `requires`, with the status of a call that breaks it.
    pub requires: Vec<(Rule, i32)>,
    /// `errors`: when true, the call ends with this status; when none is, it ends with none of these.
    pub errors: Vec<(Rule, i32)>,
    /// The only statuses; empty for any.
    pub may_return: Vec<i32>,
    /// Of calls answered with OK.
    pub ensures: Vec<Rule>,
    /// What a call answered with OK does to the model.
    pub effects: Vec<Effect>,
    /// After each reply.
    pub each: Vec<Rule>,
    /// At the end of a stream.
    pub finals: Vec<Rule>,
    /// Where the values of requests come from: field, variable, weight.
    pub draws: Vec<(String, String, u32)>,
    /// Paths of the reply that are not compared.
    pub volatile: Vec<String>,
    /// Why it is not called, if it is not.
    pub skip: Option<String>,
    /// How its list is read in parts.
    pub pagination: Option<Pagination>,
    /// What a call may weigh, and how long it may take.
    pub limits: Limits,
    /// How a call that is made twice is known.
    pub idempotency: Option<Idempotency>,
    /// Who may call it: what the method says, or else its service.
    pub auth: Auth,
    /// Calls with their answers.
    pub examples: Vec<Example>,
    /// The path of what names the stream that a message belongs to.
    pub isolation: Option<String>,
}

/// One promise.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Its id with its kind, such as `ensures/echo`.
    pub id: String,
    /// The expression, parsed once.
    pub expr: Expr,
    /// Only asked where the model knows everything.
    pub closed: bool,
    /// Where it stands, if that is known.
    pub place: Option<Place>,
}

/// One change of the model.
#[derive(Debug, Clone)]
pub struct Effect {
    /// Made when this is true, or always.
    pub when: Option<Expr>,
    /// What is changed.
    pub change: Change,
}

/// What is changed, with the name of the variable first.
#[derive(Debug, Clone)]
pub enum Change {
    /// One entry of a map: key, value.
    Put(String, Expr, Expr),
    /// The entry of a map with this key.
    Delete(String, Expr),
    /// One element more at the end of a list.
    Append(String, Expr),
    /// Every equal element of a list.
    Remove(String, Expr),
    /// Everything.
    Clear(String),
    /// Unknown things more.
    Open(String),
}
