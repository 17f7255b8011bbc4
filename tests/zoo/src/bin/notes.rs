//! Serves the notes of `proto/notes.proto` behind one fault, named by the environment variable `MUTANT`.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;
use tokio::net::TcpListener;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use zoo::notes::{FAULTS, Notes};

/// Serves notes that belong to their writers, behind one fault, chosen by the environment variable MUTANT
#[derive(Debug, Parser)]
struct Args {
    /// Address to listen on; port 0 takes a free port
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:50051")]
    addr: String,
}

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            let _ = writeln!(io::stderr(), "notes: {why}");
            ExitCode::from(2)
        }
    }
}

/// Serves until it is killed: nothing here is worth a graceful end.
fn run(args: &Args) -> Result<(), String> {
    let names: Vec<&str> = FAULTS.iter().map(|(name, _)| *name).collect();
    let wanted = std::env::var("MUTANT").unwrap_or_default();
    let fault = FAULTS.iter().find(|(name, _)| *name == wanted);
    let (_, fault) = fault.ok_or_else(|| format!("set MUTANT to one of {}", names.join(", ")))?;
    let runtime = tokio::runtime::Runtime::new().map_err(|error| format!("cannot start: {error}"))?;
    runtime.block_on(async {
        let addr = &args.addr;
        let cannot = |error: io::Error| format!("cannot listen on {addr} ({error}): give another --addr");
        let listener = TcpListener::bind(addr).await.map_err(cannot)?;
        let bound = listener.local_addr().map_err(cannot)?;
        let mut stdout = io::stdout();
        let _ = writeln!(stdout, "listening on http://{bound}").and_then(|()| stdout.flush());
        let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
        let served = Server::builder().add_service(Notes::new(*fault)).serve_with_incoming(incoming).await;
        served.map_err(|error| format!("stopped serving: {error}"))
    })
}
