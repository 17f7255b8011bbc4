//! `protogate new`: the crates it makes build, pass their tests, and keep what their owners write.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use protogate::client::{Call, Code, H2Transport, Step, Transport};
use serde_json::Value;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use super::run::{Ran, protogate};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// All four kinds, names that are keywords or those of Rust and of the skeleton, a package inside of another, a service
/// without methods, and well-known types.
const TORTURE: &str = r#"syntax = "proto3";
package deep.match.v1;
import "google/protobuf/empty.proto";
import "google/protobuf/wrappers.proto";
import "deep/other.proto";
// Named as what Rust returns.
service Result {
  rpc Type(Self) returns (google.protobuf.Empty);
  rpc Match(stream Self) returns (Struct);
  rpc Async(google.protobuf.BytesValue) returns (stream Self);
  rpc Move(stream deep.Thing) returns (stream Self.Impl);
  rpc Clone(google.protobuf.Empty) returns (google.protobuf.StringValue);
}
service Loop { rpc Crate(Struct) returns (Struct); }
service Bare {}
message Self { message Impl { string fn = 1; } Impl impl = 1; }
message Struct { int32 in = 1; }
"#;

/// What proto2 has and proto3 has not, recursion, maps, deprecations, and comments that would be links or tags elsewhere.
const OLD: &str = r#"syntax = "proto2";
package deep.old;
// An [Old] one, with <b>tags</b>, a Vec<T>, a [link], https://example.com, `code`, and
//
//     let indented = it();
//
// * a list
message Old {
  // Of the same name: [Part][nowhere].
  optional group Part = 1 {
    optional Part part = 1;
    message Part { optional string r = 1; }
  }
  repeated Old more = 2;
  map<string, Old> by_name = 3;
  required string must = 4;
  optional int32 gone = 5 [deprecated = true];
  optional Old self = 6;
  enum Kind { option allow_alias = true; NONE = 0; NOTHING = 0; Self = 1; }
  optional Kind kind = 7 [default = Self];
  optional Kind other = 10 [default = NOTHING];
  oneof either { string Some = 8; bytes None = 9; }
}
message Gone { option deprecated = true; }
service Olds { rpc Get(Old) returns (Gone) { option deprecated = true; } }
"#;

const UNNAMED: &str = "syntax = \"proto3\";\nmessage Unnamed { Unnamed unnamed = 1; }\n";

const OTHER: &str = "syntax = \"proto3\";\npackage deep;\nmessage Thing { string name = 1; }\n\
                     service Loop { rpc Get(Thing) returns (Thing); }\n";

/// Every rule of the schema that a request breaks is said, of each message of a stream too; one that keeps them reaches the
/// method, which is not written yet.
const RULES: &str = r#"
use tokio::net::TcpListener;
use tonic::transport::Endpoint;
use tonic::{Code, Status};
use user_service::pb::user::CreateUserRequest;
use user_service::pb::user::user_service_client::UserServiceClient;

fn says(status: &Status, words: &[&str]) -> bool {
    let details = String::from_utf8_lossy(status.details()).into_owned();
    words.iter().all(|word| details.contains(word))
}

#[tokio::test]
async fn a_request_is_held_against_the_rules_of_the_schema() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    tokio::spawn(user_service::server().run(listener, std::future::pending()));
    let channel = Endpoint::from_shared(format!("http://{addr}")).unwrap().connect().await.unwrap();
    let mut client = UserServiceClient::new(channel);

    let wrong = CreateUserRequest { name: String::new(), email: "nobody".to_owned() };
    let refused = client.create_user(wrong.clone()).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    assert!(says(&refused, &["name", "string.min_len", "email", "string.email"]), "{refused:?}");

    let right = CreateUserRequest { name: "Ada".to_owned(), email: "ada@example.com".to_owned() };
    assert_eq!(client.create_user(right.clone()).await.unwrap_err().code(), Code::Unimplemented);
    let refused = client.import_users(tokio_stream::iter([right, wrong])).await.unwrap_err();
    assert!(matches!(refused.code(), Code::InvalidArgument | Code::Unimplemented), "{refused:?}");
}
"#;

/// A new service below the target folder, where Cargo finds what it has built before.
fn made(name: &str, protos: &[&Path]) -> PathBuf {
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join("new");
    fs::create_dir_all(&home).unwrap();
    let root = home.join(name);
    let _ = fs::remove_dir_all(&root);
    let runtime = format!("{ROOT}/src/runtime");
    let mut arguments = vec!["new", name, "--runtime", &runtime];
    arguments.extend(protos.iter().flat_map(|proto| ["--proto", proto.to_str().unwrap()]));
    let ran = protogate(&home, &arguments);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stdout.contains("cargo test") && ran.stdout.contains(&runtime), "{ran:?}");
    stands_alone(&root);
    fs::copy(format!("{ROOT}/Cargo.lock"), root.join("Cargo.lock")).unwrap();
    root
}

/// Nothing in the crate is of this machine: its next owner, and `docker build`, have only the crate.
#[track_caller]
fn stands_alone(root: &Path) {
    let mut waiting = vec![root.to_path_buf()];
    while let Some(at) = waiting.pop() {
        if at.is_dir() {
            waiting.extend(fs::read_dir(at).unwrap().map(|entry| entry.unwrap().path()));
            continue;
        }
        let bytes = fs::read(&at).unwrap();
        let is_named = bytes.windows(ROOT.len()).any(|window| window == ROOT.as_bytes());
        assert!(!is_named, "{} names {ROOT}", at.display());
    }
    let manifest = fs::read_to_string(root.join("Cargo.toml")).unwrap();
    assert!(manifest.contains("path = \"vendor/protogate-runtime\""), "{manifest}");
    assert!(root.join("vendor/protogate-runtime/LICENSE-MIT").exists());
}

fn target() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("new-services")
}

fn cargo(root: &Path, arguments: &[&str]) -> Ran {
    let mut command = Command::new(env!("CARGO"));
    command.args(arguments).arg("--offline").current_dir(root);
    Ran::from(command.env("CARGO_TARGET_DIR", target()).env_remove("RUSTFLAGS").output().unwrap())
}

#[track_caller]
fn builds_and_passes(root: &Path, tests: usize) {
    let tested = cargo(root, &["test", "--quiet"]);
    assert_eq!(tested.code, 0, "{}\n{}", tested.stdout, tested.stderr);
    assert!(tested.stdout.contains(&format!("{tests} passed")), "{}", tested.stdout);
    let mut clippy = Command::new(env!("CARGO"));
    clippy
        .args(["clippy", "--offline", "--quiet", "--all-targets", "--", "-D", "warnings"])
        .current_dir(root);
    let linted = Ran::from(clippy.env("CARGO_TARGET_DIR", target()).output().unwrap());
    assert_eq!(linted.code, 0, "{}", linted.stderr);
    let mut doc = Command::new(env!("CARGO"));
    doc.args(["doc", "--offline", "--quiet", "--no-deps"]).current_dir(root);
    doc.env("CARGO_TARGET_DIR", target()).env("RUSTDOCFLAGS", "-D warnings");
    let documented = Ran::from(doc.output().unwrap());
    assert_eq!(documented.code, 0, "{}", documented.stderr);
    let checked = protogate(root, &["generate", "--check"]);
    assert_eq!(checked.code, 0, "{checked:?}");
}

#[test]
fn a_service_of_the_references_schema_builds_and_keeps_what_its_owner_writes() {
    let root = made("user-service", &[&Path::new(ROOT).join("proto/user.proto")]);
    builds_and_passes(&root, 4);
    serves_health_and_ends_when_asked(&root);
    fs::write(root.join("tests/rules.rs"), RULES).unwrap();
    let ruled = cargo(&root, &["test", "--quiet", "--test", "rules"]);
    assert_eq!(ruled.code, 0, "{}\n{}", ruled.stdout, ruled.stderr);
    fs::remove_file(root.join("tests/rules.rs")).unwrap();

    let file = root.join("src/services/user_service.rs");
    let written = fs::read_to_string(&file).unwrap().replace("is not written yet", "is mine");
    fs::write(&file, &written).unwrap();
    let proto = root.join("proto/user.proto");
    let schema = fs::read_to_string(&proto).unwrap();
    let gained = "service UserService {\n  // Counts.\n  rpc CountUsers(UserRequest) returns (UserResponse);";
    let changed = schema.replace("service UserService {", gained).replace("rpc Chat(", "rpc Talk(");
    fs::write(&proto, changed).unwrap();
    assert_eq!(protogate(&root, &["generate", "--check"]).code, 1);

    let ran = protogate(&root, &["generate"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(fs::read_to_string(&file).unwrap(), written);
    for said in [
        "lacks `count_users`: UserService.CountUsers of user.proto",
        "async fn count_users(",
        "lacks `talk`",
        "has `chat`, and UserService of user.proto has no such method",
    ] {
        assert!(ran.stdout.contains(said), "{said}: {}", ran.stdout);
    }
    let checked = protogate(&root, &["generate", "--check"]);
    assert_eq!(checked.code, 1, "{checked:?}");
    assert!(checked.stdout.contains("SERVICE_INCOMPLETE"), "{checked:?}");
    let built = cargo(&root, &["check", "--quiet", "--lib"]);
    assert!(built.stderr.contains("E0046") && built.stderr.contains("count_users"), "{}", built.stderr);
}

/// How a request of so many MiB ends.
async fn ended_of(address: &str, mebibytes: usize) -> Code {
    // `CreateUserRequest.name`, whose length takes four bytes as a varint.
    let length = mebibytes << 20;
    let varint =
        [0, 7, 14, 21].map(|shift| (length >> shift) as u8 & 0x7f | if shift < 21 { 0x80 } else { 0 });
    let message = [&[0x0a][..], &varint, &vec![b'a'; length]].concat();
    let call = Call {
        path: "/user.UserService/CreateUser".to_owned(),
        metadata: Vec::new(),
        deadline: Duration::from_secs(60),
        script: vec![Step::Send(message.into()), Step::HalfClose],
    };
    let transport = H2Transport::new(address.parse().unwrap());
    transport.call(&call).await.unwrap().status().code
}

/// The built program, on a free port: it says that it serves, and SIGTERM is no failure.
#[track_caller]
fn serves_health_and_ends_when_asked(root: &Path) {
    let mut child = Command::new(target().join("debug/user-service"))
        .args(["--addr", "127.0.0.1:0", "--max-message", "8388608"])
        .current_dir(root)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let address = line.trim().strip_prefix("listening on ").unwrap().to_owned();
    let asked = tokio::runtime::Runtime::new().unwrap().block_on(async move {
        let of_mebibytes = [ended_of(&address, 6).await, ended_of(&address, 9).await];
        // One that is read breaks a rule; tonic alone would read none of more than 4 MiB.
        assert_eq!(of_mebibytes, [Code::InvalidArgument, Code::ResourceExhausted]);
        let channel = tonic::transport::Endpoint::from_shared(address).unwrap().connect().await.unwrap();
        let mut health = HealthClient::new(channel);
        let mut said = Vec::new();
        for service in ["", "user.UserService", "user.Other"] {
            let request = HealthCheckRequest { service: service.to_owned() };
            said.push(health.check(request).await.map(|it| it.into_inner().status()).map_err(|it| it.code()));
        }
        said
    });
    let killed = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    let ended = child.wait().unwrap();
    let serving = Ok(ServingStatus::Serving);
    assert_eq!(asked, [serving, serving, Err(tonic::Code::NotFound)]);
    assert!(killed.success() && ended.success(), "{ended:?}");
}

#[test]
fn a_service_of_difficult_names_builds() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("deep")).unwrap();
    fs::write(folder.path().join("torture.proto"), TORTURE).unwrap();
    fs::write(folder.path().join("deep/other.proto"), OTHER).unwrap();
    fs::write(folder.path().join("deep/old.proto"), OLD).unwrap();
    fs::write(folder.path().join("unnamed.proto"), UNNAMED).unwrap();
    fs::write(folder.path().join("empty.proto"), "syntax = \"proto3\";\n").unwrap();
    let root = made("hard_names", &[folder.path()]);
    // Four kinds of `Result`, and the one of each `Loop` and of `Olds`.
    builds_and_passes(&root, 7);
}

#[test]
fn kubernetes_asks_by_grpc_and_waits_longer_than_the_server() {
    let folder = tempfile::tempdir().unwrap();
    let proto = format!("{ROOT}/proto/user.proto");
    assert_eq!(protogate(folder.path(), &["new", "user_service", "--proto", &proto]).code, 0);
    let text = fs::read_to_string(folder.path().join("user_service/k8s.yaml")).unwrap();
    let all: Vec<Value> = serde_saphyr::from_multiple(&text).unwrap();
    let [deployment, service] = all.as_slice() else { panic!("{all:?}") };
    let pod = &deployment["spec"]["template"]["spec"];
    let container = &pod["containers"][0];
    for probe in ["startupProbe", "readinessProbe", "livenessProbe"] {
        assert_eq!(container[probe]["grpc"]["port"], 50051, "{probe}");
    }
    assert!(pod["terminationGracePeriodSeconds"].as_u64().unwrap() > 10);
    assert_eq!(container["securityContext"]["runAsNonRoot"], true);
    assert_eq!(service["metadata"]["name"], "user-service");
    assert_eq!(service["spec"]["selector"], deployment["spec"]["selector"]["matchLabels"]);
}

#[test]
fn what_cannot_become_a_service_is_refused_and_nothing_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    fs::create_dir(at.join("taken")).unwrap();
    fs::write(at.join("taken/mine.txt"), "mine").unwrap();
    fs::write(
        at.join("good.proto"),
        "syntax = \"proto3\"; message M {} service S { rpc Get(M) returns (M); }",
    )
    .unwrap();
    fs::write(at.join("none.proto"), "syntax = \"proto3\"; message M {}").unwrap();
    fs::write(at.join("broken.proto"), "syntax = \"proto3\"; message {").unwrap();
    let before = fs::read_dir(at).unwrap().count();
    for (arguments, said) in [
        (&["match", "--proto", "good.proto"][..], "`match-service` would do"),
        (&["Shop", "--proto", "good.proto"], "`shop` would do"),
        (&["taken", "--proto", "good.proto"], "taken is not empty"),
        (&["shop", "--proto", "absent.proto"], "cannot read absent.proto"),
        (&["shop", "--proto", "broken.proto"], "broken.proto:1"),
        (&["shop", "--proto", "none.proto"], "declares no service"),
        (&["shop", "--proto", "good.proto", "--runtime", "taken"], "is not the crate protogate-runtime"),
        (&["shop"], "--proto"),
    ] {
        let ran = protogate(at, &[&["new"], arguments].concat());
        assert_eq!(ran.code, 2, "{arguments:?}: {ran:?}");
        assert!(ran.stdout.contains(said) || ran.stderr.contains(said), "{said}: {ran:?}");
        assert_eq!(fs::read_dir(at).unwrap().count(), before, "{arguments:?}");
    }
    assert_eq!(fs::read_to_string(at.join("taken/mine.txt")).unwrap(), "mine");
}
