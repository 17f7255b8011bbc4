//! `contract infer` from outside: what it writes, where, and what a server has to say about it.

use std::fs;
use std::process::Command;

use crate::run::protogate;
use crate::servers::{Server, program};

const USERS: &str = "syntax = \"proto3\"; package user;
service UserService {
  rpc GetUser(UserRequest) returns (UserResponse);
  rpc CreateUser(CreateUserRequest) returns (UserResponse);
  rpc ListUsers(ListUsersRequest) returns (stream UserResponse);
}
message UserRequest { string id = 1; }
message UserResponse { string id = 1; string name = 2; string email = 3; int64 created_at = 4; }
message CreateUserRequest { string name = 1; string email = 2; }
message ListUsersRequest { int32 limit = 1; int32 offset = 2; }
";

#[test]
fn what_is_proposed_is_written_once_and_is_well_formed() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("users.proto"), USERS).unwrap();
    let infer = ["contract", "infer", "users.proto", "--out", "a.contract.toml"];
    let ran = protogate(folder.path(), &infer);
    assert_eq!(ran.code, 0, "{ran:?}");
    let ran = protogate(folder.path(), &["contract", "lint", "users.proto", "--side", "a.contract.toml"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stdout.contains("promises of 3 methods and 1 service"), "{ran:?}");
    // What somebody may have changed is not written over.
    let before = fs::read_to_string(folder.path().join("a.contract.toml")).unwrap();
    let ran = protogate(folder.path(), &infer);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.stdout.contains("a.contract.toml") && ran.stdout.contains("not there yet"), "{ran:?}");
    assert_eq!(fs::read_to_string(folder.path().join("a.contract.toml")).unwrap(), before);
}

#[test]
fn a_server_overrules_what_is_proposed() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("users.proto"), USERS).unwrap();
    let mutant =
        Server::start(Command::new(program("zoo")).args(["--addr", "127.0.0.1:0"]).env("MUTANT", "B23b"));
    let healthy = Server::reference();
    for (server, broken) in [(&healthy, false), (&mutant, true)] {
        let ran =
            protogate(folder.path(), &["contract", "infer", "users.proto", "--target", &server.address]);
        assert_eq!(ran.code, 0, "{ran:?}");
        // A page is one longer than its limit.
        assert_eq!(ran.stdout.contains("# dropped (high: `limit` of the request"), broken, "{}", ran.stdout);
        assert_eq!(ran.stdout.matches("# dropped").count(), usize::from(broken), "{}", ran.stdout);
        // A guess that it kept has become a promise.
        let clock = "the server kept it\n[[method.\"user.UserService/CreateUser\".ensures]]\nid = \"clock\"";
        assert!(ran.stdout.contains(clock), "{}", ran.stdout);
        assert!(ran.stdout.contains("# may_return = ["), "{}", ran.stdout);
    }
}

#[test]
fn what_nothing_is_known_of_is_said() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.proto"), "syntax = \"proto3\"; message A {}").unwrap();
    let other = "syntax = \"proto3\"; message A {} service S { rpc Do(A) returns (A); }";
    fs::write(folder.path().join("b.proto"), other).unwrap();
    for (arguments, said) in [
        (&["a.proto"][..], "no service"),
        (&["b.proto"], "nothing can be guessed"),
        (&["--reflect"], "--target"),
        (&["b.proto", "--out", "no/where.toml"], "nothing can be guessed"),
    ] {
        let ran = protogate(folder.path(), &[&["contract", "infer"], arguments].concat());
        assert_eq!(ran.code, 2, "{arguments:?}: {ran:?}");
        assert!(ran.stdout.contains(said) || ran.stderr.contains(said), "{arguments:?}: {ran:?}");
    }
}
