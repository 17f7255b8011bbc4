//! `contract lint`: a schema and its side files, and what is wrong with what they promise.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use prost_reflect::ReflectMessage as _;

use super::infer::Infer;
use super::{Context, Outcome, sides, sources};
use crate::diag::{Report, Section};
use crate::promise::contract::{lint, merged};

/// What is done with promises alone.
#[derive(Debug, Subcommand)]
pub enum ContractWork {
    /// Find what is wrong with the promises that a schema and its side files make
    #[command(after_help = "Examples:
  protogate contract lint                                     INPUT from protogate.toml
  protogate contract lint proto --side staging.contract.toml
  protogate contract lint proto --format github")]
    Lint(Lint),
    /// Propose promises for a service that makes none: a side file to read and to change
    #[command(after_help = "Examples:
  protogate contract infer proto --out users.contract.toml
  protogate contract infer proto --target localhost:50051      tries them on a server, and drops what it breaks
  protogate contract infer --reflect --target localhost:50051")]
    Infer(Box<Infer>),
}

/// `contract lint`
#[derive(Debug, Args)]
pub struct Lint {
    /// The schema: a directory, a .proto file, a descriptor set, or git:REV[:PATH]
    pub input: Option<String>,
    /// A side file (`*.contract.toml`, `.yaml` or `.textproto`), laid over the schema and over those of protogate.toml;
    /// may be given several times
    #[arg(long, value_name = "FILE")]
    pub side: Vec<PathBuf>,
}

pub fn lint(arguments: &Lint, context: &Context) -> Outcome {
    let source = sources::input(arguments.input.as_deref(), context)?;
    let loaded = sources::load_whole(&source)?;
    let sides = sides::load(&sides::names(&arguments.side, context))?;
    let found = lint::lint(&loaded.schema, &sides);
    let (contracts, _) = merged(loaded.schema.pool().services(), &sides, Some(&loaded.schema));
    let methods = contracts.keys().filter(|name| name.contains('/')).count();
    let is_of_field = |it: &&prost_reflect::DynamicMessage| it.descriptor().name() == "FieldContract";
    let fields = contracts.values().filter(is_of_field).count();
    let services = contracts.len() - methods - fields;
    let of_fields =
        if fields == 0 { String::new() } else { format!(", and of {}", counted(fields, "field")) };
    let looked = match contracts.is_empty() {
        true => "nothing is promised beyond types: see `protogate/contract/v1/contract.proto`".to_owned(),
        false => format!(
            "promises of {} and {}{of_fields}",
            counted(methods, "method"),
            counted(services, "service")
        ),
    };
    let said = loaded.diagnostics.into_iter().chain(found).collect();
    Ok(Report::new(said).with(Section::Line(looked)))
}

fn counted(number: usize, word: &str) -> String {
    format!("{number} {word}{}", if number == 1 { "" } else { "s" })
}
