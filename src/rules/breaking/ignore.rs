//! What is not said: findings in files that nobody promised anything about. Rules never know; the list of
//! findings asks here, as the last thing it does.

use std::collections::{BTreeMap, BTreeSet};

use prost_reflect::FileDescriptor;

use crate::schema::is_at_or_below;

/// Which findings are dropped. A finding stands in a file of the old schema, of the new one, or of both;
/// one that is ignored is enough, as in buf.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ignores {
    /// Files and folders, by the names that imports use; the empty name means every file.
    pub paths: Vec<String>,
    /// Files and folders by the id of the one rule that is silent about them.
    pub only: BTreeMap<&'static str, Vec<String>>,
    /// Files of packages such as `shop.v1beta1`: their last part says that they may change.
    pub unstable_packages: bool,
    /// The files that findings may be in; `None` for all.
    pub within: Option<BTreeSet<String>>,
}

impl Ignores {
    /// Whether a finding of this rule in these files is dropped.
    pub fn drop(&self, rule: &str, new: Option<&FileDescriptor>, old: Option<&FileDescriptor>) -> bool {
        let files = || new.into_iter().chain(old);
        let within = self.within.as_ref();
        files().any(|file| self.ignores(rule, file))
            || within.is_some_and(|names| !files().any(|file| names.contains(file.name())))
    }

    fn ignores(&self, rule: &str, file: &FileDescriptor) -> bool {
        let mut paths = self.paths.iter().chain(self.only.get(rule).into_iter().flatten());
        paths.any(|path| is_at_or_below(file.name(), path))
            || self.unstable_packages && is_unstable(file.package_name())
    }
}

/// Whether the last of at least two parts of a package is an unstable version in the words of
/// <https://buf.build/docs/breaking/overview/>: `v1alpha`, `v1beta2`, `v1p1alpha1`, `v1test`, `v1testfoo`.
fn is_unstable(package: &str) -> bool {
    let Some((_, last)) = package.rsplit_once('.') else { return false };
    let Some((_, rest)) = last.strip_prefix('v').and_then(number) else { return false };
    if rest.starts_with("test") {
        return true;
    }
    let rest = match rest.strip_prefix('p').and_then(number) {
        Some((_, rest)) => rest,
        None => rest,
    };
    let Some(rest) = rest.strip_prefix("alpha").or_else(|| rest.strip_prefix("beta")) else { return false };
    rest.is_empty() || number(rest).is_some_and(|(_, rest)| rest.is_empty())
}

/// A version number, which starts at 1, and what follows it.
fn number(text: &str) -> Option<(&str, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    digits.contains(|c| c != '0').then_some((digits, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unstable_packages_say_so_in_their_last_part() {
        for package in [
            "a.v1alpha",
            "a.v1beta2",
            "a.b.v12p1alpha1",
            "a.v1p2beta",
            "a.v1test",
            "a.v2testing",
            "a.v01alpha01",
        ] {
            assert!(is_unstable(package), "{package}");
        }
        for package in [
            "a.v1",
            "v1beta1",
            "a.v1beta1.b",
            "a.v1alpha1x",
            "a.valpha",
            "a.v0alpha",
            "a.v1alpha0",
            "a.v1p0beta",
            "a.v1p1",
            "a.v1p1test",
            "",
        ] {
            assert!(!is_unstable(package), "{package}");
        }
    }
}
