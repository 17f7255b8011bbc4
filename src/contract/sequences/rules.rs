//! Which check a promise belongs to, and what became of each promise in a run.

use std::collections::BTreeMap;

use crate::{
    contract::{
        Check, Method,
        checks::{CONTRACT_UNCLEAR, CONTRACTS, RULE_VACUOUS},
    },
    diag::{Diagnostic, Fate, RuleRow, Severity, StateRow},
    promise::contract::{Listed, Rule, Service, Told, Verdict},
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
        "field" => "contract_field",
        "invariant" | "invariants" => "contract_invariant",
        "may_return" => "contract_may_return",
        LINEARIZABILITY => "not_linearizable",
        _ => "contract_ensures",
    };
    CONTRACTS.iter().copied().find(|check| check.info.name == name).unwrap_or(CONTRACTS[0])
}

/// How often each promise was kept, broken, had nothing to say, or could not be evaluated.
#[derive(Debug, Default)]
pub(super) struct Counts {
    /// By method and rule.
    said: BTreeMap<(String, String), [u64; 4]>,
    /// Those that could not be evaluated: the first reason of each.
    unclear: BTreeMap<(String, String), (String, Option<Rule>)>,
    /// How much was in each variable, at most.
    reached: BTreeMap<String, usize>,
}

impl Counts {
    pub fn add(&mut self, told: &[(String, Told)]) {
        for (method, told) in told {
            let key = (method.clone(), told.rule.clone());
            let at = match &told.verdict {
                Verdict::Kept => 0,
                Verdict::Broken(_) => 1,
                Verdict::Vacuous => 2,
                Verdict::Unclear(_) => 3,
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

    /// How full a sequence has made the variables.
    pub fn add_reached(&mut self, reached: &BTreeMap<String, usize>) {
        for (name, size) in reached {
            let most = self.reached.entry(name.clone()).or_default();
            *most = (*most).max(*size);
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

    /// What became of each promise, whether or not its method was called.
    pub fn rows(&self, service: &Service, methods: &[&Method], closed: bool) -> Vec<RuleRow> {
        let of = |listed: Listed<'_>| {
            let [kept, broken, vacuous, unclear] = self.of(&listed);
            let is_called =
                |name: &str| methods.iter().any(|it| it.name == format!("{}/{name}", service.name));
            let not_asked = match (listed.method, listed.rule) {
                (Some(name), _) if !is_called(name) => Some("its method is not called"),
                (_, Some(rule)) if rule.closed && !closed => {
                    Some("the server may hold more than is known: give --reset-cmd")
                }
                _ => None,
            };
            let not_asked = not_asked.filter(|_| kept + broken + unclear == 0).map(str::to_owned);
            let place = listed.rule.and_then(|rule| rule.place.clone());
            let Listed { of, id, text, .. } = listed;
            RuleRow { of, id, text, place, kept, broken, vacuous, unclear, not_asked }
        };
        service.promises().into_iter().map(of).collect()
    }

    /// The variables of the model, in their order.
    pub fn states(&self, service: &Service) -> Vec<StateRow> {
        let of = |name: &str| {
            let most = self.reached.get(name).copied().unwrap_or_default();
            StateRow {
                service: service.name.clone(),
                name: name.to_owned(),
                most: u64::try_from(most).unwrap_or(u64::MAX),
            }
        };
        service.states.iter().map(|state| of(&state.name)).collect()
    }

    /// Of one method, or of all together.
    fn of(&self, listed: &Listed<'_>) -> [u64; 4] {
        let all = self.said.iter().filter(|((method, id), _)| {
            *id == listed.id && (listed.method.is_none() || *method == listed.of)
        });
        all.fold([0; 4], |sum, (_, said)| std::array::from_fn(|at| sum[at] + said[at]))
    }

    /// Each promise that never had anything to say.
    pub fn vacuous(rows: &[RuleRow]) -> Vec<Diagnostic> {
        let said = |row: &RuleRow| {
            let message = format!("{}: `{}` had nothing to say in any sequence", row.of, row.id);
            let (severity, help) = match (row.fate(), &row.not_asked) {
                (Fate::NotAsked, Some(why)) if why.contains("--reset-cmd") => {
                    (Severity::Note, "it needs a server that is empty before each sequence: give --reset-cmd")
                }
                (Fate::Vacuous, _) => (
                    Severity::Warning,
                    "its condition was never true, or the model never knew enough: is it what was meant?",
                ),
                _ => return None,
            };
            Some(Diagnostic::new(&RULE_VACUOUS, severity, message).at(row.place.clone()).help(help))
        };
        // What no status came from is said beside the statuses of its method.
        rows.iter().filter(|row| row.id != "may_return").filter_map(said).collect()
    }

    /// How many promises were asked for anything, of how many.
    pub fn asked(rows: &[RuleRow]) -> (usize, usize) {
        (rows.iter().filter(|row| row.kept + row.broken > 0).count(), rows.len())
    }
}
