//! One side file laid over what was promised before it.

use std::collections::BTreeMap;

use prost_reflect::{
    DeserializeOptions, DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, ReflectMessage as _, Value,
};
use serde_json::Value as Json;

use super::super::lint::kinds::{DISABLE, SIDE};
use super::SideFile;
use crate::diag::{Diagnostic, Place, Related, RuleInfo};
use crate::schema::nearest;

/// The ids of rules, each with whether it comes from the file that is being read.
type Known = BTreeMap<String, bool>;

/// What one side file says of one service, method or field.
pub(super) struct Layer<'a> {
    pub side: &'a SideFile,
    pub name: &'a str,
    pub said: &'a mut Vec<Diagnostic>,
    /// Where the rule of an id stands before it.
    pub first: &'a dyn Fn(&str) -> Option<Place>,
}

impl Layer<'_> {
    pub fn lay(&mut self, base: &mut DynamicMessage, mut content: Json) {
        self.known(&mut content, &base.descriptor());
        let read =
            DynamicMessage::deserialize_with_options(base.descriptor(), content, &DeserializeOptions::new());
        let mut more = match read {
            Ok(more) => more,
            Err(error) => {
                return self.say(
                    &SIDE,
                    "",
                    format!("is no contract: {error}"),
                    "see `protogate/contract/v1/contract.proto`",
                );
            }
        };
        let disabled =
            more.get_field_by_name("disable").and_then(|it| Some(it.as_list()?.to_vec())).unwrap_or_default();
        more.clear_field_by_name("disable");
        for id in disabled.iter().filter_map(Value::as_str) {
            let known = ids(base);
            if without(base, id) == 0 {
                let help = match nearest(id, known.iter().map(String::as_str)) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => "remove it: there is no such rule before this file".to_owned(),
                };
                self.say(&DISABLE, id, format!("disables `{id}`, which is no rule here"), help);
            }
        }
        let mut known = ids(base).into_iter().map(|id| (id, false)).collect();
        self.merge(base, &more, &mut known);
    }

    /// Names that are no fields are said and left out.
    fn known(&mut self, content: &mut Json, desc: &MessageDescriptor) {
        match content {
            Json::Array(items) => items.iter_mut().for_each(|item| self.known(item, desc)),
            Json::Object(fields) => {
                let names: Vec<String> = fields.keys().cloned().collect();
                for name in names {
                    let field = desc.get_field_by_name(&name).or_else(|| desc.get_field_by_json_name(&name));
                    match field.map(|field| field.kind()) {
                        Some(Kind::Message(inner)) => {
                            fields.get_mut(&name).into_iter().for_each(|it| self.known(it, &inner))
                        }
                        Some(_) => {}
                        None => {
                            fields.remove(&name);
                            let all: Vec<String> =
                                desc.fields().map(|field| field.name().to_owned()).collect();
                            let help = match nearest(&name, all.iter().map(String::as_str)) {
                                Some(near) => format!("did you mean `{near}`?"),
                                None => format!("it has {}", all.join(", ")),
                            };
                            self.say(&SIDE, &name, format!("{} has no field `{name}`", desc.name()), help);
                        }
                    }
                }
            }
            _ => {}
        }
    }

    fn merge(&mut self, base: &mut DynamicMessage, more: &DynamicMessage, known: &mut Known) {
        let fields: Vec<(FieldDescriptor, Value)> =
            more.fields().map(|(field, value)| (field, value.clone())).collect();
        for (field, value) in fields {
            match value {
                Value::List(items) => {
                    for item in items {
                        self.append(base, &field, item, known);
                    }
                }
                Value::Message(inner) => {
                    let mut of = base
                        .get_field(&field)
                        .as_message()
                        .cloned()
                        .unwrap_or_else(|| DynamicMessage::new(inner.descriptor()));
                    self.merge(&mut of, &inner, known);
                    base.set_field(&field, Value::Message(of));
                }
                value => base.set_field(&field, value),
            }
        }
    }

    fn append(&mut self, base: &mut DynamicMessage, field: &FieldDescriptor, item: Value, known: &mut Known) {
        let id = item.as_message().and_then(id_of);
        if let Some(id) = id {
            if let Some(here) = known.get(&id).copied() {
                return self.second(&id, here);
            }
            known.insert(id, true);
        }
        if let Value::List(items) = base.get_field_mut(field) {
            items.push(item);
        }
    }

    /// `here`: the first one stands in this file as well.
    fn second(&mut self, id: &str, here: bool) {
        let help = match here {
            true => "give each rule an id of its own".to_owned(),
            false => format!("disable it first: `disable = [\"{id}\"]`"),
        };
        self.say(&SIDE, id, format!("adds a second rule `{id}`"), help);
        let Some(said) = self.said.last_mut() else { return };
        if here {
            said.place = Some(self.side.last(self.name, id));
        }
        let first = if here { Some(self.side.place(self.name, id)) } else { (self.first)(id) };
        said.related
            .extend(first.map(|place| Related { place, message: "the first one is here".to_owned() }));
    }

    fn say(&mut self, kind: &'static RuleInfo, word: &str, message: String, help: impl Into<String>) {
        let message = format!("{}: {message}", self.name);
        self.said.push(self.side.say(kind, (self.name, word), message, help));
    }
}

/// The id of a rule; nothing of what has none.
fn id_of(message: &DynamicMessage) -> Option<String> {
    let id = message.get_field_by_name("id")?.as_str()?.to_owned();
    (!id.is_empty()).then_some(id)
}

/// The ids of all rules in a contract.
fn ids(contract: &DynamicMessage) -> Vec<String> {
    let of = |value: &Value| match value {
        Value::List(items) => items.iter().filter_map(|it| id_of(it.as_message()?)).collect(),
        Value::Message(inner) => ids(inner),
        _ => Vec::new(),
    };
    contract.fields().flat_map(|(_, value)| of(value)).collect()
}

/// Takes away the rules of this id, which may be written with its kind (`ensures/echo`), and says how many.
fn without(contract: &mut DynamicMessage, id: &str) -> usize {
    let mut gone = 0;
    for (field, value) in contract.fields_mut() {
        match value {
            Value::List(items) => {
                let before = items.len();
                let whole = |own: &str| format!("{}/{own}", field.name());
                items.retain(|it| {
                    let own = it.as_message().and_then(id_of);
                    own.is_none_or(|own| own != id && whole(&own) != id)
                });
                gone += before - items.len();
            }
            Value::Message(inner) => gone += without(inner, id),
            _ => {}
        }
    }
    gone
}
