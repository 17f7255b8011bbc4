//! What both tools say about many pairs. buf starts once for all of them: each pair has its folder and its
//! package prefix.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use protogate::diag::{Diagnostic, Place, Report, Span};
use protogate::rules::breaking::{Selection, bufs, check};
use protogate::schema::{Schema, Source, load};
use rayon::prelude::*;

use super::draw::Pair;
use super::print::{Home, Texts, print};
use super::schema::BORROWED;

/// Rule, file (empty for a file that is gone), first line and column, last line and column.
pub type Finding = (String, String, [u64; 4]);

/// Both sides of a pair as text.
pub struct Sides {
    pub old: Texts,
    pub new: Texts,
}

impl Sides {
    pub fn of(pair: &Pair, index: usize) -> Sides {
        let home = Home::new(index);
        // Another layout for the new side: what moved without changing must not be found.
        let other = pair.layout.map(u64::reverse_bits);
        Sides { old: print(&pair.old, home, pair.layout), new: print(&pair.new, home, other) }
    }
}

/// What came of one pair.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// Both tools compiled both sides; sorted.
    Compared { ours: Vec<Finding>, bufs: Vec<Finding> },
    /// A side does not compile, and why.
    Rejected(String),
}

impl Outcome {
    pub fn is_disagreement(&self) -> bool {
        matches!(self, Outcome::Compared { ours, bufs } if ours != bufs)
    }

    /// What only one of the tools finds: who, and what.
    pub fn differences(&self) -> Vec<(&'static str, Finding)> {
        let Outcome::Compared { ours, bufs } = self else { return Vec::new() };
        let only = |who, these: &[Finding], those: &[Finding]| {
            let mut those = those.to_vec();
            let mut only = these.to_vec();
            // Once for once: the same finding twice is not the same as once.
            only.retain(|it| those.iter().position(|that| that == it).map(|at| those.remove(at)).is_none());
            only.into_iter().map(move |it| (who, it)).collect::<Vec<_>>()
        };
        [only("ours", ours, bufs), only("buf", bufs, ours)].concat()
    }

    /// The difference without its places: disagreements of one kind have one cause, most likely.
    pub fn difference(&self) -> BTreeSet<(&'static str, String)> {
        self.differences().into_iter().map(|(who, finding)| (who, finding.0)).collect()
    }
}

/// Asks both tools about every pair.
pub fn compare(buf: &Path, pairs: &[Pair]) -> Vec<Outcome> {
    let sides: Vec<Sides> =
        pairs.par_iter().enumerate().map(|(index, pair)| Sides::of(pair, index)).collect();
    let ours: Vec<Result<Vec<Finding>, String>> =
        sides.par_iter().map(|sides| ours(sides).map(|found| found.iter().map(finding).collect())).collect();
    let mut rejected: BTreeMap<usize, String> = ours
        .iter()
        .enumerate()
        .filter_map(|(index, it)| Some((index, format!("protogate: {}", it.as_ref().err()?))))
        .collect();
    let mut bufs = loop {
        let accepted: Vec<(usize, &Sides)> =
            sides.iter().enumerate().filter(|(index, _)| !rejected.contains_key(index)).collect();
        match ask(buf, &accepted) {
            Ok(found) => break found,
            Err(refused) => rejected.extend(refused),
        }
    };
    let outcomes = ours.into_iter().enumerate().map(|(index, ours)| match (ours, rejected.remove(&index)) {
        (_, Some(why)) | (Err(why), None) => Outcome::Rejected(why),
        (Ok(mut ours), None) => {
            ours.sort();
            let mut bufs = bufs.remove(&index).unwrap_or_default();
            bufs.sort();
            Outcome::Compared { ours, bufs }
        }
    });
    outcomes.collect()
}

/// What we find, as buf would; or what does not compile.
fn ours(sides: &Sides) -> Result<Vec<Diagnostic>, String> {
    let (old, new) = (schema(&sides.old)?, schema(&sides.new)?);
    let found = Report::new(check(&old, &new, &Selection::all().exactly_as_buf())).diagnostics().to_vec();
    Ok(without_imports(found))
}

pub fn schema(texts: &Texts) -> Result<Schema, String> {
    let files = texts.iter().map(|(name, text)| (name.as_str().into(), text.as_str().into())).collect();
    let loaded = load(&Source::Text(files));
    match loaded.diagnostics.first() {
        None => Ok(loaded.schema),
        Some(problem) => Err(problem.message.clone()),
    }
}

/// buf is asked beside `keep.proto`, which imports all that any pair does; we are asked without it.
fn without_imports(found: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let own = |it: &Diagnostic| !it.related.iter().any(|it| it.place.file.starts_with("google/"));
    found.into_iter().filter(own).collect()
}

fn finding(diagnostic: &Diagnostic) -> Finding {
    let file = diagnostic.place.as_ref().map_or(String::new(), |place| place.file.to_string());
    let span = diagnostic.place.as_ref().map_or(Span::START, Place::buf_span);
    let span = [span.start_line, span.start_column, span.end_line, span.end_column].map(u64::from);
    (diagnostic.rule.id.to_owned(), file, span)
}

/// What buf finds by pair; or the pairs that do not compile.
fn ask(
    buf: &Path,
    all: &[(usize, &Sides)],
) -> Result<BTreeMap<usize, Vec<Finding>>, BTreeMap<usize, String>> {
    let folder = tempfile::tempdir().unwrap();
    let rules: Vec<&str> = bufs().map(|rule| rule.info.id).collect();
    let config = serde_json::json!({ "version": "v2", "breaking": { "use": rules } }).to_string();
    // An import that nobody has any more would be a deleted file.
    let imports: BTreeSet<&str> = BORROWED.iter().map(|it| it.1).collect();
    let imports: String = imports.iter().map(|it| format!("import \"{it}\";\n")).collect();
    let keep = format!("syntax = \"proto3\";\npackage keep;\n{imports}");
    for side in ["old", "new"] {
        let files = all.iter().flat_map(|(_, it)| if side == "old" { &it.old } else { &it.new });
        let files = files.map(|(name, text)| (name.as_str(), text.as_str()));
        for (name, text) in files.chain([("buf.yaml", config.as_str()), ("keep.proto", keep.as_str())]) {
            let path = folder.path().join(side).join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
    }
    let output = Command::new(buf)
        .args(["breaking", "new", "--against", "old", "--error-format", "json"])
        .current_dir(folder.path())
        .env("BUF_CACHE_DIR", folder.path().join("cache"))
        .output()
        .unwrap();
    let ran = matches!(output.status.code(), Some(0 | 100));
    if !ran {
        // What only the linker of descriptors refuses ends buf's run; it names the first element it minds.
        let why = String::from_utf8_lossy(&output.stderr);
        let index = pair_in(&why).unwrap_or_else(|| panic!("{why}"));
        return Err(BTreeMap::from([(index, format!("buf: {why}"))]));
    }
    let mut found: BTreeMap<usize, Vec<Finding>> = BTreeMap::new();
    let mut refused = BTreeMap::new();
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        let line: serde_json::Value = line.parse().unwrap();
        let text = |key: &str| line[key].as_str().unwrap_or_default();
        let index = pair_of(&line).unwrap_or_else(|| panic!("no pair in {line}"));
        if text("type") == "COMPILE" {
            refused.insert(index, format!("buf: {}", text("message")));
        } else {
            let span = ["start_line", "start_column", "end_line", "end_column"];
            let span = span.map(|key| line[key].as_u64().unwrap());
            let path = text("path").trim_start_matches("new/").to_owned();
            found.entry(index).or_default().push((text("type").to_owned(), path, span));
        }
    }
    if refused.is_empty() { Ok(found) } else { Err(refused) }
}

/// The pair that a line of buf's is about: its path tells, or its message where the file is gone.
fn pair_of(line: &serde_json::Value) -> Option<usize> {
    [&line["path"], &line["message"]].into_iter().find_map(|it| pair_in(it.as_str()?))
}

/// The first pair that a text names.
fn pair_in(text: &str) -> Option<usize> {
    let rest = &text[text.find("pair")? + "pair".len()..];
    let end = rest.find(|it: char| !it.is_ascii_digit()).unwrap_or(rest.len());
    rest[..end].parse().ok()
}

/// The rules that a pair's outcome holds.
pub fn rules_of(found: &[Finding]) -> impl Iterator<Item = &str> {
    found.iter().map(|it| it.0.as_str())
}
