//! Which variables an expression knows, by where it stands.

use prost_reflect::{FieldDescriptor, MethodDescriptor};

use super::kinds::{NAME, STREAM};
use super::types::Type;
use crate::diag::RuleInfo;

/// Where an expression stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Moment {
    /// `requires` and `errors`.
    Before,
    /// `ensures`.
    Ensures,
    /// In an effect.
    Effect,
    /// `stream.each` and `stream.final`.
    Stream,
    /// `invariant`.
    Invariant,
}

/// The variables by name, and those that exist elsewhere, each with what is to be said of it.
#[derive(Debug, Clone, Default)]
pub(super) struct Scope {
    pub known: Vec<(String, Type)>,
    pub absent: Vec<(&'static str, &'static RuleInfo, &'static str)>,
}

const BEFORE: &str = "it is not known yet when the call is made";
const INVARIANT: &str = "an invariant speaks of no call, only of `old` and `new`";
const FIELD: &str = "a promise of a field speaks of its value, `this`, and of nothing else";
const EFFECT: &str = "an effect is what makes `new`; it speaks of `old`";

impl Scope {
    /// Of the method, or of no method for an invariant. `model` is the type of `old` and `new`.
    pub fn of(moment: Moment, method: Option<&MethodDescriptor>, model: &Type) -> Scope {
        let mut scope = Scope::default();
        scope.add("old", model.clone());
        match moment {
            Moment::Before => scope.without(&["new"], BEFORE),
            Moment::Effect => scope.without(&["new"], EFFECT),
            Moment::Ensures | Moment::Stream | Moment::Invariant => scope.add("new", model.clone()),
        }
        let Some(method) = method else {
            scope.without(&["req", "sent", "resp", "got", "code", "now", "started_at"], INVARIANT);
            return scope;
        };
        let (request, reply) = (Type::of_message(&method.input()), Type::of_message(&method.output()));
        scope.add("sent", Type::list(request.clone()));
        match method.is_client_streaming() {
            false => scope.add("req", request),
            true => scope.absent.push(("req", &STREAM, "the client streams: `sent` holds the requests")),
        }
        if moment == Moment::Before {
            scope.without(&["resp", "got", "code", "now", "started_at"], BEFORE);
            return scope;
        }
        scope.add("got", Type::list(reply.clone()));
        match method.is_server_streaming() {
            false => scope.add("resp", reply),
            true => scope.absent.push(("resp", &STREAM, "the server streams: `got` holds the replies")),
        }
        scope.add("code", Type::String);
        scope.add("now", Type::Int);
        scope.add("started_at", Type::Int);
        scope
    }

    /// Of the promises of a field.
    pub fn of_field(field: &FieldDescriptor) -> Scope {
        let mut scope = Scope::default();
        scope.add("this", Type::of_field(field));
        scope.without(&["old", "new", "req", "sent", "resp", "got", "code", "now", "started_at"], FIELD);
        scope
    }

    fn add(&mut self, name: &str, of: Type) {
        self.known.push((name.to_owned(), of));
    }

    fn without(&mut self, names: &[&'static str], why: &'static str) {
        self.absent.extend(names.iter().map(|name| (*name, &NAME, why)));
    }
}
