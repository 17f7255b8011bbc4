//! The door: arguments in, one room called, a report printed, an exit code out.
//!
//! Every command is a function from its arguments to a [`Report`]; [`run`] prints it and turns its verdict
//! into 0, 1 or 2. `cargo xtask` calls the same [`run`] with this repository's `protogate.toml`.
//!
//! Absent on purpose: nothing is decided here about schemas, code or servers.

mod accept;
mod again;
mod args;
mod baseline;
mod baselines;
mod block;
mod breaking;
mod buf_gen;
mod buf_yaml;
mod catalogue;
mod config;
mod contract;
mod date;
mod diff;
mod docs;
mod events;
mod gate;
mod generate;
mod grpcurl;
mod history;
mod implementations;
mod infer;
mod init;
mod interrupt;
mod known;
mod lint;
mod merge;
mod mock;
mod new;
mod output;
mod paths;
mod plugin;
mod policy;
mod ratchet;
mod reach;
mod reference;
mod reports;
mod reset;
mod service;
mod sides;
mod sources;
mod tls;
mod twin;
mod watch;
mod weigh;
mod workspace;
mod yaml;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser;

use args::{Arguments, Command, Common};
use config::Config;
use lint::ContractWork;

use crate::diag::{Diagnostic, Report};

/// What every command needs to know.
struct Context {
    common: Common,
    config: Config,
}

/// Runs one command line, program name first, and prints what comes of it.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    if let Some(generator) = arguments.first().and_then(|name| plugin::named(name)) {
        return plugin::serve(generator);
    }
    let Arguments { common, command } = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => {
            // clap knows where its text belongs: help on standard output with 0, mistakes on standard
            // error with 2. A closed pipe changes neither.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    let codes = command.codes();
    let config = match Config::load(common.config.as_deref(), command.input()) {
        Ok(config) => config,
        Err(diagnostic) => return output::finish(&Report::new(vec![diagnostic]), &common, codes),
    };
    let context = Context { common, config };
    let report = match command {
        Command::CheckBreaking(arguments) => breaking::check_breaking(&arguments, &context),
        Command::Accept(arguments) => accept::command(&arguments, &context),
        Command::Diff(arguments) => diff::diff(&arguments, &context),
        Command::Generate(arguments) if arguments.watch => return watch::watch(&arguments, context),
        Command::Generate(arguments) => generate::generate(&arguments, &context),
        Command::Contract(arguments) => match &arguments.work {
            Some(ContractWork::Lint(arguments)) => lint::lint(arguments, &context),
            Some(ContractWork::Infer(arguments)) => infer::run(arguments, &context),
            None => contract::contract(&arguments, &context),
        },
        Command::Replay(arguments) => contract::replay(&arguments, &context),
        Command::ServeReference(arguments) => return reference::serve(&arguments, &context),
        Command::Plugin { generator } => return plugin::serve(generator),
        Command::Mock(arguments) => mock::mock(&arguments, &context),
        Command::Gate(arguments) => gate::gate(&arguments, &context),
        Command::Baseline(args::Baseline::Update { input }) => baseline::update(input.as_deref(), &context),
        Command::Baseline(args::Baseline::Ratchet(arguments)) => ratchet::ratchet(&arguments, &context),
        Command::Baseline(args::Baseline::Ledger { input, against }) => {
            history::ledger(input.as_deref(), against.as_deref(), &context)
        }
        Command::Report(args::Report::Merge { files }) => merge::merge(&files),
        Command::New(arguments) => new::new(&arguments),
        Command::Init(arguments) => init::init(&arguments, &context),
        Command::Rules { page: true } => Ok(catalogue::page()),
        Command::Rules { page: false } => Ok(catalogue::rules()),
        Command::Explain { id } => catalogue::explain(&id),
    };
    output::finish(&settle(report), &context.common, codes)
}

/// What a command comes to: a report (or a part of the way to one), or the reasons why there is none.
type Outcome<T = Report> = Result<T, Vec<Diagnostic>>;

fn settle(outcome: Outcome) -> Report {
    match outcome {
        Ok(report) => report,
        Err(reasons) => Report::new(reasons),
    }
}
