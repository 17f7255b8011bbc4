//! A `breaking` block: what a configuration says about which changes count, wherever it was written.

use std::collections::BTreeMap;

use super::config::CONFIG;
use crate::diag::{Diagnostic, Place};
use crate::rules::breaking::{Category, Ignores, Rule, Selection, Vocabulary};
use crate::schema::{Schema, is_at_or_below, nearest};

/// A word of a configuration and where it stands.
#[derive(Debug, Clone)]
pub struct Word {
    pub text: String,
    pub place: Place,
}

/// A file or folder whose changes do not count.
#[derive(Debug, Clone)]
pub struct Ignored {
    /// As written.
    pub word: Word,
    /// As imports know it; `None` where it is outside of every folder that is looked at.
    pub name: Option<String>,
}

/// A block as it was written.
#[derive(Debug, Clone, Default)]
pub struct Block {
    pub vocabulary: Vocabulary,
    pub used: Vec<Word>,
    pub except: Vec<Word>,
    pub ignore: Vec<Ignored>,
    pub ignore_only: Vec<(Word, Vec<Ignored>)>,
    pub unstable_packages: bool,
}

impl Block {
    /// What the block asks, with warnings about old names. `categories` are those of the command line;
    /// they replace `use`.
    ///
    /// # Errors
    ///
    /// One diagnostic per name that is neither a rule nor a category.
    pub fn selection(&self, categories: &[String]) -> Result<(Selection, Vec<Diagnostic>), Vec<Diagnostic>> {
        let (mut problems, mut notices) = (Vec::new(), Vec::new());
        let mut look_up = |vocabulary: Vocabulary, name: &str, place: Option<&Place>| -> Vec<&'static Rule> {
            match vocabulary.look_up(name) {
                Ok(named) => {
                    notices.extend(named.notice.map(|notice| notice.at(place.cloned())));
                    named.rules
                }
                Err(problem) => {
                    problems.push(problem.at(place.cloned()));
                    Vec::new()
                }
            }
        };
        let mut of_word = |word: &Word| look_up(self.vocabulary, &word.text, Some(&word.place));
        let except: Vec<_> = self.except.iter().flat_map(&mut of_word).collect();
        let mut only: BTreeMap<&'static str, Vec<String>> = BTreeMap::new();
        for (word, paths) in &self.ignore_only {
            for rule in of_word(word) {
                let names = paths.iter().filter_map(|path| path.name.clone());
                only.entry(rule.info.id).or_default().extend(names);
            }
        }
        let used: Vec<_> = match (categories, &*self.used) {
            ([], []) => self.vocabulary.category(Category::File),
            ([], words) => words.iter().flat_map(of_word).collect(),
            (names, _) => names.iter().flat_map(|name| look_up(Vocabulary::V2, name, None)).collect(),
        };
        if !problems.is_empty() {
            return Err(problems);
        }
        let ignores = Ignores {
            paths: self.ignore.iter().filter_map(|path| path.name.clone()).collect(),
            only,
            unstable_packages: self.unstable_packages,
            within: None,
        };
        Ok((Selection::of(&used, &except).ignoring(ignores), notices))
    }

    /// The paths that are ignored.
    pub fn paths(&self) -> impl Iterator<Item = &Ignored> {
        self.ignore.iter().chain(self.ignore_only.iter().flat_map(|(_, paths)| paths))
    }

    /// Every path that names nothing in any of these schemas, which ignores nothing and was meant to.
    pub fn pointless_paths(&self, schemas: &[&Schema]) -> Vec<Diagnostic> {
        let names: Vec<&str> = schemas
            .iter()
            .flat_map(|schema| schema.files().iter().map(|file| file.name()).chain(left_out(schema)))
            .collect();
        let is_pointless = |path: &&Ignored| match &path.name {
            Some(path) => !names.iter().any(|name| is_at_or_below(name, path)),
            None => true,
        };
        self.paths().filter(is_pointless).map(|path| pointless(path, &names)).collect()
    }

    /// The same block with every path as imports know it.
    #[must_use]
    pub fn renamed(&self, name: impl Fn(&str) -> Option<String>) -> Block {
        let rename = |path: &Ignored| Ignored { name: name(&path.word.text), ..path.clone() };
        Block {
            ignore: self.ignore.iter().map(rename).collect(),
            ignore_only: self
                .ignore_only
                .iter()
                .map(|(word, paths)| (word.clone(), paths.iter().map(rename).collect()))
                .collect(),
            ..self.clone()
        }
    }
}

fn left_out(schema: &Schema) -> impl Iterator<Item = &str> {
    schema.left_out().iter().map(String::as_str)
}

fn pointless(path: &Ignored, names: &[&str]) -> Diagnostic {
    let written = &path.word.text;
    let said =
        Diagnostic::failure(&CONFIG, format!("`{written}` is ignored, but there is no such file or folder"))
            .at(path.word.place.clone());
    let Some(name) = path.name.as_deref() else {
        return said.help("it is in no module: write it with the module's path in front, or leave it out");
    };
    let prefix = written.strip_suffix(name).unwrap_or("");
    let folders = names.iter().flat_map(|name| name.match_indices('/').map(|(end, _)| &name[..end]));
    match nearest(name, names.iter().copied().chain(folders)) {
        Some(meant) => said.help(format!("did you mean `{prefix}{meant}`?")),
        None => {
            said.help("write the path of a file or folder, relative to the configuration; or leave it out")
        }
    }
}
