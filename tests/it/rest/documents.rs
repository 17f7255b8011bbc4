//! OpenAPI documents as two validators of others judge them, one from PyPI and one from npm.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;

use protogate::codegen::{Options, Output, generate};
use protogate::schema::{Schema, Source, load, narrow};

use crate::peers;
use crate::run::Ran;

/// Packages of Google's that are asked of in every run; `PROTOGATE_OPENAPI=1` asks of all of them.
const SOME: [&str; 8] = [
    "google.pubsub.v1",
    "google.firestore.v1",
    "google.spanner.v1",
    "google.storage.v2",
    "google.longrunning",
    "google.cloud.aiplatform.v1",
    "google.cloud.compute.v1",
    "google.cloud.talent.v4",
];

/// The document of a schema; `None` where it has no route.
fn document(schema: &Schema) -> Result<Option<Vec<u8>>, Vec<String>> {
    let options = Options { outputs: vec![Output::OpenApi], ..Options::default() };
    let said =
        |it: Vec<protogate::diag::Diagnostic>| it.iter().map(|it| it.message.clone()).collect::<Vec<_>>();
    let files = generate(schema, &options).map_err(said)?;
    let yaml = files.get("openapi/openapi.yaml").unwrap().to_vec();
    let json: serde_json::Value = serde_json::from_slice(files.get("openapi/openapi.json").unwrap()).unwrap();
    assert_eq!(
        serde_saphyr::from_slice::<serde_json::Value>(&yaml).unwrap(),
        json,
        "the two say different things"
    );
    Ok((json["paths"] != serde_json::json!({})).then_some(yaml))
}

/// What the validators find wrong with the files of a folder.
fn judged(folder: &Path, files: &[String]) -> Option<String> {
    let (spec, redocly) = (peers::or_skip("openapi-spec-validator")?, peers::or_skip("redocly")?);
    // Only what the specification says: taste is the company's own.
    fs::write(folder.join("redocly.yaml"), "extends: [spec]\n").unwrap();
    let mut said = String::new();
    for files in files.chunks(50) {
        for (program, arguments) in
            [(&spec, &["--errors", "all"][..]), (&redocly, &["lint", "--max-problems", "5"])]
        {
            let output = Command::new(program)
                .current_dir(folder)
                .args(arguments)
                .args(files)
                .env("REDOCLY_TELEMETRY", "off")
                .env("REDOCLY_SUPPRESS_UPDATE_NOTICE", "true")
                .output();
            let ran = Ran::from(output.unwrap());
            if ran.code != 0 {
                said += &format!("{}:\n{}{}\n", program.display(), ran.stdout, ran.stderr);
            }
        }
    }
    Some(said)
}

#[test]
fn two_validators_find_nothing_in_ours() {
    let folder = tempfile::tempdir().unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let user = fs::read(root.join("generated/openapi/openapi.yaml")).unwrap();
    fs::write(folder.path().join("user.yaml"), user).unwrap();
    let echo = document(&super::echo::schema()).unwrap().unwrap();
    fs::write(folder.path().join("echo.yaml"), &echo).unwrap();
    let Some(said) = judged(folder.path(), &["user.yaml".to_owned(), "echo.yaml".to_owned()]) else { return };
    assert!(said.is_empty(), "{said}");
    // They do look: a document without paths' parameters is refused by both.
    let broken = String::from_utf8(echo).unwrap().replace("in: path", "in: nowhere");
    fs::write(folder.path().join("echo.yaml"), broken).unwrap();
    let said = judged(folder.path(), &["echo.yaml".to_owned()]).unwrap();
    assert!(said.contains("openapi-spec-validator:\n") && said.contains("redocly:\n"), "{said}");
}

#[test]
fn two_validators_find_nothing_in_those_of_google() {
    let Some(root) = peers::or_skip("google-proto-files-6") else { return };
    let all = env::var_os("PROTOGATE_OPENAPI").is_some();
    let schema = load(&Source::Directory(root)).schema;
    let mut packages: BTreeMap<&str, usize> = BTreeMap::new();
    for file in schema.own_files() {
        *packages.entry(file.descriptor().package_name()).or_default() += file.descriptor().services().len();
    }
    packages.retain(|name, services| *services > 0 && (all || SOME.contains(name)));
    assert!(all || packages.len() == SOME.len(), "{packages:?}");
    let folder = tempfile::tempdir().unwrap();
    let (mut files, mut refused) = (Vec::new(), Vec::new());
    for package in packages.keys() {
        let narrowed = narrow(&schema, &[(*package).to_owned()]).unwrap().schema;
        match document(&narrowed) {
            Ok(None) => {}
            Ok(Some(yaml)) => {
                let name = format!("{package}.yaml");
                fs::write(folder.path().join(&name), yaml).unwrap();
                files.push(name);
            }
            Err(said) => refused.push(format!("{package}: {}", said.join("\n   "))),
        }
    }
    println!("{} packages, {} documents, {} refused", packages.len(), files.len(), refused.len());
    if all {
        // Two services of one package that differ in their host only, and have the same routes.
        println!("{}", refused.join("\n"));
    } else {
        assert_eq!(refused, Vec::<String>::new());
    }
    let Some(said) = judged(folder.path(), &files) else { return };
    assert!(said.is_empty(), "{said}");
}
