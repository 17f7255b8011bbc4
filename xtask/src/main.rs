//! This repository's own use of protogate: `cargo xtask X …` is `protogate X …` with the `protogate.toml`
//! at the root, from whichever folder it is run, plus the few commands that only this repository needs.

use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, ExitCode};

fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    match arguments.get(1).and_then(|command| command.to_str()) {
        Some("corpus") => corpus(),
        Some("campaign") => campaign(&arguments[2..]),
        Some("verdicts") => test("verdicts::the_page_is_as_written", &[("PROTOGATE_VERDICTS", "1")]),
        Some("certs") => certs(arguments.get(2..).unwrap_or_default()),
        Some("bench") => bench(arguments.get(2..).unwrap_or_default()),
        _ => protogate::cli::run(arguments),
    }
}

/// Installs Google's API definitions into a cache folder and runs every test that uses them.
fn corpus() -> ExitCode {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let install = Command::new("tests/peers/install.sh").current_dir(&root).status();
    if !install.is_ok_and(|status| status.success()) {
        eprintln!("the corpus could not be installed: tests/peers/install.sh needs bash, npm and python3");
        return ExitCode::from(2);
    }
    test("corpus", &[])
}

/// The long runs. Of the comparison with buf: `campaign pairs [--pairs N] [--seed N]` on generated pairs of schemas
/// (`tests/it/pairs`), `campaign majors` on two majors of Google's API definitions. Of the contract tester:
/// `campaign mutants [--seeds N] [--promises] [--debug]` on every server of the zoo, which writes `docs/mutants.md`: with
/// `--promises` only the part about the contract, with `--debug` from the build of the tests. Of what `PROVEN` promises:
/// `campaign breaking [--pairs N] [--seed N]` on generated pairs. Of generated files: `campaign rust [--schemas N] [--seed N]`
/// compiles and runs random schemas, and compiles the largest of Google's; `campaign openapi` has two validators read the
/// document of every folder of Google's. Of the reference: `campaign faults [--rounds N]` kills it under load on each durable
/// store, and `campaign hostile` attacks it, which writes `docs/hostile.md`.
fn campaign(arguments: &[OsString]) -> ExitCode {
    let words: Vec<&str> = arguments.iter().filter_map(|argument| argument.to_str()).collect();
    if words == ["majors"] {
        return test("majors_vs_buf", &[("PROTOGATE_MAJORS", "1")]);
    }
    if words == ["openapi"] {
        return test("rest::documents", &[("PROTOGATE_OPENAPI", "1")]);
    }
    if words == ["hostile"] {
        // Memory and seconds are measured of what people run.
        let name = "attack::who_means_well_is_served_while_others_attack";
        return test_in(&["--release", "--workspace"], name, &[("PROTOGATE_HOSTILE", "1")]);
    }
    if let ["rust", rest @ ..] = &words[..] {
        return rust(rest);
    }
    if let ["faults", rest @ ..] = &words[..] {
        let rounds = match rest {
            [] => "50",
            ["--rounds", rounds] if rounds.parse::<u32>().is_ok_and(|rounds| rounds > 0) => *rounds,
            _ => return campaign_usage(),
        };
        let asked = [("PROTOGATE_CRASH_ROUNDS", rounds)];
        return test_in(&["--workspace"], "crash::every_acknowledged_user_survives_kill_nine", &asked);
    }
    if let ["mutants", rest @ ..] = &words[..] {
        return mutants(rest);
    }
    let law = words.first() == Some(&"breaking");
    let (mut pairs, mut seed) = (if law { "100000" } else { "50000" }, "0");
    let mut options = words.iter().skip(1);
    while let Some(option) = options.next() {
        match (*option, options.next()) {
            ("--pairs", Some(number)) => pairs = number,
            ("--seed", Some(number)) => seed = number,
            _ => return campaign_usage(),
        }
    }
    if !(law || words.first() == Some(&"pairs")) || [pairs, seed].iter().any(|it| it.parse::<u64>().is_err())
    {
        return campaign_usage();
    }
    if law {
        // Without optimisation it takes an hour.
        let name = "pairs::law::silence_is_kept_and_findings_are_shown";
        let asked = [("PROTOGATE_LAW_PAIRS", pairs), ("PROTOGATE_SEED", seed)];
        return test_in(&["--release", "--package", "protogate"], name, &asked);
    }
    let asked = [("PROTOGATE_PAIRS", pairs), ("PROTOGATE_SEED", seed)];
    test("pairs::buf_says_the_same_of_generated_pairs", &asked)
}

fn rust(options: &[&str]) -> ExitCode {
    let mut asked = vec![("PROTOGATE_RUST_SCHEMAS", "200"), ("PROTOGATE_SEED", "1")];
    for option in options.chunks(2) {
        match option {
            ["--schemas", number] if number.parse::<u64>().is_ok() => asked[0].1 = number,
            ["--seed", number] if number.parse::<u64>().is_ok() => asked[1].1 = number,
            _ => return campaign_usage(),
        }
    }
    let random = test("rust_json", &asked);
    if random != ExitCode::SUCCESS {
        return random;
    }
    test("codegen_compiles::googles_largest_compile", &[("PROTOGATE_GOOGLE_RUST", "1")])
}

fn mutants(options: &[&str]) -> ExitCode {
    // Seconds are measured, so the servers and the tester are those that people run.
    let (mut build, mut asked) = (vec!["--release", "--workspace"], vec![("PROTOGATE_MUTANTS", "3")]);
    let mut options = options.iter();
    while let Some(option) = options.next() {
        match *option {
            "--debug" => build = vec!["--workspace"],
            "--promises" => asked.push(("PROTOGATE_MUTANTS_PROMISES", "1")),
            "--seeds" => match options.next().filter(|it| it.parse::<u64>().is_ok_and(|number| number > 0)) {
                Some(number) => asked[0].1 = number,
                None => return campaign_usage(),
            },
            _ => return campaign_usage(),
        }
    }
    test_in(&build, "mutants::campaign::the_table_is_written", &asked)
}

/// Runs the integration tests of this name with the peers required, and shows what they print.
fn test(name: &str, environment: &[(&str, &str)]) -> ExitCode {
    test_in(&["--package", "protogate"], name, environment)
}

fn test_in(build: &[&str], name: &str, environment: &[(&str, &str)]) -> ExitCode {
    let tests = Command::new(env!("CARGO"))
        .arg("test")
        .args(build)
        .args(["--test", "it", "--", "--nocapture", name])
        .env("PROTOGATE_REQUIRE_PEERS", "1")
        .envs(environment.iter().copied())
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(".."))
        .status();
    ExitCode::from(if tests.is_ok_and(|status| status.success()) { 0 } else { 1 })
}

fn campaign_usage() -> ExitCode {
    eprintln!(
        "usage: cargo xtask campaign pairs|breaking [--pairs N] [--seed N] | majors | mutants [--seeds N] [--promises] [--debug] | rust [--schemas N] [--seed N] | openapi | faults [--rounds N] | hostile"
    );
    ExitCode::from(2)
}

/// Makes certificates for development: `cargo xtask certs DIR [NAME…]`.
fn certs(arguments: &[OsString]) -> ExitCode {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.toml");
    // In the folder of the caller: DIR is a path from there.
    let status = Command::new(env!("CARGO"))
        .args(["run", "--quiet", "--package", "user-service", "--example", "certs", "--manifest-path"])
        .arg(manifest)
        .arg("--")
        .args(arguments)
        .status();
    ExitCode::from(if status.is_ok_and(|status| status.success()) { 0 } else { 2 })
}

/// Measures a command beside its peers: `cargo xtask bench check-breaking|generate|contract|reference [OPTION…]`.
fn bench(arguments: &[OsString]) -> ExitCode {
    let Some((name, rest)) = arguments.split_first().and_then(|(name, rest)| Some((name.to_str()?, rest)))
    else {
        return bench_usage();
    };
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let bench = match name {
        "check-breaking" => "check_breaking",
        "generate" => "generate",
        "contract" => {
            // The service that is measured, and the peer, which may be missing.
            let build = ["build", "--quiet", "--release", "--package", "user-service"];
            let _ = Command::new(env!("CARGO")).args(build).current_dir(&root).status();
            let _ = Command::new("benches/rest/setup.sh").arg("target/peers").current_dir(&root).status();
            "contract"
        }
        "reference" => {
            // What is measured beside it: tonic alone, and FastAPI where it can be installed.
            let build = ["build", "--quiet", "--release", "--workspace", "--example", "bare"];
            let _ = Command::new(env!("CARGO")).args(build).current_dir(&root).status();
            let peers = std::env::var_os("PROTOGATE_PEERS").unwrap_or_else(|| "target/peers".into());
            let _ = Command::new("benches/rest/setup.sh").arg(peers).current_dir(&root).status();
            "load"
        }
        _ => return bench_usage(),
    };
    let status = Command::new(env!("CARGO"))
        .args(["bench", "--workspace", "--bench", bench, "--"])
        .args(rest)
        .current_dir(root)
        .status();
    ExitCode::from(if status.is_ok_and(|status| status.success()) { 0 } else { 2 })
}

fn bench_usage() -> ExitCode {
    eprintln!(
        "usage: cargo xtask bench check-breaking|generate [--runs N] [--quick] | contract [--runs N] [--minutes N] | reference [--seconds N] [--only PART]"
    );
    ExitCode::from(2)
}
