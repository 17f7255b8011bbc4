//! Any text as a `.proto` file: it loads, or every reason why not has a help.

#![no_main]

use libfuzzer_sys::fuzz_target;
use protogate::schema::{Source, load};

fuzz_target!(|text: String| {
    let loaded = load(&Source::Text(vec![("a.proto".to_owned(), text)]));
    assert!(loaded.diagnostics.iter().all(|said| said.help.is_some()));
    let _ = loaded.schema.descriptor_set();
});
