//! `docs/running.md` is real: its files are written, its servers are started, its commands are run, and what they print is
//! what the page shows.
//!
//! With `PROTOGATE_WRITE_DOCS=1` the page is written as the commands print it; read what changed before it is kept.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use regex::Regex;

use crate::peers;
use crate::servers::program;
use crate::stores::Postgres;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/running.md");

/// The section that needs PostgreSQL and Envoy.
const FLEET: &str = "## Three instances behind Envoy";
/// Those of the page, but for the first ones, which several sections have.
const FLEETS: [&str; 8] = [
    "127.0.0.1:50050",
    "127.0.0.1:50061",
    "127.0.0.1:50062",
    "127.0.0.1:50063",
    "127.0.0.1:9461",
    "127.0.0.1:9462",
    "127.0.0.1:9463",
    "127.0.0.1:9901",
];

/// The addresses that the page has, and those that the servers of a section took.
#[derive(Default)]
struct Section {
    running: Vec<Child>,
    addresses: Vec<(&'static str, String)>,
}

impl Drop for Section {
    fn drop(&mut self) {
        for child in &mut self.running {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Section {
    fn real(&self, command: &str) -> String {
        self.addresses.iter().fold(command.to_owned(), |text, (shown, real)| text.replace(shown, real))
    }

    fn shown(&self, output: &str) -> String {
        self.addresses.iter().fold(output.to_owned(), |text, (shown, real)| text.replace(real, shown))
    }

    /// Starts a server and waits for its lines.
    fn start(&mut self, shell: &mut Command, lines: usize) -> String {
        let mut child = shell.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        self.running.push(child);
        let mut said = String::new();
        for _ in 0..lines {
            stdout.read_line(&mut said).unwrap();
        }
        self.shown(&said)
    }
}

/// What is another one in each run.
fn alike(text: &str) -> String {
    let swaps = [
        (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "UUID"),
        (r#""createdAt": "\d+""#, "MOMENT"),
        (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z", "TIME"),
        (r"\b(elapsed_us|peer|request_id|trace_id)=\S+", "$1=SOME"),
        (r"[ ]+", " "),
    ];
    swaps.iter().fold(text.trim().to_owned(), |text, (pattern, with)| {
        Regex::new(pattern).unwrap().replace_all(&text, *with).into_owned()
    })
}

/// A free port of this machine.
fn free() -> String {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

fn section() -> Section {
    let shown = ["127.0.0.1:50051", "127.0.0.1:50052", "127.0.0.1:9464"].into_iter().chain(FLEETS);
    Section { running: Vec::new(), addresses: shown.map(|shown| (shown, free())).collect() }
}

/// Envoy's file as it is, but for the ports.
fn deploy(folder: &Path, section: &Section) {
    let port = |address: &str| address.rsplit(':').next().unwrap().to_owned();
    let text =
        fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/src/reference/deploy/envoy.yaml")).unwrap();
    let text = section.addresses.iter().fold(text, |text, (shown, real)| {
        text.replace(&format!("port_value: {}}}", port(shown)), &format!("port_value: {}}}", port(real)))
    });
    fs::create_dir(folder.join("deploy")).unwrap();
    fs::write(folder.join("deploy/envoy.yaml"), text).unwrap();
}

/// A shell in `folder` that finds the programs of the page.
fn shell(folder: &Path, line: &str) -> Command {
    let path = std::env::var("PATH").unwrap();
    let mut command = Command::new("sh");
    command
        .args(["-c", line])
        .current_dir(folder)
        .env("PATH", format!("{}:{path}", folder.join("bin").display()));
    command
}

#[test]
fn every_command_of_the_page_prints_what_it_shows() {
    let Some(grpcurl) = peers::or_skip("grpcurl") else { return };
    let page = fs::read_to_string(PAGE).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let bin = folder.path().join("bin");
    fs::create_dir(&bin).unwrap();
    for (name, to) in
        [("user-service", program("user-service")), ("grpcurl", grpcurl.canonicalize().unwrap())]
    {
        std::os::unix::fs::symlink(to, bin.join(name)).unwrap();
    }
    // `cargo xtask` from any folder.
    let xtask = format!("#!/bin/sh\nshift\nexec {} \"$@\"\n", program("xtask").display());
    fs::write(bin.join("cargo-xtask"), xtask).unwrap();
    let writes = std::env::var_os("PROTOGATE_WRITE_DOCS").is_some();
    let (mut written, mut ran, mut file) = (String::new(), 0, None);
    let fleet = peers::or_skip("envoy").and_then(|envoy| Some((envoy, Postgres::start()?)));
    if let Some((envoy, _)) = &fleet {
        std::os::unix::fs::symlink(envoy.canonicalize().unwrap(), bin.join("envoy")).unwrap();
    }
    let mut now = section();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        written.push_str(line);
        written.push('\n');
        if line.starts_with("## ") {
            now = section();
        }
        if line == FLEET {
            let Some((_, postgres)) = &fleet else { return };
            now.addresses.push(("postgres://users@db.internal/users", postgres.url()));
            deploy(folder.path(), &now);
        }
        if let Some(name) = line.strip_prefix("<!-- file: ").and_then(|it| it.strip_suffix(" -->")) {
            file = Some(name);
        }
        let Some(language) = line.strip_prefix("```") else { continue };
        let block: String = lines.by_ref().take_while(|it| *it != "```").flat_map(|it| [it, "\n"]).collect();
        if language == "console" {
            for part in block.split_inclusive("\n$ ").map(|part| part.trim_end_matches("$ ")) {
                let (command, shown) = part.trim_start_matches("$ ").split_once('\n').unwrap();
                ran += 1;
                let real = now.real(command).replace("cargo xtask", "sh bin/cargo-xtask xtask");
                let output = match real.strip_suffix(" &") {
                    Some(server) => {
                        let lines = match (real.starts_with("envoy"), real.contains("--metrics-addr")) {
                            (true, _) => 0,
                            (false, has_page) => 1 + usize::from(has_page),
                        };
                        now.start(&mut shell(folder.path(), &format!("exec {server}")), lines)
                    }
                    None => {
                        let output = shell(folder.path(), &format!("({real}) 2>&1")).output().unwrap();
                        now.shown(&String::from_utf8(output.stdout).unwrap())
                    }
                };
                if !writes {
                    assert_eq!(alike(&output), alike(shown), "{command}");
                }
                written.push_str(&format!("$ {command}\n{}\n", output.trim_end()).replace("\n\n", "\n"));
            }
        } else {
            if let Some(name) = file.take() {
                fs::write(folder.path().join(name), now.real(&block)).unwrap();
            }
            written.push_str(&block);
        }
        written.push_str("```\n");
    }
    assert!(ran > 10, "only {ran} commands were found");
    if writes {
        fs::write(PAGE, written).unwrap();
    }
}
