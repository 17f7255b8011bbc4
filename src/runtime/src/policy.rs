//! Who may call what: a table of method patterns.

use crate::glob::Glob;

/// What a method asks of its caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Need {
    /// Nothing. Credentials are not looked at.
    Public,
    /// To say who they are.
    Authenticated,
    /// To have one of these roles.
    AnyOf(Vec<String>),
}

/// The needs of all methods. The first rule that matches a path decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    rules: Vec<(Glob, Need)>,
    otherwise: Need,
}

impl Default for Policy {
    /// Everybody says who they are.
    fn default() -> Self {
        Self { rules: Vec::new(), otherwise: Need::Authenticated }
    }
}

impl Policy {
    /// These rules in their order, and what holds where none matches.
    #[must_use]
    pub fn new(rules: Vec<(Glob, Need)>, otherwise: Need) -> Self {
        Self { rules, otherwise }
    }

    /// What the method at `path` asks for.
    #[must_use]
    pub fn need(&self, path: &str) -> &Need {
        self.rules.iter().find(|(glob, _)| glob.matches(path)).map_or(&self.otherwise, |(_, need)| need)
    }

    /// Whether everybody may call everything.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.otherwise == Need::Public && self.rules.iter().all(|(_, need)| *need == Need::Public)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_rule_that_matches_decides() {
        let admin = Need::AnyOf(vec!["admin".to_owned()]);
        let rules = [("/a.B/Get*", Need::Public), ("/a.B/*", admin.clone()), ("*", Need::Public)];
        let rules = rules.map(|(glob, need)| (glob.parse().unwrap(), need)).into();
        let policy = Policy::new(rules, Need::Authenticated);
        assert_eq!(
            ["/a.B/GetX", "/a.B/Set", "/c.D/E"].map(|path| policy.need(path)),
            [&Need::Public, &admin, &Need::Public]
        );
        assert_eq!(Policy::default().need("/a.B/C"), &Need::Authenticated);
        assert!(!policy.is_open() && Policy::new(Vec::new(), Need::Public).is_open());
    }
}
