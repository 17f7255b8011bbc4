//! The room as a whole: small schemas in, files out.

use std::path::Path;

use super::{FileSet, Options, generate};
use crate::schema::{Source, load};

fn files_of(sources: &[(&str, &str)]) -> FileSet {
    let text = sources.iter().map(|(name, text)| (name.to_string(), text.to_string())).collect();
    let loaded = load(&Source::Text(text));
    let said: Vec<_> = loaded.diagnostics.iter().map(|d| &d.message).collect();
    assert!(said.is_empty(), "{said:?}");
    generate(&loaded.schema, &Options::default()).expect("the schema has files")
}

#[test]
fn try_it() {
    let loaded = load(&Source::parse("proto").unwrap());
    let files = match generate(&loaded.schema, &Options::default()) {
        Ok(files) => files,
        Err(problems) => panic!("{problems:#?}"),
    };
    files.write(Path::new("target/it/try")).unwrap();
    let _ = files_of;
}
