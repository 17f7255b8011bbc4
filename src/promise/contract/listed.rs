//! All promises of a service, one after the other, for whoever counts them.

use super::{Rule, Service, code};

/// One promise.
#[derive(Debug, Clone)]
pub struct Listed<'a> {
    /// The simple name of the method that it is about; nothing for what is about each of them.
    pub method: Option<&'a str>,
    /// `package.Service/Method`, `package.Service`, or `package.Message.field`.
    pub of: String,
    /// Such as `ensures/echo`, as [`Told`](super::Told) has it.
    pub id: String,
    /// As it is written.
    pub text: String,
    /// The rule; nothing for `may_return`.
    pub rule: Option<&'a Rule>,
}

/// One that is a rule.
fn listed<'a>(method: Option<&'a str>, of: &str, rule: &'a Rule) -> Listed<'a> {
    let (id, text) = (rule.id.clone(), rule.expr.text().to_owned());
    Listed { method, of: of.to_owned(), id, text, rule: Some(rule) }
}

impl Service {
    /// Those of its methods, then what holds after every call, then those of the fields that it answers with.
    pub fn promises(&self) -> Vec<Listed<'_>> {
        let mut out = Vec::new();
        for (name, method) in &self.methods {
            let of = format!("{}/{name}", self.name);
            let with_codes = method.requires.iter().chain(&method.errors).map(|(rule, _)| rule);
            let rules = with_codes.chain(&method.ensures).chain(&method.each).chain(&method.finals);
            out.extend(rules.map(|rule| listed(Some(name), &of, rule)));
            if !method.may_return.is_empty() {
                let text = method.may_return.iter().map(|it| code::name(*it)).collect::<Vec<_>>().join(", ");
                out.push(Listed { method: Some(name), of, id: "may_return".to_owned(), text, rule: None });
            }
        }
        out.extend(self.invariants.iter().map(|rule| listed(None, &self.name, rule)));
        let carried =
            |name: &str| self.methods.values().any(|it| super::fields::carries(&it.desc.output(), name));
        for (name, field) in self.fields.iter().filter(|(name, _)| carried(name)) {
            out.extend(field.ensures.iter().map(|rule| listed(None, name, rule)));
        }
        out
    }

    /// The names of the statuses that the promises of a method speak of: all that it answers with where it lists them,
    /// or else OK and those of its errors. None where it speaks of none.
    pub fn statuses(&self, method: &str) -> Vec<String> {
        let Some(method) = self.methods.get(method) else { return Vec::new() };
        let errors = method.requires.iter().chain(&method.errors).map(|(_, code)| *code);
        let mut codes: Vec<i32> = match method.may_return.as_slice() {
            [] => errors.collect(),
            all => all.to_vec(),
        };
        if method.may_return.is_empty() && !codes.is_empty() {
            codes.push(code::OK);
        }
        codes.sort_unstable();
        codes.dedup();
        codes.into_iter().map(code::name).collect()
    }
}
