//! The files of one generation, in memory.

use std::collections::BTreeMap;

use super::origin::{File, Origin};
use super::output::Output;
use super::plugin::Answer;
use super::stubs::{self, Implementation};
use super::{Seeds, problem};
use crate::diag::Diagnostic;
use crate::schema::Schema;

/// Every file of one generation by its relative path, `/`-separated. The manifest that names them is not among them:
/// it belongs to the folder they are written into.
#[derive(Debug, Clone)]
pub struct FileSet {
    files: BTreeMap<String, File>,
    /// The command that makes them again.
    command: String,
    /// If it is a part of what belongs into a folder: the kinds of files it holds all of.
    part: Option<Vec<Output>>,
    /// What services start from; no files of the folder.
    implementations: Vec<Implementation>,
    /// What of the schema could not be made as it says.
    warnings: Vec<Diagnostic>,
}

impl FileSet {
    /// An empty one.
    pub(super) fn new(command: &str) -> FileSet {
        FileSet {
            files: BTreeMap::new(),
            command: command.to_owned(),
            part: None,
            implementations: Vec::new(),
            warnings: Vec::new(),
        }
    }

    /// An empty one, for what plugins make.
    pub fn of_plugins(command: &str) -> FileSet {
        FileSet::new(command)
    }

    /// The files, in the order of their paths.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.files().map(|(path, file)| (path, file.bytes.as_slice()))
    }

    /// The same, with what each was made from.
    pub fn files(&self) -> impl Iterator<Item = (&str, &File)> {
        self.files.iter().map(|(path, file)| (path.as_str(), file))
    }

    /// The bytes of one file.
    pub fn get(&self, path: &str) -> Option<&[u8]> {
        self.files.get(path).map(|file| file.bytes.as_slice())
    }

    /// What one file was made from.
    pub fn origin(&self, path: &str) -> Option<&Origin> {
        self.files.get(path).map(|file| &file.origin)
    }

    /// How many files there are.
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// The command that makes them again.
    pub fn command(&self) -> &str {
        &self.command
    }

    /// For each service, where skeletons are made: an implementation to start from.
    pub fn implementations(&self) -> &[Implementation] {
        &self.implementations
    }

    /// The same as files that are seeded once, for a folder of the user's.
    pub fn seeds(&self) -> Seeds {
        stubs::seeds(&self.implementations)
    }

    /// What of the schema could not be made as it says, such as a route that another method has.
    pub fn warnings(&self) -> &[Diagnostic] {
        &self.warnings
    }

    pub(super) fn warn(&mut self, warnings: Vec<Diagnostic>) {
        self.warnings.extend(warnings);
    }

    pub(super) fn implement(&mut self, implementations: Vec<Implementation>) {
        self.implementations = implementations;
    }

    /// Says that other kinds of files may stand beside these, which are to stay as they are.
    #[must_use]
    pub fn as_part(mut self, outputs: &[Output]) -> FileSet {
        self.part = Some(outputs.to_vec());
        self
    }

    /// Whether a path is one that this set decides about.
    pub(super) fn decides(&self, path: &str) -> bool {
        let of = |output: &Output| output.holds(path);
        self.part.as_ref().is_none_or(|part| part.iter().any(of)) || self.files.contains_key(path)
    }

    pub(super) fn extend(&mut self, files: impl IntoIterator<Item = (String, File)>) {
        self.files.extend(files);
    }

    /// Takes in what a plugin made, below a folder; the empty one is that of the set.
    ///
    /// # Errors
    ///
    /// Paths at which something stands already, and those that are one file where case does not count.
    pub fn take(
        &mut self,
        folder: &str,
        answer: Answer,
        plugin: &str,
        schema: &Schema,
    ) -> Result<(), Vec<Diagnostic>> {
        let sources: Vec<String> = schema.own_files().map(|file| file.name().to_owned()).collect();
        let mut said = Vec::new();
        for (name, text) in answer {
            let path = if folder.is_empty() { name } else { format!("{folder}/{name}") };
            let origin = Origin { sources: sources.clone(), template: None, plugin: Some(plugin.to_owned()) };
            let before = self.files.insert(path.clone(), File { bytes: text.into_bytes(), origin });
            said.extend(
                before.map(|_| problem::name(format!("`{path}` is made a second time, by {plugin}"))),
            );
        }
        if said.is_empty() { self.check_cases() } else { Err(said) }
    }

    /// Paths that are one file where the case of letters does not count, as on most Macs and on Windows.
    ///
    /// # Errors
    ///
    /// One diagnostic for each pair.
    pub(super) fn check_cases(&self) -> Result<(), Vec<Diagnostic>> {
        let mut met: BTreeMap<String, &str> = BTreeMap::new();
        let twice = self.files.keys().filter_map(|path| {
            let before = met.insert(path.to_lowercase(), path)?;
            Some(problem::name(format!("`{before}` and `{path}` are one file where case does not count")))
        });
        let said: Vec<_> = twice.collect();
        if said.is_empty() { Ok(()) } else { Err(said) }
    }
}
