//! One file and what it imports, out of a folder that holds more.

use std::collections::HashSet;

use super::source::{Content, Input, Inputs};
use super::value::Origin;
use crate::diag::Diagnostic;

/// `first`, and everything it imports that `find` has. What is not found is left to the linker, which
/// knows the files that come with protogate, and says so of the rest.
pub(super) fn of(first: Input, mut find: impl FnMut(&str) -> Option<Result<Input, Diagnostic>>) -> Inputs {
    let mut met = HashSet::from([first.name.clone()]);
    let mut found = Inputs::default();
    let mut waiting = vec![first];
    while let Some(input) = waiting.pop() {
        for import in imports(&input) {
            if !met.insert(import.clone()) {
                continue;
            }
            match find(&import) {
                Some(Ok(input)) => waiting.push(Input { origin: Origin::Imported, ..input }),
                Some(Err(diagnostic)) => found.diagnostics.push(diagnostic),
                None => {}
            }
        }
        found.inputs.push(input);
    }
    found
}

/// The names that a file imports; none where it does not parse, which is said when it is compiled.
fn imports(input: &Input) -> Vec<String> {
    match &input.content {
        Content::Text(text) => {
            protox_parse::parse(&input.name, text).map(|file| file.dependency).unwrap_or_default()
        }
        Content::Encoded(_) => Vec::new(),
    }
}
