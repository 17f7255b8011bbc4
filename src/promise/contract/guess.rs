//! What a call that took effect was answered with, where nobody saw the answer.

use prost_reflect::{DynamicMessage, Kind, ReflectMessage as _, Value};

use super::{Call, Method, Model, Service, Variable};

impl Service {
    /// The entry of the model that the request names, or else a message with texts that nothing else has, in both cases
    /// with what the request says of it. `number` is another one for each call.
    pub(super) fn guess(
        &self,
        method: &Method,
        old: &Model,
        call: &Call<'_>,
        number: usize,
    ) -> DynamicMessage {
        let output = method.desc.output();
        let request = call.sent.first().filter(|_| !method.desc.is_client_streaming());
        let known = request.and_then(|request| self.named(old, request, output.full_name()));
        let is_new = known.is_none();
        let mut reply = known.unwrap_or_else(|| DynamicMessage::new(output.clone()));
        for (field, value) in request.into_iter().flat_map(DynamicMessage::fields) {
            let same = output.get_field_by_name(field.name());
            if let Some(same) = same.filter(|it| value.is_valid_for_field(it)) {
                reply.set_field(&same, value.clone());
            }
        }
        let is_text = |field: &prost_reflect::FieldDescriptor| {
            field.kind() == Kind::String && !field.is_list() && field.containing_oneof().is_none()
        };
        for field in output.fields().filter(|field| is_new && is_text(field)) {
            if !reply.has_field(&field) {
                reply.set_field(&field, Value::String(format!("unseen-{number}")));
            }
        }
        reply
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
}
