//! The shards of a contract run as one run.

use std::collections::BTreeMap;

use super::{CaseRow, Coverage, Covered, MethodRow, Part, RuleRow, Run, StateRow};

impl Run {
    /// What the runs come to together: counts are added up, the time is the longest, and a failure that several of
    /// them found is one, in the smallest form. Nothing of no run.
    ///
    /// Whether they belong together is for the caller to know.
    pub fn join(runs: Vec<Run>) -> Option<Run> {
        let mut targets: Vec<&str> = Vec::new();
        for run in &runs {
            if !targets.contains(&&*run.target) {
                targets.push(&run.target);
            }
        }
        let joined = Run {
            seed: runs.first()?.seed,
            shard: None,
            again: runs.first().map(again)?,
            target: targets.join(", "),
            cases: runs.iter().map(|run| run.cases).fold(0, u64::saturating_add),
            calls: runs.iter().map(|run| run.calls).fold(0, u64::saturating_add),
            elapsed_ms: runs.iter().map(|run| run.elapsed_ms).max().unwrap_or_default(),
            methods: methods(&runs),
            failures: Vec::new(),
            rules: rules(&runs),
            states: states(&runs),
        };
        Some(Run { failures: failures(runs), ..joined })
    }
}

/// In the order in which they are named first.
fn methods(runs: &[Run]) -> Vec<MethodRow> {
    let mut joined: Vec<MethodRow> = Vec::new();
    for row in runs.iter().flat_map(|run| &run.methods) {
        match joined.iter_mut().find(|known| known.name == row.name) {
            None => joined.push(row.clone()),
            Some(known) => {
                known.calls = known.calls.saturating_add(row.calls);
                known.statuses = added(&known.statuses, &row.statuses);
                known.malformed = added(&known.malformed, &row.malformed);
                known.coverage = covered(known.coverage.take(), row.coverage.as_ref());
                known.expected.extend(
                    row.expected
                        .iter()
                        .filter(|it| !known.expected.contains(it))
                        .cloned()
                        .collect::<Vec<_>>(),
                );
                // Called by one of them is called.
                known.skipped = known.skipped.take().filter(|_| row.skipped.is_some());
            }
        }
    }
    joined
}

/// In the order in which they are named first.
fn rules(runs: &[Run]) -> Vec<RuleRow> {
    let mut joined: Vec<RuleRow> = Vec::new();
    for row in runs.iter().flat_map(|run| &run.rules) {
        match joined.iter_mut().find(|known| (&known.of, &known.id) == (&row.of, &row.id)) {
            None => joined.push(row.clone()),
            Some(known) => known.add(row),
        }
    }
    joined
}

fn states(runs: &[Run]) -> Vec<StateRow> {
    let mut joined: Vec<StateRow> = Vec::new();
    for row in runs.iter().flat_map(|run| &run.states) {
        match joined.iter_mut().find(|known| (&known.service, &known.name) == (&row.service, &row.name)) {
            None => joined.push(row.clone()),
            Some(known) => known.most = known.most.max(row.most),
        }
    }
    joined
}

/// The command line without what makes it that of one part.
fn again(run: &Run) -> String {
    let part = run.shard.map(|(part, of)| format!(" --shard {part}/{of}"));
    part.map_or_else(|| run.again.clone(), |part| run.again.replace(&part, ""))
}

/// Missed by all of them is missed.
fn covered(one: Option<Coverage>, other: Option<&Coverage>) -> Option<Coverage> {
    let (Some(one), Some(other)) = (&one, other) else { return one.or_else(|| other.cloned()) };
    let part = |one: &Part, other: &Part| Part {
        total: one.total.max(other.total),
        missed: one.missed.iter().filter(|name| other.missed.contains(name)).cloned().collect(),
    };
    let side = |one: &Covered, other: &Covered| Covered {
        fields: part(&one.fields, &other.fields),
        values: part(&one.values, &other.values),
        arms: part(&one.arms, &other.arms),
        cut: one.cut || other.cut,
    };
    Some(Coverage {
        request: side(&one.request, &other.request),
        response: side(&one.response, &other.response),
    })
}

fn added(one: &[(String, u64)], other: &[(String, u64)]) -> Vec<(String, u64)> {
    let mut sum: BTreeMap<&str, u64> = BTreeMap::new();
    for (answer, count) in one.iter().chain(other) {
        let so_far = sum.entry(answer).or_default();
        *so_far = so_far.saturating_add(*count);
    }
    sum.into_iter().map(|(answer, count)| (answer.to_owned(), count)).collect()
}

fn failures(runs: Vec<Run>) -> Vec<CaseRow> {
    let mut joined: Vec<(Option<(u64, u64)>, CaseRow)> = Vec::new();
    for run in runs {
        for row in run.failures {
            match joined.iter_mut().find(|(_, known)| is_same(known, &row)) {
                None => joined.push((run.shard, row)),
                Some((shard, known)) => {
                    let (mut other, mut of_other) = (row, run.shard);
                    if size(&other) < size(known) {
                        std::mem::swap(known, &mut other);
                        std::mem::swap(shard, &mut of_other);
                        // What was said of others belongs to the failure, whichever form it has.
                        let also = other.details.extract_if(.., |(name, _)| name == ALSO);
                        known.details.extend(also.collect::<Vec<_>>());
                    }
                    let whose = of_other.map_or(String::new(), |(part, of)| format!(" (shard {part}/{of})"));
                    known.details.push((ALSO.to_owned(), format!("{}{whose}", other.replay)));
                }
            }
        }
    }
    joined.into_iter().map(|(_, row)| row).collect()
}

/// The detail that names the same thing seen elsewhere.
const ALSO: &str = "also";

fn is_same(one: &CaseRow, other: &CaseRow) -> bool {
    let cause = |row: &CaseRow| if row.cause.is_empty() { row.id.clone() } else { row.cause.clone() };
    (one.check.id, &one.method, cause(one)) == (other.check.id, &other.method, cause(other))
}

fn size(row: &CaseRow) -> usize {
    row.request_hex.iter().map(String::len).sum()
}
