//! Serves one mutant, named by the environment variable `MUTANT`, over a fresh memory store.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;
use tokio::net::TcpListener;
use zoo::Mutant;

/// Serves the reference UserService behind one fault, chosen by the environment variable MUTANT
#[derive(Debug, Parser)]
#[command(after_help = mutants())]
struct Args {
    /// Address to listen on; port 0 takes a free port
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:50051")]
    addr: String,

    /// Ask for this bearer token; health and reflection need none
    #[arg(long, value_name = "TOKEN")]
    token: Option<String>,
}

fn main() -> ExitCode {
    let args = Args::parse();
    match chosen().and_then(|mutant| run(&args, mutant)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            let _ = writeln!(io::stderr(), "zoo: {why}");
            ExitCode::from(2)
        }
    }
}

fn mutants() -> String {
    format!("Mutants:\n{}", zoo::list())
}

fn chosen() -> Result<&'static Mutant, String> {
    let id = std::env::var("MUTANT").map_err(|_| format!("set MUTANT to one of\n{}", zoo::list()))?;
    zoo::find(&id).ok_or_else(|| format!("there is no mutant `{id}`; set MUTANT to one of\n{}", zoo::list()))
}

/// Serves until it is killed: nothing here is worth a graceful end.
fn run(args: &Args, mutant: &Mutant) -> Result<(), String> {
    let runtime = tokio::runtime::Runtime::new().map_err(|error| format!("cannot start: {error}"))?;
    runtime.block_on(async {
        let addr = &args.addr;
        let cannot = |error: io::Error| format!("cannot listen on {addr} ({error}): give another --addr");
        let listener = TcpListener::bind(addr).await.map_err(cannot)?;
        let bound = listener.local_addr().map_err(cannot)?;
        let mut stdout = io::stdout();
        let _ = writeln!(stdout, "listening on http://{bound}").and_then(|()| stdout.flush());
        let served = mutant.serve(listener, args.token.clone()).await;
        served.map_err(|error| format!("stopped serving: {error}"))
    })
}
