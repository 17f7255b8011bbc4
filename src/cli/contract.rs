//! `contract` and `replay`: a server, a schema, and what came of putting them together.

use std::fs::File;
use std::path::PathBuf;
use std::time::Instant;

use indicatif::{ProgressBar, ProgressStyle};
use prost_reflect::DescriptorPool;
use tokio::runtime::Runtime;

use super::args::{Contract, Replay};
use super::config::CONFIG;
use super::interrupt::{self, Stop};
use super::known::Known;
use super::reach::{self, reach};
use super::service::{self, SERVICE};
use super::twin::{self, Following};
use super::{
    Context, Outcome, again, events::Events, grpcurl, output, reports, reset, settle, sides, sources, weigh,
};
use crate::client::{H2Transport, reflect};
use crate::contract::{self, Case, Config, Event, Identity, Plan, ProbeOptions, Reset, checks::HEALED};
use crate::diag::render::Format;
use crate::diag::{Diagnostic, Place, Report, Section, Severity};
use crate::promise::contract as promises;
use crate::schema::{Schema, Source};

/// What protogate keeps, below the folder of the configuration.
pub const FOLDER: &str = ".protogate";

/// Where failing cases are kept, inside of that.
const CASES: &str = "cases";

pub fn contract(arguments: &Contract, context: &Context) -> Outcome {
    let Some(folder) = &arguments.report else { return of_service(arguments, None, context) };
    let file = reports::prepare(folder).map_err(|diagnostic| vec![diagnostic])?;
    let report = settle(of_service(arguments, Some(file), context));
    Ok(reports::write(folder, report))
}

fn of_service(arguments: &Contract, file: Option<File>, context: &Context) -> Outcome {
    let events = Events::new(context.common.format == Format::Ndjson, file);
    let mut config = config(arguments, context)?;
    let known = Known::load(context, arguments.accept_known)?;
    let stop = interrupt::listen();
    match &arguments.target {
        Some(target) => on(target, false, arguments, (config, known), context, stop, events),
        None => {
            let service = service::start(&context.config.gate, &context.config.folder, &stop);
            let service = service.map_err(|diagnostic| vec![diagnostic])?;
            config.probes.pid = config.probes.pid.or_else(|| Some(service.pid()));
            on(&service.target, true, arguments, (config, known), context, stop, events)
        }
    }
}

/// `contract` with everything but the seed from the configuration.
pub fn gate(seed: Option<u64>, context: &Context) -> Outcome {
    contract(&Contract { seed, ..Contract::default() }, context)
}

/// `is_ours`: the service was started here, and can be started once more.
fn on(
    target: &str,
    is_ours: bool,
    arguments: &Contract,
    (mut config, mut known): (Config, Known),
    context: &Context,
    stop: Stop,
    mut events: Events,
) -> Outcome {
    // One thread drives every call: on loopback that is faster than handing them from thread to thread.
    let runtime = runtime()?;
    runtime.block_on(async {
        let (transport, unchecked) =
            reach(target, &arguments.reach, &config.metadata, context, Some(stop.clone())).await?;
        config.target = transport.target().to_string();
        let Planned { plan, mut said, schema } = plan(arguments, &config, &transport, context).await?;
        let transport = Following::new(transport);
        if is_ours && config.reset.is_none() {
            config.reset = twin::reset(&transport, context, &stop);
        }
        let progress = Progress::new(&plan, config.cases, context);
        // Ctrl-C ends the run at once; what was found until then is printed, as small as it is by then.
        let mut tell = |event: Event| {
            events.on(&event, &config);
            progress.on(event);
        };
        let mut outcome = contract::run(&plan, &transport, &config, stop, &mut tell).await;
        progress.end();
        said.extend(unchecked);
        for case in outcome.cases.iter_mut().chain(&mut outcome.before) {
            case.started = is_ours;
        }
        said.extend(heal(&config.saved, &outcome, context));
        said.extend(save(&outcome.cases, context));
        said.extend(save(&outcome.before, context));
        if let Some(method) = plan.methods.first() {
            let cases = (&*outcome.cases, method.desc.parent_pool());
            let sent = (&*arguments.header, &arguments.reach);
            said.extend(grpcurl::add_lines(&mut outcome.report, cases, schema.as_ref(), sent, context));
        }
        let line = match weigh::accept(&mut known, &outcome, arguments) {
            Ok(line) => line,
            Err(wrong) => {
                said.extend(wrong);
                None
            }
        };
        said.extend(weigh::weigh(&mut known, &mut outcome, (&plan, &config), arguments));
        let report = outcome.report.merge(Report::new(said));
        Ok(line.into_iter().fold(report, |report, line| report.with(Section::Line(line))))
    })
}

/// The command line over the configuration over the defaults.
fn config(arguments: &Contract, context: &Context) -> Result<Config, Vec<Diagnostic>> {
    let configured = &context.config.contract;
    let default = Config::default();
    let skip = [&configured.skip[..], &arguments.skip].concat();
    let checks = contract::select(&arguments.check, &skip, arguments.strict).map_err(|d| vec![d])?;
    let seed = arguments.seed.unwrap_or_else(fresh_seed);
    Ok(Config {
        seed,
        cases: arguments.cases.or(configured.cases).map_or(default.cases, u64::from),
        workers: arguments.workers.or(configured.workers).unwrap_or(default.workers),
        max_latency: configured.max_latency,
        deadline: configured.deadline.unwrap_or(default.deadline),
        max_time: arguments.max_time.or(configured.max_time),
        checks,
        metadata: all_metadata(&arguments.header)?,
        probes: ProbeOptions {
            probes: contract::select_probes(&arguments.check, &skip),
            max_request_bytes: configured.max_request_bytes,
            pid: arguments.pid,
            schema_from_files: !arguments.reflect,
            public: contract::patterns(&configured.public).map_err(|d| vec![d])?,
            identities: identities(&arguments.identity, context)?,
        },
        target: default.target,
        again: again::command(arguments, seed, context.common.config.as_deref()),
        strict: arguments.strict,
        fail_fast: arguments.fail_fast,
        shard: arguments.shard.unwrap_or(default.shard),
        saved: Case::load_all(&cases(context)),
        reset: reset::of(arguments.reset_cmd.as_deref(), context),
        sides: sides::names(&arguments.side, context),
        without: arguments.without_phase.clone(),
    })
}

/// A seed nobody chose. Short enough to be typed.
fn fresh_seed() -> u64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    u64::from(now.subsec_nanos()) ^ now.as_secs()
}

pub(super) fn all_metadata(headers: &[String]) -> Result<Vec<(String, Vec<u8>)>, Vec<Diagnostic>> {
    headers.iter().map(|header| metadata(header)).collect()
}

/// Those of the command line first, which are told apart before those of the configuration. Several headers of one name
/// are of one caller.
fn identities(line: &[String], context: &Context) -> Result<Vec<Identity>, Vec<Diagnostic>> {
    let wrong = |text: &str| {
        vec![
            Diagnostic::failure(&CONFIG, format!("`{text}` is no identity"))
                .help("write --identity 'name=header:value' or --identity 'name=header:env:VARIABLE'"),
        ]
    };
    let mut all: Vec<Identity> = Vec::new();
    let mut add = |name: &str, header: &str| {
        let one = metadata(header)?;
        match all.iter_mut().find(|it| it.name == name) {
            Some(known) => known.metadata.push(one),
            None => all.push(Identity { name: name.to_owned(), metadata: vec![one] }),
        }
        Ok::<(), Vec<Diagnostic>>(())
    };
    for text in line {
        let (name, header) =
            text.split_once('=').filter(|(name, _)| !name.is_empty()).ok_or_else(|| wrong(text))?;
        add(name, header)?;
    }
    let given: Vec<&str> = line.iter().filter_map(|it| Some(it.split_once('=')?.0)).collect();
    for (name, header) in
        context.config.contract.identities.iter().filter(|(name, _)| !given.contains(&&***name))
    {
        add(name, header)?;
    }
    Ok(all)
}

/// `NAME:VALUE`; a value of `env:VAR` keeps secrets out of shell histories.
fn metadata(header: &str) -> Result<(String, Vec<u8>), Vec<Diagnostic>> {
    let wrong = |message: String| {
        vec![
            Diagnostic::failure(&CONFIG, message)
                .help("write --header 'name:value' or --header 'name:env:VARIABLE'"),
        ]
    };
    let (name, value) = header.split_once(':').ok_or_else(|| wrong(format!("`{header}` is no header")))?;
    let value = value.trim();
    let value = match value.strip_prefix("env:") {
        Some(variable) => std::env::var(variable)
            .map_err(|_| wrong(format!("the environment has no variable `{variable}`")))?,
        None => value.to_owned(),
    };
    Ok((name.trim().to_lowercase(), value.into_bytes()))
}

/// What to call, what is to be said about it, and the schema it is of where that came from files.
struct Planned {
    plan: Plan,
    said: Vec<Diagnostic>,
    schema: Option<(Source, Schema)>,
}

async fn plan(
    arguments: &Contract,
    config: &Config,
    transport: &H2Transport,
    context: &Context,
) -> Result<Planned, Vec<Diagnostic>> {
    let sides = sides::load(&config.sides)?;
    let globs = if arguments.method.is_empty() { &context.config.contract.method } else { &arguments.method };
    let planned = if arguments.reflect {
        let reflection = reflect(transport, &config.metadata).await.map_err(|error| {
            vec![
                Diagnostic::failure(&SERVICE, error.to_string())
                    .help("give the schema with --schema, or let the server serve gRPC reflection"),
            ]
        })?;
        let named = reflection.services.iter().filter_map(|name| reflection.pool.get_service_by_name(name));
        let gaps = reflection.undescribed.iter().map(|(service, why)| {
            let message = format!("reflection lists `{service}` but does not describe it: {why}");
            Diagnostic::new(&SERVICE, Severity::Warning, message)
        });
        let named: Vec<_> = named.collect();
        let contract = promises::Contract::beside(named.iter().cloned(), &sides, None)?;
        let plan = Plan::with(named, globs, contract).map_err(|d| vec![d])?;
        Planned { plan, said: gaps.collect(), schema: None }
    } else {
        let source = sources::input(arguments.schema.as_deref(), context)?;
        let loaded = sources::load_whole(&source)?;
        let own = loaded.schema.own_files().flat_map(|file| file.descriptor().services().collect::<Vec<_>>());
        let own: Vec<_> = own.collect();
        let contract = promises::Contract::beside(own.iter().cloned(), &sides, Some(&loaded.schema))?;
        let mut plan = Plan::with(own, globs, contract).map_err(|d| vec![d])?;
        for method in &mut plan.methods {
            method.place =
                Some(loaded.schema.place(&method.desc.parent_service().parent_file(), method.desc.path()));
        }
        Planned { plan, said: loaded.diagnostics, schema: Some((source, loaded.schema)) }
    };
    if planned.plan.called().next().is_none() {
        let help = match planned.plan.methods.as_slice() {
            [] => "the schema has no service",
            _ => "every method is skipped, by its own option or because it belongs to gRPC; see --method",
        };
        return Err(vec![Diagnostic::failure(&CONFIG, "no method to test").help(help)]);
    }
    Ok(planned)
}

fn runtime() -> Result<Runtime, Vec<Diagnostic>> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| vec![Diagnostic::failure(&SERVICE, format!("cannot start: {error}"))])
}

fn cases(context: &Context) -> PathBuf {
    context.config.folder.join(FOLDER).join(CASES)
}

/// Forgets the cases of earlier runs that were sent again and did not fail.
fn heal(saved: &[Case], outcome: &contract::Outcome, context: &Context) -> Vec<Diagnostic> {
    let key = |case: &Case| (case.check.clone(), case.method.clone(), case.cause.clone());
    let failing: Vec<_> = outcome.cases.iter().map(key).collect();
    let well = saved.iter().filter(|case| outcome.healed.contains(&case.id) && !failing.contains(&key(case)));
    let forget = |case: &Case| {
        case.forget(&cases(context)).ok()?;
        let message = format!("case {} of {} no longer fails ({})", case.id, case.method, case.check);
        Some(Diagnostic::new(&HEALED, Severity::Note, message))
    };
    well.filter_map(forget).collect()
}

/// Keeps failing cases for `replay`. A case that cannot be kept is still in the report.
fn save(found: &[Case], context: &Context) -> Vec<Diagnostic> {
    let folder = cases(context);
    let failed = found.iter().filter_map(|case| case.save(&folder).err());
    let said = failed.map(|error| {
        Diagnostic::new(&SERVICE, Severity::Warning, error.to_string())
            .help("make the folder writable, so that `replay` finds its cases")
    });
    said.collect()
}

pub fn replay(arguments: &Replay, context: &Context) -> Outcome {
    let metadata = all_metadata(&arguments.header)?;
    let identities = identities(&arguments.identity, context)?;
    let folder = cases(context);
    let mut case = Case::load(&folder, &arguments.id).map_err(|error| {
        vec![
            Diagnostic::failure(&CONFIG, error.to_string())
                .at(Place::file(folder.display().to_string()))
                .help("`protogate contract` prints the id of each failing case; run it in the same folder"),
        ]
    })?;
    // Only a service that was started here has to be stopped: otherwise the first signal ends the program, as ever.
    let is_ours = case.started && arguments.target.is_none();
    let stop = if is_ours { interrupt::listen() } else { tokio::sync::watch::channel(false).1 };
    let mut service = None;
    match &arguments.target {
        Some(target) => case.target.clone_from(target),
        // Nobody is at the address of a service that was started for a run.
        None if is_ours => {
            let started = service::start(&context.config.gate, &context.config.folder, &stop);
            let started = started.map_err(|diagnostic| vec![diagnostic])?;
            case.target.clone_from(&started.target);
            service = Some(started);
        }
        None => {}
    }
    runtime()?.block_on(async {
        let (transport, unchecked) = reach(&case.target, &arguments.reach, &metadata, context, None).await?;
        let (pool, schema) = pool_of(&case, &transport, context).await?;
        let mut report = {
            let following = Following::new(transport);
            let again = service.is_some().then(|| twin::reset(&following, context, &stop)).flatten();
            let reset = reset::of(arguments.reset_cmd.as_deref(), context).or(again);
            let sides = sides::load(&case.sides)?;
            let of_files = schema.as_ref().map(|(_, schema)| schema);
            let promised = promises::Contract::beside(pool.services(), &sides, of_files)?;
            let callers = (&*metadata, &*identities);
            let replayed =
                contract::replay_with(&case, &following, (&pool, &promised), callers, reset.as_ref());
            let report = tokio::select! {
                report = replayed => Some(report),
                () = reach::said(Some(stop)) => None,
            };
            reset.iter().for_each(Reset::leave);
            report.ok_or_else(|| vec![Diagnostic::failure(&SERVICE, "interrupted")])?
        };
        let cases = (std::slice::from_ref(&case), &pool);
        let sent = (&*arguments.header, &arguments.reach);
        let mut said = grpcurl::add_lines(&mut report, cases, schema.as_ref(), sent, context);
        said.extend(unchecked);
        Ok(report.merge(Report::new(said)))
    })
}

/// The schema that judges a case: the configured one, or else what the server reflects.
async fn pool_of(
    case: &Case,
    transport: &H2Transport,
    context: &Context,
) -> Result<(DescriptorPool, Option<(Source, Schema)>), Vec<Diagnostic>> {
    let service = case.method.split('/').next().unwrap_or_default();
    let load = |source: Source| {
        let schema = crate::schema::load(&source).schema;
        (source, schema)
    };
    let configured = sources::input(None, context).ok().map(load);
    let known = |(_, schema): &(Source, Schema)| schema.pool().get_service_by_name(service).is_some();
    if let Some(schema) = configured.filter(known) {
        return Ok((schema.1.pool().clone(), Some(schema)));
    }
    let reflection = reflect(transport, &[]).await.map_err(|error| {
        vec![Diagnostic::failure(&SERVICE, format!("no schema knows {}: {error}", case.method)).help(
            "run it where a protogate.toml names the schema as `input`, or let the server serve reflection",
        )]
    })?;
    Ok((reflection.pool, None))
}

/// A bar on a terminal, a line per failure in a log.
struct Progress<'a> {
    bar: ProgressBar,
    context: &'a Context,
    started: Instant,
}

impl Progress<'_> {
    fn new<'a>(plan: &Plan, cases: u64, context: &'a Context) -> Progress<'a> {
        let bar = match output::shows_progress(&context.common) {
            true => ProgressBar::no_length(),
            false => ProgressBar::hidden(),
        };
        let style = ProgressStyle::with_template("{spinner} {msg}  {pos} cases  {per_sec}  {elapsed}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
        let methods = plan.called().count();
        output::detail(&context.common, &format!("contract: {methods} methods, {cases} random cases each"));
        Progress { bar, context, started: Instant::now() }
    }

    fn on(&self, event: Event) {
        match event {
            Event::PhaseStarted(phase) => {
                self.bar.set_message(format!("{phase:?}"));
                let line = format!("contract: {phase:?} after {:.1} s", self.started.elapsed().as_secs_f64());
                output::detail(&self.context.common, &line);
            }
            Event::Started(_) => {}
            Event::CaseDone(..) => self.bar.inc(1),
            Event::FailureFound(check, method) => {
                self.bar
                    .suspend(|| output::log(&self.context.common, &format!("found    {check}  {method}")));
            }
            Event::Shrunk(_, case) => {
                self.bar.suspend(|| output::log(&self.context.common, &format!("shrunk   {}", case.id)));
            }
        }
    }

    fn end(&self) {
        self.bar.finish_and_clear();
    }
}
