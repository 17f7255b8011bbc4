//! Input nobody here wrote: the API definitions of Google, two majors of them.
//!
//! `cargo xtask corpus` runs these tests after installing the peers.

use std::path::Path;

use protogate::diag::{Diagnostic, Severity};
use protogate::rules::breaking::{Selection, check};
use protogate::schema::{Loaded, Source, load};

use crate::peers;

/// Files that no compiler of proto2 and proto3 reads, all below `google/protobuf`: they use editions, import
/// protobuf's own unit tests or Ruby test files that the package does not ship, or set options that only
/// newer descriptors have.
const NOT_OURS: &str = "google/protobuf/";

fn corpus(peer: &str) -> Option<Loaded> {
    let path = peers::or_skip(peer)?;
    Some(load(&Source::Directory(path)))
}

fn failures(loaded: &Loaded) -> Vec<&Diagnostic> {
    loaded.diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Failure).collect()
}

#[test]
fn every_api_definition_of_google_loads() {
    let Some(path) = peers::or_skip("google-proto-files-6") else { return };
    let loaded = load(&Source::Directory(path.clone()));
    for failure in failures(&loaded) {
        let place = failure.place.as_ref().expect("a file that does not load is named");
        let name = Path::new(&*place.file).strip_prefix(&path).unwrap();
        assert!(name.starts_with(NOT_OURS), "{}: {}", name.display(), failure.message);
        assert!(failure.help.is_some() || failure.rule.id == "SCHEMA_LINK", "{}", failure.message);
    }
    let own = loaded.schema.own_files().count();
    assert!(own > 7_200, "only {own} files of the package");
}

#[test]
fn two_majors_of_googles_definitions_are_compared() {
    let (Some(old), Some(new)) = (corpus("google-proto-files-5"), corpus("google-proto-files-6")) else {
        return;
    };
    let findings = check(&old.schema, &new.schema, &Selection::default());
    // A major version that breaks nothing would be none: 6.0 dropped whole APIs.
    assert!(findings.iter().any(|finding| finding.rule.id == "FILE_NO_DELETE"));
    assert!(findings.iter().any(|finding| finding.rule.id.starts_with("FIELD_")));

    // Every file against itself is silent, whichever rules are asked.
    for schema in [&old.schema, &new.schema] {
        let said = check(schema, schema, &Selection::all());
        assert!(said.is_empty(), "{}: {}", said[0].rule.id, said[0].message);
    }
}
