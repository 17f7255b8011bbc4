//! The reference over HTTP: by hand, and by Schemathesis, which knows nothing of it but its document.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use super::http::ask;
use crate::peers;
use crate::run::Ran;
use crate::servers::program;

/// The reference, with HTTP and JSON beside gRPC.
struct Reference {
    child: Child,
    rest: String,
}

impl Drop for Reference {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn start(arguments: &[&str]) -> Reference {
    let mut child = Command::new(program("user-service"))
        .args(["--addr", "127.0.0.1:0", "--rest-addr", "127.0.0.1:0", "--store", "memory"])
        .args(arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok).take(2);
    let lines: Vec<String> = lines.collect();
    let rest =
        lines.iter().find_map(|line| line.strip_prefix("rest listening on http://")).map(str::to_owned);
    let reference = Reference { child, rest: rest.unwrap_or_default() };
    assert!(lines[0].starts_with("listening on http://") && !reference.rest.is_empty(), "{lines:?}");
    reference
}

#[test]
fn a_user_lives_over_http() {
    let reference = start(&[]);
    let json = [("content-type", "application/json")];
    let call = |verb: &str, target: &str, content: &str| {
        let answer = ask(
            &reference.rest,
            verb,
            target,
            if content.is_empty() { &[] } else { &json },
            content.as_bytes(),
        );
        (answer.status, answer)
    };
    let (status, created) = call("POST", "/v1/users", r#"{"name":"Ann","email":"ann@example.org"}"#);
    let user = created.json();
    let path = format!("/v1/users/{}", user["id"].as_str().unwrap());
    assert_eq!((status, &user["name"]), (200, &"Ann".into()));
    assert_eq!(call("GET", &path, "").1.json(), user);
    let (status, taken) = call("POST", "/v1/users", r#"{"name":"Bob","email":"ann@example.org"}"#);
    assert_eq!(
        (status, taken.json()["details"][0]["reason"].as_str()),
        (409, Some("EMAIL_TAKEN")),
        "{}",
        taken.text()
    );
    let (status, invalid) = call("POST", "/v1/users", r#"{"name":"","email":"x"}"#);
    let fields = invalid.json()["details"][0]["fieldViolations"].as_array().map(Vec::len);
    assert_eq!((status, fields), (400, Some(2)), "{}", invalid.text());
    assert_eq!(call("PATCH", &path, r#"{"name":"Eve"}"#).1.json()["name"], "Eve");
    let lines = r#"[{"name":"C","email":"c@example.org"},{"name":"D","email":"d@example.org"}]"#;
    assert_eq!(call("POST", "/v1/users:import", lines).1.text(), r#"{"count":2}"#);
    assert_eq!(call("GET", "/v1/users:stream", "").1.text().lines().count(), 3);
    assert_eq!(call("GET", "/v1/users?limit=1&offset=1", "").1.text().lines().count(), 1);
    assert_eq!(call("POST", "/v1/chat", r#"[{"id":"1"},{"id":"2"}]"#).1.text().lines().count(), 2);
    assert_eq!(call("DELETE", &path, "").1.text(), "{}");
    assert_eq!(call("GET", &path, "").0, 404);
}

#[test]
fn the_layers_of_grpc_hold_over_http() {
    let reference = start(&["--token", "s3cret"]);
    let call = |headers: &[(&str, &str)]| ask(&reference.rest, "GET", "/v1/users", headers, b"");
    let refused = call(&[]);
    assert_eq!((refused.status, refused.header("www-authenticate")), (401, "Bearer"), "{}", refused.text());
    let token = ("authorization", "Bearer s3cret");
    assert_eq!(call(&[token]).status, 200);
    let late = call(&[token, ("grpc-timeout", "0n")]);
    assert_eq!((late.status, late.json()["code"].as_i64()), (504, Some(4)), "{}", late.text());
    assert_eq!(call(&[token, ("grpc-timeout", "soon")]).status, 400);
}

#[test]
fn schemathesis_finds_nothing() {
    let Some(schemathesis) = peers::or_skip("schemathesis") else { return };
    let reference = start(&[]);
    let folder = tempfile::tempdir().unwrap();
    let document = Path::new(env!("CARGO_MANIFEST_DIR")).join("generated/openapi/openapi.yaml");
    let output = Command::new(schemathesis)
        .current_dir(folder.path())
        .arg("run")
        .arg(document)
        .args(["--url", &format!("http://{}", reference.rest), "--seed", "1", "--max-examples", "20"])
        // ProtoJSON takes more than it gives, and a document says what is given: `null` for a field that is not set, the
        // number of an enum value, a number where a string is written. So what breaks the document may be taken.
        .args(["--exclude-checks", "negative_data_rejection", "--suppress-health-check", "all", "--no-color"])
        .output();
    let ran = Ran::from(output.unwrap());
    assert!(ran.code == 0 && ran.stdout.contains("Tested: 8"), "{}{}", ran.stdout, ran.stderr);
}
