//! The long run over all mutants: how many calls and seconds each takes until it is caught, written as a page.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde_json::Value;

use super::{AS_A_WHOLE, BY_PROMISES, How, Row, row, rows, zoo};

/// How often the healthy server is run, whatever the number of seeds for the others.
const HEALTHY: u64 = 10;

const HEAD: &str = "\
# What catches each mutant

`tests/zoo` is the reference UserService behind one fault each. This page is written by `cargo xtask campaign mutants`,
which runs `protogate contract --fail-fast --cases 30` with a deadline of 2 s on a release build of both. The promises
of the schema are left out (`--skip contract_ensures` and its kin) and no check is named, but for B40, B41 and B42, whose
checks run only when they are named, with `--pid`. B55, B56 and B57 are given the token with `--header`, B46 has its
`max-request-bytes` in the configuration.

Calls and seconds are those of the whole run up to the first failure, which for checks that may be the framework's
includes the rest of their phase, and its shrinking; the median of the seeds. Bytes are those of the request that is
shown, from seed 1; `-` where the finding is about many calls or too long.
";

/// Runs only where `cargo xtask campaign mutants` asks for it.
#[test]
fn the_table_is_written() {
    let Some(seeds) = std::env::var("PROTOGATE_MUTANTS").ok().and_then(|seeds| seeds.parse::<u64>().ok())
    else {
        return;
    };
    // The table of promises alone is made in a tenth of the time; what its phases are worth is left out.
    if std::env::var("PROTOGATE_MUTANTS_PROMISES").is_ok() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/mutants.md");
        let page = fs::read_to_string(&path).unwrap();
        let (before, _) = page.split_once(PROMISES_HEAD).unwrap();
        fs::write(path, format!("{before}{}", by_promises(seeds))).unwrap();
        return;
    }
    let mut page = format!("{HEAD}\n| mutant | fault | check | caught | calls | seconds | bytes |\n");
    page.push_str("|---|---|---|---|---|---|---|\n");
    let (mut missed, faults) = (Vec::new(), zoo());
    for row in rows() {
        let fault = faults.iter().find(|(id, ..)| id == row.mutant).map_or("", |(_, fault, _)| fault);
        let all: Vec<Measured> = (1..=seeds).map(|seed| Measured::new(row, seed)).collect();
        let caught = all.iter().filter(|it| it.caught).count() as u64;
        let calls = median(all.iter().map(|it| it.calls).collect());
        let seconds = seconds(median(all.iter().map(|it| it.millis).collect()));
        let bytes = all.first().and_then(|it| it.bytes).map_or("-".into(), |bytes| bytes.to_string());
        let line = format!(
            "| {} | {fault} | `{}` | {caught}/{seeds} | {calls} | {seconds} | {bytes} |",
            row.mutant, row.check
        );
        println!("{line}");
        page.push_str(&line);
        page.push('\n');
        missed.extend((caught < seeds).then_some(row.mutant));
    }
    page.push_str(&ablations());
    let healthy: Vec<Value> = (1..=HEALTHY).map(|seed| row("healthy", "").contract(seed).1).collect();
    let failures: usize = healthy.iter().map(|report| report["failures"].as_array().unwrap().len()).sum();
    let sum = |of: &str| healthy.iter().filter_map(|report| report["summary"][of].as_u64()).sum::<u64>();
    let line = format!(
        "The healthy server, {HEALTHY} seeds: {failures} failures in {} cases and {} calls, {} s a run.",
        sum("cases"),
        sum("calls"),
        seconds(sum("elapsed_ms") / HEALTHY)
    );
    println!("{line}");
    writeln!(page, "\n{line}").unwrap();
    page.push_str(&by_promises(seeds));
    page.push_str(&promises_without());
    fs::write(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/mutants.md"), page).unwrap();
    assert_eq!((failures, missed), (0, Vec::new()));
}

const PROMISES_HEAD: &str = "\n## With the contract\n";

const OF_PROMISES: &str = "
Of these the only fault is a wrong value. Each is caught by the promise of `proto/user.proto` that is meant for it. `first`
is a run with `--fail-fast` and `--cases 30` on a server that runs already; `all` one with `--cases 100` that asks for
everything, as a neighbour of the rule may be broken before it; `started` is the same without `--target`, so that the
tester starts the service itself and asks what is promised of an empty one. Steps are those of the sequence that is shown,
beside those of the least one there is, written by hand.
";

/// The calls of the least sequence that shows the fault, written by hand.
const LEAST: [(&str, usize); 10] = [
    // Get(\"\"); Get(unknown); Create, Create, Get(r1) or, as its neighbour may be an older user, Create, Get(r1).
    ("B07", 1),
    ("B09", 1),
    ("B12", 2),
    // Create(\"a \"), Get(r1); Create, Create(name: r1.name); Create, List(offset: 1).
    ("B14", 2),
    ("B21", 2),
    ("B23", 2),
    // Create, taken back, List; Create, Create(email: r1.email), List.
    ("B38", 2),
    ("B39", 3),
    // Create beside Create; Create, Update(name) beside Update(email).
    ("B51", 2),
    ("B52", 3),
];

/// Those whose only fault is a wrong value: which rule is broken, how often, and in how many steps.
fn by_promises(seeds: u64) -> String {
    let mut table = format!(
        "{PROMISES_HEAD}{OF_PROMISES}\n| mutant | rule | run | caught | calls | seconds | steps | least |\n"
    );
    table.push_str("|---|---|---|---|---|---|---|---|\n");
    for row in BY_PROMISES {
        let reports: Vec<Value> = (1..=seeds).map(|seed| row.contract(seed).1).collect();
        let caught = reports.iter().filter(|report| row.kill(report).is_some()).count();
        let first = reports.iter().find_map(|report| row.kill(report));
        let number = |of: &str| median(reports.iter().filter_map(|it| it["summary"][of].as_u64()).collect());
        let how = match row.how {
            How::First => "first",
            How::All => "all",
            How::Started => "started",
        };
        let least = LEAST.iter().find(|(mutant, _)| *mutant == row.mutant);
        let line = format!(
            "| {} | `{}` | {how} | {caught}/{seeds} | {} | {} | {} | {} |",
            row.mutant,
            row.rule,
            number("calls"),
            seconds(number("elapsed_ms")),
            first.map_or("-".to_owned(), |kill| steps(kill).to_string()),
            least.map_or(String::new(), |(_, steps)| steps.to_string()),
        );
        println!("{line}");
        table.push_str(&line);
        table.push('\n');
    }
    table
}

/// The calls of a sequence that is shown.
fn steps(kill: &Value) -> usize {
    kill["details"]["step"].as_str().map_or(0, |steps| steps.lines().count())
}

/// What the phases of promises are worth, seed 1: which of those mutants are not caught without one.
fn promises_without() -> String {
    let mut table = String::from("\n| run | caught | not caught |\n|---|---|---|\n");
    for (what, more) in [
        ("no coverage (`--without-phase coverage`)", &["--without-phase", "coverage"][..]),
        ("no sequences (`--without-phase sequences`)", &["--without-phase", "sequences"]),
        ("no races (`--without-phase races`)", &["--without-phase", "races"]),
        ("neither", &["--without-phase", "sequences", "--without-phase", "races"]),
        ("1 worker", &["--workers", "1"]),
        ("8 workers", &["--workers", "8"]),
    ] {
        table.push_str(&ablation(what, more, &BY_PROMISES.iter().collect::<Vec<_>>()));
    }
    table
}

/// What each part of a run is worth, seed 1: which mutants are not caught without it.
fn ablations() -> String {
    let mut table = String::from("\n| run | caught | not caught |\n|---|---|---|\n");
    for (what, more) in [
        ("no random messages (`--cases 0`)", &["--cases", "0"][..]),
        ("no coverage (`--without-phase coverage`)", &["--without-phase", "coverage"]),
        ("no schedules (`--without-phase schedules`)", &["--without-phase", "schedules"]),
        ("1 worker", &["--workers", "1"]),
        ("8 workers", &["--workers", "8"]),
    ] {
        table.push_str(&ablation(what, more, &rows()));
    }
    table
}

fn ablation(what: &str, more: &[&str], rows: &[&Row]) -> String {
    let is_missed = |row: &&&Row| row.kill(&row.contract_with(1, more).1).is_none();
    let missed: Vec<&str> = rows.iter().filter(is_missed).map(|row| row.mutant).collect();
    let line = format!("| {what} | {} | {} |\n", rows.len() - missed.len(), missed.join(" "));
    print!("{line}");
    line
}

/// One run on one mutant.
struct Measured {
    caught: bool,
    calls: u64,
    millis: u64,
    bytes: Option<usize>,
}

impl Measured {
    fn new(row: &Row, seed: u64) -> Measured {
        let (_, report) = row.contract(seed);
        let kill = row.kill(&report);
        let number = |of: &str| report["summary"][of].as_u64().unwrap();
        let hex = kill.map(|kill| match &kill["request_hex"] {
            Value::Array(parts) => parts.iter().filter_map(Value::as_str).map(|part| part.len() / 2).sum(),
            one => one.as_str().map_or(0, |hex| hex.len() / 2),
        });
        // A question about the server as a whole may have sent what is too long to be shown.
        let unshown = hex == Some(0) && AS_A_WHOLE.iter().any(|it| it.mutant == row.mutant);
        let whole = row.named || unshown || kill.is_some_and(|kill| kill["method"] == "the server");
        Measured {
            caught: kill.is_some(),
            calls: number("calls"),
            millis: number("elapsed_ms"),
            bytes: hex.filter(|_| !whole),
        }
    }
}

fn median(mut numbers: Vec<u64>) -> u64 {
    numbers.sort_unstable();
    numbers.get(numbers.len() / 2).copied().unwrap_or(0)
}

fn seconds(millis: u64) -> String {
    format!("{}.{}", millis / 1000, millis % 1000 / 100)
}
