//! The names of rules and categories, as each version of buf's configuration knows them.

use super::category::Category;
use super::registry::BREAKING;
use super::rule::Rule;
use super::selection::SELECTION;
use crate::diag::{Diagnostic, Severity};
use crate::schema::nearest;

/// A version of buf's configuration. protogate's own speaks [`Vocabulary::V2`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Vocabulary {
    /// `version: v1beta1`
    V1Beta1,
    /// `version: v1`
    V1,
    /// `version: v2`
    #[default]
    V2,
}

/// What a name stands for.
#[derive(Debug)]
pub struct Named {
    /// The rules, in the order of [`BREAKING`].
    pub rules: Vec<&'static Rule>,
    /// A warning where the name is an old one.
    pub notice: Option<Diagnostic>,
}

/// Rules that came with v1, and with v2 (`buf config ls-breaking-rules --version`, buf 1.75).
const SINCE_V1: [&str; 2] = ["FIELD_WIRE_COMPATIBLE_TYPE", "FIELD_WIRE_JSON_COMPATIBLE_TYPE"];
const SINCE_V2: [&str; 3] = ["EXTENSION_NO_DELETE", "FIELD_SAME_DEFAULT", "PACKAGE_EXTENSION_NO_DELETE"];

/// Old names and what took their place. buf's v2 refuses all but the last; we read them everywhere.
const DEPRECATED: [(&str, &[&str]); 5] = [
    ("FIELD_SAME_CTYPE", &["FIELD_SAME_CPP_STRING_TYPE"]),
    (
        "FIELD_SAME_LABEL",
        &[
            "FIELD_SAME_CARDINALITY",
            "FIELD_WIRE_COMPATIBLE_CARDINALITY",
            "FIELD_WIRE_JSON_COMPATIBLE_CARDINALITY",
        ],
    ),
    ("FILE_SAME_JAVA_STRING_CHECK_UTF8", &["FIELD_SAME_JAVA_UTF8_VALIDATION"]),
    ("FILE_SAME_PHP_GENERIC_SERVICES", &[]),
    ("MESSAGE_SAME_MESSAGE_SET_WIRE_FORMAT", &[]),
];

impl Vocabulary {
    /// What a rule id, a category or an old rule id stands for.
    ///
    /// # Errors
    ///
    /// A diagnostic that says what was meant, when the name is none of them.
    pub fn look_up(self, name: &str) -> Result<Named, Diagnostic> {
        if let Some((_, instead)) = DEPRECATED.iter().find(|(old, _)| *old == name) {
            let rules = self.rules().filter(|rule| instead.contains(&rule.info.id)).collect();
            return Ok(Named { rules, notice: Some(deprecated(name, instead)) });
        }
        let is_named = |rule: &&Rule| {
            rule.info.id == name || self.categories(rule).iter().any(|category| category.id() == name)
        };
        let rules: Vec<&'static Rule> = self.rules().filter(is_named).collect();
        if rules.is_empty() {
            return Err(self.unknown(name));
        }
        Ok(Named { rules, notice: None })
    }

    /// The rules of a category in this version.
    pub fn category(self, category: Category) -> Vec<&'static Rule> {
        self.rules().filter(|rule| self.categories(rule).contains(&category)).collect()
    }

    /// The rules of this version.
    fn rules(self) -> impl Iterator<Item = &'static Rule> {
        let is_known = move |rule: &&Rule| {
            let id = &rule.info.id;
            self == Vocabulary::V2
                || !SINCE_V2.contains(id) && (self == Vocabulary::V1 || !SINCE_V1.contains(id))
        };
        BREAKING.iter().copied().filter(is_known)
    }

    fn categories(self, rule: &Rule) -> Vec<Category> {
        use Category::{Csr, File, Package, Wire, WireJson};
        match (self, rule.info.id) {
            (Vocabulary::V2, _) => rule.categories.to_vec(),
            (Vocabulary::V1Beta1, "FIELD_SAME_CARDINALITY" | "FIELD_SAME_TYPE") => {
                vec![File, Package, WireJson, Wire]
            }
            (Vocabulary::V1Beta1, "FILE_SAME_PACKAGE") => vec![File],
            _ => rule.categories.iter().copied().filter(|category| *category != Csr).collect(),
        }
    }

    fn unknown(self, name: &str) -> Diagnostic {
        let rules = self.rules().map(|rule| rule.info.id);
        let known = rules.chain(Category::ALL.map(Category::id));
        let said = Diagnostic::failure(&SELECTION, format!("`{name}` is neither a rule nor a category"));
        if self != Vocabulary::V2 && Vocabulary::V2.look_up(name).is_ok() {
            return said.help("it came with `version: v2` of buf.yaml: change the version, or leave it out");
        }
        match nearest(&name.to_uppercase(), known) {
            Some(meant) => said.help(format!("did you mean `{meant}`?")),
            None => said.help("`protogate rules` lists them all"),
        }
    }
}

fn deprecated(name: &str, instead: &[&str]) -> Diagnostic {
    let said = Diagnostic::new(&SELECTION, Severity::Warning, format!("`{name}` is an old name"));
    match instead {
        [] => said.help("leave it out: nothing is checked under it any more"),
        instead => said.help(format!("write {} in its place", instead.join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(vocabulary: Vocabulary, name: &str) -> usize {
        vocabulary.look_up(name).unwrap().rules.len()
    }

    #[test]
    fn each_version_has_its_own_rules_and_categories() {
        let counts = |name| [Vocabulary::V1Beta1, Vocabulary::V1, Vocabulary::V2].map(|it| count(it, name));
        assert_eq!(counts("FILE"), [49, 49, 51]);
        assert_eq!(counts("PACKAGE"), [48, 49, 51]);
        assert_eq!(counts("WIRE_JSON"), [21, 21, 22]);
        assert_eq!(counts("WIRE"), [14, 14, 15]);
        assert_eq!(count(Vocabulary::V2, "CSR"), 32);
        assert_eq!(counts("FIELD_SAME_LABEL"), [3, 3, 3]);
        assert_eq!(counts("FILE_SAME_PHP_GENERIC_SERVICES"), [0, 0, 0]);
    }

    #[test]
    fn a_name_of_a_later_version_is_refused_with_the_version() {
        for (vocabulary, name) in [
            (Vocabulary::V1, "CSR"),
            (Vocabulary::V1, "EXTENSION_NO_DELETE"),
            (Vocabulary::V1Beta1, "FIELD_WIRE_COMPATIBLE_TYPE"),
        ] {
            assert!(vocabulary.look_up(name).unwrap_err().help.unwrap().contains("version: v2"), "{name}");
        }
        assert!(Vocabulary::V1.look_up("FIELD_WIRE_COMPATIBLE_TYPE").is_ok());
    }

    #[test]
    fn an_old_name_is_read_with_a_warning() {
        let named = Vocabulary::V1.look_up("FIELD_SAME_CTYPE").unwrap();
        assert_eq!(named.rules[0].info.id, "FIELD_SAME_CPP_STRING_TYPE");
        let notice = named.notice.unwrap();
        assert_eq!(notice.severity, Severity::Warning);
        assert!(notice.help.unwrap().contains("FIELD_SAME_CPP_STRING_TYPE"));
    }
}
