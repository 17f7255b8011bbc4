//! Every dependency has a licence that `deny.toml` allows and comes from a source it names.
//!
//! This is not cargo-deny, which takes minutes to build and checks more: duplicates and advisories stay with
//! it.

#![allow(clippy::unwrap_used)] // clippy knows the functions with #[test] only, not their helpers

use std::fs;
use std::process::Command;

use serde_json::Value;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

#[test]
fn every_dependency_is_allowed() {
    let deny: toml::Table =
        toml::from_str(&fs::read_to_string(format!("{ROOT}/deny.toml")).unwrap()).unwrap();
    let licences = strings(&deny["licenses"]["allow"]);
    let sources = strings(&deny["sources"]["allow-registry"]);

    let mut refused = Vec::new();
    for package in packages() {
        let text = |key: &str| package[key].as_str().unwrap_or("nothing");
        if !is_allowed(text("license"), &licences) {
            refused.push(format!("{} {}: licence {}", text("name"), text("version"), text("license")));
        }
        // A package of the workspace has no source.
        let source = text("source").strip_prefix("registry+").unwrap_or(text("source"));
        if !package["source"].is_null() && !sources.iter().any(|allowed| allowed == source) {
            refused.push(format!("{} {}: source {source}", text("name"), text("version")));
        }
    }
    assert!(refused.is_empty(), "not allowed by deny.toml:\n{}", refused.join("\n"));
}

#[test]
fn an_expression_is_allowed_when_its_choices_are() {
    let allow = ["MIT", "Apache-2.0", "Zlib"].map(String::from);
    for (expression, allowed) in [
        ("MIT", true),
        ("GPL-3.0-only", false),
        ("", false),
        ("GPL-3.0-only OR MIT", true),
        ("Unlicense/MIT", true),
        ("Apache-2.0 / MIT", true),
        ("GPL-2.0-only/GPL-3.0-only", false),
        ("MIT AND Zlib", true),
        ("MIT AND GPL-3.0-only", false),
        ("(MIT OR Apache-2.0) AND GPL-3.0-only", false),
        ("(GPL-3.0-only OR Apache-2.0) AND Zlib", true),
        ("MIT OR Apache-2.0 AND GPL-3.0-only", true),
        ("GPL-3.0-only AND (MIT OR Apache-2.0)", false),
        ("Apache-2.0 WITH LLVM-exception", false),
        ("Apache-2.0 WITH LLVM-exception OR MIT", true),
        ("(MIT) AND (GPL-3.0-only)", false),
    ] {
        assert_eq!(is_allowed(expression, &allow), allowed, "{expression}");
    }
}

/// Whether an SPDX expression can be satisfied with the licences of `allow`; `/` is the old spelling of `OR`.
fn is_allowed(expression: &str, allow: &[String]) -> bool {
    let expression = expression.replace('/', " OR ");
    let choices = split(&expression, "OR");
    choices.iter().any(|choice| match &split(choice, "AND")[..] {
        [one] => match one.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
            Some(inner) => is_allowed(inner, allow),
            None => allow.contains(one),
        },
        all => all.iter().all(|part| is_allowed(part, allow)),
    })
}

/// The parts of `expression` between the operators outside parentheses, with single spaces.
fn split(expression: &str, operator: &str) -> Vec<String> {
    let (mut parts, mut depth) = (vec![String::new()], 0);
    for word in expression.split_whitespace() {
        if depth == 0 && word == operator {
            parts.push(String::new());
            continue;
        }
        depth += word.matches('(').count() as i32 - word.matches(')').count() as i32;
        let part = parts.last_mut().expect("it starts with one part");
        if !part.is_empty() {
            part.push(' ');
        }
        part.push_str(word);
    }
    parts
}

/// The packages of the lock file, for every platform. Without `--offline`: cargo goes out only for a package of
/// another platform that no build here has needed yet.
fn packages() -> Vec<Value> {
    let mut cargo = Command::new(env!("CARGO"));
    let output =
        cargo.args(["metadata", "--format-version", "1", "--locked"]).current_dir(ROOT).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    metadata["packages"].as_array().unwrap().clone()
}

fn strings(list: &toml::Value) -> Vec<String> {
    list.as_array().unwrap().iter().map(|item| item.as_str().unwrap().to_owned()).collect()
}
