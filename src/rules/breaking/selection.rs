//! What is asked: which rules, about which files, and whether as buf does.

use super::category::Category;
use super::ignore::Ignores;
use super::language::{Language, is_minded};
use super::registry::BREAKING;
use super::rule::Rule;
use super::vocabulary::Vocabulary;
use crate::diag::{Diagnostic, RuleInfo};

/// The problem of a name that is neither a rule nor a category.
pub static SELECTION: RuleInfo = RuleInfo {
    id: "RULE_SELECTION",
    name: "RULE_SELECTION",
    summary: "Every selected rule or category exists.",
    explain: "Rules are chosen by their names (`FIELD_NO_DELETE`) or by category (`FILE`, `PACKAGE`, \
              `WIRE_JSON`, `WIRE`, `CSR`, `GRPC`, `CONTRACT`, `IMPORT`, `RUST`, `PROVEN`). An old name is still read, and a name that is neither stops \
              everything: nothing was checked.",
    url: None,
};

/// What is asked, and what is said of the answers.
#[derive(Debug, Clone)]
pub struct Selection {
    rules: Vec<&'static Rule>,
    ignores: Ignores,
    as_buf: bool,
    stored: Option<Vec<String>>,
    every_deletion: bool,
    unshown: bool,
    options: Vec<String>,
}

impl Selection {
    /// What `used` names and `except` does not; both take rules and categories, and an empty `used`
    /// means [`Category::File`].
    ///
    /// # Errors
    ///
    /// One diagnostic per name that is neither a rule nor a category.
    pub fn new(used: &[String], except: &[String]) -> Result<Selection, Vec<Diagnostic>> {
        let mut unknown = Vec::new();
        let mut look_up = |names: &[String]| {
            let mut rules = Vec::new();
            for name in names {
                match Vocabulary::V2.look_up(name) {
                    Ok(named) => rules.extend(named.rules),
                    Err(problem) => unknown.push(problem),
                }
            }
            rules
        };
        let (mut base, except) = (look_up(used), look_up(except));
        if used.is_empty() {
            base = Vocabulary::V2.category(Category::File);
        }
        if unknown.is_empty() { Ok(Selection::of(&base, &except)) } else { Err(unknown) }
    }

    /// These rules without those.
    pub fn of(used: &[&'static Rule], except: &[&'static Rule]) -> Selection {
        let has = |list: &[&Rule], rule: &Rule| list.iter().any(|it| it.info.id == rule.info.id);
        let rules = BREAKING.iter().copied().filter(|rule| has(used, rule) && !has(except, rule));
        Selection {
            rules: rules.collect(),
            ignores: Ignores::default(),
            as_buf: false,
            stored: None,
            every_deletion: false,
            unshown: false,
            options: Vec::new(),
        }
    }

    /// All rules of a category.
    pub fn category(category: Category) -> Selection {
        Selection::of(&Vocabulary::V2.category(category), &[])
    }

    /// Every rule there is. No team wants this: the rules of a strict category contain those of a weak one.
    pub fn all() -> Selection {
        Selection::of(BREAKING, &[])
    }

    /// Every rule that buf has.
    pub fn bufs() -> Selection {
        let bufs: Vec<_> = BREAKING.iter().copied().filter(|rule| rule.is_bufs()).collect();
        Selection::of(&bufs, &[])
    }

    /// Drops what `ignores` says.
    #[must_use]
    pub fn ignoring(self, ignores: Ignores) -> Selection {
        Selection { ignores, ..self }
    }

    /// Leaves out what only code of other languages minds.
    #[must_use]
    pub fn generating(mut self, languages: &[Language]) -> Selection {
        self.rules.retain(|rule| is_minded(rule, languages));
        self
    }

    /// Says of which messages bytes are kept, by their full names.
    #[must_use]
    pub fn storing(self, stored: Option<Vec<String>>) -> Selection {
        Selection { stored, ..self }
    }

    /// Finds a deletion that was announced too: there is somebody else who decides whether it may be
    /// ([`deletion`](crate::rules::deletion)).
    #[must_use]
    pub fn telling_of_every_deletion(self) -> Selection {
        Selection { every_deletion: true, ..self }
    }

    /// Looks for no values that show a finding, but where a rule is about them: findings without their evidence, sooner.
    #[must_use]
    pub fn without_evidence(self) -> Selection {
        Selection { unshown: true, ..self }
    }

    /// Names the custom options that somebody relies on.
    #[must_use]
    pub fn watching(self, options: Vec<String>) -> Selection {
        Selection { options, ..self }
    }

    /// Finds what buf finds, also where buf is wrong by its own rules (`docs/differences-from-buf.md`), and
    /// nothing that buf has no rule for.
    #[must_use]
    pub fn exactly_as_buf(self) -> Selection {
        let rules = self.rules.into_iter().filter(|rule| rule.is_bufs()).collect();
        Selection { rules, as_buf: true, ..self }
    }

    /// The rules, in the order of [`BREAKING`].
    pub fn rules(&self) -> &[&'static Rule] {
        &self.rules
    }

    /// What is dropped.
    pub fn ignores(&self) -> &Ignores {
        &self.ignores
    }

    /// The messages of which bytes are kept, if somebody said which.
    pub fn stored(&self) -> Option<&[String]> {
        self.stored.as_deref()
    }

    /// Whether a deletion that was announced is a finding.
    pub fn tells_of_every_deletion(&self) -> bool {
        self.every_deletion
    }

    /// The custom options that somebody relies on, by their full names.
    pub fn options(&self) -> &[String] {
        &self.options
    }

    /// Whether values are looked for that show a finding.
    pub fn shows_evidence(&self) -> bool {
        !self.as_buf && !self.unshown
    }

    /// Whether it finds what buf finds, and nothing else.
    pub fn is_exactly_as_buf(&self) -> bool {
        self.as_buf
    }
}

/// The rules of [`Category::File`].
impl Default for Selection {
    fn default() -> Selection {
        Selection::category(Category::File)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn select(used: &[&str], except: &[&str]) -> Result<Vec<&'static str>, Vec<String>> {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        Selection::new(&owned(used), &owned(except))
            .map(|selection| selection.rules().iter().map(|rule| rule.info.id).collect())
            .map_err(|said| {
                said.into_iter().map(|d| format!("{} | {}", d.message, d.help.unwrap())).collect()
            })
    }

    #[test]
    fn rules_and_categories_share_one_vocabulary() {
        assert_eq!(select(&["FIELD_NO_DELETE"], &[]).unwrap(), ["FIELD_NO_DELETE"]);
        let default = select(&[], &[]).unwrap();
        assert_eq!(default, select(&["FILE"], &[]).unwrap());
        let without = select(&[], &["FIELD_NO_DELETE"]).unwrap();
        assert_eq!(without.len() + 1, default.len());
        assert_eq!(select(&["WIRE"], &["WIRE_JSON", "WIRE"]).unwrap(), [""; 0]);
        let both = select(&["WIRE", "WIRE"], &[]).unwrap();
        assert_eq!(both, select(&["WIRE"], &[]).unwrap());
    }

    #[test]
    fn an_unknown_name_is_a_failure_that_says_what_was_meant() {
        assert_eq!(
            select(&["field_no_delet", "FILE"], &["EVERYTHING"]).unwrap_err(),
            [
                "`field_no_delet` is neither a rule nor a category | did you mean `FIELD_NO_DELETE`?",
                "`EVERYTHING` is neither a rule nor a category | `protogate rules` lists them all",
            ]
        );
    }
}
