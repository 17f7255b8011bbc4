//! `contract infer`: a side file with what a service probably promises, for somebody to read and to change.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::Args;
use prost_reflect::ServiceDescriptor;

use super::args::Reach;
use super::config::CONFIG;
use super::contract::all_metadata;
use super::reach::reach;
use super::service::SERVICE;
use super::{Context, Outcome, interrupt, reset, sources};
use crate::client::{H2Transport, reflect};
use crate::contract::{self, Config, Event, Phase, Plan, ProbeOptions};
use crate::diag::{Diagnostic, Place, Report, Run, Section};
use crate::promise::contract::infer::{Confidence, Proposal, answered, infer, overruled, write};
use crate::promise::contract::{Contract, SideFile};

/// `contract infer`
#[derive(Debug, Args)]
pub struct Infer {
    /// The schema: a directory, a .proto file, a descriptor set, or git:REV[:PATH]
    #[arg(conflicts_with = "reflect")]
    pub input: Option<String>,
    /// Ask the server for its schema (gRPC server reflection)
    #[arg(long, requires = "target")]
    pub reflect: bool,
    /// Try the proposals on this server with a few sequences of calls: what it breaks is dropped, what it keeps is worth
    /// more. It creates and deletes things there
    #[arg(long, value_name = "URI")]
    pub target: Option<String>,
    /// Write the side file here, where nothing is yet [default: print it]
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Draw the same calls as another run with this seed
    #[arg(long, value_name = "N", default_value = "1", requires = "target")]
    pub seed: u64,
    /// How the server is reached
    #[command(flatten)]
    pub reach: Reach,
    /// Metadata for every call, as NAME:VALUE; a value `env:VAR` is read from the environment
    #[arg(long, value_name = "K:V")]
    pub header: Vec<String>,
    /// Run this before each sequence of calls: it leaves the server empty, and more can be asked
    #[arg(long, value_name = "CMD")]
    pub reset_cmd: Option<String>,
}

/// So many sequences are sent at a time.
const SEQUENCES: u64 = 40;
/// A sequence ends at the first promise that it breaks, so that others are seen when that one is gone.
const ROUNDS: usize = 8;

pub fn run(arguments: &Infer, context: &Context) -> Outcome {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime =
        runtime.map_err(|error| vec![Diagnostic::failure(&SERVICE, format!("cannot start: {error}"))])?;
    let (services, said, from) = match &arguments.target {
        None => of_files(arguments, context)?,
        Some(_) if !arguments.reflect => of_files(arguments, context)?,
        Some(target) => runtime.block_on(of_server(target, arguments, context))?,
    };
    let mut proposals: Vec<Proposal> = services.iter().flat_map(infer).collect();
    if proposals.is_empty() {
        let help =
            "it knows Get, List, Create, Update and Delete of one type, counts of streams and `buf.validate`";
        let message = "nothing can be guessed from the names of this schema".to_owned();
        return Err(vec![Diagnostic::failure(&CONFIG, message).help(help)]);
    }
    let mut from = from;
    if let Some(target) = &arguments.target {
        let tried = runtime.block_on(try_all(&mut proposals, &services, target, arguments, context))?;
        from = format!("{from} and {tried}");
    }
    let text = write(&proposals, &from);
    let report = Report::new(said);
    let Some(path) = &arguments.out else {
        return Ok(report.with(Section::Line(text.trim_end().to_owned())));
    };
    save(path, &text)?;
    let count = |confidence: Confidence| confidence.count(&proposals);
    let dropped = proposals.iter().filter(|it| it.dropped.is_some()).count();
    let line = format!(
        "{}: {} proposals likely enough to be promises, {} as comments{}; read it before it is used",
        path.display(),
        count(Confidence::High),
        count(Confidence::Medium) + count(Confidence::Low),
        if dropped == 0 { String::new() } else { format!(", {dropped} dropped, which the server broke") },
    );
    Ok(report.with(Section::Line(line)))
}

/// What is written by hand is never written over.
fn save(path: &Path, text: &str) -> Result<(), Vec<Diagnostic>> {
    let file = OpenOptions::new().write(true).create_new(true).open(path);
    file.and_then(|mut file| file.write_all(text.as_bytes())).map_err(|error| {
        let message = format!("`{}` cannot be written: {error}", path.display());
        vec![
            Diagnostic::failure(&CONFIG, message)
                .at(Place::file(path.display().to_string()))
                .help("name a file that is not there yet with --out"),
        ]
    })
}

type Services = (Vec<ServiceDescriptor>, Vec<Diagnostic>, String);

fn of_files(arguments: &Infer, context: &Context) -> Result<Services, Vec<Diagnostic>> {
    let source = sources::input(arguments.input.as_deref(), context)?;
    let loaded = sources::load_whole(&source)?;
    let own = loaded.schema.own_files().flat_map(|file| file.descriptor().services().collect::<Vec<_>>());
    let services: Vec<ServiceDescriptor> = own.collect();
    if services.is_empty() {
        let failed = Diagnostic::failure(&CONFIG, "the schema has no service to propose anything for");
        return Err(vec![failed.help("name a schema with a `service` in it")]);
    }
    Ok((services, loaded.diagnostics, "the schema".to_owned()))
}

async fn of_server(target: &str, arguments: &Infer, context: &Context) -> Result<Services, Vec<Diagnostic>> {
    let metadata = all_metadata(&arguments.header)?;
    let (transport, said) = reach(target, &arguments.reach, &metadata, context, None).await?;
    let reflection = reflect(&transport, &metadata).await.map_err(|error| {
        vec![
            Diagnostic::failure(&SERVICE, error.to_string())
                .help("give the schema as INPUT instead of --reflect"),
        ]
    })?;
    let named = reflection.services.iter().filter_map(|name| reflection.pool.get_service_by_name(name));
    let own = named.filter(|it| !it.full_name().starts_with("grpc."));
    Ok((own.collect(), said.into_iter().collect(), "what the server reflects".to_owned()))
}

/// Holds the server against all of them, also those that are not likely, until it breaks none of what is left. What was
/// tried, in words.
async fn try_all(
    proposals: &mut Vec<Proposal>,
    services: &[ServiceDescriptor],
    target: &str,
    arguments: &Infer,
    context: &Context,
) -> Result<String, Vec<Diagnostic>> {
    let metadata = all_metadata(&arguments.header)?;
    let (transport, _) = reach(target, &arguments.reach, &metadata, context, None).await?;
    let checks = contract::CHECKS.iter().copied().filter(|it| it.info.name.starts_with("contract_"));
    let config = Config {
        seed: arguments.seed,
        cases: SEQUENCES,
        workers: 1,
        checks: checks.collect(),
        metadata,
        probes: ProbeOptions { probes: Vec::new(), ..ProbeOptions::default() },
        reset: reset::of(arguments.reset_cmd.as_deref(), context),
        ..Config::default()
    };
    let mut calls = 0;
    for _ in 0..ROUNDS {
        let seen = observe(proposals, services, &transport, &config).await?;
        calls += seen.run.calls;
        if seen.broken.is_empty() {
            let kept = |of: &str, rule: &str| {
                let is_its = |it: &&crate::diag::RuleRow| it.of == of && it.id == rule;
                seen.run.rules.iter().find(is_its).map_or(0, |it| it.kept)
            };
            overruled(proposals, &[], &kept);
            for row in seen.run.methods.iter().filter(|it| !it.statuses.is_empty()) {
                answered(proposals, &row.name, &row.statuses);
            }
            return Ok(format!("{calls} calls of {target} with seed {}", config.seed));
        }
        overruled(proposals, &seen.broken, &|_, _| 0);
    }
    let message =
        format!("the server broke other proposals in each of {ROUNDS} rounds: what it does changes");
    Err(vec![
        Diagnostic::failure(&SERVICE, message).help("propose without --target, and read what comes of it"),
    ])
}

/// What came of one round.
struct Seen {
    /// Method, rule, and what was seen.
    broken: Vec<(String, String, String)>,
    run: Run,
}

async fn observe(
    proposals: &[Proposal],
    services: &[ServiceDescriptor],
    transport: &H2Transport,
    config: &Config,
) -> Result<Seen, Vec<Diagnostic>> {
    let left = proposals.iter().filter(|it| it.dropped.is_none());
    let all: Vec<Proposal> = left.map(|it| Proposal { confidence: Confidence::High, ..it.clone() }).collect();
    let side = SideFile::parse("proposed.contract.toml", &write(&all, "")).map_err(|it| vec![it])?;
    let contract = Contract::beside(services.iter().cloned(), &[side], None)?;
    let plan = Plan::with(services.iter().cloned(), &[], contract).map_err(|it| vec![it])?;
    let (end, stop) = tokio::sync::watch::channel(false);
    let mut interrupted = interrupt::listen();
    // Only the sequences: the other phases send what no caller would.
    let mut tell = |event: Event| {
        if event == Event::PhaseStarted(Phase::Acquaint) {
            end.send_replace(true);
        }
    };
    let outcome = tokio::select! {
        outcome = contract::run(&plan, transport, config, stop, &mut tell) => outcome,
        _ = interrupted.wait_for(|it| *it) => {
            return Err(vec![Diagnostic::failure(&SERVICE, super::service::INTERRUPTED)]);
        }
    };
    let of_case = |case: &contract::Case| {
        let what = case.message.split_once(": ").map_or(&*case.message, |(_, what)| what).to_owned();
        (case.method.clone(), case.cause.clone(), what)
    };
    let mut broken: Vec<(String, String, String)> = outcome.cases.iter().map(of_case).collect();
    let run = outcome.report.sections().iter().find_map(|it| match it {
        Section::Run(run) => Some(run.clone()),
        _ => None,
    });
    let Some(run) = run else {
        let failed = Diagnostic::failure(&SERVICE, "the run came to nothing");
        return Err(outcome.report.diagnostics().iter().cloned().chain([failed]).collect());
    };
    let unclear = run.rules.iter().filter(|it| it.unclear > 0 && it.broken == 0);
    broken
        .extend(unclear.map(|it| (it.of.clone(), it.id.clone(), "it cannot be evaluated there".to_owned())));
    Ok(Seen { broken, run })
}
