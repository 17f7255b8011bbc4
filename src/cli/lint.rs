//! `contract lint`: a schema and its side files, and what is wrong with what they promise.

use std::fs;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::{Context, Outcome, sources};
use crate::diag::{Diagnostic, Place, Report, Section};
use crate::promise::contract::{SideFile, lint, merged};

/// What is done with promises alone.
#[derive(Debug, Subcommand)]
pub enum ContractWork {
    /// Find what is wrong with the promises that a schema and its side files make
    #[command(after_help = "Examples:
  protogate contract lint                                     INPUT from protogate.toml
  protogate contract lint proto --side staging.contract.toml
  protogate contract lint proto --format github")]
    Lint(Lint),
}

/// `contract lint`
#[derive(Debug, Args)]
pub struct Lint {
    /// The schema: a directory, a .proto file, a descriptor set, or git:REV[:PATH]
    pub input: Option<String>,
    /// A side file (`*.contract.toml`), laid over the schema; may be given several times
    #[arg(long, value_name = "FILE")]
    pub side: Vec<PathBuf>,
}

pub fn lint(arguments: &Lint, context: &Context) -> Outcome {
    let source = sources::input(arguments.input.as_deref(), context)?;
    let loaded = sources::load_whole(&source)?;
    let sides: Vec<Result<SideFile, Diagnostic>> = arguments.side.iter().map(|path| side(path)).collect();
    let (sides, failed): (Vec<_>, Vec<_>) = sides.into_iter().partition(Result::is_ok);
    let failed: Vec<Diagnostic> = failed.into_iter().filter_map(Result::err).collect();
    if !failed.is_empty() {
        return Err(failed);
    }
    let sides: Vec<SideFile> = sides.into_iter().flatten().collect();
    let found = lint::lint(&loaded.schema, &sides);
    let (contracts, _) = merged(loaded.schema.pool().services(), &sides);
    let methods = contracts.keys().filter(|name| name.contains('/')).count();
    let services = contracts.len() - methods;
    let looked = match contracts.is_empty() {
        true => "nothing is promised beyond types: see `protogate/contract/v1/contract.proto`".to_owned(),
        false => format!("promises of {} and {}", counted(methods, "method"), counted(services, "service")),
    };
    let said = loaded.diagnostics.into_iter().chain(found).collect();
    Ok(Report::new(said).with(Section::Line(looked)))
}

fn counted(number: usize, word: &str) -> String {
    format!("{number} {word}{}", if number == 1 { "" } else { "s" })
}

fn side(path: &Path) -> Result<SideFile, Diagnostic> {
    let shown = path.display().to_string();
    match fs::read_to_string(path) {
        Ok(text) => SideFile::parse(&shown, &text),
        Err(error) => {
            Err(Diagnostic::failure(lint::UNREADABLE, format!("`{shown}` cannot be read: {error}"))
                .at(Place::file(shown))
                .help("name a file that exists with --side"))
        }
    }
}
