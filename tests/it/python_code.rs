//! Generated Python beside what grpcio-tools makes of the same files, and under the article's client.

use std::fs;
use std::path::Path;

use super::peers;
use super::run::{Ran, protogate};
use super::servers::{Server, python};

/// Names that are keywords, files that are no identifiers, every kind of field and of call.
const DIFFICULT: &[(&str, &str)] = &[
    (
        "shop/v1/all-kinds.proto",
        r#"syntax = "proto3";
package shop.v1;
import public "shop/v1/base.proto";
import "google/protobuf/timestamp.proto";
import "google/protobuf/empty.proto";
// All "kinds" of things \ and """quotes""".
message All {
  double a = 1; float b = 2; bytes c = 3; bool d = 4; repeated sint64 e = 5; optional string f = 6;
  map<string, Base> g = 7; map<int32, bytes> h = 8; repeated Base i = 9; Color j = 10; repeated Color k = 11;
  oneof choice { string l = 12; All m = 13; }
  google.protobuf.Timestamp n = 14;
  string None = 15; string self = 16; string class = 17;
  message Deep { message Deeper { All all = 1; } Deeper deeper = 1; }
}
enum Color { COLOR_UNSPECIFIED = 0; True = 1; COLOR_ALIAS = -1; }
message None { message True { int32 a = 1; } }
service Kinds {
  rpc Unary(All) returns (Base);
  rpc Down(Base) returns (stream All.Deep.Deeper);
  rpc Up(stream All) returns (All.Deep);
  rpc Both(stream All) returns (stream google.protobuf.Empty);
}
service Nothing {}
"#,
    ),
    (
        "shop/v1/base.proto",
        "syntax = \"proto2\";\npackage shop.v1;\nmessage Base { required int32 a = 1 [default = -7]; optional string b = 2 [default = \"\\\"\\n\"]; \
         enum Color { RED = 3; BLUE = 4; } optional group Part = 5 { optional Base base = 1; } extensions 100 to 200; }\n\
         extend Base { repeated Base more = 100; }\n",
    ),
    (
        "plain.proto",
        "syntax = \"proto3\";\nimport \"shop/v1/all-kinds.proto\";\nmessage Plain { shop.v1.Base base = 1; }\n",
    ),
    (
        "class/import.proto",
        "syntax = \"proto3\";\npackage class;\nmessage M { string a = 1; message None { string True = 1; } }\n\
         service S { rpc Get(M) returns (M); rpc None(stream M.None) returns (M); }\n",
    ),
];

fn generated(folder: &Path, input: &str) {
    let made = protogate(folder, &["generate", input, "--output", "python", "--out", "out"]);
    assert_eq!(made.code, 0, "{made:?}");
}

#[test]
fn modules_say_what_grpcio_s_own_generator_says() {
    let Some(mut command) = python("compare_modules.py") else { return };
    let folder = tempfile::tempdir().unwrap();
    let protos = folder.path().join("protos");
    for (name, text) in DIFFICULT {
        fs::create_dir_all(protos.join(name).parent().unwrap()).unwrap();
        fs::write(protos.join(name), text).unwrap();
    }
    generated(folder.path(), "protos");
    // What the keyword modules of grpcio-tools are worth is not ours to say: its stubs of them do not import.
    let files: Vec<&str> =
        DIFFICULT.iter().map(|(name, _)| *name).filter(|name| !name.starts_with("class/")).collect();
    for runtime in ["upb", "python"] {
        let mut command = python("compare_modules.py").unwrap();
        command.env("PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION", runtime);
        let ran = command.arg(folder.path().join("out/python")).arg(&protos).args(&files).output().unwrap();
        let said = String::from_utf8_lossy(&ran.stdout) + String::from_utf8_lossy(&ran.stderr);
        assert!(ran.status.success(), "{runtime}: {said}");
    }
    let ran = command
        .args(["--describe"])
        .arg(folder.path().join("out/python"))
        .arg("class/import.proto")
        .output()
        .unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
}

/// On the newest runtime of protobuf, and on the oldest.
#[test]
fn the_article_s_client_runs_on_our_modules() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = tempfile::tempdir().unwrap();
    generated(folder.path(), root.join("tests/interop/article").to_str().unwrap());
    for (python, version) in [("python", "7."), ("python-old", "3.20.")] {
        let Some(python) = peers::or_skip(python) else { return };
        let server = Server::reference();
        let run = |arguments: &[&str]| {
            let mut command = std::process::Command::new(&python);
            command.env("PYTHONPATH", folder.path().join("out/python")).env("PYTHONDONTWRITEBYTECODE", "1");
            Ran::from(command.current_dir(root.join("tests/interop")).args(arguments).output().unwrap())
        };
        let runtime = run(&["-c", "import google.protobuf as it; print(it.__version__)"]);
        assert!(runtime.stdout.starts_with(version), "{runtime:?}");
        let ran = run(&["client.py", &server.address]);
        assert_eq!(ran.code, 0, "{version}: {ran:?}");
        assert!(server.terminate().success());
    }
}

#[test]
fn our_own_schema_imports_with_all_it_needs() {
    let (Some(python), Some(_)) = (peers::or_skip("python"), peers::or_skip("pb2")) else { return };
    let folder = tempfile::tempdir().unwrap();
    generated(folder.path(), concat!(env!("CARGO_MANIFEST_DIR"), "/proto"));
    let script = "import user_pb2, user_pb2_grpc; from buf.validate import validate_pb2 as rules\n\
                  name = user_pb2.CreateUserRequest.DESCRIPTOR.fields_by_name['name']\n\
                  print(name.GetOptions().Extensions[rules.field].string.max_len)";
    let ran = std::process::Command::new(python)
        .args(["-c", script])
        .env("PYTHONPATH", folder.path().join("out/python"))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .output()
        .unwrap();
    assert_eq!(
        String::from_utf8_lossy(&ran.stdout).trim(),
        "100",
        "{}",
        String::from_utf8_lossy(&ran.stderr)
    );
}
