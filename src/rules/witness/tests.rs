//! What is shown of small changes: one line per reading.

use super::*;
use crate::schema::{Schema, Source, load};

fn schema(text: &str) -> Schema {
    let text =
        if text.starts_with("syntax") { text.to_owned() } else { format!("syntax = \"proto3\"; {text}") };
    let loaded = load(&Source::Text(vec![("a.proto".into(), text.as_str().into())]));
    assert!(loaded.diagnostics.is_empty(), "{:?}", loaded.diagnostics);
    loaded.schema
}

/// `Nature: direction encoding verdict written -> read` of every reading that is not the same.
fn shown(old: &str, new: &str) -> Vec<String> {
    let (old, new) = (schema(old), schema(new));
    let world = World::new(&old, &new);
    let of = |it: &Difference| {
        let readings = it.witness.readings.iter().filter(|it| it.verdict != crate::diag::Agreement::Same);
        let nature = format!("{:?}", it.nature);
        readings
            .map(|it| {
                format!(
                    "{nature}: {:?} {:?} {} {} -> {}",
                    it.direction,
                    it.encoding,
                    it.verdict.word(),
                    it.written,
                    it.read
                )
            })
            .collect::<Vec<_>>()
    };
    world.differences().into_iter().flat_map(of).collect()
}

#[test]
fn small() {
    for (old, new) in [("message M { int64 a = 1; }", "message M { int32 a = 1; }")] {
        println!("{:#?}", shown(old, new));
    }
}
