//! The cases of each phase, in the order in which they are sent.

use super::{Case, Class, Config, Method, Phase, cover, input::Input, malformed, search::Search, streams};
use crate::client::Transport;

/// The cases of a phase: index of the method, and input.
pub(super) fn inputs<T: Transport>(
    phase: Phase,
    config: &Config,
    methods: &[&Method],
    search: &Search<'_, T>,
) -> Box<dyn Iterator<Item = (usize, Input)>> {
    let all: Vec<(usize, Method)> = methods.iter().map(|method| (*method).clone()).enumerate().collect();
    let (seed, cases) = (config.seed, config.cases);
    let every = |of: fn(u64, &Method) -> Vec<Input>| {
        let each = move |(at, method): (usize, Method)| of(seed, &method).into_iter().map(move |it| (at, it));
        Box::new(all.clone().into_iter().flat_map(each)) as Box<dyn Iterator<Item = (usize, Input)>>
    };
    let schedules = |deadlines: bool| {
        let fits = move |it: &(usize, Input)| (it.1.class == Class::Deadline) == deadlines;
        every(streams::inputs).filter(fits)
    };
    let listed: Box<dyn Iterator<Item = (usize, Input)>> = match phase {
        // They are few, and every machine may have others: no shard leaves one out.
        Phase::Saved => {
            let of = |case: &Case| {
                let at = methods.iter().position(|method| method.name == case.method)?;
                Some((at, case.input(methods[at])?))
            };
            return Box::new(config.saved.iter().filter_map(of).collect::<Vec<_>>().into_iter());
        }
        Phase::Coverage => {
            let examples = |_: u64, method: &Method| -> Vec<Input> {
                let all = method.examples.iter().cloned();
                all.map(|messages| Input::valid(method, "an example of the contract", messages)).collect()
            };
            Box::new(every(examples).chain(every(cover::coverage)))
        }
        Phase::Follow | Phase::Remove => {
            let mut all = all;
            all.retain(|(_, method)| removes(method) == (phase == Phase::Remove));
            all.sort_by_key(|(_, method)| !method.reads);
            let follow = |(at, method): (usize, Method)| {
                cover::follow(seed, cases, &method, &search.pool).into_iter().map(move |input| (at, input))
            };
            Box::new(all.into_iter().flat_map(follow).collect::<Vec<_>>().into_iter())
        }
        Phase::Random => Box::new(all.into_iter().flat_map(move |(at, method)| {
            (0..cases).filter_map(move |index| Some((at, cover::random(seed, &method, index)?)))
        })),
        Phase::Malformed => every(malformed::inputs),
        Phase::Deadlines => Box::new(schedules(true)),
        Phase::Schedules => Box::new(schedules(false)),
        Phase::Preflight | Phase::Sequences | Phase::Races | Phase::Acquaint | Phase::Probes => {
            Box::new(std::iter::empty())
        }
    };
    let (part, parts) = config.shard;
    Box::new((0u64..).zip(listed).filter(move |(index, _)| index % parts.max(1) == part).map(|(_, it)| it))
}

/// Followed last, because others need what it takes away.
pub(super) fn removes(method: &Method) -> bool {
    ["Delete", "Remove", "Destroy", "Purge"].iter().any(|verb| method.desc.name().starts_with(verb))
}
