//! What the probes of promises share: the promises of a method, fields at paths, replies as messages, and a count of what
//! was asked.

use std::time::{SystemTime, UNIX_EPOCH};

use prost_reflect::{DynamicMessage, Kind, MessageDescriptor, Value};

use super::Probing;
use crate::{
    client::{Code, Exchange, Step, Transport},
    contract::{
        plan::Method,
        sequences::step::{get, set},
    },
    diag::RuleRow,
    promise::contract::{self, Service},
    values,
};

impl<'a, T: Transport> Probing<'a, T> {
    /// What is promised of a method and of its service.
    pub(super) fn promised(&self, method: &Method) -> Option<(&'a Service, &'a contract::Method)> {
        let service = self.contract.services.get(method.desc.parent_service().full_name())?;
        Some((service, service.methods.get(method.desc.name())?))
    }

    /// The methods of the plan with what is promised of them.
    pub(super) fn with_promises(
        &self,
    ) -> impl Iterator<Item = (&'a Method, &'a Service, &'a contract::Method)> + '_ {
        self.methods.iter().filter_map(|method| {
            let (service, of) = self.promised(method)?;
            Some((*method, service, of))
        })
    }

    /// Counts that a promise was asked, and how it went; nothing where it could not be, for this reason.
    pub(super) fn tell(&self, method: &Method, id: &str, text: String, held: Result<bool, &str>) {
        let row = RuleRow {
            of: method.name.clone(),
            id: id.to_owned(),
            text,
            place: method.place.clone(),
            kept: u64::from(held == Ok(true)),
            broken: u64::from(held == Ok(false)),
            not_asked: held.err().map(str::to_owned),
            ..RuleRow::default()
        };
        let mut rows = self.rules.borrow_mut();
        match rows.iter_mut().find(|known| (&known.of, &known.id) == (&row.of, &row.id)) {
            Some(known) => known.add(&row),
            None => rows.push(row),
        }
    }
}

/// A salt that no run before has had: what is made under a name that is taken may be something of an earlier run, which is
/// gone since.
pub(super) fn fresh() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    (now.as_secs() << 30) | u64::from(now.subsec_nanos())
}

/// One message, then half-close.
pub(super) fn one(message: &DynamicMessage) -> Vec<Step> {
    vec![Step::Send(values::encode(message).into()), Step::HalfClose]
}

/// The replies of a call that ended with OK and can be read.
pub(super) fn replies(method: &Method, seen: &Exchange) -> Option<Vec<DynamicMessage>> {
    let decode =
        |(_, bytes): &(u8, bytes::Bytes)| DynamicMessage::decode(method.desc.output(), bytes.as_ref()).ok();
    (seen.status().code == Code::Ok).then(|| seen.messages.iter().map(decode).collect())?
}

/// Sets a whole number at a path; whether it fits there.
pub(super) fn set_number(message: &mut DynamicMessage, path: &str, number: u32) -> bool {
    let kind = kind_at(&prost_reflect::ReflectMessage::descriptor(message), path);
    let value = match kind {
        Some(Kind::Int32 | Kind::Sint32 | Kind::Sfixed32) => i32::try_from(number).ok().map(Value::I32),
        Some(Kind::Int64 | Kind::Sint64 | Kind::Sfixed64) => Some(Value::I64(number.into())),
        Some(Kind::Uint32 | Kind::Fixed32) => Some(Value::U32(number)),
        Some(Kind::Uint64 | Kind::Fixed64) => Some(Value::U64(number.into())),
        _ => None,
    };
    value.is_some_and(|value| put(message, path, value))
}

/// Sets what nobody else has at a path that holds a text or a number; whether it fits there.
pub(super) fn set_name(message: &mut DynamicMessage, path: &str, name: &str, number: u32) -> bool {
    put(message, path, Value::String(name.to_owned())) || set_number(message, path, number)
}

/// Sets a value at a path; messages on the way that are not set are made.
pub(super) fn put(message: &mut DynamicMessage, path: &str, value: Value) -> bool {
    if let Some((first, rest)) = path.split_once('.')
        && !message.has_field_by_name(first)
        && let Some(Kind::Message(desc)) = kind_at(&prost_reflect::ReflectMessage::descriptor(message), first)
    {
        let mut inner = DynamicMessage::new(desc);
        return put(&mut inner, rest, value)
            && message.try_set_field_by_name(first, Value::Message(inner)).is_ok();
    }
    set(message, path, value)
}

fn kind_at(desc: &MessageDescriptor, path: &str) -> Option<Kind> {
    match path.split_once('.') {
        None => desc.get_field_by_name(path).map(|field| field.kind()),
        Some((first, rest)) => match desc.get_field_by_name(first)?.kind() {
            Kind::Message(inner) => kind_at(&inner, rest),
            _ => None,
        },
    }
}

/// What is at a path as text that can be compared; the whole message where there is no path.
pub(super) fn key(message: &DynamicMessage, path: &str) -> String {
    match path {
        "" => format!("{:?}", values::encode(message)),
        path => get(message, path).map_or(String::new(), |value| value.to_string()),
    }
}
