//! What the service takes, beside its peers in one run: `cargo xtask bench reference [--seconds N] [--rounds N] [--only PART]… [--write]`.
//!
//! Parts: `get` (GetUser with everything on, beside bare tonic, Python and FastAPI; h2load), `create` (durable writes), `list` (rows
//! of a stream), `memory` (a million users), `scale` (instances on one PostgreSQL). Servers and loads share the machine. Peers are those
//! of `tests/peers/install.sh` and `benches/rest/setup.sh`; what is missing has an empty cell. `--write` puts the tables into
//! `docs/benchmarks-reference.md`.

// A benchmark that cannot run has nobody to report to.
#![allow(clippy::panic, clippy::unwrap_used, missing_docs)]

mod calls;
mod get;
mod h2load;
#[path = "../../tests/it/postgres.rs"]
#[allow(dead_code, reason = "the tests use more of it")]
mod postgres;
mod scale;
mod servers;

use std::path::{Path, PathBuf};
use std::time::Duration;

const PARTS: [&str; 5] = ["get", "create", "list", "memory", "scale"];

/// How long, how often, and with how many users.
pub struct Load {
    pub seconds: Duration,
    pub rounds: usize,
    pub users: usize,
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|it| it != "--bench").collect();
    let number = |name: &str, default: usize| {
        let Some(at) = arguments.iter().position(|it| it == name) else { return default };
        let given = arguments.get(at + 1).and_then(|it| it.parse().ok());
        given.unwrap_or_else(|| refuse(&format!("{name} needs a number")))
    };
    let load = Load {
        seconds: Duration::from_secs(number("--seconds", 5) as u64),
        rounds: number("--rounds", 3).max(1),
        users: number("--users", 1_000_000).max(1),
    };
    let only: Vec<&String> =
        arguments.windows(2).filter(|pair| pair[0] == "--only").map(|pair| &pair[1]).collect();
    if let Some(unknown) = only.iter().find(|part| !PARTS.contains(&part.as_str())) {
        refuse(&format!("no part is called `{unknown}`: {}", PARTS.join(", ")));
    }
    let writes = arguments.iter().any(|it| it == "--write");
    if writes && !only.is_empty() {
        refuse("--write replaces every table of the page: leave out --only");
    }
    let wants = |part: &str| only.is_empty() || only.iter().any(|it| *it == part);
    let mut page = String::new();
    let mut add = |table: String| {
        println!("{table}");
        page.push_str(&table);
        page.push('\n');
    };
    if wants("get") {
        add(get::table(&load).await);
    }
    if wants("create") {
        add(calls::create(&load).await);
    }
    if wants("list") {
        add(calls::list(&load).await);
    }
    if wants("memory") {
        add(calls::memory(&load).await);
    }
    if wants("scale") {
        add(scale::table(&load).await);
    }
    if writes {
        let path = root().join("docs/benchmarks-reference.md");
        let before = std::fs::read_to_string(&path).unwrap();
        let (head, _) = before.split_once("<!-- written by the command -->\n").unwrap();
        std::fs::write(
            path,
            format!(
                "{head}<!-- written by the command -->\n\nThis machine has {} processors.\n\n{}\n",
                std::thread::available_parallelism().map_or(1, usize::from),
                page.trim_end()
            ),
        )
        .unwrap();
    }
}

fn refuse(why: &str) -> ! {
    eprintln!("{why}");
    std::process::exit(2);
}

/// The root of the repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The one in the middle.
pub fn median(mut of: Vec<f64>) -> f64 {
    of.sort_by(f64::total_cmp);
    of[of.len() / 2]
}

/// `48,123`
pub fn thousands(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut shown = String::new();
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            shown.push(',');
        }
        shown.push(digit);
    }
    shown
}
