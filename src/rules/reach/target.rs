//! The element that a finding is about, as the end of a way.

use super::uses::{Flow, Uses};
use crate::diag::Affected;
use crate::schema::Schema;

/// What a symbol names.
pub(super) enum Target {
    /// Rpcs themselves, each with its path.
    Rpcs(Vec<String>),
    /// A message or enum, and what follows it in a way: `.zip`, or nothing.
    Type(String, String),
}

impl Target {
    /// The element that a schema has under this name: `user.v1.User.name`, `user.v1.UserService/GetUser`.
    pub fn of(schema: &Schema, symbol: &str) -> Option<Target> {
        let pool = schema.pool();
        let service = |name: &str| pool.get_service_by_name(name);
        if let Some((name, method)) = symbol.split_once('/') {
            let known = service(name)?.methods().any(|it| it.name() == method);
            return known.then(|| Target::Rpcs(vec![symbol.to_owned()]));
        }
        if let Some(service) = service(symbol) {
            let rpcs = service.methods().map(|it| format!("{symbol}/{}", it.name()));
            return Some(Target::Rpcs(rpcs.collect()));
        }
        if pool.get_message_by_name(symbol).is_some() || pool.get_enum_by_name(symbol).is_some() {
            return Some(Target::Type(symbol.to_owned(), String::new()));
        }
        if let Some(extension) = pool.get_extension_by_name(symbol) {
            let extended = extension.containing_message().full_name().to_owned();
            return Some(Target::Type(extended, format!(".[{symbol}]")));
        }
        let (parent, name) = symbol.rsplit_once('.')?;
        if let Some(message) = pool.get_message_by_name(parent) {
            let known = message.get_field_by_name(name).is_some()
                || message.oneofs().any(|oneof| oneof.name() == name);
            return known.then(|| Target::Type(parent.to_owned(), format!(".{name}")));
        }
        let r#enum = pool.get_enum_by_name(parent)?;
        let known = r#enum.values().any(|value| value.name() == name);
        known.then(|| Target::Type(parent.to_owned(), format!(" = {name}")))
    }

    /// The rpcs it is in, and how: the first `most`, and how many more there are.
    pub fn affected(&self, uses: &Uses, most: usize) -> (Vec<Affected>, usize) {
        match self {
            Target::Rpcs(rpcs) => {
                let shown = rpcs.iter().take(most);
                let shown = shown.map(|rpc| Affected { rpc: rpc.clone(), path: String::new() });
                (shown.collect(), rpcs.len().saturating_sub(most))
            }
            Target::Type(name, tail) => {
                let (ways, more) = uses.ways(name, most);
                let shown =
                    ways.into_iter().map(|it| Affected { rpc: it.rpc, path: it.steps.join(".") + tail });
                (shown.collect(), more)
            }
        }
    }

    /// Which way it travels.
    pub fn flow(&self, uses: &Uses, stored: Option<&[String]>) -> Flow {
        match self {
            Target::Rpcs(_) => Flow { to_server: true, to_client: true, ..Flow::default() },
            Target::Type(name, _) => uses.flow(name, stored),
        }
    }
}
