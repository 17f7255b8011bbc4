//! A `breaking` block: what a configuration says about which changes count, wherever it was written.

use std::collections::BTreeMap;

use prost_reflect::ExtensionDescriptor;

use super::config::CONFIG;
use crate::diag::{Diagnostic, Place, RuleInfo};
use crate::rules::breaking::{Category, Ignores, Language, Rule, Selection, Vocabulary};
use crate::rules::ledger::{CATEGORY, HISTORY};
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
    /// The languages that code is generated for; `None` for any.
    pub languages: Option<Vec<Word>>,
    /// The messages of which bytes are kept; `None` where nobody says.
    pub stored: Option<Vec<Word>>,
    /// Custom options that are a part of the contract.
    pub options: Vec<Word>,
}

/// What a block asks.
pub struct Asked {
    /// Of a pair of schemas.
    pub selection: Selection,
    /// Of the releases, where there is a history.
    pub history: Vec<&'static RuleInfo>,
    /// Whether rules about history are asked for by name: there has to be one.
    pub needs_history: bool,
    /// Warnings about old names.
    pub notices: Vec<Diagnostic>,
}

/// The rules about history that a word names; none for any other word.
fn of_history(word: &str) -> Vec<&'static RuleInfo> {
    HISTORY.into_iter().filter(|info| word == CATEGORY || word == info.id).collect()
}

impl Block {
    /// What the block asks, of pairs and of history. Rules about history are not in the vocabularies of buf.
    ///
    /// # Errors
    ///
    /// One diagnostic per name that is neither a rule nor a category.
    pub fn asked(&self, categories: &[String]) -> Result<Asked, Vec<Diagnostic>> {
        let is_ours = |word: &str| !of_history(word).is_empty();
        let words = |words: &[Word]| words.iter().map(|word| word.text.clone()).collect::<Vec<_>>();
        let named = if categories.is_empty() { words(&self.used) } else { categories.to_vec() };
        let mut history: Vec<&'static RuleInfo> = named.iter().flat_map(|word| of_history(word)).collect();
        let needs_history = !history.is_empty();
        if !needs_history {
            history = HISTORY.to_vec();
        }
        let except: Vec<_> = self.except.iter().flat_map(|word| of_history(&word.text)).collect();
        history.retain(|info| !except.contains(info));

        let without = |words: &[Word]| words.iter().filter(|word| !is_ours(&word.text)).cloned().collect();
        let rest = Block {
            used: without(&self.used),
            except: without(&self.except),
            ignore_only: self.ignore_only.iter().filter(|(word, _)| !is_ours(&word.text)).cloned().collect(),
            ..self.clone()
        };
        let others: Vec<String> = categories.iter().filter(|word| !is_ours(word)).cloned().collect();
        let (mut selection, notices) = rest.selection(&others)?;
        let mut ignores = selection.ignores().clone();
        for (word, paths) in &self.ignore_only {
            let names = || paths.iter().filter_map(|path| path.name.clone());
            of_history(&word.text)
                .iter()
                .for_each(|info| ignores.only.entry(info.id).or_default().extend(names()));
        }
        // Asked about history only.
        if needs_history && named.iter().all(|word| is_ours(word)) {
            selection = Selection::of(&[], &[]);
        }
        Ok(Asked { selection: selection.ignoring(ignores), history, needs_history, notices })
    }

    /// What the block asks of pairs, with warnings about old names. `categories` are those of the command line;
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
        let languages = self.languages();
        let makes_rust = matches!(&languages, Ok(Some(languages)) if languages.contains(&Language::Rust));
        let used: Vec<_> = match (categories, &*self.used) {
            ([], []) if makes_rust => {
                [Category::File, Category::Rust].map(|it| self.vocabulary.category(it)).concat()
            }
            ([], []) => self.vocabulary.category(Category::File),
            ([], words) => words.iter().flat_map(of_word).collect(),
            (names, _) => names.iter().flat_map(|name| look_up(Vocabulary::V2, name, None)).collect(),
        };
        let languages = languages.unwrap_or_else(|said| {
            problems.extend(said);
            None
        });
        if !problems.is_empty() {
            return Err(problems);
        }
        let ignores = Ignores {
            paths: self.ignore.iter().filter_map(|path| path.name.clone()).collect(),
            only,
            unstable_packages: self.unstable_packages,
            within: None,
        };
        let texts = |words: &[Word]| words.iter().map(|word| word.text.clone()).collect::<Vec<_>>();
        let selection = Selection::of(&used, &except)
            .ignoring(ignores)
            .storing(self.stored.as_deref().map(texts))
            .watching(texts(&self.options));
        Ok((
            match languages {
                Some(languages) => selection.generating(&languages),
                None => selection,
            },
            notices,
        ))
    }

    fn languages(&self) -> Result<Option<Vec<Language>>, Vec<Diagnostic>> {
        let Some(words) = &self.languages else { return Ok(None) };
        let (mut known, mut problems) = (Vec::new(), Vec::new());
        for word in words {
            match Language::named(&word.text) {
                Some(language) => known.push(language),
                None => problems.push(unknown(word, "language", Language::ALL.map(Language::id))),
            }
        }
        if problems.is_empty() { Ok(Some(known)) } else { Err(problems) }
    }

    /// Whether it names elements of the schema, which have to be looked for in all of it.
    pub fn names_elements(&self) -> bool {
        !self.options.is_empty() || self.stored.is_some()
    }

    /// Every message and option that it names and none of these schemas has.
    pub fn unknown_elements(&self, schemas: &[&Schema]) -> Vec<Diagnostic> {
        let pools = || schemas.iter().map(|schema| schema.pool());
        let stored = self.stored.iter().flatten();
        let stored = stored.filter(|word| pools().all(|pool| pool.get_message_by_name(&word.text).is_none()));
        let mut said: Vec<Diagnostic> = stored
            .map(|word| {
                let names: Vec<String> = pools()
                    .flat_map(|pool| pool.all_messages())
                    .map(|it| it.full_name().to_owned())
                    .collect();
                unknown(word, "message", names.iter().map(String::as_str))
            })
            .collect();
        let options: Vec<String> = match self.options.is_empty() {
            true => Vec::new(),
            false => {
                pools().flat_map(|pool| pool.all_extensions()).filter_map(|it| option_name(&it)).collect()
            }
        };
        let is_known = |word: &&Word| options.contains(&word.text);
        let unknown = |word| unknown(word, "custom option", options.iter().map(String::as_str));
        said.extend(self.options.iter().filter(|word| !is_known(word)).map(unknown));
        said
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

/// The full name of an extension of options.
fn option_name(extension: &ExtensionDescriptor) -> Option<String> {
    let extended = extension.containing_message();
    let of_options = extended.package_name() == "google.protobuf" && extended.name().ends_with("Options");
    of_options.then(|| extension.full_name().to_owned())
}

fn unknown<'a>(word: &Word, kind: &str, known: impl IntoIterator<Item = &'a str>) -> Diagnostic {
    let said =
        Diagnostic::failure(&CONFIG, format!("there is no {kind} `{}`", word.text)).at(word.place.clone());
    match nearest(&word.text, known.into_iter()) {
        Some(meant) => said.help(format!("did you mean `{meant}`?")),
        None => said.help("write its full name, with the package; or leave it out"),
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
