//! Which schema a command means.

use super::Context;
use super::config::CONFIG;
use crate::diag::{Diagnostic, Severity};
use crate::schema::{Loaded, Source, load};

/// INPUT, or `input` of the configuration.
pub fn input(argument: Option<&str>, context: &Context) -> Result<Source, Vec<Diagnostic>> {
    let configured = || context.config.input.as_deref().map(|input| context.config.resolve(input));
    let spec = argument.map(str::to_owned).or_else(configured).ok_or_else(|| {
        vec![
            Diagnostic::failure(&CONFIG, "no schema to work on")
                .help("name it (`proto`, `schema.binpb`, `git:main:proto`), or write `input = \"proto\"` into protogate.toml"),
        ]
    })?;
    Source::parse(&spec).map_err(|diagnostic| vec![diagnostic])
}

/// The schema of a source that has to be whole: any failure ends the command.
pub fn load_whole(source: &Source) -> Result<Loaded, Vec<Diagnostic>> {
    let loaded = load(source);
    if loaded.diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Failure) {
        return Err(loaded.diagnostics);
    }
    Ok(loaded)
}
