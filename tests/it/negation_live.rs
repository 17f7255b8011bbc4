//! The same of the reference as it is run: each promise of its schema, turned into its opposite in the text of
//! `proto/user.proto`, is found to be broken by the healthy server, by its id.

use std::fs;
use std::path::Path;

use regex::Regex;
use serde_json::Value;

use crate::run::protogate;
use crate::servers::program;

const PROTO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/proto");

/// A promise turned around: the rpc and the id, and the text of the schema with it.
struct Turned {
    name: String,
    id: String,
    text: String,
}

/// Every expression of the contract in turn becomes its opposite, and every code that is not INVALID_ARGUMENT another.
/// Whoever validates first answers INVALID_ARGUMENT, whatever else is promised: nobody is blamed for it.
fn turned(text: &str) -> Vec<Turned> {
    let rule = Regex::new(
        r#"(?x) id:\s*"(?<id>\w+)" \s* (?:expr|when): \s*
           (?<expr>"(?:[^"\\]|\\.)*"(?:\s*"(?:[^"\\]|\\.)*")*)
           (?:\s*(?:otherwise|code):\s*(?<code>\w+))?"#,
    )
    .unwrap();
    let rpc = Regex::new(r"(?m)^  rpc (\w+)").unwrap();
    let mut all = Vec::new();
    for found in rule.captures_iter(text) {
        let at = found.get(0).unwrap().start();
        let rpc = rpc.captures_iter(&text[..at]).last().map_or(String::new(), |it| format!("{} ", &it[1]));
        let name = format!("{rpc}{}", &found["id"]);
        let mut add = |name: String, range: std::ops::Range<usize>, with: String| {
            let text = format!("{}{with}{}", &text[..range.start], &text[range.end..]);
            all.push(Turned { name, id: found["id"].to_owned(), text });
        };
        let expr = found.name("expr").unwrap();
        add(name.clone(), expr.range(), format!("\"!(\" {} \")\"", expr.as_str()));
        if let Some(code) = found.name("code").filter(|it| it.as_str() != "INVALID_ARGUMENT") {
            add(format!("{name} code"), code.range(), "ABORTED".to_owned());
        }
    }
    all
}

/// What the healthy server breaks of this schema, as method and cause.
fn broken(text: &str, seed: u64) -> Vec<(String, String)> {
    let folder = tempfile::tempdir().unwrap();
    let proto = folder.path().join("proto");
    fs::create_dir_all(proto.join("protogate/contract/v1")).unwrap();
    fs::write(proto.join("user.proto"), text).unwrap();
    let options = "protogate/contract/v1/contract.proto";
    fs::copy(Path::new(PROTO).join(options), proto.join(options)).unwrap();
    let start = format!(
        "[gate]\nready = \"listening on {{target}}\"\n\
         start = [{:?}, \"--addr\", \"127.0.0.1:0\", \"--store\", \"memory\"]\n",
        program("user-service")
    );
    fs::write(folder.path().join("protogate.toml"), format!("input = \"proto\"\n{start}")).unwrap();
    let seed = seed.to_string();
    let mut arguments = vec!["contract", "--seed", &seed, "--format", "json", "--fail-fast", "--cases", "60"];
    for phase in ["acquaint", "coverage", "follow", "remove", "random", "malformed", "deadlines", "schedules"]
    {
        arguments.extend(["--without-phase", phase]);
    }
    let ran = protogate(folder.path(), &arguments);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
    let text = |failure: &Value, key: &str| failure[key].as_str().unwrap_or_default().to_owned();
    let failures = report["failures"].as_array().unwrap();
    failures.iter().map(|it| (text(it, "method"), text(it, "cause"))).collect()
}

/// Those whose opposite the healthy server is not blamed for.
fn decoration(of: &[Turned]) -> Vec<&str> {
    let is_broken = |it: &Turned, seed| {
        let broken = broken(&it.text, seed);
        broken.iter().any(|(_, cause)| cause.rsplit('/').next() == Some(&it.id))
    };
    // What is rarely asked is not in the sequences of each seed.
    let is_decoration = |it: &&Turned| !(1..=3).any(|seed| is_broken(it, seed));
    of.iter().filter(is_decoration).map(|it| &*it.name).collect()
}

#[test]
fn the_reference_breaks_a_promise_that_is_turned_around() {
    let text = fs::read_to_string(Path::new(PROTO).join("user.proto")).unwrap();
    let all = turned(&text);
    let codes = all.iter().filter(|it| it.name.ends_with(" code")).count();
    assert_eq!(
        (all.len() - codes, codes),
        (47, 6),
        "{:?}",
        all.iter().map(|it| &it.name).collect::<Vec<_>>()
    );
    let decoration = decoration(&all);
    assert!(decoration.is_empty(), "nothing is broken without these: {decoration:#?}");
    eprintln!("{} promises turned around, each of them broken by the reference", all.len());
}
