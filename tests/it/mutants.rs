//! The mutants of the zoo: each is caught by the check that is meant for it, those whose only fault is a wrong value by
//! a promise of the schema and the others without, and the healthy server by none. `cargo xtask campaign mutants` writes what that took into `docs/mutants.md`.

mod campaign;

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::run::{Ran, protogate};
use crate::servers::{Server, program};

/// A mutant, the check that catches it, and what the check has to be told.
struct Row {
    mutant: &'static str,
    check: &'static str,
    /// For the server and for the run.
    token: Option<&'static str>,
    /// Lines under `[contract]`.
    config: &'static str,
    /// For a check that runs only when it is named.
    named: bool,
    /// The promise of the schema that catches it, where nothing else does.
    rule: &'static str,
    how: How,
}

/// How promises are asked.
#[derive(Clone, Copy, PartialEq)]
enum How {
    /// Until the first is broken, of a server that runs already.
    First,
    /// All of them: a neighbour of the rule may be broken before it.
    All,
    /// All of them, of servers that are started for it, as `gate` does it.
    Started,
}

/// The checks of promises.
const PROMISES: [&str; 10] = [
    "contract_requires",
    "contract_ensures",
    "contract_errors",
    "contract_stream",
    "contract_invariant",
    "contract_may_return",
    "contract_field",
    "pages_add_up",
    "streams_isolated",
    "not_linearizable",
];

/// What does not ask for promises.
const OTHER_PHASES: [&str; 8] =
    ["acquaint", "coverage", "follow", "remove", "random", "malformed", "deadlines", "schedules"];

const fn row(mutant: &'static str, check: &'static str) -> Row {
    Row { mutant, check, token: None, config: "", named: false, rule: "", how: How::First }
}

/// Caught by what one call, or a few, are answered with.
const BY_CALLS: &[Row] = &[
    row("B01", "not_a_server_error"),
    row("B02", "no_transport_abort"),
    row("B03", "not_a_server_error"),
    row("B04", "no_transport_abort"),
    row("B05", "stays_alive"),
    row("B06", "not_a_server_error"),
    row("B10", "grpc_envelope"),
    row("B11", "error_message_leak"),
    row("B15", "response_decodes"),
    row("B20", "deterministic_read"),
    row("B24", "deterministic_read"),
    row("B26", "always_terminates"),
    row("B28", "always_terminates"),
    row("B29", "framing_invariance"),
    row("B30", "empty_request_stream"),
    row("B34", "deadline_respected"),
    row("B35", "half_close_terminates"),
    row("B37", "half_close_terminates"),
    row("B43", "sibling_isolation"),
    row("B44", "survives_malformed_input"),
    row("B45", "recursion_limit"),
    row("B47", "response_decodes"),
    row("B48", "unknown_fields_ignored"),
    row("B49", "encoding_invariance"),
    row("B50", "grpc_envelope"),
    row("B53", "response_cardinality"),
    row("B59", "metadata_tolerant"),
];

/// Caught by questions about the server as a whole, which come last.
const AS_A_WHOLE: &[Row] = &[
    Row { config: "max-request-bytes = 4194304", ..row("B46", "oversize_rejected") },
    row("B54", "reflection_matches_schema"),
    Row { token: Some("T"), ..row("B55", "ignored_auth") },
    Row { token: Some("T"), ..row("B56", "ignored_auth") },
    Row { token: Some("T"), ..row("B57", "ignored_auth") },
    row("B60", "reflection_matches_schema"),
];

/// Caught by questions that are hard on a server, and asked only by name.
const WHEN_NAMED: &[Row] = &[
    Row { named: true, ..row("B40", "cancel_releases_streams") },
    Row { named: true, ..row("B41", "no_resource_leak") },
    Row { named: true, ..row("B42", "no_resource_leak") },
];

/// Caught by nothing but a promise.
const BY_PROMISES: &[Row] = &[
    promised("B07", "contract_errors", "errors/empty_id"),
    promised("B08", "contract_errors", "errors/unknown_id"),
    promised("B09", "contract_errors", "errors/unknown_id"),
    promised("B12", "contract_ensures", "ensures/exact_user"),
    promised("B13", "contract_ensures", "ensures/echo"),
    Row { how: How::Started, ..promised("B14", "contract_ensures", "ensures/exact_user") },
    promised("B16f", "contract_ensures", "ensures/clock"),
    promised("B16z", "contract_ensures", "ensures/clock"),
    promised("B17", "contract_ensures", "ensures/fresh_id"),
    Row { how: How::All, ..promised("B18", "contract_ensures", "ensures/created_is_readable") },
    Row { how: How::Started, ..promised("B19", "contract_ensures", "ensures/exact_user") },
    Row { how: How::Started, ..promised("B21", "contract_ensures", "ensures/fresh_id") },
    promised("B22", "contract_stream", "each/bound"),
    Row { how: How::Started, ..promised("B23", "contract_stream", "final/slice") },
    promised("B23b", "contract_stream", "each/bound"),
    Row { how: How::Started, ..promised("B25", "contract_stream", "final/slice") },
    Row { how: How::Started, ..promised("B27", "contract_stream", "final/slice") },
    Row { how: How::All, ..promised("B31", "contract_ensures", "ensures/count") },
    promised("B32", "contract_stream", "each/prefix"),
    promised("B33", "contract_stream", "final/all"),
    Row { how: How::All, ..promised("B36", "streams_isolated", "stream.isolation") },
    Row { how: How::Started, ..promised("B38", "contract_stream", "final/known") },
    Row { how: How::Started, ..promised("B39", "contract_stream", "final/known") },
    promised("B51", "not_linearizable", "linearizability"),
    promised("B52", "not_linearizable", "linearizability"),
];

/// Caught by what a method promises beyond single rules: pages, and streams that are kept apart.
const BY_OPTIONS: &[(&str, &str, &str)] = &[
    ("B22", "pages_add_up", "BOUND"),
    ("B23", "pages_add_up", "TWICE"),
    ("B23b", "pages_add_up", "BOUND"),
    ("B24", "pages_add_up", ""),
    ("B36", "streams_isolated", "stream.isolation"),
];

const fn promised(mutant: &'static str, check: &'static str, rule: &'static str) -> Row {
    Row { rule, ..row(mutant, check) }
}

impl Row {
    /// One run, in a folder of its own: saved cases of another would be sent first.
    fn contract(&self, seed: u64) -> (Ran, Value) {
        self.contract_with(seed, &[])
    }

    /// The same with further options.
    fn contract_with(&self, seed: u64, more: &[&str]) -> (Ran, Value) {
        let folder = tempfile::tempdir().unwrap();
        self.contract_in(folder.path(), seed, more)
    }

    /// Writes the configuration.
    fn configure(&self, folder: &Path) {
        // A hang is a hang after two seconds as well.
        let proto = concat!(env!("CARGO_MANIFEST_DIR"), "/proto");
        let config = format!("input = {proto:?}\n[contract]\ndeadline = \"2s\"\n{}\n", self.config);
        let gate = format!(
            "[gate]\nready = \"listening on {{target}}\"\n\
             start = [\"env\", \"MUTANT={}\", {:?}, \"--addr\", \"127.0.0.1:0\"]\n",
            self.mutant,
            program("zoo")
        );
        fs::write(folder.join("protogate.toml"), config + &gate).unwrap();
    }

    fn contract_in(&self, folder: &Path, seed: u64, more: &[&str]) -> (Ran, Value) {
        self.configure(folder);
        let mut zoo = Command::new(program("zoo"));
        zoo.args(["--addr", "127.0.0.1:0"]).env("MUTANT", self.mutant);
        zoo.args(self.token.iter().flat_map(|token| ["--token", token]));
        let server = (self.how != How::Started).then(|| Server::start(&mut zoo));
        let pid = server.as_ref().map_or(String::new(), |server| server.id().to_string());
        let seed = seed.to_string();
        let proto = concat!(env!("CARGO_MANIFEST_DIR"), "/proto");
        let header = self.token.map(|token| format!("authorization:Bearer {token}"));
        let mut arguments = vec!["contract", "--schema", proto, "--seed", &seed, "--format", "json"];
        arguments.extend(server.iter().flat_map(|server| ["--target", &server.address]));
        match self.how {
            How::First => arguments.extend(["--fail-fast", "--max-time", "60s"]),
            How::All | How::Started => {
                arguments.extend(["--max-time", "180s"]);
                arguments.extend(OTHER_PHASES.iter().flat_map(|phase| ["--without-phase", phase]));
                arguments.extend(PROMISES.iter().flat_map(|check| ["--check", check]));
            }
        }
        arguments.extend(header.iter().flat_map(|header| ["--header", header]));
        if self.named {
            arguments.extend(["--check", self.check, "--pid", &pid]);
        } else if self.rule.is_empty() {
            arguments.extend(PROMISES.iter().flat_map(|check| ["--skip", check]));
        }
        if !more.contains(&"--cases") {
            // Sequences are few calls each, and what they look for is rarer.
            arguments.extend(["--cases", if self.how == How::First { "30" } else { "100" }]);
        }
        arguments.extend(more);
        let ran = protogate(folder, &arguments);
        let report = serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
        (ran, report)
    }

    /// The failure of the check that is meant for it.
    fn kill<'a>(&self, report: &'a Value) -> Option<&'a Value> {
        let is_it = |failure: &&Value| {
            failure["check"] == self.check && (self.rule.is_empty() || failure["cause"] == self.rule)
        };
        report["failures"].as_array()?.iter().find(is_it)
    }

    fn is_caught(&self) {
        // How many sequences fit into a run depends on the machine: the next seed has others.
        let seeds = if self.rule.is_empty() { 1..=1 } else { 1..=2 };
        let found = seeds.map(|seed| self.contract(seed)).find(|(_, report)| self.kill(report).is_some());
        let (ran, _) = found.unwrap_or_else(|| panic!("{} is not caught", self.mutant));
        assert_eq!(ran.code, 1, "{}: {ran:?}", self.mutant);
    }

    /// The same run finds nothing where there is no fault.
    fn spares_the_healthy(&self) {
        let healthy = Row { mutant: "healthy", ..*self };
        let (ran, report) = healthy.contract(1);
        assert_eq!((ran.code, &report["failures"]), (0, &Value::Array(Vec::new())), "{ran:?}");
    }
}

#[test]
fn each_is_caught_by_the_check_that_is_meant_for_it() {
    BY_CALLS.iter().for_each(Row::is_caught);
}

#[test]
fn each_is_caught_by_the_question_that_is_meant_for_it() {
    AS_A_WHOLE.iter().for_each(Row::is_caught);
}

#[test]
fn each_is_caught_by_the_check_that_is_named_for_it() {
    WHEN_NAMED.iter().for_each(Row::is_caught);
}

#[test]
fn a_wrong_value_is_caught_by_a_promise() {
    BY_PROMISES.iter().for_each(Row::is_caught);
}

/// Without the rules of their methods.
#[test]
fn a_wrong_page_and_a_crossed_stream_are_caught_by_what_the_method_offers() {
    for &(mutant, check, cause) in BY_OPTIONS {
        let row = Row { named: true, ..row(mutant, check) };
        row.is_caught();
        let (_, report) = row.contract(1);
        let found = row.kill(&report).unwrap()["cause"].as_str().unwrap();
        assert!(found == cause || cause.is_empty(), "{mutant}: {found}");
        row.spares_the_healthy();
    }
}

#[test]
fn the_healthy_one_is_caught_by_none() {
    row("healthy", "").spares_the_healthy();
    promised("healthy", "", "any").spares_the_healthy();
    Row { how: How::Started, ..promised("healthy", "", "any") }.spares_the_healthy();
    Row { token: Some("T"), ..row("healthy", "") }.spares_the_healthy();
    for named in &WHEN_NAMED[..2] {
        named.spares_the_healthy();
    }
}

/// Where nobody is at the address any more, `replay` starts the service again, and an empty one beside it.
#[test]
fn a_case_of_a_started_service_is_replayed() {
    let folder = tempfile::tempdir().unwrap();
    let find = |mutant| BY_PROMISES.iter().find(|row| row.mutant == mutant).unwrap();
    let (ran, report) = find("B23").contract_in(folder.path(), 1, &["--without-phase", "races"]);
    let id = find("B23").kill(&report).unwrap_or_else(|| panic!("{ran:?}"))["id"].as_str().unwrap();
    let again = protogate(folder.path(), &["replay", id]);
    assert_eq!(again.code, 1, "{again:?}");
    assert!(again.stdout.contains("final/slice") && again.stdout.contains("still fails"), "{again:?}");
    Row { mutant: "healthy", ..*find("B23") }.configure(folder.path());
    let mended = protogate(folder.path(), &["replay", id]);
    assert_eq!(mended.code, 0, "{mended:?}");
}

/// What the zoo says of each mutant: id, fault, check.
fn zoo() -> Vec<(String, String, String)> {
    let listed = Command::new(program("zoo")).env_remove("MUTANT").output().unwrap();
    let listed = String::from_utf8(listed.stderr).unwrap();
    let parts = |line: &str| {
        let (id, rest) = line.trim().split_once("  ")?;
        let rest = rest.strip_suffix(" with promises in the schema").unwrap_or(rest);
        let (fault, check) = rest.strip_suffix(']')?.split_once(" [")?;
        id.starts_with('B').then(|| (id.to_owned(), fault.to_owned(), check.to_owned()))
    };
    listed.lines().filter_map(parts).collect()
}

fn rows() -> Vec<&'static Row> {
    let mut rows: Vec<_> = [BY_CALLS, AS_A_WHOLE, WHEN_NAMED].into_iter().flatten().collect();
    rows.sort_by_key(|row| row.mutant);
    rows
}

/// Each is caught by the check or by the promise that the zoo names.
#[test]
fn no_mutant_is_left_out() {
    let by = |row: &Row| if row.rule.is_empty() { row.check } else { row.rule };
    let rows = rows().into_iter().chain(BY_PROMISES);
    let mut rows: Vec<_> = rows.map(|row| (row.mutant.to_owned(), by(row).to_owned())).collect();
    let mut zoo: Vec<_> = zoo().into_iter().map(|(id, _, by)| (id, by)).collect();
    rows.sort();
    zoo.sort();
    assert_eq!(rows, zoo);
}
