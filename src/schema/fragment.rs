//! What follows the `#` of a source: `key=value,key=value`, as buf writes it.

use super::problem;
use crate::diag::Diagnostic;

/// The options of one kind of source, every key known and met once.
pub(super) struct Fragment<'a> {
    spec: &'a str,
    pairs: Vec<(&'a str, &'a str)>,
}

impl<'a> Fragment<'a> {
    /// Splits `fragment`, the end of `spec`, where `keys` are those that its kind of source has.
    pub(super) fn parse(spec: &'a str, fragment: &'a str, keys: &[&str]) -> Result<Fragment<'a>, Diagnostic> {
        let mut pairs: Vec<(&str, &str)> = Vec::new();
        for part in fragment.split(',') {
            let Some((key, value)) = part.split_once('=').filter(|(_, value)| !value.is_empty()) else {
                return Err(problem::bad_option(spec, part, keys));
            };
            if !keys.contains(&key) {
                return Err(problem::bad_option(spec, part, keys));
            }
            if pairs.iter().any(|(met, _)| *met == key) {
                return Err(problem::bad_source(spec, &format!("`{key}` stands in it twice")));
            }
            pairs.push((key, value));
        }
        Ok(Fragment { spec, pairs })
    }

    pub(super) fn get(&self, key: &str) -> Option<&'a str> {
        self.pairs.iter().find(|(met, _)| *met == key).map(|(_, value)| *value)
    }

    /// The value of the one of `keys` that is there.
    pub(super) fn one_of(&self, keys: &[&str], what: &str) -> Result<Option<&'a str>, Diagnostic> {
        let mut found = keys.iter().filter_map(|key| self.get(key));
        match (found.next(), found.next()) {
            (_, Some(_)) => Err(problem::bad_source(self.spec, &format!("it names more than one {what}"))),
            (found, None) => Ok(found),
        }
    }

    /// A folder inside the source: `/`-separated from its root, empty for the root.
    pub(super) fn subdir(&self) -> String {
        self.get("subdir").unwrap_or("").trim_start_matches("./").trim_matches('/').replace("//", "/")
    }

    pub(super) fn number(&self, key: &str) -> Result<Option<usize>, Diagnostic> {
        let Some(value) = self.get(key) else { return Ok(None) };
        match value.parse() {
            Ok(number) => Ok(Some(number)),
            Err(_) => Err(problem::bad_source(self.spec, &format!("`{key}={value}` is not a number"))),
        }
    }
}
