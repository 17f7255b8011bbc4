//! Which rules are asked.

use super::category::Category;
use super::registry::BREAKING;
use super::rule::Rule;
use crate::diag::{Diagnostic, RuleInfo};
use crate::schema::nearest;

/// The problem of a name that is neither a rule nor a category.
pub static SELECTION: RuleInfo = RuleInfo {
    id: "RULE_SELECTION",
    name: "RULE_SELECTION",
    summary: "Every selected rule or category exists.",
    explain: "Rules are chosen by their names (`FIELD_NO_DELETE`) or by category (`FILE`, `PACKAGE`, \
              `WIRE_JSON`, `WIRE`, `CSR`). This name is neither. Nothing was checked.",
    url: None,
};

/// The rules that are asked, in the order of [`BREAKING`].
#[derive(Debug, Clone)]
pub struct Selection {
    rules: Vec<&'static Rule>,
}

impl Selection {
    /// What `used` names and `except` does not; both take rules and categories, and an empty `used`
    /// means [`Category::File`].
    ///
    /// # Errors
    ///
    /// One diagnostic per name that is neither a rule nor a category.
    pub fn new(used: &[String], except: &[String]) -> Result<Selection, Vec<Diagnostic>> {
        let unknown: Vec<Diagnostic> =
            used.iter().chain(except).filter(|name| !is_known(name)).map(|name| problem(name)).collect();
        if !unknown.is_empty() {
            return Err(unknown);
        }
        let base = if used.is_empty() { Selection::default().rules } else { named(used) };
        let except: Vec<&str> = named(except).iter().map(|rule| rule.info.id).collect();
        Ok(Selection { rules: base.into_iter().filter(|rule| !except.contains(&rule.info.id)).collect() })
    }

    /// All rules of a category.
    pub fn category(category: Category) -> Selection {
        Selection {
            rules: BREAKING.iter().copied().filter(|rule| rule.categories.contains(&category)).collect(),
        }
    }

    /// Every rule there is. No team wants this: the rules of a strict category contain those of a weak one.
    pub fn all() -> Selection {
        Selection { rules: BREAKING.to_vec() }
    }

    /// The rules, in the order of [`BREAKING`].
    pub fn rules(&self) -> &[&'static Rule] {
        &self.rules
    }
}

/// The rules of [`Category::File`].
impl Default for Selection {
    fn default() -> Selection {
        Selection::category(Category::File)
    }
}

fn is_named(rule: &Rule, name: &str) -> bool {
    rule.info.id == name || rule.categories.iter().any(|category| category.id() == name)
}

fn is_known(name: &str) -> bool {
    BREAKING.iter().any(|rule| is_named(rule, name))
}

fn named(names: &[String]) -> Vec<&'static Rule> {
    BREAKING.iter().copied().filter(|rule| names.iter().any(|name| is_named(rule, name))).collect()
}

fn problem(name: &str) -> Diagnostic {
    let rules = BREAKING.iter().map(|rule| rule.info.id);
    let known = rules.chain(Category::ALL.map(Category::id));
    let said = Diagnostic::failure(&SELECTION, format!("`{name}` is neither a rule nor a category"));
    match nearest(&name.to_uppercase(), known) {
        Some(meant) => said.help(format!("did you mean `{meant}`?")),
        None => said.help("`protogate rules` lists them all"),
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
