//! Clients and services written by others' tools, which know nothing of protogate.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::peers;
use crate::run::protogate;
use crate::servers::{Server, python};

/// Runs the article's Python client, unchanged, against a server.
fn the_article_s_client_is_content_with(server: &Server) {
    let Some(mut client) = python("client.py") else { return };
    let ran = client.arg(&server.address).output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    assert_eq!(
        String::from_utf8_lossy(&ran.stdout),
        "create ok\nget ok\nget_unknown ok\nlist_all ok\nlist_page ok\nrefuse ok\n"
    );
}

#[test]
fn the_python_client_and_the_python_service_understand_each_other() {
    let Some(mut service) = python("server.py") else { return };
    let server = Server::start(service.args(["--port", "0"]));
    the_article_s_client_is_content_with(&server);
    assert!(server.terminate().success(), "SIGTERM is not an orderly end");
}

#[test]
fn the_python_client_and_the_reference_understand_each_other() {
    let server = Server::reference();
    the_article_s_client_is_content_with(&server);
    assert!(server.terminate().success(), "SIGTERM is not an orderly end");
}

/// A server of the whole user service that knows nothing of protogate, and the faults it can take on.
struct Foreign {
    name: &'static str,
    start: fn() -> Option<Command>,
    /// The value of `MUTANT`, and the check that must see it.
    mutants: &'static [(&'static str, &'static str)],
}

/// What every one of them can do wrong.
const COMMON: &[(&str, &str)] = &[
    ("B01", "not_a_server_error"),
    ("B02", "not_a_server_error"),
    ("B03", "not_a_server_error"),
    ("B05", "not_a_server_error"),
    ("B06", "not_a_server_error"),
    ("B11", "error_message_leak"),
    ("B26", "always_terminates"),
    ("B30", "empty_request_stream"),
    ("B35", "half_close_terminates"),
];

/// What only the promises of the schema can tell from a healthy server: wrong values of the right types, and pages that
/// do not add up. Those that few sequences show.
const VALUES: &[(&str, &str)] = &[
    ("B07", "contract_errors"),
    ("B08", "contract_errors"),
    ("B09", "contract_errors"),
    ("B12", "contract_ensures"),
    ("B13", "contract_ensures"),
    ("B16f", "contract_ensures"),
    ("B17", "contract_ensures"),
    ("B19", "contract_ensures"),
    ("B22", "pages_add_up"),
    ("B23", "pages_add_up"),
    ("B23b", "pages_add_up"),
    ("B24", "pages_add_up"),
];

const SYNC: Foreign = Foreign {
    name: "grpcio",
    start: || foreign_python("sync.py"),
    mutants: &[
        ("B20", "deterministic_read"),
        ("B48", "unknown_fields_ignored"),
        ("B53", "response_cardinality"),
    ],
};
const AIO: Foreign = Foreign { name: "grpc.aio", start: || foreign_python("aio.py"), ..SYNC };
const GRPC_JS: Foreign = Foreign {
    name: "grpc-js",
    start: || node("grpc_js.mjs"),
    mutants: &[("B10", "grpc_envelope"), ("B15", "response_decodes"), ("B53", "response_cardinality")],
};
const CONNECT: Foreign = Foreign {
    name: "connect-node",
    start: || node("connect.mjs"),
    mutants: &[("B20", "deterministic_read"), ("B24", "deterministic_read")],
};

/// A Python server that reads generated/descriptor.binpb instead of generated modules.
fn foreign_python(script: &str) -> Option<Command> {
    python(&format!("python/{script}"))
}

fn node(script: &str) -> Option<Command> {
    let mut command = Command::new("node");
    command
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/interop/node").join(script))
        .env("MODULES", peers::or_skip("interop-node")?);
    Some(command)
}

impl Foreign {
    /// The exit code of `contract` against the server with one fault or none, and the checks that failed.
    fn contract(&self, mutant: &str, more: &[&str]) -> Option<(i32, Vec<String>)> {
        let server = Server::start((self.start)()?.env("MUTANT", mutant).args(["--port", "0"]));
        let folder = tempfile::tempdir().unwrap(); // one each: saved cases of another fault would be sent first
        let schema = concat!(env!("CARGO_MANIFEST_DIR"), "/proto");
        let arguments =
            ["contract", "--target", &server.address, "--schema", schema, "--format", "json", "--seed", "7"];
        let ran = protogate(folder.path(), &[&arguments[..], more].concat());
        let report: Value =
            serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
        let failures = report["failures"].as_array().unwrap();
        let checks = failures.iter().map(|failure| failure["check"].as_str().unwrap().to_owned()).collect();
        Some((ran.code, checks))
    }

    /// Whatever its framework does is a warning at most: docs/frameworks.md says what.
    fn is_clean_when_healthy(&self) {
        let more = ["--cases", "20", "--max-time", "60s"];
        let Some(ran) = self.contract("", &more) else { return };
        assert_eq!(ran, (0, Vec::new()), "{}", self.name);
    }

    fn is_caught_with_each_fault(&self) {
        self.are_caught(&[COMMON, self.mutants].concat(), "20");
    }

    fn are_caught(&self, mutants: &[(&str, &str)], cases: &str) {
        for &(mutant, check) in mutants {
            let more = ["--check", check, "--fail-fast", "--cases", cases, "--max-time", "20s"];
            let Some((code, checks)) = self.contract(mutant, &more) else { return };
            assert_eq!(code, 1, "{} with {mutant}", self.name);
            assert!(checks.iter().any(|found| found == check), "{} with {mutant}: {checks:?}", self.name);
        }
    }
}

#[test]
fn a_healthy_service_in_python_is_clean() {
    SYNC.is_clean_when_healthy();
    AIO.is_clean_when_healthy();
}

#[test]
fn a_healthy_service_in_node_is_clean() {
    GRPC_JS.is_clean_when_healthy();
    CONNECT.is_clean_when_healthy();
}

#[test]
fn a_service_in_grpcio_is_caught_with_each_fault() {
    SYNC.is_caught_with_each_fault();
}

#[test]
fn a_service_in_grpc_aio_is_caught_with_each_fault() {
    AIO.is_caught_with_each_fault();
}

#[test]
fn a_service_in_grpc_js_is_caught_with_each_fault() {
    GRPC_JS.is_caught_with_each_fault();
}

#[test]
fn a_service_in_connect_node_is_caught_with_each_fault() {
    CONNECT.is_caught_with_each_fault();
}

/// The same promises, in servers that share nothing with the reference but the schema.
#[test]
fn a_wrong_value_in_python_is_caught_by_a_promise() {
    SYNC.are_caught(VALUES, "100");
}

#[test]
fn a_wrong_value_in_node_is_caught_by_a_promise() {
    GRPC_JS.are_caught(VALUES, "100");
}
