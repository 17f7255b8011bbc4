//! The lines that a run prints for grpcurl, run by grpcurl: the same request gets the same answer.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use protogate::contract::{Case, Described, Grpcurl, grpcurl};
use protogate::schema::{Source, load};

use crate::peers;
use crate::run::{Ran, protogate};
use crate::servers::{Server, program};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const PROTO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/proto");

/// The line in a POSIX shell that finds this grpcurl, in `folder`.
pub fn shell(grpcurl: &Path, folder: &Path, line: &str, environment: &[(&str, &str)]) -> Ran {
    let path = format!("{}:{}", grpcurl.parent().unwrap().display(), std::env::var("PATH").unwrap());
    let mut command = Command::new("sh");
    command.args(["-c", line]).current_dir(folder).env("PATH", path).envs(environment.iter().copied());
    command.output().unwrap().into()
}

/// The code of a status, as grpcurl ends with it: 64 and the number.
pub fn ends_with(status: &str) -> i32 {
    let codes = [
        ("OK", 0),
        ("UNKNOWN", 66),
        ("INVALID_ARGUMENT", 67),
        ("NOT_FOUND", 69),
        ("INTERNAL", 77),
        ("UNAUTHENTICATED", 80),
        // grpc-go's word for the reset that a tonic handler ends with when it panics.
        ("RST_STREAM(CANCEL)", 65),
    ];
    codes.iter().find(|(name, _)| *name == status).unwrap_or_else(|| panic!("{status} is not in the table")).1
}

#[test]
fn the_line_of_a_failure_gets_the_same_status() {
    let Some(peer) = peers::or_skip("grpcurl") else { return };
    // Mutant, where the schema is, and what the line says of that.
    for (mutant, schema, says) in [
        ("B01", PROTO, "-protoset .protogate/schema.binpb"),
        ("B02", "whole", "-import-path whole -proto user.proto"),
        ("B03", "whole", "-import-path whole -proto user.proto"),
        ("B06", "", "-max-time 10 -d"),
        ("B30", "", "-max-time 10 -d ''"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        // With what user.proto imports, which grpcurl does not bring.
        let whole = folder.path().join("whole");
        for folder in ["buf/validate", "google/api", "protogate/contract/v1"] {
            fs::create_dir_all(whole.join(folder)).unwrap();
        }
        for (from, to) in [
            ("proto/user.proto", "user.proto"),
            ("proto/protogate/contract/v1/contract.proto", "protogate/contract/v1/contract.proto"),
            ("src/schema/bundled/buf/validate/validate.proto", "buf/validate/validate.proto"),
            ("src/schema/bundled/google/api/annotations.proto", "google/api/annotations.proto"),
            ("src/schema/bundled/google/api/http.proto", "google/api/http.proto"),
        ] {
            fs::copy(Path::new(ROOT).join(from), whole.join(to)).unwrap();
        }
        let server =
            Server::start(Command::new(program("zoo")).args(["--addr", "127.0.0.1:0"]).env("MUTANT", mutant));
        let schema = match schema {
            "" => vec!["--reflect"],
            path => vec!["--schema", path],
        };
        let arguments = ["contract", "--target", &server.address, "--seed", "1", "--cases", "30"];
        // A call in a sequence is answered by what came before it, which one line cannot send.
        let more =
            ["--fail-fast", "--format", "json", "--skip", "contract_errors", "--skip", "contract_requires"];
        let ran = protogate(folder.path(), &[&arguments[..], &schema, &more].concat());
        let report: Value = serde_json::from_str(&ran.stdout).unwrap();
        let failures = report["failures"].as_array().unwrap();
        let [failure] = &failures[..] else { panic!("{mutant}: {report}") };
        let line = failure["grpcurl"].as_str().unwrap();
        assert!(line.contains(says), "{mutant}: {line}");
        let again = shell(&peer, folder.path(), line, &[]);
        let status = failure["status"].as_str().unwrap();
        assert_eq!(again.code, ends_with(status), "{mutant}: {line}\n{again:?}");
    }
}

/// A case as it is saved: of a method, what is sent as text of its type and as hex, and names of headers.
fn case(target: &str, method: &str, sent: &[(Value, &str)], metadata: &[&str]) -> Case {
    let sends = sent.iter().map(|(_, hex)| json!({ "send": hex })).chain([json!("half_close")]);
    serde_json::from_value(json!({
        "id": "1", "seed": 1, "target": target, "method": format!("user.UserService/{method}"),
        "check": "not_a_server_error", "cause": "", "message": "", "status": "", "class": "valid", "label": "",
        "metadata": metadata, "deadline_ms": 10_000, "script": sends.collect::<Vec<_>>(),
        "request_json": sent.iter().map(|(json, _)| json).collect::<Vec<_>>(),
    }))
    .unwrap()
}

/// The line of a case whose headers are read from variables.
fn line(case: &Case, variables: &[(&str, &str)]) -> String {
    let pool = load(&Source::Directory(Path::new(ROOT).join("proto"))).schema.pool().clone();
    let service = pool.get_service_by_name("user.UserService").unwrap();
    let method = service.methods().find(|method| case.method.ends_with(method.name())).unwrap();
    let variables = variables.iter().map(|(header, name)| ((*header).to_owned(), (*name).to_owned()));
    let with = Grpcurl { schema: Described::Reflection, variables: variables.collect(), tls: Vec::new() };
    grpcurl(case, &method, &with).unwrap()
}

#[test]
fn quotes_and_streams_arrive_as_they_were_sent() {
    let Some(peer) = peers::or_skip("grpcurl") else { return };
    let folder = tempfile::tempdir().unwrap();
    let server = Server::reference();
    let users = [
        (json!({ "name": "it's $HOME", "email": "a@b.c" }), "0a0a69742773202448 4f4d451205614062 2e63"),
        (json!({ "name": "\\\"`!", "email": "b@b.c" }), "0a045c226021120562 40622e63"),
    ];
    let users = users.map(|(json, hex)| (json, hex.replace(' ', "")));
    let users: Vec<(Value, &str)> = users.iter().map(|(json, hex)| (json.clone(), &**hex)).collect();
    let both = line(&case(&server.address, "ImportUsers", &users, &[]), &[]);
    let ran = shell(&peer, folder.path(), &both, &[]);
    assert!(ran.code == 0 && ran.stdout.contains("\"count\": 2"), "{both}\n{ran:?}");
    let list = line(&case(&server.address, "ListUsers", &[(json!({}), "")], &[]), &[]);
    let ran = shell(&peer, folder.path(), &list, &[]);
    assert!(ran.stdout.contains("it's $HOME") && ran.stdout.contains("\\\\\\\"`!"), "{ran:?}");
    let none = line(&case(&server.address, "ImportUsers", &[], &[]), &[]);
    let ran = shell(&peer, folder.path(), &none, &[]);
    assert!(ran.code == 0 && !ran.stdout.contains("count"), "{none}\n{ran:?}");
}

#[test]
fn a_secret_is_read_from_the_environment_by_the_shell() {
    let Some(peer) = peers::or_skip("grpcurl") else { return };
    let folder = tempfile::tempdir().unwrap();
    let mut service = Command::new(program("user-service"));
    let server =
        Server::start(service.args(["--addr", "127.0.0.1:0", "--store", "memory", "--token", "s3cret"]));
    let case = case(&server.address, "GetUser", &[(json!({ "id": "x" }), "0a0178")], &["authorization"]);
    let named = line(&case, &[("authorization", "AUTH")]);
    assert!(named.contains("\"authorization: $AUTH\""), "{named}");
    for (value, status) in [("Bearer s3cret", "NOT_FOUND"), ("Bearer wrong", "UNAUTHENTICATED")] {
        let ran = shell(&peer, folder.path(), &named, &[("AUTH", value)]);
        assert_eq!(ran.code, ends_with(status), "{ran:?}");
    }
    // A value that was written out is not in the line: the shell asks for it.
    let asked = shell(&peer, folder.path(), &line(&case, &[]), &[]);
    assert!(asked.code != 0 && asked.stderr.contains("AUTHORIZATION"), "{asked:?}");
}
