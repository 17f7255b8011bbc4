//! A second opinion on every breaking rule: the real buf, on every rule's example and on changes made to
//! be difficult. Rule, file, first and last line and column have to agree; the wording is ours.

#![allow(clippy::panic, clippy::unwrap_used)] // clippy knows the functions with #[test] only, not their helpers

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::sync::Mutex;

use protogate::diag::{Diagnostic, Place, Report, Span};
use protogate::rules::breaking::{Selection, bufs as rules_of_buf, check};
use protogate::schema::{Schema, Source, load};

use super::breaking_variants::VARIANTS;
use super::peers;

type Files<'a> = &'a [(&'a str, &'a str)];

/// Rule, file (empty for a file that is gone), first line and column, last line and column.
type Finding = (String, String, [u64; 4]);

#[test]
fn buf_finds_the_same_at_the_same_places() {
    let Some(buf) = peers::or_skip("buf") else { return };
    let examples = rules_of_buf().map(|rule| (rule.info.id, rule.example.old, rule.example.new));
    let cases: Vec<(&str, Files, Files)> = examples.chain(VARIANTS.iter().copied()).collect();
    let next = Mutex::new(cases.iter());
    let differences = Mutex::new(Vec::new());
    // One process per case, because the cases reuse each other's names; most of its time is spent waiting.
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                loop {
                    let Some((name, old, new)) = next.lock().unwrap().next() else { return };
                    let as_buf = Selection::all().exactly_as_buf();
                    let (ours, bufs) = (ours(old, new, &as_buf), bufs(&buf, old, new));
                    if ours != bufs {
                        let only = |these: &[Finding], those: &[Finding]| {
                            these.iter().filter(|it| !those.contains(it)).cloned().collect::<Vec<_>>()
                        };
                        differences.lock().unwrap().push(format!(
                            "{name}\n  only ours: {:?}\n  only buf:  {:?}",
                            only(&ours, &bufs),
                            only(&bufs, &ours)
                        ));
                    }
                }
            });
        }
    });
    let differences = differences.into_inner().unwrap();
    assert!(differences.is_empty(), "{} of {}:\n{}", differences.len(), cases.len(), differences.join("\n"));
}

#[test]
fn buf_has_the_same_rules_in_the_same_categories() {
    let Some(buf) = peers::or_skip("buf") else { return };
    let arguments = ["config", "ls-breaking-rules", "--version", "v2", "--format", "json"];
    let output = Command::new(buf).args(arguments).output().unwrap();
    let lines = String::from_utf8(output.stdout).unwrap();
    let bufs: BTreeSet<(String, BTreeSet<String>)> = lines
        .lines()
        .map(|line| line.parse::<serde_json::Value>().unwrap())
        .map(|rule| {
            let categories = rule["categories"].as_array().unwrap().iter();
            let categories = categories.map(|it| it.as_str().unwrap().to_owned());
            (rule["id"].as_str().unwrap().to_owned(), categories.collect())
        })
        .collect();
    let ours = rules_of_buf().map(|rule| {
        (rule.info.id.to_owned(), rule.categories.iter().map(|category| category.id().to_owned()).collect())
    });
    assert_eq!(ours.collect::<BTreeSet<_>>(), bufs);
}

#[test]
fn buf_misses_the_last_type_of_a_package_and_we_do_not() {
    let Some(buf) = peers::or_skip("buf") else { return };
    let old: Files = &[("a.proto", "package p;\nenum E { Z = 0; }\nmessage M {}\n")];
    let new: Files = &[("a.proto", "package p;\nmessage M {}\n")];
    let only_ours: Vec<Finding> = {
        let bufs = bufs(&buf, old, new);
        ours(old, new, &Selection::of(&rules_of_buf().collect::<Vec<_>>(), &[]))
            .into_iter()
            .filter(|it| !bufs.contains(it))
            .collect()
    };
    assert_eq!(only_ours, [("PACKAGE_ENUM_NO_DELETE".to_owned(), "a.proto".to_owned(), [1, 1, 1, 1])]);
}

fn ours(old: Files, new: Files, selection: &Selection) -> Vec<Finding> {
    let found = check(&schema(old), &schema(new), selection);
    let mut findings: Vec<Finding> = Report::new(found).diagnostics().iter().map(finding).collect();
    findings.sort();
    findings
}

fn schema(files: Files) -> Schema {
    let files = files.iter().map(|(name, text)| ((*name).into(), (*text).into())).collect();
    let loaded = load(&Source::Text(files));
    assert!(loaded.diagnostics.is_empty(), "{:?}", loaded.diagnostics);
    loaded.schema
}

fn finding(diagnostic: &Diagnostic) -> Finding {
    let file = diagnostic.place.as_ref().map_or(String::new(), |place| place.file.to_string());
    let span = diagnostic.place.as_ref().map_or(Span::START, Place::buf_span);
    let span = [span.start_line, span.start_column, span.end_line, span.end_column].map(u64::from);
    (diagnostic.rule.id.to_owned(), file, span)
}

fn bufs(buf: &Path, old: Files, new: Files) -> Vec<Finding> {
    let folder = tempfile::tempdir().unwrap();
    let rules: Vec<&str> = rules_of_buf().map(|rule| rule.info.id).collect();
    let config = serde_json::json!({ "version": "v2", "breaking": { "use": rules } }).to_string();
    for (side, files) in [("old", old), ("new", new)] {
        for (name, text) in files.iter().copied().chain([("buf.yaml", config.as_str())]) {
            let path = folder.path().join(side).join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
    }
    let output = Command::new(buf)
        .args(["breaking", "new", "--against", "old", "--error-format", "json"])
        .current_dir(folder.path())
        .env("BUF_CACHE_DIR", folder.path().join("cache"))
        .output()
        .unwrap();
    let found = matches!(output.status.code(), Some(0 | 100));
    assert!(found, "{old:?}\n{new:?}\n{}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8(output.stdout).unwrap();
    let mut findings: Vec<Finding> = lines.lines().map(|line| parse(&line.parse().unwrap())).collect();
    findings.sort();
    findings
}

fn parse(line: &serde_json::Value) -> Finding {
    let text = |key: &str| line[key].as_str().unwrap_or_default();
    let number = |key: &str| line[key].as_u64().unwrap();
    assert_ne!(text("type"), "COMPILE", "{line}");
    (
        text("type").to_owned(),
        text("path").trim_start_matches("new/").to_owned(),
        ["start_line", "start_column", "end_line", "end_column"].map(number),
    )
}
