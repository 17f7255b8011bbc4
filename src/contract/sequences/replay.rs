//! A saved sequence once more.

use std::time::Duration;

use prost_reflect::DescriptorPool;

use super::{
    Reset,
    execute::{Ends, Ran, Stage},
    rules::{LINEARIZABILITY, check_of},
    shrink::{Shrunk, key},
    step::{Step, is_race},
    tell::found,
};
use crate::{
    client::{CallError, Transport},
    contract::{Case, Config, Method, judge::Judge},
    diag::CaseRow,
    promise::contract::{Contract, Rule},
};

/// A race is run so many times before it counts as mended.
const RACES: usize = 10;

/// What came of it: the failure, if it is still there, and whether the promise can be asked of a server that may hold
/// anything.
pub(in crate::contract) struct Again {
    pub failure: Option<CaseRow>,
    pub needs_reset: bool,
}

/// Runs the sequence of a case; nothing where the schema does not have it any more.
///
/// # Errors
/// The server could not be called.
pub(in crate::contract) async fn replay<T: Transport>(
    case: &Case,
    judge: &Judge<'_, T>,
    (pool, contract): (&DescriptorPool, &Contract),
    (reset, salt): (Option<&Reset>, u64),
) -> Option<Result<Again, CallError>> {
    let steps: Vec<Step> =
        case.sequence.as_ref()?.iter().map(|call| call.to_step(pool)).collect::<Option<_>>()?;
    let (service, name) = case.method.rsplit_once('/')?;
    let desc = pool.get_service_by_name(service)?;
    let promises = contract.services.get(service)?;
    let methods: Vec<Method> = desc.methods().map(Method::new).collect();
    let methods: Vec<&Method> = methods.iter().collect();
    let method = methods.iter().find(|method| method.desc.name() == name)?;
    let of = promises.methods.get(name)?;
    let with_codes = of.requires.iter().chain(&of.errors).map(|(rule, _)| rule);
    let mut rules =
        with_codes.chain(&of.ensures).chain(&of.each).chain(&of.finals).chain(&promises.invariants);
    let is_closed = |rule: &Rule| rule.id == case.cause && rule.closed;
    let needs_reset = reset.is_none() && rules.any(is_closed);
    let stage = Stage::new(judge, &methods, promises, (reset, salt));
    stage.ends.replace(Ends::at(&steps, Some((case.cause.clone(), case.method.clone()))));
    let is_it = |ran: &Ran| {
        let is_lost = |rule: &str| rule == LINEARIZABILITY;
        key(&steps, ran)
            .is_some_and(|(rule, method)| rule == case.cause && (method == case.method || is_lost(&rule)))
    };
    let (mut ran, mut tries) = (Ran::default(), 0);
    while tries < if is_race(&steps) { RACES } else { 1 } && !is_it(&ran) {
        tries += 1;
        ran = match stage.execute(&steps).await {
            Ok(ran) => ran,
            Err(error) => return Some(Err(error)),
        };
    }
    let same = is_it(&ran);
    let config = Config {
        seed: case.seed,
        target: case.target.clone(),
        deadline: Duration::from_millis(case.deadline_ms),
        sides: case.sides.clone(),
        ..Config::default()
    };
    let mut shrunk = Shrunk::new(steps.clone(), ran);
    shrunk.confirmed = Some(super::shrink::CONFIRM);
    let row = |mut row: CaseRow| {
        if is_race(&steps) {
            row.details.push(("tries".to_owned(), format!("seen at run {tries} of at most {RACES}")));
        }
        CaseRow { id: case.id.clone(), replay: format!("protogate replay {}", case.id), ..row }
    };
    let found = found(&stage, &config, (check_of(&case.cause), method), &shrunk).filter(|_| same);
    Some(Ok(Again { failure: found.map(|it| row(it.row)), needs_reset }))
}
