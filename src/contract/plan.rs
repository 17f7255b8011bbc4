//! What will be called, and why the rest will not. Calls nothing.

use prost_reflect::{MethodDescriptor, ServiceDescriptor};
use prost_types::method_options::IdempotencyLevel;

use crate::diag::Place;

/// Services that belong to the framework; they are tested when a glob names them.
const INFRASTRUCTURE: [&str; 2] = ["grpc.reflection.", "grpc.health."];

/// The method option of protogate's own contract language.
const OPTION: &str = "protogate.contract.v1.method";

/// One method to call.
#[derive(Debug, Clone)]
pub struct Method {
    /// `package.Service/Method`.
    pub name: String,
    /// Its types and streams.
    pub desc: MethodDescriptor,
    /// Declared NO_SIDE_EFFECTS: the same request twice, with no write between, gives the same reply.
    pub reads: bool,
    /// Why it is not called, if it is not.
    pub skipped: Option<String>,
    /// Where it stands in the schema; filled in by whoever knows.
    pub place: Option<Place>,
}

impl Method {
    pub(super) fn new(desc: MethodDescriptor) -> Method {
        let name = format!("{}/{}", desc.parent_service().full_name(), desc.name());
        let level =
            desc.method_descriptor_proto().options.as_ref().map(|options| options.idempotency_level());
        Method {
            name,
            reads: level == Some(IdempotencyLevel::NoSideEffects),
            desc,
            skipped: None,
            place: None,
        }
    }

    /// `/package.Service/Method`, as HTTP/2 spells it.
    pub fn path(&self) -> String {
        format!("/{}", self.name)
    }
}

/// The methods of a run, called or not, in the order of the schema.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// All of them.
    pub methods: Vec<Method>,
}

impl Plan {
    /// Every method of the services. With globs, such as `user.UserService/*`, what matches none is skipped;
    /// without, what belongs to the framework is.
    pub fn new(services: impl IntoIterator<Item = ServiceDescriptor>, globs: &[String]) -> Plan {
        let methods = services.into_iter().flat_map(|service| {
            let all: Vec<_> = service.methods().map(Method::new).collect();
            all
        });
        let decide = |mut method: Method| {
            method.skipped = reason(&method, globs);
            method
        };
        Plan { methods: methods.map(decide).collect() }
    }

    /// Those that are called.
    pub fn called(&self) -> impl Iterator<Item = &Method> {
        self.methods.iter().filter(|method| method.skipped.is_none())
    }
}

fn reason(method: &Method, globs: &[String]) -> Option<String> {
    if !globs.is_empty() && !globs.iter().any(|glob| matches(glob, &method.name)) {
        return Some("no --method matches it".into());
    }
    if globs.is_empty() && INFRASTRUCTURE.iter().any(|prefix| method.name.starts_with(prefix)) {
        return Some("belongs to the gRPC framework; name it with --method to test it".into());
    }
    skip_option(&method.desc)
}

fn skip_option(desc: &MethodDescriptor) -> Option<String> {
    let extension = desc.parent_pool().get_extension_by_name(OPTION)?;
    let options = desc.options();
    let contract = options.get_extension(&extension).into_owned();
    let contract = contract.as_message()?;
    if !contract.get_field_by_name("skip")?.as_bool()? {
        return None;
    }
    let reason = contract.get_field_by_name("skip_reason").and_then(|text| text.as_str().map(str::to_owned));
    Some(reason.filter(|text| !text.is_empty()).unwrap_or_else(|| format!("({OPTION}).skip")))
}

/// `*` stands for any run of characters, `?` for one.
fn matches(glob: &str, name: &str) -> bool {
    match (glob.chars().next(), name.chars().next()) {
        (None, None) => true,
        (Some('*'), _) => {
            let rest = glob.trim_start_matches('*');
            (0..=name.len()).filter(|at| name.is_char_boundary(*at)).any(|at| matches(rest, &name[at..]))
        }
        (Some(g), Some(n)) if g == '?' || g == n => matches(&glob[g.len_utf8()..], &name[n.len_utf8()..]),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs() {
        for (glob, yes, no) in [
            ("user.UserService/*", "user.UserService/GetUser", "user.Other/GetUser"),
            ("*/Get*", "a.B/GetUser", "a.B/ListUsers"),
            ("a.B/C?", "a.B/CD", "a.B/C"),
        ] {
            assert!(matches(glob, yes) && !matches(glob, no), "{glob}");
        }
    }
}
