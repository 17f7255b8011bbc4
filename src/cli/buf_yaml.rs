//! `buf.yaml`, versions v1beta1, v1 and v2: where the modules are, and their `breaking` blocks.
//!
//! Everything else that buf knows (`name`, `deps`, `lint`, `plugins`, `policies`) is passed over; a key that
//! buf does not know is an error, as it is for buf. Absent: `buf.work.yaml`, which v2 replaced.

use std::collections::HashMap;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_saphyr::Spanned;

use super::block::{Block, Ignored, Word};
use super::config::CONFIG;
use super::paths::{inside, normal};
use super::yaml::{Version, Yaml};
use crate::diag::Diagnostic;
use crate::rules::breaking::Vocabulary;

/// The file's name.
pub const FILE_NAME: &str = "buf.yaml";

/// One module: a folder that imports are relative to.
#[derive(Debug, Clone)]
pub struct Module {
    /// The folder, relative to the one of the file; empty for that one itself.
    pub path: String,
    /// What buf's registry knows it by.
    pub name: Option<String>,
    /// The names that imports know its parts by; empty for all of it.
    pub includes: Vec<String>,
    /// What does not belong to it, by the same names.
    pub excludes: Vec<String>,
    /// Its own block, or that of the file, with the paths in this module by the same names.
    pub breaking: Block,
}

/// What a file says.
#[derive(Debug, Clone)]
pub struct BufYaml {
    pub modules: Vec<Module>,
    /// Ignored paths that are in no module.
    pub astray: Block,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct V1 {
    #[serde(rename = "version")]
    _version: IgnoredAny,
    name: Option<String>,
    #[serde(rename = "deps")]
    _deps: Option<IgnoredAny>,
    #[serde(rename = "lint")]
    _lint: Option<IgnoredAny>,
    build: Option<Build>,
    breaking: Option<Breaking>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Build {
    roots: Option<Vec<Spanned<String>>>,
    excludes: Option<Vec<Spanned<String>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct V2 {
    #[serde(rename = "version")]
    _version: IgnoredAny,
    name: Option<String>,
    #[serde(rename = "deps")]
    _deps: Option<IgnoredAny>,
    #[serde(rename = "lint")]
    _lint: Option<IgnoredAny>,
    #[serde(rename = "plugins")]
    _plugins: Option<IgnoredAny>,
    #[serde(rename = "policies")]
    _policies: Option<IgnoredAny>,
    modules: Option<Vec<V2Module>>,
    breaking: Option<Breaking>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct V2Module {
    path: Option<Spanned<String>>,
    name: Option<String>,
    #[serde(rename = "lint")]
    _lint: Option<IgnoredAny>,
    includes: Option<Vec<Spanned<String>>>,
    excludes: Option<Vec<Spanned<String>>>,
    breaking: Option<Breaking>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Breaking {
    #[serde(rename = "use")]
    used: Option<Vec<Spanned<String>>>,
    except: Option<Vec<Spanned<String>>>,
    ignore: Option<Vec<Spanned<String>>>,
    ignore_only: Option<HashMap<Spanned<String>, Vec<Spanned<String>>>>,
    ignore_unstable_packages: Option<bool>,
    disable_builtin: Option<Spanned<bool>>,
}

/// A file that is being read.
struct Reader {
    yaml: Yaml,
    vocabulary: Vocabulary,
}

/// Reads the text of a file.
///
/// # Errors
///
/// A diagnostic that points into it.
pub fn parse(shown: &str, text: &str) -> Result<BufYaml, Diagnostic> {
    let yaml = Yaml::new(shown, text);
    match yaml.version()? {
        Version::V2 => Reader { yaml, vocabulary: Vocabulary::V2 }.v2(),
        Version::V1 => Reader { yaml, vocabulary: Vocabulary::V1 }.v1(),
        Version::V1Beta1 => Reader { yaml, vocabulary: Vocabulary::V1Beta1 }.v1(),
    }
}

impl Reader {
    fn v1(&self) -> Result<BufYaml, Diagnostic> {
        let file: V1 = self.yaml.read()?;
        let (roots, excludes) = file.build.map(|build| (build.roots, build.excludes)).unwrap_or_default();
        let roots = match roots.filter(|_| self.vocabulary == Vocabulary::V1Beta1) {
            Some(roots) => roots.iter().map(|root| self.path(root)).collect::<Result<_, _>>()?,
            None => vec![String::new()],
        };
        let excludes = self.paths(excludes.unwrap_or_default())?;
        let block = self.block(file.breaking)?;
        // v1beta1 writes ignored paths as imports do, v1 has no other way.
        let block = block.renamed(normal);
        let modules = roots.into_iter().map(|path| Module {
            excludes: excludes.iter().filter_map(|it| inside(it, &path).map(str::to_owned)).collect(),
            path,
            name: file.name.clone(),
            includes: Vec::new(),
            breaking: block.clone(),
        });
        Ok(BufYaml { modules: modules.collect(), astray: Block::default() })
    }

    fn v2(&self) -> Result<BufYaml, Diagnostic> {
        let file: V2 = self.yaml.read()?;
        let top = self.block(file.breaking)?;
        let mut modules = Vec::new();
        let written = file.modules.filter(|modules| !modules.is_empty());
        for module in written.unwrap_or_else(|| vec![V2Module::default()]) {
            let path = module.path.as_ref().map_or(Ok(String::new()), |path| self.path(path))?;
            let block = match module.breaking {
                Some(own) => self.block(Some(own))?,
                None => top.clone(),
            };
            let names = |paths: Option<Vec<Spanned<String>>>| -> Result<Vec<String>, Diagnostic> {
                let paths = self.paths(paths.unwrap_or_default())?;
                Ok(paths.iter().filter_map(|it| inside(it, &path).map(str::to_owned)).collect())
            };
            modules.push(Module {
                includes: names(module.includes)?,
                excludes: names(module.excludes)?,
                breaking: block.renamed(|it| inside(&normal(it)?, &path).map(str::to_owned)),
                name: module.name.or_else(|| file.name.clone()),
                path,
            });
        }
        Ok(BufYaml { astray: astray(&modules), modules: modules.into_iter().map(only_its_own).collect() })
    }

    fn block(&self, breaking: Option<Breaking>) -> Result<Block, Diagnostic> {
        let Some(block) = breaking else {
            return Ok(Block { vocabulary: self.vocabulary, ..Block::default() });
        };
        if let Some(off) = block.disable_builtin.filter(|off| off.value) {
            return Err(Diagnostic::failure(&CONFIG, "with `disable_builtin` there is nothing left to check")
                .at(self.yaml.place(off.referenced))
                .help("protogate has no plugins: take the key out, or give this file to buf and another to --config"));
        }
        let words = |words: Option<Vec<Spanned<String>>>| words.into_iter().flatten().map(|it| self.word(it));
        let ignored = |word: Word| Ignored { word, name: None };
        let only = block.ignore_only.into_iter().flatten();
        Ok(Block {
            vocabulary: self.vocabulary,
            used: words(block.used).collect(),
            except: words(block.except).collect(),
            ignore: words(block.ignore).map(ignored).collect(),
            ignore_only: only
                .map(|(rule, paths)| (self.word(rule), words(Some(paths)).map(ignored).collect()))
                .collect(),
            unstable_packages: block.ignore_unstable_packages.unwrap_or(false),
            ..Block::default()
        })
    }

    fn paths(&self, paths: Vec<Spanned<String>>) -> Result<Vec<String>, Diagnostic> {
        paths.iter().map(|path| self.path(path)).collect()
    }

    fn path(&self, path: &Spanned<String>) -> Result<String, Diagnostic> {
        normal(&path.value).ok_or_else(|| {
            Diagnostic::failure(&CONFIG, format!("`{}` is outside the folder of this file", path.value))
                .at(self.yaml.place(path.referenced))
                .help("write a relative path below the folder of this file")
        })
    }

    fn word(&self, word: Spanned<String>) -> Word {
        Word { place: self.yaml.place(word.referenced), text: word.value }
    }
}

/// A block without the paths that are not of this module: they are of another, or astray.
fn only_its_own(module: Module) -> Module {
    let own = |paths: Vec<Ignored>| paths.into_iter().filter(|path| path.name.is_some()).collect();
    let block = module.breaking;
    let only = block.ignore_only.into_iter().map(|(word, paths)| (word, own(paths))).collect();
    Module { breaking: Block { ignore: own(block.ignore), ignore_only: only, ..block }, ..module }
}

/// The paths that are in no module.
fn astray(modules: &[Module]) -> Block {
    let paths = || {
        let blocks = modules.iter().map(|module| &module.breaking);
        blocks.flat_map(|block| block.ignore.iter().chain(block.ignore_only.iter().flat_map(|(_, it)| it)))
    };
    let is_somewhere =
        |path: &Ignored| paths().any(|it| it.name.is_some() && it.word.place == path.word.place);
    let astray = paths().filter(|path| path.name.is_none() && !is_somewhere(path)).cloned();
    Block { ignore: astray.collect(), ..Block::default() }
}
