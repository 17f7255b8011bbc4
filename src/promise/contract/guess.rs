//! What a call that took effect was answered with, where nobody saw the answer.
//!
//! A guess that is held against a server must be the only one. It is, where no effect looks at the reply; where a text that
//! only the server chooses, such as an id, makes it a thing that no other call can name before it was seen; and where the
//! promises leave no other value to any field that the request does not set.

use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, ReflectMessage as _, Value};

use super::{Call, Change, Effect, Method, Model, Service, Variable, Verdict, code};

/// A reply that may have been it.
pub(super) struct Guess {
    pub reply: DynamicMessage,
    /// Nothing else can have been it, as far as any other call could tell.
    pub is_sure: bool,
}

/// How a text begins that stands for one which nobody has seen.
const UNSEEN: &str = "unseen-";

/// Whether the value stands for one that the server chose and nobody has seen.
pub(super) fn is_unseen(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.starts_with(UNSEEN))
}

impl Service {
    /// The entry of the model that the request names, or else a message with texts that nothing else has, in both cases
    /// with what the request says of it. `number` is another one for each call.
    pub(super) fn guess(&self, method: &Method, old: &Model, call: &Call<'_>, number: usize) -> Guess {
        let output = method.desc.output();
        let request = call.sent.first().filter(|_| !method.desc.is_client_streaming());
        let known = request.and_then(|request| self.named(old, request, output.full_name()));
        let is_new = known.is_none();
        let mut reply = known.unwrap_or_else(|| DynamicMessage::new(output.clone()));
        let mut said = Vec::new();
        for (field, value) in request.into_iter().flat_map(DynamicMessage::fields) {
            let same = output.get_field_by_name(field.name());
            if let Some(same) = same.filter(|it| value.is_valid_for_field(it)) {
                reply.set_field(&same, value.clone());
                said.push(same);
            }
        }
        let is_text = |field: &FieldDescriptor| {
            field.kind() == Kind::String && !field.is_list() && field.containing_oneof().is_none()
        };
        let mut is_unseen = false;
        for field in output.fields().filter(|field| is_new && is_text(field)) {
            if !reply.has_field(&field) {
                reply.set_field(&field, Value::String(format!("{UNSEEN}{number}")));
                is_unseen = true;
            }
        }
        let is_sure = !method.effects.iter().any(names_reply)
            || is_unseen
            || !is_new && self.is_only_one(old, call, &reply, &said);
        Guess { reply, is_sure }
    }

    /// The value of this type in a map of the model, of which the request has the key.
    fn named(&self, old: &Model, request: &DynamicMessage, of: &str) -> Option<DynamicMessage> {
        let keys: Vec<&Value> = request.fields().map(|(_, value)| value).collect();
        let maps = self.states.iter().filter_map(|state| match old.variable(&state.name) {
            Some(Variable::Map(entries)) => Some(entries),
            _ => None,
        });
        let mut named = maps.flatten().filter(|(key, _)| keys.contains(&key)).map(|(_, value)| value);
        named.find_map(|it| it.as_message().filter(|it| it.descriptor().full_name() == of)).cloned()
    }

    /// Whether the reply keeps the promises, and with another value in any field that the request does not set, does not.
    fn is_only_one(
        &self,
        old: &Model,
        call: &Call<'_>,
        reply: &DynamicMessage,
        said: &[FieldDescriptor],
    ) -> bool {
        let is_kept = |reply: DynamicMessage| {
            let got = [reply];
            let call = Call { got: &got, code: code::OK, ..call.clone() };
            let told = self.apply(old, &call).map(|new| self.judge(old, &new, &call));
            told.is_ok_and(|told| !told.iter().any(|it| matches!(it.verdict, Verdict::Broken(_))))
        };
        let other = |field: FieldDescriptor| {
            let value = another(&reply.get_field(&field))?;
            let mut reply = reply.clone();
            reply.set_field(&field, value);
            Some(reply)
        };
        let output = reply.descriptor();
        let mut unsaid = output.fields().filter(|field| !said.contains(field));
        is_kept(reply.clone()) && unsaid.all(|field| other(field).is_some_and(|other| !is_kept(other)))
    }
}

fn names_reply(effect: &Effect) -> bool {
    let names = match &effect.change {
        Change::Put(_, key, value) => vec![key, value],
        Change::Delete(_, it) | Change::Append(_, it) | Change::Remove(_, it) => vec![it],
        Change::Clear(_) | Change::Open(_) => Vec::new(),
    };
    effect.when.iter().chain(names).any(|expr| expr.names("resp") || expr.names("got"))
}

/// Another value of the type; nothing for what is not a single scalar.
fn another(value: &Value) -> Option<Value> {
    Some(match value {
        Value::Bool(it) => Value::Bool(!it),
        Value::I32(it) => Value::I32(it.wrapping_add(1)),
        Value::I64(it) => Value::I64(it.wrapping_add(1)),
        Value::U32(it) => Value::U32(it.wrapping_add(1)),
        Value::U64(it) => Value::U64(it.wrapping_add(1)),
        Value::F32(it) => Value::F32(it + 1.0),
        Value::F64(it) => Value::F64(it + 1.0),
        Value::EnumNumber(it) => Value::EnumNumber(it.wrapping_add(1)),
        Value::String(it) => Value::String(format!("{it}?")),
        Value::Bytes(it) => Value::Bytes([it, &b"?"[..]].concat().into()),
        Value::Message(_) | Value::List(_) | Value::Map(_) => return None,
    })
}
