//! A message as part of a whole request or answer.

use prost_reflect::{DynamicMessage, Kind, MapKey, MessageDescriptor, ReflectMessage as _, Value};

use crate::promise::Rules;
use crate::rules::reach::{Side, Uses};
use crate::schema::Schema;

/// The message of the rpc that is nearest to this one, with it inside and everything else as the rules of that type
/// need it; and the name of the rpc. Nothing where no rpc of the schema carries it on this side.
pub(super) fn wrapped(
    inner: &DynamicMessage,
    side: Side,
    schema: &Schema,
    uses: &Uses,
) -> Option<(String, DynamicMessage)> {
    let way = uses.nearest(inner.descriptor().full_name(), side)?;
    let (service, name) = way.rpc.split_once('/')?;
    let service = schema.pool().get_service_by_name(service)?;
    let method = service.methods().find(|it| it.name() == name)?;
    let root = match side {
        Side::Request => method.input(),
        Side::Response => method.output(),
    };
    let whole = put(&root, way.steps.get(1..)?, inner)?;
    Some((way.rpc, Rules::of(&root).mend(&whole, 0)))
}

/// A message of this type with the inner one at the end of these fields.
fn put(desc: &MessageDescriptor, steps: &[String], inner: &DynamicMessage) -> Option<DynamicMessage> {
    let Some((step, rest)) = steps.split_first() else {
        return (inner.descriptor() == *desc).then(|| inner.clone());
    };
    let field = desc.get_field_by_name(step)?;
    let Kind::Message(of_field) = field.kind() else { return None };
    let value = if field.is_map() {
        let Kind::Message(of_value) = of_field.map_entry_value_field().kind() else { return None };
        let key: MapKey = Value::default_value(&of_field.map_entry_key_field().kind()).into_map_key()?;
        Value::Map([(key, Value::Message(put(&of_value, rest, inner)?))].into())
    } else if field.is_list() {
        Value::List(vec![Value::Message(put(&of_field, rest, inner)?)])
    } else {
        Value::Message(put(&of_field, rest, inner)?)
    };
    let mut message = DynamicMessage::new(desc.clone());
    message.set_field(&field, value);
    Some(message)
}
