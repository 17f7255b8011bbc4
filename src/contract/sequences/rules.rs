//! Which check a promise belongs to, and what became of each promise in a run.

use std::collections::BTreeMap;

use crate::{
    contract::{
        Check, Method,
        checks::{CONTRACT_UNCLEAR, CONTRACTS, RULE_VACUOUS},
    },
    diag::{Diagnostic, Severity},
    promise::contract::{Rule, Service, Told, Verdict},
};

/// What calls break together that are made beside one another.
pub(super) const LINEARIZABILITY: &str = "linearizability";

/// The check of a promise, by the kind in its id.
pub(super) fn check_of(rule: &str) -> &'static Check {
    let kind = rule.split('/').next().unwrap_or_default();
    let name = match kind {
        "requires" => "contract_requires",
        "errors" => "contract_errors",
        "each" | "final" | "finals" | "stream" => "contract_stream",
        "invariant" | "invariants" => "contract_invariant",
        "may_return" => "contract_may_return",
        LINEARIZABILITY => "not_linearizable",
        _ => "contract_ensures",
    };
    CONTRACTS.iter().copied().find(|check| check.info.name == name).unwrap_or(CONTRACTS[0])
}

/// How often each promise was kept, broken, or had nothing to say.
#[derive(Debug, Default)]
pub(super) struct Counts {
    /// By method and rule.
    said: BTreeMap<(String, String), [u64; 3]>,
    /// Those that could not be evaluated: the first reason of each.
    unclear: BTreeMap<(String, String), (String, Option<Rule>)>,
}

impl Counts {
    pub fn add(&mut self, told: &[(String, Told)]) {
        for (method, told) in told {
            let key = (method.clone(), told.rule.clone());
            let at = match &told.verdict {
                Verdict::Kept => 0,
                Verdict::Broken(_) => 1,
                Verdict::Vacuous => 2,
                Verdict::Unclear(_) => continue,
            };
            self.said.entry(key).or_default()[at] += 1;
        }
    }

    pub fn add_unclear(&mut self, method: &str, told: &[Told]) {
        for told in told {
            if let Verdict::Unclear(why) = &told.verdict {
                let key = (method.to_owned(), told.rule.clone());
                self.unclear.entry(key).or_insert_with(|| (why.clone(), told.of.clone()));
            }
        }
    }

    /// A failure for each promise that could not be evaluated.
    pub fn unclear(&self) -> Vec<Diagnostic> {
        let of = |((method, rule), (why, of)): (&(String, String), &(String, Option<Rule>))| {
            let message = format!("{method}: `{rule}` cannot be evaluated: {why}");
            Diagnostic::failure(&CONTRACT_UNCLEAR, message)
                .at(of.as_ref().and_then(|rule| rule.place.clone()))
                .help("mend the expression, or declare the state that it needs")
        };
        self.unclear.iter().map(of).collect()
    }

    /// Each promise that never had anything to say.
    pub fn vacuous(&self, service: &Service, methods: &[&Method], closed: bool) -> Vec<Diagnostic> {
        let mut out = Vec::new();
        for (method, rules) in methods.iter().filter_map(|it| Some((it, rules(service, it)?))) {
            for rule in rules {
                let key = (method.name.clone(), rule.id.clone());
                let said = self.said.get(&key).copied().unwrap_or_default();
                if said[0] + said[1] > 0 || self.unclear.contains_key(&key) {
                    continue;
                }
                let message = format!("{}: `{}` had nothing to say in any sequence", method.name, rule.id);
                let is_of_closed = rule.closed && !closed;
                let severity = if is_of_closed { Severity::Note } else { Severity::Warning };
                let help = match is_of_closed {
                    true => "it needs a server that is empty before each sequence: give --reset-cmd",
                    false => {
                        "its condition was never true, or the model never knew enough: is it what was meant?"
                    }
                };
                out.push(Diagnostic::new(&RULE_VACUOUS, severity, message).at(rule.place.clone()).help(help));
            }
        }
        out
    }

    /// How many promises were asked for anything, of how many.
    pub fn asked(&self, service: &Service, methods: &[&Method]) -> (usize, usize) {
        let all: Vec<(String, String)> = methods
            .iter()
            .filter_map(|it| Some((it, rules(service, it)?)))
            .flat_map(|(method, rules)| rules.into_iter().map(|rule| (method.name.clone(), rule.id.clone())))
            .collect();
        let is_asked =
            |key: &&(String, String)| self.said.get(*key).is_some_and(|said| said[0] + said[1] > 0);
        (all.iter().filter(is_asked).count(), all.len())
    }
}

/// The promises about one method of the service.
fn rules<'a>(service: &'a Service, method: &Method) -> Option<Vec<&'a Rule>> {
    let is_its = method.desc.parent_service().full_name() == service.name;
    let of = service.methods.get(method.desc.name()).filter(|_| is_its)?;
    let with_codes = of.requires.iter().chain(&of.errors).map(|(rule, _)| rule);
    Some(with_codes.chain(&of.ensures).chain(&of.each).chain(&of.finals).collect())
}
