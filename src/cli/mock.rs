//! `mock`: serves a schema without anybody's code.

use std::io::Write as _;
use std::path::PathBuf;

use clap::Args;

use super::config::CONFIG;
use super::service::SERVICE;
use super::{Context, Outcome, interrupt, sides, sources};
use crate::diag::{Diagnostic, Report};
use crate::mock;
use crate::promise::contract::Contract;

/// `mock`
#[derive(Debug, Args)]
pub struct Mock {
    /// The schema: a directory, a .proto file, a descriptor set, or git:REV[:PATH]
    pub input: Option<String>,
    /// Where to listen
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:50051")]
    pub addr: String,
    /// A side file (`*.contract.toml`, `.yaml` or `.textproto`) with promises beside the schema; may be given several times
    #[arg(long, value_name = "FILE")]
    pub side: Vec<PathBuf>,
}

/// Serves until somebody ends it.
pub fn mock(arguments: &Mock, context: &Context) -> Outcome {
    let source = sources::input(arguments.input.as_deref(), context)?;
    let loaded = sources::load_whole(&source)?;
    let own = || loaded.schema.own_files().flat_map(|file| file.descriptor().services());
    if own().next().is_none() {
        let help = "name a schema with a `service` in it";
        return Err(vec![Diagnostic::failure(&CONFIG, "the schema has no service to answer for").help(help)]);
    }
    let sides = sides::load(&sides::names(&arguments.side, context))?;
    let contract = Contract::beside(own(), &sides, Some(&loaded.schema))?;
    if let Some(wrong) = contract.unread.first() {
        let message = format!("{}: `{}` is no CEL: {}", wrong.of, wrong.text, wrong.why);
        let help = "`protogate contract lint` shows the place";
        return Err(vec![Diagnostic::failure(&CONFIG, message).help(help)]);
    }
    let mock = mock::Mock::new(own(), contract);
    let failed = |what: String| vec![Diagnostic::failure(&SERVICE, what)];
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| failed(format!("cannot start: {error}")))?;
    let mut stop = interrupt::listen();
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind(&arguments.addr).await.map_err(|error| {
            let said = Diagnostic::failure(&SERVICE, format!("cannot listen on {}: {error}", arguments.addr));
            vec![said.help("name a free address of this machine with --addr; port 0 takes any")]
        })?;
        let address = listener.local_addr().map_err(|error| failed(error.to_string()))?;
        // The first line, so that whoever started it with port 0 learns the port; nobody may be reading.
        let _ = writeln!(std::io::stdout(), "listening on http://{address}");
        let ended = async {
            let _ = stop.wait_for(|it| *it).await;
        };
        let descriptors = loaded.schema.descriptor_set();
        mock::serve(mock, listener, &descriptors, ended).await.map_err(|error| failed(error.to_string()))
    })?;
    Ok(Report::new(loaded.diagnostics))
}
