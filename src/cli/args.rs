//! The command line, as clap reads it.

mod calls;
mod changes;

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Args, ColorChoice, Parser, Subcommand, builder::TypedValueParser};

use super::date::Date;
use super::mock::Mock;
use super::output::Codes;
use crate::codegen::Output;
use crate::codegen::plugin::GENERATORS;
use crate::diag::render::Format;

pub use calls::{Contract, Reach, Replay};
pub use changes::{Accept, Baseline, CheckBreaking, Diff, Ratchet};

/// Keeps .proto schemas, the code and docs generated from them, and the services that speak them in step.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100, after_help = EXAMPLES)]
pub struct Arguments {
    /// What all commands share.
    #[command(flatten)]
    pub common: Common,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

const EXAMPLES: &str = "\
Exit codes: 0 clean, 1 findings, 2 could not do the job.

Examples:
  protogate check-breaking proto --against git:main
  protogate generate proto --out generated --check
  protogate contract --target localhost:50051 --reflect
  protogate explain FIELD_NO_DELETE";

/// What all commands share.
#[derive(Debug, Args)]
pub struct Common {
    /// How to print results
    #[arg(long, global = true, default_value = "text", value_parser = format_parser(), value_name = "FORMAT")]
    pub format: Format,
    /// The protogate.toml or buf.yaml to use [default: the nearest one, here or above]
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Print results only, no progress
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Print more about what is being done
    #[arg(short, long, global = true)]
    pub verbose: bool,
    /// When to use colour
    #[arg(long, global = true, default_value = "auto", value_name = "WHEN")]
    pub color: ColorChoice,
}

fn format_parser() -> impl TypedValueParser<Value = Format> {
    PossibleValuesParser::new(Format::ALL.map(|(name, _)| name)).map(|chosen| {
        let named = Format::ALL.iter().find(|(name, _)| *name == chosen);
        named.map_or(Format::Text, |(_, format)| *format)
    })
}

fn output_parser() -> impl TypedValueParser<Value = Output> {
    PossibleValuesParser::new(Output::ALL.map(|(name, _)| name))
        .map(|chosen| Output::named(&chosen).unwrap_or(Output::Rust))
}

fn generator_parser() -> impl TypedValueParser<Value = Output> {
    PossibleValuesParser::new(GENERATORS.map(|(name, _)| name))
        .map(|chosen| Output::named(&chosen).unwrap_or(Output::Docs))
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Find changes that break peers
    #[command(after_help = "Examples:
  protogate check-breaking                                   INPUT and baseline from protogate.toml
  protogate check-breaking proto --against git:main          against the same folder on main
  protogate check-breaking proto --against git:v1.2.0:proto --category WIRE
  protogate check-breaking proto --against '.git#branch=main,subdir=proto'
  protogate check-breaking new.binpb --against old.binpb --format json
  protogate check-breaking proto --against git:main --against 'git:tags:v*'     and every release
  protogate check-breaking --against '.git#branch=main' --buf-exact      in place of buf breaking")]
    CheckBreaking(CheckBreaking),
    /// Accept one finding of check-breaking: write it into protogate.toml
    #[command(
        after_help = "ID is what stands below the finding, or how it starts. A day in --until is the last one, a version
the one with which it ends: compared with --release, or `release` of protogate.toml, or the latest tag.

Examples:
  protogate accept 5c1f0a9b --reason 'OPS-17: no client reads it'
  protogate accept 5c1f0a9b --reason 'moves with 2.0' --owner api-team --until 2.0.0 --against git:main"
    )]
    Accept(Accept),
    /// List every change since a baseline, as release notes have it, with the version it asks for
    #[command(
        after_help = "What is breaking is decided by check-breaking, by the same categories. Nothing found is no failure: the exit
code is 0 unless --at-most says otherwise.

Examples:
  protogate diff                                        INPUT and baseline from protogate.toml
  protogate diff proto --against git:latest-tag --format markdown > CHANGES.md
  protogate diff proto --against git:latest-tag --format json | jq -r .advice
  protogate diff proto --against git:v1.2.0 --category WIRE --at-most minor"
    )]
    Diff(Diff),
    /// Make Rust code, a server skeleton, docs and the descriptor set
    #[command(after_help = "Examples:
  protogate generate                          INPUT and output folder from protogate.toml
  protogate generate proto --out generated
  protogate generate --output python --out clients/python
  protogate generate --type user.UserService --out clients/rust
  protogate generate --explain generated/rust/user.rs
  protogate generate --template buf.gen.yaml  the plugins that buf would run
  protogate generate --watch                  again after each change of the schema
  protogate generate --check                  exit 1 and a diff when files are not as the schema makes them")]
    Generate(Generate),
    /// Test a running gRPC server against its schema
    #[command(after_help = "Examples:
  protogate contract --target localhost:50051 --schema proto
  protogate contract --target http://10.0.0.7:8080 --reflect --method 'shop.*/Get*'
  protogate contract --target localhost:50051 --schema proto --seed 7 --header 'authorization:Bearer abc'
  protogate contract --target https://api.test:8443 --reflect --ca ca.pem --cert me.pem --key me.key
  protogate contract --target localhost:50051 --schema proto --accept-known --reason 'OPS-17' --expires 2027-01-31
  protogate contract                          starts the service of [gate] in protogate.toml and tests it
  protogate contract lint proto               calls nothing: are the promises in the schema well-formed?")]
    Contract(Box<Contract>),
    /// Run one saved failing case of `contract` again
    #[command(after_help = "Examples:
  protogate replay 7f3a9c01                   the case's own target
  protogate replay 7f3a9c01 --target localhost:50051")]
    Replay(Replay),
    /// Run the reference UserService
    #[command(after_help = "Options of the service are given as they are; it explains them itself:
  protogate serve-reference -- --help

Examples:
  protogate serve-reference                                    users kept in the data folder
  protogate serve-reference --addr 127.0.0.1:0 --store memory  nothing kept, a free port
  protogate serve-reference --log                              calls on stderr")]
    ServeReference(ServeReference),
    /// Serve a schema without code: answers that keep its rules and its contract
    #[command(
        after_help = "What the contract's effects say is remembered until the end: what was created can be read.

Examples:
  protogate mock proto
  protogate mock proto --addr 127.0.0.1:0     a free port, printed as `listening on http://…`
  protogate contract --target localhost:50051 --schema proto      in another terminal"
    )]
    Mock(Mock),
    /// Be a plugin of protoc or buf: docs, openapi, python or skeleton
    #[command(
        after_help = "Reads a CodeGeneratorRequest and writes a CodeGeneratorResponse. In buf.gen.yaml:

  plugins:
    - local: [protogate, plugin, docs]
      out: docs
      opt: title=Our API

protoc wants a program for each; a link to protogate of the name protoc-gen-protogate-docs is one:

  protoc --plugin=./protoc-gen-protogate-docs --protogate-docs_out=docs a.proto"
    )]
    Plugin {
        /// What to make
        #[arg(value_parser = generator_parser())]
        generator: Output,
    },
    /// Do all of it: generate --check, check-breaking, contract
    #[command(after_help = "Examples:
  protogate gate                              as [gate] of protogate.toml says
  protogate gate --config services/users/protogate.toml --format json")]
    Gate(Gate),
    /// Work on the accepted schema
    #[command(subcommand)]
    Baseline(Baseline),
    /// Work on the JSON reports of earlier runs
    #[command(subcommand)]
    Report(Report),
    /// Write a first protogate.toml from what is here, or print a snippet for CI
    #[command(after_help = "Examples:
  protogate init                              from the buf.yaml, the .proto files and the git branches here
  protogate init --ci github > .github/workflows/protogate.yaml")]
    Init(Init),
    /// Make a service from its schema: a crate that builds, passes its tests, and waits for its methods
    #[command(after_help = "Examples:
  protogate new user-service --proto user.proto
  protogate new shop --proto proto --out services/shop
  protogate new shop --proto cart.proto --proto stock.proto --runtime ../protogate/src/runtime")]
    New(super::new::New),
    /// List every rule and check
    #[command(after_help = "Examples:
  protogate rules
  protogate rules --page > docs/rules.md      everything that explain says, as one Markdown page")]
    Rules {
        /// Print one Markdown page with every explanation and example
        #[arg(long)]
        page: bool,
    },
    /// Say what a rule or check means, with its example
    #[command(after_help = "Examples:
  protogate explain FIELD_NO_DELETE
  protogate explain not_a_server_error")]
    Explain {
        /// A rule ID, a check's name or its code
        id: String,
    },
}

impl Command {
    /// The schema that is named on the command line, where a command takes one: a `buf.yaml` may stand by it.
    pub fn input(&self) -> Option<&str> {
        match self {
            Command::CheckBreaking(arguments) => arguments.input.as_deref(),
            Command::Accept(arguments) => arguments.compare.input.as_deref(),
            Command::Diff(arguments) => arguments.input.as_deref(),
            _ => None,
        }
    }

    /// The exit codes that the command ends with.
    pub fn codes(&self) -> Codes {
        match self {
            Command::CheckBreaking(arguments) if arguments.buf_exact => Codes::Buf,
            _ => Codes::Ours,
        }
    }
}

/// `init`
#[derive(Debug, Args)]
pub struct Init {
    /// Print a ready job for this CI instead, and write nothing
    #[arg(long, value_name = "CI")]
    pub ci: Option<Ci>,
}

/// Where checks run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Ci {
    /// GitHub Actions
    Github,
    /// GitLab CI/CD
    Gitlab,
    /// <https://pre-commit.com>
    PreCommit,
}

/// `generate`
#[derive(Debug, Default, Args)]
pub struct Generate {
    /// The schema: a directory, a .proto file, a descriptor set, or git:REV[:PATH]
    pub input: Option<String>,
    /// The folder to write into
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Make files of this kind, and of others named so, only: rust, skeleton, descriptor, docs, python,
    /// rest, openapi, protojson, methods
    #[arg(long = "output", value_name = "KIND", value_parser = output_parser())]
    pub outputs: Vec<Output>,
    /// Make files of this type and of what it uses only; a message, enum, service, package.Service/Method, package, or
    /// package.**; may be given several times
    #[arg(long = "type", value_name = "NAME")]
    pub types: Vec<String>,
    /// Mark in the docs what changed since this schema: a directory, a descriptor set, git:REV[:PATH], git:latest-tag
    #[arg(long, value_name = "BASELINE")]
    pub docs_since: Option<String>,
    /// Write nothing; report files that are not as the schema makes them
    #[arg(long)]
    pub check: bool,
    /// Write nothing; list what would be written
    #[arg(long, conflicts_with = "check")]
    pub dry_run: bool,
    /// Replace files that somebody edited or made as well; a copy of each is kept beside it
    #[arg(long, conflicts_with_all = ["check", "dry_run"])]
    pub force: bool,
    /// Write nothing; say which .proto files and template a generated file is made from
    #[arg(long, value_name = "FILE", conflicts_with_all = ["check", "dry_run", "force"])]
    pub explain: Option<PathBuf>,
    /// The buf.gen.yaml whose plugins to run [default: the one beside buf.yaml or here, where there is no protogate.toml and
    /// no --out]; with it, --out is a folder around all of its `out`
    #[arg(long, value_name = "FILE", conflicts_with_all = ["outputs", "docs_since"])]
    pub template: Option<PathBuf>,
    /// Make the files again whenever the schema, a template or the configuration changes, until Ctrl-C
    #[arg(long, conflicts_with_all = ["check", "dry_run", "explain"])]
    pub watch: bool,
}

/// `serve-reference`
#[derive(Debug, Args)]
pub struct ServeReference {
    /// Build with optimisations (only where the reference is run through cargo)
    #[arg(long)]
    pub release: bool,
    /// What the service takes: --addr HOST:PORT, --store memory|PATH, --drain SECONDS, --log
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "SERVICE OPTION")]
    pub options: Vec<String>,
}

/// `gate`
#[derive(Debug, Args)]
pub struct Gate {
    /// Draw the same contract cases as the run that printed this seed [default: a new one]
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
}

/// `report`
#[derive(Debug, Subcommand)]
pub enum Report {
    /// Join the reports of the shards of a contract run into one, with its verdict
    #[command(after_help = "Examples:
  protogate contract --target localhost:50051 --schema proto --seed 7 --shard 1/2 --format json > 1.json
  protogate contract --target localhost:50051 --schema proto --seed 7 --shard 2/2 --format json > 2.json
  protogate report merge 1.json 2.json
  protogate report merge reports/*.json --format junit > junit.xml")]
    Merge {
        /// What `contract --format json` wrote, in any order; one report of a whole run is only shown
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
}

/// A day that is not over.
fn last_day(text: &str) -> Result<Date, String> {
    let day: Date = text.parse()?;
    if day < Date::today() { Err(format!("{day} is over")) } else { Ok(day) }
}
