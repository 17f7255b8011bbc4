//! What was never reached, as short as it can be said: what lies within something missed goes without saying.

use std::collections::HashMap;

use serde::Serialize;

use crate::diag::Covered;

/// Something missed, and how much of what was not reached lies within it.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Missed {
    pub path: String,
    pub within: usize,
}

/// Of fields, enum values and arms together, by path.
pub(super) fn folded(covered: &Covered) -> Vec<Missed> {
    let parts = covered.parts();
    let mut paths: Vec<&str> = parts.iter().flat_map(|(_, part)| &part.missed).map(String::as_str).collect();
    // What lies within something stands behind it then.
    paths.sort_unstable();
    let mut folded: Vec<Missed> = Vec::new();
    let mut known: HashMap<&str, usize> = HashMap::new();
    for path in paths {
        let ends = path.match_indices(['.', '=']).map(|(end, _)| end);
        match ends.filter_map(|end| known.get(&path[..end])).next() {
            Some(around) => folded[*around].within += 1,
            None => {
                known.insert(path, folded.len());
                folded.push(Missed { path: path.to_owned(), within: 0 });
            }
        }
    }
    folded
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::Part;

    #[test]
    fn what_lies_within_goes_without_saying() {
        let part =
            |missed: &[&str]| Part { total: 9, missed: missed.iter().map(ToString::to_string).collect() };
        let covered = Covered {
            fields: part(&["role", "role_b", "a.b", "a.b.c", "a.b.c.d"]),
            values: part(&["role=ADMIN", "role=USER", "a.kind=X"]),
            arms: part(&["a.b.arm"]),
            cut: false,
        };
        let said: Vec<_> = folded(&covered).into_iter().map(|it| (it.path, it.within)).collect();
        let expected = [("a.b", 3), ("a.kind=X", 0), ("role", 2), ("role_b", 0)];
        assert_eq!(said, expected.map(|(path, within)| (path.to_owned(), within)));
    }
}
