//! What the commands about changes of a schema take.

use clap::{Args, Subcommand};

use super::last_day;
use crate::cli::policy::Until;
use crate::diag::Advice;

/// `check-breaking`
#[derive(Debug, Default, Args)]
pub struct CheckBreaking {
    /// The schema now: a directory, a .proto file, a descriptor set, or git:REV[:PATH]
    pub input: Option<String>,
    /// The schema it must not break, or git:tags for every release; may be given several times
    #[arg(long, value_name = "BASELINE")]
    pub against: Vec<String>,
    /// The promise to hold: FILE, PACKAGE, WIRE_JSON, WIRE or CSR as in buf, GRPC, CONTRACT, IMPORT, RUST, HISTORY, PROVEN,
    /// or a rule ID; may be given several times
    #[arg(long, value_name = "CATEGORY")]
    pub category: Vec<String>,
    /// The version that is being made, for breaks that are accepted until a version [default: the latest tag]
    #[arg(long, alias = "version", value_name = "VERSION")]
    pub release: Option<semver::Version>,
    /// Look for no values that show the findings: sooner done where very much has changed
    #[arg(long)]
    pub no_evidence: bool,
    /// Find what buf finds, also where it is wrong, and end as it does: 0, 100 for findings, 1 for failures
    #[arg(long)]
    pub buf_exact: bool,
}

/// `diff`
#[derive(Debug, Args)]
pub struct Diff {
    /// The schema now: a directory, a .proto file, a descriptor set, or git:REV[:PATH]
    pub input: Option<String>,
    /// The schema before [default: `baseline` of protogate.toml]
    #[arg(long, value_name = "BASELINE")]
    pub against: Option<String>,
    /// What counts as breaking, as for check-breaking; may be given several times
    #[arg(long, value_name = "CATEGORY")]
    pub category: Vec<String>,
    /// End with 1 when the changes ask for more than this: none, patch or minor
    #[arg(long, value_name = "LEVEL", value_parser = level)]
    pub at_most: Option<Advice>,
}

fn level(text: &str) -> Result<Advice, String> {
    let levels = &Advice::ALL[..3];
    let found = levels.iter().find(|level| level.word() == text);
    found.copied().ok_or_else(|| "write none, patch or minor".to_owned())
}

/// `accept`
#[derive(Debug, Args)]
pub struct Accept {
    /// The id of the finding, or how it starts
    pub id: String,
    /// Why the break may stay, such as the number of a ticket
    #[arg(long, value_name = "TEXT", value_parser = not_empty)]
    pub reason: String,
    /// Who answers for it
    #[arg(long, value_name = "NAME")]
    pub owner: Option<String>,
    /// The last day on which it counts, or the version with which it ends [default: no end]
    #[arg(long, value_name = "DAY|VERSION", value_parser = until)]
    pub until: Option<String>,
    /// What is compared, as for check-breaking
    #[command(flatten)]
    pub compare: CheckBreaking,
}

fn not_empty(text: &str) -> Result<String, String> {
    if text.trim().is_empty() { Err("say why".to_owned()) } else { Ok(text.to_owned()) }
}

/// A day that is not over, or a version.
fn until(text: &str) -> Result<String, String> {
    match text.parse::<Until>()? {
        Until::Day(_) => last_day(text).map(|day| day.to_string()),
        Until::Version(version) => Ok(version.to_string()),
    }
}

/// `baseline`
#[derive(Debug, Subcommand)]
pub enum Baseline {
    /// Write the current schema as the accepted one, and say what that accepts
    #[command(after_help = "Example:
  protogate baseline update                   `input` into `baseline`, both from protogate.toml")]
    Update {
        /// The schema to accept [default: `input` of protogate.toml]
        input: Option<String>,
    },
    /// Write down the breaks of today, so that only new ones count
    #[command(
        after_help = "The first time all findings are written into protogate-ratchet.toml; after that those that are gone are
taken out, and new ones stay findings unless --add says otherwise.

Examples:
  protogate baseline ratchet                  adopt the check, or take out what is mended
  protogate baseline ratchet --add --reason 'OPS-17'"
    )]
    Ratchet(Ratchet),
    /// Print the numbers and names that earlier releases had
    #[command(after_help = "Example:
  protogate baseline ledger proto --against 'git:tags:v*'")]
    Ledger {
        /// The schema whose folder is looked back on [default: `input` of protogate.toml]
        input: Option<String>,
        /// The releases [default: `history` of protogate.toml, or git:tags]
        #[arg(long, value_name = "git:tags")]
        against: Option<String>,
    },
}

/// `baseline ratchet`
#[derive(Debug, Args)]
pub struct Ratchet {
    /// Write down new breaks as well
    #[arg(long, requires = "reason")]
    pub add: bool,
    /// Why they may stay
    #[arg(long, value_name = "TEXT", value_parser = not_empty)]
    pub reason: Option<String>,
    /// What is compared, as for check-breaking
    #[command(flatten)]
    pub compare: CheckBreaking,
}
