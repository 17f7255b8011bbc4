//! Input nobody here wrote: the API definitions of Google, two majors of them.
//!
//! `cargo xtask corpus` runs these tests after installing the peers.

use std::path::Path;
use std::thread;

use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::TestRunner;
use prost_reflect::{DynamicMessage, MessageDescriptor};
use protogate::diag::{Diagnostic, Severity};
use protogate::rules::breaking::{Selection, check};
use protogate::schema::{Loaded, Source, load};
use protogate::values::{self, Limits, Manner};

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

/// What the contract tester sends of any message: it is written, read again as what it was, and written alike.
fn can_be_sent(desc: &MessageDescriptor, runner: &mut TestRunner) -> usize {
    let mut messages = vec![values::minimal(desc)];
    messages.extend((0..3).map(|salt| values::typical(desc, salt, &Manner::default())));
    let strategy = values::message(desc, &Limits::default());
    messages.extend((0..2).map(|_| strategy.new_tree(runner).unwrap().current()));
    // Each way of each choice, and each edge of each field, but of the largest types not all of them.
    for choice in values::choices(desc).iter().take(40) {
        messages.push(values::typical(desc, 1, &Manner::default().with(choice, choice.ways - 1)));
    }
    for spot in values::spots(desc).iter().take(40) {
        for value in spot.boundaries().into_iter().step_by(3).take(8) {
            let mut message = values::typical(desc, 1, &Manner::default());
            spot.set(&mut message, value);
            messages.push(message);
        }
    }
    for message in &messages {
        let bytes = values::encode(message);
        let read = DynamicMessage::decode(desc.clone(), bytes.as_slice());
        let read = read.unwrap_or_else(|error| panic!("{}: {error}", desc.full_name()));
        assert_eq!(values::encode(&read), bytes, "{}", desc.full_name());
    }
    messages.len()
}

#[test]
fn every_message_of_google_can_be_drawn_and_sent() {
    let Some(loaded) = corpus("google-proto-files-6") else { return };
    let all: Vec<MessageDescriptor> =
        loaded.schema.pool().all_messages().filter(|desc| !desc.is_map_entry()).collect();
    assert!(all.len() > 10_000, "only {} messages", all.len());
    // One of so many: `PROTOGATE_EVERY=1` for all of them.
    let every = std::env::var("PROTOGATE_EVERY").map_or(8, |it| it.parse().unwrap());
    let some: Vec<&MessageDescriptor> = all.iter().step_by(every).collect();
    let sent: usize = thread::scope(|scope| {
        let parts = some.chunks(some.len().div_ceil(2)).map(|part| {
            scope.spawn(move || {
                let mut runner = TestRunner::deterministic();
                part.iter().map(|desc| can_be_sent(desc, &mut runner)).sum::<usize>()
            })
        });
        parts.collect::<Vec<_>>().into_iter().map(|it| it.join().unwrap()).sum()
    });
    eprintln!("{sent} messages of {} types", some.len());
}
