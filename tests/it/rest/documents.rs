//! OpenAPI documents as two validators of others judge them, one from PyPI and one from npm.

use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;

use protogate::codegen::{Options, Output, generate};
use protogate::schema::{Schema, Source, load, narrow};

use crate::codegen_compiles::with_imports;
use crate::peers;
use crate::run::Ran;

/// Folders of Google's that are asked of in every run; `PROTOGATE_OPENAPI=1` asks of all of them.
const SOME: [&str; 9] = [
    "google/pubsub/v1",
    "google/firestore/v1",
    "google/spanner/v1",
    "google/storage/v2",
    "google/longrunning",
    "google/cloud/aiplatform/v1",
    "google/cloud/compute/v1",
    // Routes that two methods have.
    "google/cloud/discoveryengine/v1",
    "google/cloud/talent/v4",
];

/// Every folder below `root` that has `.proto` files which can be read, relative to it.
fn folders(root: &Path) -> Vec<String> {
    let (mut found, mut waiting) = (Vec::new(), vec!["google".to_owned()]);
    while let Some(folder) = waiting.pop() {
        let entries = fs::read_dir(root.join(&folder)).unwrap().map(|entry| entry.unwrap());
        let names: Vec<_> =
            entries.map(|it| (it.path().is_dir(), it.file_name().into_string().unwrap())).collect();
        waiting.extend(
            names.iter().filter(|(is_folder, _)| *is_folder).map(|(_, name)| format!("{folder}/{name}")),
        );
        if names.iter().any(|(is_folder, name)| !is_folder && name.ends_with(".proto")) {
            found.push(folder);
        }
    }
    // Those of protobuf itself ask for a newer compiler.
    found.retain(|it| !it.starts_with("google/protobuf"));
    found.sort();
    found
}

/// The schema of a folder: what is in its packages, and what they use; `None` without any service.
fn folder_schema(root: &Path, folder: &str) -> Option<Schema> {
    let schema = load(&Source::Text(with_imports(root, folder))).schema;
    let files =
        schema.own_files().filter(|it| it.name().rsplit_once('/').is_some_and(|(of, _)| of == folder));
    let mut packages: Vec<String> = files
        .filter(|it| it.descriptor().services().len() > 0)
        .map(|it| it.descriptor().package_name().to_owned())
        .collect();
    packages.dedup();
    (!packages.is_empty()).then(|| narrow(&schema, &packages).unwrap().schema)
}

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
    let asked = if all { folders(&root) } else { SOME.map(str::to_owned).into() };
    let folder = tempfile::tempdir().unwrap();
    let (mut files, mut refused) = (Vec::new(), Vec::new());
    for name in &asked {
        let Some(schema) = folder_schema(&root, name) else { continue };
        match document(&schema) {
            Ok(None) => {}
            Ok(Some(yaml)) => {
                let name = format!("{}.yaml", name.replace('/', "."));
                fs::write(folder.path().join(&name), yaml).unwrap();
                files.push(name);
            }
            Err(said) => refused.push(format!("{name}: {}", said.join("\n   "))),
        }
    }
    println!(
        "{} folders, {} documents, {} refused\n{}",
        asked.len(),
        files.len(),
        refused.len(),
        refused.join("\n")
    );
    assert!(refused.is_empty() && (all || files.len() == SOME.len()), "{files:?} {refused:?}");
    let Some(said) = judged(folder.path(), &files) else { return };
    assert!(said.is_empty(), "{said}");
}
