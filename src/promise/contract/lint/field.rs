//! What is promised of fields.

use std::collections::BTreeMap;

use prost_reflect::DynamicMessage;

use super::super::{
    options::{list, option, text},
    place::Places,
    side::{FIELD, SideFile, field_name},
};
use super::element::{Asked, Element, Want};
use super::scope::Scope;
use crate::diag::Diagnostic;
use crate::schema::{Origin, Schema};

/// What is wrong with the promises of the fields of own files, and of those that a side file names.
pub(super) fn fields(
    schema: &Schema,
    contracts: &BTreeMap<String, DynamicMessage>,
    sides: &[SideFile],
) -> Vec<Diagnostic> {
    let mut said = Vec::new();
    for message in schema.pool().all_messages() {
        let own = schema.file(message.parent_file().name()).is_some_and(|file| file.origin() == Origin::Own);
        for field in message.fields() {
            let name = field_name(&field);
            let Some(contract) = contracts.get(&name) else { continue };
            if !own && !sides.iter().any(|side| side.names(&name)) {
                continue;
            }
            let places = Places::of_field(schema, &field).beside(sides, &name);
            let of = format!("{}.{}", message.name(), field.name());
            let mut element = Element::new(&of, &places);
            let scope = Scope::of_field(&field);
            for (position, rule) in list(contract, "ensures").iter().enumerate() {
                let expr = text(rule, "expr");
                let (id, label) = element.id("ensures", position, rule, &expr);
                element.expression(&Asked { label: &label, id: &id, text: &expr }, &scope, &Want::Bool);
            }
            super::pointless_disable(&mut element, option(&field.options(), FIELD));
            said.append(&mut element.said);
        }
    }
    said
}
