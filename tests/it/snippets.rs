//! The snippets of the docs do what they show: each is run against the reference.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use protogate::codegen::Options;
use protogate::schema::Source;

use super::docs::{list, schema, view};
use super::grpcurl::shell;
use super::peers;
use super::run::{Ran, protogate};
use super::servers::{Server, program};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// The snippets of a language, by method.
fn snippets(address: &str, language: &str) -> Vec<(String, String)> {
    let schema = schema(&Source::parse(&format!("{ROOT}/proto")).unwrap());
    let view = view(&schema, &Options { address: address.to_owned(), ..Options::default() });
    let services = list(&view, "packages").iter().flat_map(|it| list(it, "services"));
    let methods = services.flat_map(|it| list(it, "methods"));
    let of = |method: &Value| {
        let snippet = list(method, "snippets").iter().find(|it| it["language"] == language)?;
        Some((method["name"].as_str()?.to_owned(), snippet["code"].as_str()?.to_owned()))
    };
    methods.filter_map(of).collect()
}

/// What the calls of `user.proto` end with on an empty server: the id of a sample is nobody's, and two users of one
/// stream may not share an address.
fn ending(method: &str) -> &'static str {
    match method {
        "GetUser" | "UpdateUser" | "DeleteUser" => "NOT_FOUND",
        "ImportUsers" => "ALREADY_EXISTS",
        _ => "OK",
    }
}

#[test]
fn the_snippets_of_grpcurl_run_against_the_reference() {
    let Some(grpcurl) = peers::or_skip("grpcurl") else { return };
    let server = Server::reference();
    let address = server.address.trim_start_matches("http://");
    let all = snippets(address, "grpcurl");
    assert_eq!(all.len(), 8);
    let folder = tempfile::tempdir().unwrap();
    for (method, line) in all {
        let ran = shell(&grpcurl, folder.path(), &line, &[]);
        let code = match ending(&method) {
            "OK" => 0,
            "NOT_FOUND" => 69,
            _ => 70,
        };
        assert_eq!(ran.code, code, "{method}: {ran:?}");
    }
}

#[test]
fn the_snippets_of_curl_run_against_the_reference() {
    if !Command::new("curl").arg("--version").output().is_ok_and(|it| it.status.success()) {
        eprintln!("skipped: curl is not installed");
        return;
    }
    let mut service = Command::new(program("user-service"));
    service.args(["--addr", "127.0.0.1:0", "--store", "memory", "--rest-addr", "127.0.0.1:0"]);
    let (_server, rest) = Server::start_with_rest(&mut service);
    let all = snippets("localhost:50051", "curl");
    assert_eq!(all.len(), 8);
    let folder = tempfile::tempdir().unwrap();
    for (method, line) in all {
        assert!(line.contains("http://localhost:8080/"), "{line}");
        let line = line.replace("http://localhost:8080", &rest);
        let line = line.replacen("curl ", "curl --silent --output answer --write-out '%{http_code}' ", 1);
        let ran = Command::new("sh").args(["-c", &line]).current_dir(folder.path()).output().unwrap();
        let status = match ending(&method) {
            "OK" => "200",
            "NOT_FOUND" => "404",
            _ => "409",
        };
        assert_eq!(String::from_utf8_lossy(&ran.stdout), status, "{method}: {line} {ran:?}");
    }
}

#[test]
fn the_snippets_of_python_run_against_the_reference() {
    let (Some(python), Some(_)) = (peers::or_skip("python"), peers::or_skip("pb2")) else { return };
    let server = Server::reference();
    let address = server.address.trim_start_matches("http://");
    let folder = tempfile::tempdir().unwrap();
    let proto = format!("{ROOT}/proto");
    let made = protogate(folder.path(), &["generate", &proto, "--output", "python", "--out", "out"]);
    assert_eq!(made.code, 0, "{made:?}");
    let all = snippets(address, "Python");
    assert_eq!(all.len(), 8);
    for (method, code) in all {
        let mut run = Command::new(&python);
        let ran =
            run.args(["-c", &code]).env("PYTHONPATH", folder.path().join("out/python")).output().unwrap();
        let said = String::from_utf8_lossy(&ran.stderr);
        match ending(&method) {
            "OK" => assert!(ran.status.success(), "{method}: {said}"),
            status => assert!(said.contains(&format!("StatusCode.{status}")), "{method}: {said}"),
        }
    }
}

/// All of them in one program, which says how each call ended.
#[test]
fn the_snippets_of_rust_run_against_the_reference() {
    let server = Server::reference();
    let all = snippets(server.address.trim_start_matches("http://"), "Rust");
    assert_eq!(all.len(), 8);
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join("snippets");
    fs::create_dir_all(home.join("src")).unwrap();
    fs::write(home.join("Cargo.toml"), MANIFEST).unwrap();
    fs::copy(format!("{ROOT}/Cargo.lock"), home.join("Cargo.lock")).unwrap();
    fs::write(home.join("src/main.rs"), rust_program(&all)).unwrap();

    // Where `new.rs` builds the same crates of others.
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("new-services");
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["run", "--offline", "--quiet"]).current_dir(&home).env("CARGO_TARGET_DIR", target);
    let ran = Ran::from(cargo.env_remove("RUSTFLAGS").output().unwrap());
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    for (method, _) in all {
        let ended = format!("{method} ended with {}\n", ending(&method));
        assert!(ran.stdout.contains(&ended), "{method}: {}", ran.stdout);
    }
}

/// Of the generated code, and of the stream that a request may be.
const MANIFEST: &str = r#"[package]
name = "snippets"
version = "0.0.0"
edition = "2024"

[workspace]

[dependencies]
futures-util = { version = "0.3", default-features = false }
prost = "0.14"
prost-types = "0.14"
tokio = { version = "1", features = ["macros", "net", "rt-multi-thread"] }
tonic = { version = "0.14", default-features = false, features = ["codegen", "router", "transport"] }
tonic-prost = "0.14"
"#;

/// How a call ended, by the name of its status code.
const SAY: &str = r#"
type Ended = Result<(), Box<dyn std::error::Error>>;

fn say(method: &str, ended: Ended) {
    let code = match ended {
        Ok(()) => "OK",
        Err(error) => match error.downcast_ref::<tonic::Status>().map(tonic::Status::code) {
            Some(tonic::Code::NotFound) => "NOT_FOUND",
            Some(tonic::Code::AlreadyExists) => "ALREADY_EXISTS",
            _ => panic!("{method}: {error}"),
        },
    };
    println!("{method} ended with {code}");
}
"#;

fn rust_program(all: &[(String, String)]) -> String {
    let function = |(method, code): &(String, String)| {
        format!("#[allow(non_snake_case)]\nasync fn {method}() -> Ended {{\n{code}\n    Ok(())\n}}\n\n")
    };
    let call = |(method, _): &(String, String)| format!("    say(\"{method}\", {method}().await);\n");
    let functions: String = all.iter().map(function).collect();
    let calls: String = all.iter().map(call).collect();
    format!(
        "#[path = \"{ROOT}/generated/rust/mod.rs\"]\npub mod pb;\n{SAY}\n{functions}\
         #[tokio::main]\nasync fn main() {{\n{calls}}}\n"
    )
}
