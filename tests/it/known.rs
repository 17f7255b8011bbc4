//! Failures that a team has decided to live with: accepted, warned of, expired, mended.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::cli::folder;
use crate::run::{Ran, protogate};
use crate::servers::{Server, program};

const PROTO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/proto");
const KNOWN: &str = "protogate-known.toml";

fn contract(folder: &Path, server: &Server, more: &[&str]) -> Ran {
    let arguments = ["contract", "--target", &server.address, "--schema", PROTO, "--seed", "7"];
    protogate(folder, &[&arguments[..], more].concat())
}

/// GetUser answers UNKNOWN for an id that is not there.
fn mutant() -> Server {
    Server::start(Command::new(program("zoo")).args(["--addr", "127.0.0.1:0"]).env("MUTANT", "B06"))
}

#[test]
fn a_known_failure_is_a_warning_until_its_last_day() {
    let folder = folder(&[(KNOWN, "# Ours.\n")]);
    let server = mutant();
    let few = ["--cases", "5", "--method", "*/GetUser", "--skip", "contract_errors"];
    let run = |more: &[&str]| contract(folder.path(), &server, &[&few[..], more].concat());
    let text = || fs::read_to_string(folder.path().join(KNOWN)).unwrap();
    assert_eq!(run(&[]).code, 1);

    let accept = ["--accept-known", "--reason", "OPS-17: \"soon\"", "--expires", "2999-12-31"];
    let accepted = run(&accept);
    assert!(accepted.code == 0 && accepted.stdout.contains("wrote 1 known failure into"), "{accepted:?}");
    let entry = "# Ours.\n\n[[known]]\ncheck = \"not_a_server_error\"\nmethod = \"user.UserService/GetUser\"\n\
                 cause = \"UNKNOWN\"\nreason = 'OPS-17: \"soon\"'\nexpires = \"2999-12-31\"\n";
    assert_eq!(text(), entry);
    let again = run(&accept);
    assert!(again.code == 0 && again.stdout.contains("no failure that is not known already"), "{again:?}");
    assert_eq!(text(), entry, "nothing is written twice");

    let known = run(&[]);
    assert!(known.code == 0 && known.stdout.contains("(known: OPS-17: \"soon\")"), "{known:?}");
    assert!(known.stdout.contains("warning[PG101]") && known.stdout.contains("no failures"), "{known:?}");

    fs::write(folder.path().join(KNOWN), entry.replace("2999-12-31", "2020-01-01")).unwrap();
    let expired = run(&[]);
    assert!(expired.code == 1 && expired.stdout.contains("expired on 2020-01-01: OPS-17"), "{expired:?}");
    // The day may also be a date of TOML, the method a pattern, and the cause is not asked for.
    let other = "[[known]]\ncheck = \"PG101\"\nmethod = \"user.*\"\nreason = \"x\"\nexpires = 2999-12-31\n";
    fs::write(folder.path().join(KNOWN), other).unwrap();
    assert_eq!(run(&[]).code, 0);
    // Another cause is another failure.
    fs::write(folder.path().join(KNOWN), entry.replace("UNKNOWN", "INTERNAL")).unwrap();
    assert_eq!(run(&[]).code, 1);
}

#[test]
fn what_a_whole_run_has_no_use_for_is_to_be_removed() {
    let entry = |check: &str| {
        format!(
            "[[known]]\ncheck = \"{check}\"\nmethod = \"user.UserService/GetUser\"\nreason = \"x\"\n\
                 expires = \"2999-12-31\"\n"
        )
    };
    // Whether the second would still fail is not asked without --strict.
    let known = [entry("not_a_server_error"), entry("malformed_request_rejected")].concat();
    let folder =
        folder(&[("known.toml", &known), ("protogate.toml", "[contract]\nknown = \"known.toml\"\n")]);
    let run = |more: &[&str]| {
        let ran = contract(folder.path(), &Server::reference(), &[&["--cases", "5"], more].concat());
        assert_eq!(ran.code, 0, "{ran:?}");
        ran.stdout.matches("remove the entry").count()
    };
    assert_eq!(run(&[]), 1);
    for part in [&["--shard", "1/2"][..], &["--method", "*/GetUser"], &["--check", "not_a_server_error"]] {
        assert_eq!(run(part), 0, "{part:?} is not the whole");
    }
}

#[test]
fn a_file_that_cannot_be_used_is_refused_with_its_line() {
    let entry = "[[known]]\ncheck = \"PG101\"\nmethod = \"*\"\nreason = \"x\"\nexpires = \"2999-12-31\"\n";
    for (from, to, place, says) in [
        ("reason", "raeson", ":4:1", "did you mean `reason`?"),
        ("reason = \"x\"\n", "", ":1:1", "missing field `reason`"),
        ("\"x\"", "\" \"", ":4:10", "say why"),
        ("PG101", "not_a_servr_error", ":2:9", "did you mean `not_a_server_error`?"),
        ("\"*\"", "\"[\"", ":3:10", "`[`"),
        ("2999-12-31", "2999-02-30", ":5:11", "YYYY-MM-DD"),
        ("\"2999-12-31\"", "7", ":5:11", "YYYY-MM-DD"),
        ("[[known]]", "[[knwon]]", ":1:3", "did you mean `known`?"),
        ("[[known]]", "[[known", ":1:", "[[known]]"),
    ] {
        let folder = folder(&[(KNOWN, &entry.replace(from, to))]);
        let ran = protogate(folder.path(), &["contract", "--target", "127.0.0.1:1", "--schema", PROTO]);
        assert_eq!(ran.code, 2, "{to}: {ran:?}");
        for words in [place, says, "KNOWN_FAILURES", "help"] {
            assert!(ran.stdout.contains(words), "{words} of {to} is not in {}", ran.stdout);
        }
    }
    let folder = folder(&[("protogate.toml", "[contract]\nknown = \"gone.toml\"\n")]);
    let run = |more: &[&str]| {
        protogate(
            folder.path(),
            &[&["contract", "--target", "127.0.0.1:1", "--schema", PROTO], more].concat(),
        )
    };
    let gone = run(&[]);
    assert!(gone.code == 2 && gone.stdout.contains("gone.toml") && gone.stdout.contains("--accept-known"));
    for (arguments, says) in [
        (&["--accept-known"][..], "--reason"),
        (&["--reason", "x"], "--accept-known"),
        (&["--accept-known", "--reason", "x", "--expires", "soon"], "YYYY-MM-DD"),
        (&["--accept-known", "--reason", "x", "--expires", "2020-01-01"], "is over"),
    ] {
        let ran = run(arguments);
        assert!(ran.code == 2 && ran.stderr.contains(says), "{ran:?}");
    }
}

#[test]
fn what_cannot_be_added_to_stays_as_it_is() {
    let inline = "known = []\n";
    let folder = folder(&[(KNOWN, inline)]);
    let more = ["--cases", "5", "--method", "*/GetUser", "--accept-known", "--reason", "x"];
    let ran = contract(folder.path(), &mutant(), &more);
    assert!(ran.code == 2 && ran.stdout.contains("[[known]]") && ran.stdout.contains("PG101"), "{ran:?}");
    assert_eq!(fs::read_to_string(folder.path().join(KNOWN)).unwrap(), inline);
}
