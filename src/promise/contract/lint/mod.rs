//! `contract lint`: whether a contract says something that can be asked.
//!
//! [`lint`] walks over the promises of every service of a schema, with the side files on top, types each expression as far
//! as the schema tells, and points at what can never hold, never be asked, or was meant otherwise.
//!
//! Absent on purpose: nothing is called, nothing is evaluated.

mod effects;
mod element;
mod extent;
mod field;
mod functions;
mod infer;
pub(super) mod kinds;
mod method;
mod operators;
mod paths;
mod scope;
mod service;
#[cfg(test)]
mod tests;
mod types;

use std::collections::{BTreeMap, BTreeSet};

use prost_reflect::{DynamicMessage, ServiceDescriptor};

pub use kinds::PROBLEMS;

use self::element::Element;
use self::kinds::{DISABLE, UNCHANGED};
use self::types::Type;
use super::options;
use super::place::Places;
use super::side::{METHOD, SERVICE, SideFile, merged};
use crate::diag::{Diagnostic, RuleInfo, Severity};
use crate::schema::{Origin, Schema};

/// A side file that cannot be read.
pub static UNREADABLE: &RuleInfo = &kinds::SIDE;

/// Everything that is wrong with the contracts of the own files of a schema, and with the side files.
pub fn lint(schema: &Schema, sides: &[SideFile]) -> Vec<Diagnostic> {
    let (contracts, mut said) = merged(schema.pool().services(), sides, Some(schema));
    for service in schema.pool().services() {
        let own = schema.file(service.parent_file().name()).is_some_and(|file| file.origin() == Origin::Own);
        let named = |name: &str| sides.iter().any(|side| side.names(name));
        let beside = named(service.full_name()) || service.methods().any(|it| named(&full_name(&it)));
        if own || beside {
            said.extend(of_service(schema, &service, &contracts, sides));
        }
    }
    said.extend(field::fields(schema, &contracts, sides));
    said
}

/// `package.Service/Method`, as side files and reports write it.
fn full_name(method: &prost_reflect::MethodDescriptor) -> String {
    format!("{}/{}", method.parent_service().full_name(), method.name())
}

fn of_service(
    schema: &Schema,
    service: &ServiceDescriptor,
    contracts: &BTreeMap<String, DynamicMessage>,
    sides: &[SideFile],
) -> Vec<Diagnostic> {
    let places = Places::of_service(schema, service).beside(sides, service.full_name());
    let mut element = Element::new(service.name(), &places);
    let contract = contracts.get(service.full_name());
    let model = contract.map(|it| service::model(&mut element, it, schema.pool())).unwrap_or_default();
    let record = Type::Record(model.clone().into());
    if let Some(contract) = contract {
        service::invariants(&mut element, contract, &record);
    }
    pointless_disable(&mut element, options::option(&service.options(), SERVICE));
    let mut changed = BTreeSet::new();
    let mut said = Vec::new();
    for method in service.methods() {
        let name = full_name(&method);
        let Some(contract) = contracts.get(&name) else { continue };
        let places = Places::of_method(schema, &method).beside(sides, &name);
        let mut element = Element::new(method.name(), &places);
        changed.extend(method::method(&mut element, contract, &method, &model));
        pointless_disable(&mut element, options::option(&method.options(), METHOD));
        said.append(&mut element.said);
    }
    for (name, _) in model.iter().filter(|(name, _)| !changed.contains(name)) {
        element.say(
            &UNCHANGED,
            ("", name),
            format!("no effect changes `{name}`"),
            "declare the effects of the methods that do",
        );
        element.said.last_mut().into_iter().for_each(|it| it.severity = Severity::Warning);
    }
    said.append(&mut element.said);
    said
}

/// In the schema itself nothing stands before an option that it could switch off.
fn pointless_disable(element: &mut Element<'_>, contract: Option<DynamicMessage>) {
    for id in contract.iter().flat_map(|contract| options::texts(contract, "disable")) {
        let message = format!("`disable` of `{id}` stands in the schema itself");
        element.say(&DISABLE, ("", &id), message, "remove the rule; side files are what disables");
    }
}
