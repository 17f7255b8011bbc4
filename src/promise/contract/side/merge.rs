//! The options of a schema with the side files on top.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use prost_reflect::{DescriptorPool, DynamicMessage, FieldDescriptor, ServiceDescriptor};

use super::super::lint::kinds::SIDE;
use super::super::options::option;
use super::super::place::Places;
use super::layer::Layer;
use super::{FIELD, METHOD, SECTIONS, SERVICE, SideFile};
use crate::diag::Diagnostic;
use crate::schema::{Schema, Source, load, nearest};

/// The contract options as they come with protogate: the schema may import none, or an older copy.
pub(super) static BUNDLED: LazyLock<DescriptorPool> = LazyLock::new(|| {
    let text = "syntax = \"proto3\"; import \"protogate/contract/v1/contract.proto\";";
    load(&Source::Text(vec![("side.proto".into(), text.into())])).schema.pool().clone()
});

/// What is promised of each service (`package.Service`), method (`package.Service/Method`) and field
/// (`package.Message.field`), where something is: its option with the side files on top, one after the other. Also what
/// is wrong with the side files. With the schema it is known where a rule stood first.
pub fn merged(
    services: impl IntoIterator<Item = ServiceDescriptor>,
    sides: &[SideFile],
    schema: Option<&Schema>,
) -> (BTreeMap<String, DynamicMessage>, Vec<Diagnostic>) {
    let mut contracts = BTreeMap::new();
    // Every name, with its table.
    let mut known: BTreeMap<String, usize> = BTreeMap::new();
    let services: Vec<ServiceDescriptor> = services.into_iter().collect();
    for service in &services {
        let name = service.full_name().to_owned();
        let of_methods =
            service.methods().map(|it| (1, format!("{name}/{}", it.name()), option(&it.options(), METHOD)));
        let of_service = (0, name.clone(), option(&service.options(), SERVICE));
        for (section, name, option) in std::iter::once(of_service).chain(of_methods) {
            known.insert(name.clone(), section);
            contracts.extend(option.map(|option| (name, newest(option, section))));
        }
    }
    if let Some(pool) = services.first().map(ServiceDescriptor::parent_pool) {
        let promised = pool.get_extension_by_name(FIELD).is_some();
        let named = sides.iter().any(|side| side.fields().next().is_some());
        for field in
            pool.all_messages().filter(|_| promised || named).flat_map(|it| it.fields().collect::<Vec<_>>())
        {
            let name = field_name(&field);
            let option = option(&field.options(), FIELD).filter(|_| promised);
            contracts.extend(option.map(|option| (name.clone(), newest(option, 2))));
            known.insert(name, 2);
        }
    }
    let mut said = Vec::new();
    for (at, side) in sides.iter().enumerate() {
        for (key, content) in side.content.as_object().into_iter().flatten() {
            let Some(section) = SECTIONS.iter().position(|(name, _)| name == key) else {
                let help = "a side file has `[method.\"package.Service/Method\"]` and `[service.\"package.Service\"]`";
                said.push(side.say(&SIDE, (key, ""), format!("there is no table `{key}`"), help));
                continue;
            };
            for (name, content) in content.as_object().into_iter().flatten() {
                let desc = BUNDLED.get_message_by_name(SECTIONS[section].1);
                match desc.filter(|_| known.get(name) == Some(&section)) {
                    Some(desc) => {
                        let base = contracts.entry(name.clone()).or_insert_with(|| DynamicMessage::new(desc));
                        let first = |id: &str| first_place(name, id, &sides[..at], schema);
                        Layer { side, name, said: &mut said, first: &first }.lay(base, content.clone());
                    }
                    None => {
                        let names = known.iter().filter(|(_, of)| **of == section).map(|(name, _)| &**name);
                        let help = match nearest(name, names) {
                            Some(near) => format!("did you mean `{near}`?"),
                            None => format!("write the full name of a {key} of the schema"),
                        };
                        said.push(side.say(
                            &SIDE,
                            (name, ""),
                            format!("the schema has no {key} `{name}`"),
                            help,
                        ));
                    }
                }
            }
        }
    }
    (contracts, said)
}

/// `package.Message.field`
pub(in super::super) fn field_name(field: &FieldDescriptor) -> String {
    format!("{}.{}", field.parent_message().full_name(), field.name())
}

/// The same in the message that comes with protogate, which an older copy does not have all of.
fn newest(option: DynamicMessage, section: usize) -> DynamicMessage {
    let desc = BUNDLED.get_message_by_name(SECTIONS[section].1);
    let read = desc.and_then(|desc| {
        let mut message = DynamicMessage::new(desc);
        message.transcode_from(&option).ok()?;
        Some(message)
    });
    read.unwrap_or(option)
}

/// Where the rule of this id stands before a side file: in one of those before it, or in the schema.
fn first_place(
    name: &str,
    id: &str,
    before: &[SideFile],
    schema: Option<&Schema>,
) -> Option<crate::diag::Place> {
    let holds = |side: &&SideFile| {
        side.ranges(name).into_iter().any(|range| side.text.get(range).is_some_and(|text| text.contains(id)))
    };
    if let Some(side) = before.iter().rev().find(holds) {
        return Some(side.place(name, id));
    }
    let schema = schema?;
    let places = match name.split_once('/') {
        Some((service, method)) => {
            let service = schema.pool().get_service_by_name(service)?;
            Places::of_method(schema, &service.methods().find(|it| it.name() == method)?)
        }
        None => match schema.pool().get_service_by_name(name) {
            Some(service) => Places::of_service(schema, &service),
            None => {
                let (message, field) = name.rsplit_once('.')?;
                Places::of_field(
                    schema,
                    &schema.pool().get_message_by_name(message)?.get_field_by_name(field)?,
                )
            }
        },
    };
    Some(places.text("", id))
}
