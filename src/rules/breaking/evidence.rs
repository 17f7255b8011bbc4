//! What shows that a finding of any rule is true, or why nothing can: the rules of buf compare declarations, and this
//! is what their changes come to.

use prost_reflect::Kind;

use super::proven;
use crate::diag::{Diagnostic, Evidence};
use crate::rules::witness::{Difference, Subject, World};
use crate::schema::Schema;

const CODE: &str = "only generated code changes: no value is written or read otherwise";
const NAME: &str = "a name goes, not a value: code, imports, type URLs and reflection notice, a reader of a message does not";
const PROMISE: &str =
    "what is promised changes, not how it is written: every value is read alike on both sides";
const PATH: &str = "a method is called by its path and its kind of stream, which are no part of any message";
const KEPT_FREE: &str = "nothing that is written today is read otherwise: what was kept free may be used for something else tomorrow";
const ALIKE: &str = "no value that was tried is read otherwise on the other side, in bytes or in JSON";
const NOWHERE: &str = "no message that both sides know holds it";

/// Where to look for the evidence of a rule.
enum Source {
    /// There can be none.
    None(&'static str),
    /// The element that the finding is about.
    Element,
    /// The request or the response of a method.
    Method { request: bool },
}

fn source(rule: &str) -> Source {
    match rule {
        "ENUM_NO_DELETE"
        | "MESSAGE_NO_DELETE"
        | "PACKAGE_ENUM_NO_DELETE"
        | "PACKAGE_MESSAGE_NO_DELETE"
        | "PACKAGE_NO_DELETE"
        | "FILE_NO_DELETE"
        | "FILE_SAME_PACKAGE" => Source::None(NAME),
        "RPC_SAME_REQUEST_TYPE" => Source::Method { request: true },
        "RPC_SAME_RESPONSE_TYPE" => Source::Method { request: false },
        "FIELD_SAME_JSTYPE"
        | "FIELD_SAME_CPP_STRING_TYPE"
        | "FIELD_SAME_JAVA_UTF8_VALIDATION"
        | "MESSAGE_NO_REMOVE_STANDARD_DESCRIPTOR_ACCESSOR"
        | "ENUM_SAME_JSON_FORMAT"
        | "MESSAGE_SAME_JSON_FORMAT" => Source::None(CODE),
        "RESERVED_ENUM_NO_DELETE" | "RESERVED_MESSAGE_NO_DELETE" | "EXTENSION_MESSAGE_NO_DELETE" => {
            Source::None(KEPT_FREE)
        }
        _ if rule.starts_with("RUST_") || rule.starts_with("IMPORT_") => Source::None(CODE),
        _ if rule.starts_with("CONTRACT_") => Source::None(PROMISE),
        "GRPC_ANY_TYPE_URL" => Source::None(NAME),
        _ if rule.starts_with("GRPC_") => Source::None(PATH),
        _ if rule.starts_with("RPC_") || rule.contains("SERVICE_NO_DELETE") => Source::None(PATH),
        _ if rule.starts_with("FILE_") => Source::None(CODE),
        _ => Source::Element,
    }
}

/// The evidence of a finding that has none yet.
pub(super) fn of(it: &Diagnostic, old: &Schema, new: &Schema, world: &World) -> Evidence {
    let none = |why: &str| Evidence { witness: Some(Err(why.to_owned())), ..Evidence::default() };
    let (source, symbol) = (source(it.rule.id), it.symbol.as_deref().unwrap_or_default());
    let found = match source {
        Source::None(why) => return none(why),
        Source::Method { request } => {
            let message = |schema: &Schema| {
                let (service, method) = symbol.split_once('/')?;
                let service = schema.pool().get_service_by_name(service)?;
                let method = service.methods().find(|it| it.name() == method)?;
                Some(if request { method.input() } else { method.output() })
            };
            match (message(old), message(new)) {
                (Some(old), Some(new)) => world.below(&old, &new),
                _ => Vec::new(),
            }
        }
        Source::Element => of_element(symbol, old, world),
    };
    let worst = |found: Vec<&Difference>| {
        // What only strict readers of JSON mind is shown where nothing else is.
        let weight = |it: &Difference| (it.worst_told(), it.worst());
        let breaks = found.into_iter().filter(|it| it.worst().is_break());
        breaks
            .fold(None, |worst: Option<&Difference>, it| match worst {
                Some(worst) if weight(worst) >= weight(it) => Some(worst),
                _ => Some(it),
            })
            .cloned()
    };
    let is_held = match source {
        Source::Element => {
            let outer = symbol.rsplit_once('.').map_or("", |it| it.0);
            old.pool().get_extension_by_name(symbol).is_some()
                || [symbol, outer].iter().any(|it| world.holds(it))
        }
        Source::None(_) | Source::Method { .. } => true,
    };
    match worst(found) {
        Some(shown) => proven::evidence(&shown),
        None => none(if is_held { ALIKE } else { NOWHERE }),
    }
}

/// The differences of what has this name in the old schema: a message, a field, a oneof, an enum, a value of one.
fn of_element<'a>(symbol: &str, old: &Schema, world: &'a World) -> Vec<&'a Difference> {
    let pool = old.pool();
    if let Some(message) = pool.get_message_by_name(symbol) {
        return world.of_message(message.full_name()).collect();
    }
    if let Some(it) = pool.get_enum_by_name(symbol) {
        return of_value(it.full_name(), None, world);
    }
    if let Some(extension) = pool.get_extension_by_name(symbol) {
        return of_field(extension.containing_message().full_name(), &|name| name == symbol, world);
    }
    let Some((outer, name)) = symbol.rsplit_once('.') else { return Vec::new() };
    if pool.get_enum_by_name(outer).is_some() {
        return of_value(outer, Some(name), world);
    }
    let oneof =
        pool.get_message_by_name(outer).and_then(|message| message.oneofs().find(|it| it.name() == name));
    match oneof {
        Some(oneof) => {
            let fields: Vec<String> = oneof.fields().map(|it| it.full_name().to_owned()).collect();
            of_field(outer, &|name| fields.iter().any(|it| it == name), world)
        }
        None => {
            let mut found = of_field(outer, &|name| name == symbol, world);
            // What happens to the values of its enum happens to the field, and so does what happens to its message, where
            // that has another name now.
            if let Some((old, new)) = world.field(outer, symbol) {
                match (old.held(), new.held()) {
                    (Kind::Enum(it), Kind::Enum(_)) => found.extend(of_value(it.full_name(), None, world)),
                    (Kind::Message(old), Kind::Message(new)) if old.full_name() != new.full_name() => {
                        found.extend(world.below(&old, &new));
                    }
                    _ => {}
                }
            }
            found
        }
    }
}

fn of_field<'a>(message: &str, is_meant: &dyn Fn(&str) -> bool, world: &'a World) -> Vec<&'a Difference> {
    let is_meant = |it: &&Difference| match &it.subject {
        Subject::Field { old, new } => {
            old.as_ref().or(new.as_ref()).is_some_and(|it| is_meant(it.full_name()))
        }
        Subject::Value { .. } | Subject::Message => false,
    };
    world.of_message(message).filter(is_meant).collect()
}

fn of_value<'a>(of: &str, value: Option<&str>, world: &'a World) -> Vec<&'a Difference> {
    let is_meant = |it: &&Difference| match &it.subject {
        Subject::Value { old, name, .. } => {
            old.full_name() == of && (value.is_none() || name.is_none() || name.as_deref() == value)
        }
        Subject::Field { .. } | Subject::Message => false,
    };
    world.values().iter().filter(is_meant).collect()
}
