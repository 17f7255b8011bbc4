//! Two texts, two descriptor sets or one of each, compared by every rule; the new one with itself is silent.
//! The input is split at its first 0xff byte, which no text holds.

#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use protogate::rules::breaking::{Selection, check};
use protogate::schema::{Source, load, load_pair};

fn source(folder: &Path, name: &str, bytes: &[u8]) -> Source {
    if let Ok(text) = std::str::from_utf8(bytes)
        && !bytes.starts_with(b"\n")
    {
        return Source::Text(vec![("a.proto".to_owned(), text.to_owned())]);
    }
    let path = folder.join(name);
    std::fs::write(&path, bytes).expect("a temporary folder takes files");
    Source::DescriptorSet(path)
}

fuzz_target!(|bytes: &[u8]| {
    let folder = tempfile::tempdir().expect("there is a temporary folder");
    let at = bytes.iter().position(|&byte| byte == 0xff).unwrap_or(bytes.len());
    let (old, new) = (&bytes[..at], bytes.get(at + 1..).unwrap_or_default());
    let (old, new) = (source(folder.path(), "old", old), source(folder.path(), "new", new));
    let (old, same) = (load_pair(&old, &new).0, load(&new));
    check(&old.schema, &same.schema, &Selection::all());
    assert!(check(&same.schema, &same.schema, &Selection::all()).is_empty());
});
