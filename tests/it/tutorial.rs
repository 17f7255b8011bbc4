//! The tutorial of `docs/contracts.md` is real: its files are written, its commands are run on a mutant of the zoo and on
//! the reference, and what they print is what the page shows.
//!
//! With `PROTOGATE_WRITE_DOCS=1` the page is written as the commands print it; read what changed before it is kept.

use std::fs;
use std::path::Path;
use std::process::Command;

use regex::Regex;

use crate::run::protogate;
use crate::servers::{Server, program};

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/contracts.md");
/// Where the tutorial ends and the reference begins.
const END: &str = "## Checking the contract";

/// What a marker before a block asks for.
enum Mark {
    File(String),
    Append(String),
    Part(String),
    None,
}

impl Mark {
    fn of(line: &str) -> Mark {
        let named = |kind: &str| {
            line.strip_prefix(&format!("<!-- {kind}: "))?.strip_suffix(" -->").map(str::to_owned)
        };
        match (named("file"), named("append"), named("part of")) {
            (Some(file), ..) => Mark::File(file),
            (_, Some(file), _) => Mark::Append(file),
            (.., Some(file)) => Mark::Part(file),
            _ => Mark::None,
        }
    }
}

/// Servers by the addresses that the page has for them.
struct Servers(Vec<(&'static str, Server)>);

impl Servers {
    fn start() -> Servers {
        let zoo =
            Server::start(Command::new(program("zoo")).args(["--addr", "127.0.0.1:0"]).env("MUTANT", "B23b"));
        Servers(vec![("localhost:50051", zoo), ("localhost:50052", Server::reference())])
    }

    fn address(server: &Server) -> &str {
        server.address.trim_start_matches("http://")
    }

    fn real(&self, command: &str) -> String {
        self.0
            .iter()
            .fold(command.to_owned(), |text, (name, server)| text.replace(name, Servers::address(server)))
    }

    fn shown(&self, output: &str) -> String {
        self.0
            .iter()
            .fold(output.to_owned(), |text, (name, server)| text.replace(Servers::address(server), name))
    }
}

/// What is another one in each run: ids and moments of the server, how long it took, and how much fits into that.
fn alike(text: &str) -> String {
    let swaps = [
        (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "UUID"),
        (r#"(created_at: |"createdAt":")\d+"#, "${1}SECONDS"),
        (r"\b[0-9a-f]{10}\b", "CASE"),
        (r"\d+ cases, \d+ calls in [\d.]+ s", "SOME cases"),
        (r"(?m)^  (user\.UserService/\w+) +.*$", "  $1 SOME"),
        // A call that its client takes back may have been done or not, and with it what comes after.
        (r"(?m)^  ([a-z]+/\w+ +user\.UserService/\w+) +\d+ +\d+ +\d+ +", "  $1 SOME "),
        (r"\d+ (users|order) of", "SOME $1 of"),
        (r"[ ]+", " "),
    ];
    swaps.iter().fold(text.trim().to_owned(), |text, (pattern, with)| {
        Regex::new(pattern).unwrap().replace_all(&text, *with).into_owned()
    })
}

/// The commands of a block with what each is said to print.
fn commands(block: &str) -> Vec<(&str, String)> {
    let mut out: Vec<(&str, String)> = Vec::new();
    for line in block.lines() {
        match (line.strip_prefix("$ "), out.last_mut()) {
            (Some(command), _) => out.push((command, String::new())),
            (None, Some((_, output))) => {
                output.push_str(line);
                output.push('\n');
            }
            (None, None) => panic!("a block begins with {line:?} and no command"),
        }
    }
    out
}

#[test]
fn every_command_of_the_tutorial_prints_what_the_page_shows() {
    let page = fs::read_to_string(PAGE).unwrap();
    let (tutorial, rest) = page.split_at(page.find(END).unwrap());
    let folder = tempfile::tempdir().unwrap();
    let servers = Servers::start();
    let path = |name: &str| folder.path().join(name);
    let (mut written, mut ran) = (String::new(), 0);
    let (mut mark, mut case) = (Mark::None, String::new());
    let mut lines = tutorial.lines();
    while let Some(line) = lines.next() {
        written.push_str(line);
        written.push('\n');
        if let Some(change) = line.strip_prefix("<!-- in ").and_then(|it| it.strip_suffix(" -->")) {
            let (name, change) = change.split_once(": ").unwrap();
            let (from, to) = change.split_once(" -> ").unwrap();
            let text = fs::read_to_string(path(name)).unwrap();
            assert!(text.contains(from), "{name} has no {from}");
            fs::write(path(name), text.replace(from, to)).unwrap();
        }
        let Some(language) = line.strip_prefix("```") else {
            if !line.is_empty() {
                mark = Mark::of(line);
            }
            continue;
        };
        let block: String = lines.by_ref().take_while(|it| *it != "```").flat_map(|it| [it, "\n"]).collect();
        let shown = match language {
            "console" => {
                let all = commands(&block);
                ran += all.len();
                let one = |(command, shown): &(&str, String)| {
                    printed(folder.path(), &servers, &mut case, command, shown)
                };
                all.iter().map(one).collect()
            }
            _ => {
                kept(&mark, &block, &path);
                block
            }
        };
        written.push_str(&shown);
        written.push_str("```\n");
        mark = Mark::None;
    }
    assert!(ran > 5, "only {ran} commands were found");
    if std::env::var_os("PROTOGATE_WRITE_DOCS").is_some() {
        fs::write(PAGE, format!("{written}{rest}")).unwrap();
    }
}

/// What the command prints, which is what the page shows unless it is being written.
fn printed(folder: &Path, servers: &Servers, case: &mut String, command: &str, shown: &str) -> String {
    // The case that was found last, whatever its id.
    let replay = Regex::new("protogate replay (\\w+)").unwrap();
    let command = &*replay.replace(command, format!("protogate replay {case}"));
    let real = servers.real(command);
    let words: Vec<&str> = real.split_whitespace().collect();
    assert_eq!(words[0], "protogate", "{command}");
    let ran = protogate(folder, &words[1..]);
    let output = servers.shown(&ran.stdout);
    if let Some(found) = replay.captures(&output) {
        found[1].clone_into(case);
    }
    if std::env::var_os("PROTOGATE_WRITE_DOCS").is_none() {
        assert_eq!(alike(&output), alike(shown), "{command}: {}", ran.stderr);
    }
    format!("$ {command}\n{}\n", output.trim_end())
}

/// Does with a block of a file what its marker asks for.
fn kept(mark: &Mark, block: &str, path: &dyn Fn(&str) -> std::path::PathBuf) {
    match mark {
        Mark::File(name) => fs::write(path(name), block).unwrap(),
        Mark::Append(name) => {
            let text = fs::read_to_string(path(name)).unwrap();
            fs::write(path(name), format!("{text}\n{block}")).unwrap();
        }
        Mark::Part(name) => {
            let text = fs::read_to_string(path(name)).unwrap();
            assert!(text.contains(block), "{name} does not have\n{block}but\n{text}");
        }
        Mark::None => panic!("a block that nobody says anything about:\n{block}"),
    }
}
