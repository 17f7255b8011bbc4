//! What the commands that call a server take.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::last_day;
use crate::cli::date::Date;
use crate::cli::lint::ContractWork;
use crate::contract::Phase;

/// `contract`
#[derive(Debug, Default, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Contract {
    /// Something else to do with promises than to test a server
    #[command(subcommand)]
    pub work: Option<ContractWork>,
    /// The server, as https://HOST:PORT, http://HOST:PORT or HOST:PORT [default: start the service of \[gate\]]
    #[arg(long, value_name = "URI")]
    pub target: Option<String>,
    /// The schema [default: `input` of protogate.toml]
    #[arg(long, value_name = "INPUT", conflicts_with = "reflect")]
    pub schema: Option<String>,
    /// Ask the server for its schema (gRPC server reflection)
    #[arg(long)]
    pub reflect: bool,
    /// Methods to test, as a glob over package.Service/Method; may be given several times
    #[arg(long, value_name = "GLOB")]
    pub method: Vec<String>,
    /// Draw the same cases as the run that printed this seed [default: a new one]
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Random cases per method
    #[arg(long, value_name = "N")]
    pub cases: Option<u32>,
    /// Cases under way at once; changes nothing about which cases are drawn
    #[arg(long, value_name = "N")]
    pub workers: Option<usize>,
    /// Stop after this time, such as 30s or 5m
    #[arg(long, value_name = "D", value_parser = humantime::parse_duration)]
    pub max_time: Option<Duration>,
    /// How the server is reached
    #[command(flatten)]
    pub reach: Reach,
    /// Metadata for every call, as NAME:VALUE; a value `env:VAR` is read from the environment
    #[arg(long, value_name = "K:V")]
    pub header: Vec<String>,
    /// A caller that the server knows, as NAME=HEADER:VALUE; a value `env:VAR` is read from the environment. With two of
    /// them it is asked whether what one made is out of reach for the other; may be given several times
    #[arg(long, value_name = "NAME=K:V")]
    pub identity: Vec<String>,
    /// The server's process on this machine, whose memory `no_resource_leak` watches
    #[arg(long, value_name = "N")]
    pub pid: Option<u32>,
    /// Run this before each sequence of calls: it leaves the server empty. Words are parted by blanks, without a shell
    /// [default: `reset-command` of protogate.toml]
    #[arg(long, value_name = "CMD")]
    pub reset_cmd: Option<String>,
    /// A side file (`*.contract.toml`, `.yaml` or `.textproto`) with promises beside the schema, laid over it and over
    /// those of protogate.toml; may be given several times
    #[arg(long, value_name = "FILE")]
    pub side: Vec<PathBuf>,
    /// Hold the server to the letter of the specification as well, and its framework to account
    #[arg(long)]
    pub strict: bool,
    /// End the search at the first failure
    #[arg(long)]
    pub fail_fast: bool,
    /// Only one part of the cases, such as 2/8: machines that run 1/8 to 8/8 with one --seed run all of them
    #[arg(long, value_name = "I/N", value_parser = shard)]
    pub shard: Option<(u64, u64)>,
    /// Only these checks, by name or code
    #[arg(long, value_name = "NAME")]
    pub check: Vec<String>,
    /// Not these checks, by name or code
    #[arg(long, value_name = "NAME")]
    pub skip: Vec<String>,
    /// Leave out this phase, such as sequences or coverage; may be given several times
    #[arg(long, value_name = "PHASE", value_parser = phase)]
    pub without_phase: Vec<Phase>,
    /// Also write report.json, report.html, junit.xml, report.sarif and events.ndjson into this folder
    #[arg(long, value_name = "DIR")]
    pub report: Option<PathBuf>,
    /// Write the failures of this run into protogate-known.toml: from then on they are warnings
    #[arg(long, requires = "reason")]
    pub accept_known: bool,
    /// Why those failures may stay, such as the number of a ticket
    #[arg(long, value_name = "TEXT", requires = "accept_known")]
    pub reason: Option<String>,
    /// The last day on which they count as known [default: in 90 days]
    #[arg(long, value_name = "YYYY-MM-DD", requires = "accept_known", value_parser = last_day)]
    pub expires: Option<Date>,
}

/// A phase by its name.
fn phase(text: &str) -> Result<Phase, String> {
    let names = || Phase::ALL.map(Phase::name).join(", ");
    Phase::ALL.into_iter().find(|it| it.name() == text).ok_or_else(|| format!("the phases are {}", names()))
}

/// `replay`
#[derive(Debug, Args)]
pub struct Replay {
    /// The id that `contract` printed
    pub id: String,
    /// Call this server instead of the one the case was found on
    #[arg(long, value_name = "URI")]
    pub target: Option<String>,
    /// How the server is reached
    #[command(flatten)]
    pub reach: Reach,
    /// Metadata of the call, as NAME:VALUE; a saved case keeps no values, because they may be secrets
    #[arg(long, value_name = "K:V")]
    pub header: Vec<String>,
    /// A caller that the server knows, as for `contract`; may be given several times
    #[arg(long, value_name = "NAME=K:V")]
    pub identity: Vec<String>,
    /// Run this before the calls of a sequence, as for the run that found it
    #[arg(long, value_name = "CMD")]
    pub reset_cmd: Option<String>,
}

/// How a server is reached, wherever one is called.
#[derive(Debug, Default, Args)]
pub struct Reach {
    /// How long a server may take until it is ready: takes connections, and does not call itself NOT_SERVING
    /// [default: 5s]
    #[arg(long, value_name = "D", value_parser = humantime::parse_duration)]
    pub wait: Option<Duration>,
    /// The authorities whose certificates are trusted, as PEM [default: those of the system]
    #[arg(long, value_name = "FILE", conflicts_with = "insecure")]
    pub ca: Option<PathBuf>,
    /// Our own certificate, as PEM, for a server that asks for one
    #[arg(long, value_name = "FILE", requires = "key")]
    pub cert: Option<PathBuf>,
    /// The private key of --cert, as PEM
    #[arg(long, value_name = "FILE", requires = "cert")]
    pub key: Option<PathBuf>,
    /// The name that the server's certificate must have [default: the host of the target]
    #[arg(long, value_name = "NAME")]
    pub server_name: Option<String>,
    /// Trust whoever answers, and say so in the report
    #[arg(long)]
    pub insecure: bool,
}

/// `I/N`, counted from one, as parts counted from zero.
fn shard(text: &str) -> Result<(u64, u64), String> {
    let parts = text.split_once('/').and_then(|(part, of)| Some((part.parse().ok()?, of.parse().ok()?)));
    match parts {
        Some((part, of)) if (1..=of).contains(&part) => Ok((part - 1, of)),
        _ => Err("write I/N with I from 1 to N, such as 2/8".to_owned()),
    }
}
