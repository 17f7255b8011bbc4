//! `contract lint` as a command: exit codes, side files, and that `contract` still takes its own arguments.

use crate::cli::folder;
use crate::run::protogate;

const HEAD: &str = "syntax = \"proto3\"; package p; import \"protogate/contract/v1/contract.proto\";
message M { string a = 1; }
service S { rpc Do(M) returns (M) {
  option (protogate.contract.v1.method) = { ensures { id: \"echo\" expr: \"resp.a == req.FIELD\" } };
} }
";

#[test]
fn the_exit_code_tells_findings_from_failures() {
    let folder = folder(&[
        ("good/p.proto", &HEAD.replace("FIELD", "a")),
        ("bad/p.proto", &HEAD.replace("FIELD", "b")),
        ("more.contract.toml", "[[method.\"p.S/Do\".ensures]]\nid = \"more\"\nexpr = \"resp.c == ''\"\n"),
        ("broken.contract.toml", "[method"),
    ]);
    let table: [(&[&str], i32, &str); 10] = [
        (&["lint", "good"], 0, "promises of 1 method and 0 services"),
        (&["lint", "bad"], 1, "p.M has no field `b`"),
        (&["lint", "bad", "--format", "github"], 1, "p.proto,line=4"),
        (&["lint", "--format", "json", "bad"], 1, "PG302"),
        (&["--target", "localhost:1", "lint", "good"], 2, "cannot be used with"),
        (&["lint", "good", "--side", "more.contract.toml"], 1, "more.contract.toml:3"),
        (&["lint", "good", "--side", "broken.contract.toml"], 2, "broken.contract.toml:1"),
        (&["lint", "good", "--side", "none.toml"], 2, "none.toml"),
        (&["lint", "nowhere"], 2, "nowhere"),
        (&["--schema", "good", "--target", "localhost:1", "--wait", "0s"], 2, "localhost:1"),
    ];
    let before = protogate(folder.path(), &["--format", "json", "contract", "lint", "good"]);
    assert_eq!(before.code, 0, "{}", before.stderr);
    for (arguments, code, says) in table {
        let ran = protogate(folder.path(), &[&["contract"], arguments].concat());
        assert_eq!(ran.code, code, "{arguments:?} {} {}", ran.stdout, ran.stderr);
        assert!(format!("{}{}", ran.stdout, ran.stderr).contains(says), "{arguments:?} {}", ran.stdout);
    }
}
