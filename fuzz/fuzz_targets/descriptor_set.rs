//! Any bytes as a descriptor set, compressed or not, binary or JSON; what loads is written and read again.

#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use protogate::schema::{Loaded, Source, load};

fn read(folder: &Path, bytes: &[u8]) -> Loaded {
    let path = folder.join("set");
    std::fs::write(&path, bytes).expect("a temporary folder takes files");
    load(&Source::DescriptorSet(path))
}

fuzz_target!(|bytes: &[u8]| {
    let folder = tempfile::tempdir().expect("there is a temporary folder");
    let loaded = read(folder.path(), bytes);
    assert!(loaded.diagnostics.iter().all(|said| said.help.is_some()));
    if loaded.schema.files().len() > 0 {
        let again = read(folder.path(), &loaded.schema.descriptor_set());
        assert!(again.diagnostics.is_empty(), "{:?}", again.diagnostics);
    }
});
