//! The program as its users call it. That it has a test at all has `cargo test` build it, and others run it.

#![allow(clippy::unwrap_used)] // clippy knows the functions with #[test] only, not their helpers

use std::process::{Command, Output};

fn xtask(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_xtask")).args(arguments).output().unwrap()
}

#[test]
fn it_reads_the_configuration_of_this_repository_from_any_folder() {
    let docs = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs");
    let ran = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .current_dir(docs)
        .args(["generate", "--check"])
        .output()
        .unwrap();
    assert!(ran.status.success(), "{ran:?}");
}

#[test]
fn what_is_no_command_is_refused() {
    for arguments in [&["cards"][..], &["campaign", "cards"]] {
        let ran = xtask(arguments);
        assert_eq!(ran.status.code(), Some(2), "{ran:?}");
        assert!(!ran.stderr.is_empty(), "{ran:?}");
    }
}
