//! The variables of an expression: made when it asks for them, once for all the expressions about one call.

use std::sync::OnceLock;

use cel::{
    Context,
    common::{
        types::{CelInt, CelString},
        value::CowVal,
    },
    context::VariableResolver,
};
use prost_reflect::DynamicMessage;

use super::{Call, Method, Model, code, expr, value};

/// What is known of a call: before it, of it, and after it.
pub(super) struct Scope<'a> {
    method: &'a Method,
    call: &'a Call<'a>,
    old: &'a Model,
    new: Option<&'a Model>,
    /// How many of the replies have come.
    replies: usize,
    /// The value of the field that is looked at.
    this: Option<value::Boxed>,
    sent: OnceLock<value::Boxed>,
    got: OnceLock<value::Boxed>,
    req: OnceLock<Option<value::Boxed>>,
    resp: OnceLock<Option<value::Boxed>>,
}

impl<'a> Scope<'a> {
    pub(super) fn new(
        method: &'a Method,
        call: &'a Call<'a>,
        old: &'a Model,
        new: Option<&'a Model>,
    ) -> Scope<'a> {
        Scope {
            method,
            call,
            old,
            new,
            replies: call.got.len(),
            this: None,
            sent: OnceLock::new(),
            got: OnceLock::new(),
            req: OnceLock::new(),
            resp: OnceLock::new(),
        }
    }

    /// The same when only so many replies had come.
    pub(super) fn after(&self, replies: usize) -> Scope<'a> {
        let mut scope = Scope::new(self.method, self.call, self.old, self.new);
        scope.replies = replies.min(self.call.got.len());
        scope
    }

    /// The same about one field of a reply.
    pub(super) fn of_field(&self, this: &prost_reflect::Value) -> Scope<'a> {
        let mut scope = Scope::new(self.method, self.call, self.old, self.new);
        scope.this = Some(value::of(this));
        scope
    }

    /// Seconds since the Unix epoch.
    pub(super) fn now(&self) -> i64 {
        self.call.clock.1
    }

    pub(super) fn context(&self) -> Context<'_, '_> {
        let mut context = expr::context();
        context.set_variable_resolver(self);
        context
    }

    /// The one request of a client that does not stream.
    fn req(&self) -> Option<&DynamicMessage> {
        self.call.sent.first().filter(|_| !self.method.desc.is_client_streaming())
    }

    /// The one reply of a call that was answered with OK, where the server does not stream.
    fn resp(&self) -> Option<&DynamicMessage> {
        let one = !self.method.desc.is_server_streaming() && self.call.code == code::OK;
        self.call.got.first().filter(|_| one)
    }
}

impl VariableResolver for Scope<'_> {
    fn resolve<'b>(&'b self, name: &str) -> Option<CowVal<'b, 'b>> {
        let list = |messages: &[DynamicMessage]| value::list(messages.iter().map(value::message));
        let one = |message: Option<&DynamicMessage>| message.map(value::message);
        match name {
            "req" => Some(CowVal::Borrowed(&**self.req.get_or_init(|| one(self.req())).as_ref()?)),
            "resp" => Some(CowVal::Borrowed(&**self.resp.get_or_init(|| one(self.resp())).as_ref()?)),
            "sent" => Some(CowVal::Borrowed(&**self.sent.get_or_init(|| list(self.call.sent)))),
            "got" => {
                let so_far = self.call.got.get(..self.replies).unwrap_or_default();
                Some(CowVal::Borrowed(&**self.got.get_or_init(|| list(so_far))))
            }
            "this" => Some(CowVal::Borrowed(&**self.this.as_ref()?)),
            "old" => Some(CowVal::Borrowed(self.old.seen())),
            "new" => Some(CowVal::Borrowed(self.new?.seen())),
            "code" => Some(CowVal::owned(CelString::from(code::name(self.call.code)))),
            "started_at" => Some(CowVal::owned(CelInt::from(self.call.clock.0))),
            "now" => Some(CowVal::owned(CelInt::from(self.call.clock.1))),
            _ => None,
        }
    }
}
