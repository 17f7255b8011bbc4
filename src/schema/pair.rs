//! Two sources that are compared: what is the same in both is not compiled.
//!
//! A file is *unchanged* when both sources have it with the same bytes and everything it imports is
//! unchanged too; both sides would compile it to the same descriptors, and comparing those finds nothing.
//! It is left out of both schemas, unless a comparison of the other files could look at it:
//!
//! - a file that is compiled imports it, on either side;
//! - it shares a package with a file whose bytes differ. What is gone from a package is looked for in all
//!   of that package, a package is gone when its last file is, and a name may be declared twice only in
//!   one package: so all its files are there;
//! - a comment in it accepts a break ([`ACCEPT_MARK`]): that nothing is accepted any more has to be said.
//!
//! A full name cannot move from a changed file to an unchanged one, because the old schema would have
//! declared it twice. Files on only one side differ. So both schemas leave out the same files, and two
//! schemas of [`load_pair`] have the findings that two of [`load`] have.
//!
//! What imports what is not there, or is part of a cycle, is never left out, and is said as [`load`] says it.
//! So is what does not parse, unless there is so much of the same that it is only scanned
//! ([`PARSED_ANYWAY`]): then a mistake inside a message of an unchanged file is not said. Nor is what only the
//! linker can find wrong with one.

use std::collections::{BTreeMap, HashMap, HashSet};

use rayon::prelude::*;

use super::compile::{Outcome, Parsed, link, parse, provided};
use super::head::{self, Head};
use super::source::{Content, Input, Inputs, Source};
use super::{Loaded, load, problem};

/// Reads two sources and compiles what differs between them, with what that needs: for comparing `old` with
/// `new`, and for nothing else, because both schemas may lack files that are the same in both.
pub fn load_pair(old: &Source, new: &Source) -> (Loaded, Loaded) {
    let Ok(new_found) = new.read() else { return (load(old), load(new)) };
    let Ok(old_found) = old.read_beside(Some(&new_found)) else { return (load(old), load(new)) };
    let empty = |source: &Source, found: &Inputs| {
        let empty = found.inputs.is_empty() && found.diagnostics.is_empty();
        empty.then(|| problem::nothing_here(source))
    };
    let (old_empty, new_empty) = (empty(old, &old_found), empty(new, &new_found));
    let (mut old_loaded, mut new_loaded) = compile(old_found, new_found);
    old_loaded.diagnostics.extend(old_empty);
    new_loaded.diagnostics.extend(new_empty);
    (old_loaded, new_loaded)
}

/// How much of what is the same on both sides is parsed although its heads are enough, in bytes: a mistake in
/// a schema of usual size is then said even where it is in the baseline as well. It takes a few milliseconds;
/// parsing all of a large tree would be most of the time that a comparison takes.
const PARSED_ANYWAY: usize = 256 * 1024;

/// A file with the same bytes on both sides.
struct Same {
    old: Input,
    new: Input,
    /// `None` when it does not parse.
    head: Option<Head>,
}

/// What a comment that accepts a break starts with.
pub const ACCEPT_MARK: &str = "protogate:accept";

impl Same {
    fn is_marked(&self) -> bool {
        matches!(&self.new.content, Content::Text(text) if text.contains(ACCEPT_MARK))
    }
}

fn compile(old: Inputs, new: Inputs) -> (Loaded, Loaded) {
    let (same, old_rest, new_rest) = split(old.inputs, new.inputs);
    let parse_all = |inputs: Vec<Input>| inputs.into_par_iter().map(parse).collect::<Vec<Outcome>>();
    let (mut old_parsed, mut new_parsed) = (parse_all(old_rest), parse_all(new_rest));
    let differing: Vec<&Parsed> = old_parsed.iter().chain(&new_parsed).flatten().collect();
    let names = old_parsed.iter().chain(&new_parsed).map(|outcome| match outcome {
        Ok(file) => file.name.as_str(),
        Err((name, _)) => name.as_str(),
    });
    let unchanged = unchanged(&same, &names.collect());
    let needed = needed(&same, &unchanged, &differing);

    let skipped = |name: &String| unchanged.contains(name.as_str()) && !needed.contains(name.as_str());
    let compiled: Vec<String> = same.keys().filter(|name| !skipped(name)).cloned().collect();
    let mut same = same;
    let (old_same, new_same) =
        compiled.iter().filter_map(|name| same.remove(name)).map(|it| (it.old, it.new)).unzip();
    old_parsed.extend(parse_all(old_same));
    new_parsed.extend(parse_all(new_same));
    let unchanged = same.len();
    let (old, new) = rayon::join(
        || link(old_parsed, old.left_out, old.diagnostics),
        || link(new_parsed, new.left_out, new.diagnostics),
    );
    (Loaded { unchanged, ..old }, Loaded { unchanged, ..new })
}

/// The files that are the same on both sides by their names, and what else there is on each.
fn split(old: Vec<Input>, new: Vec<Input>) -> (BTreeMap<String, Same>, Vec<Input>, Vec<Input>) {
    let mut olds: HashMap<String, Input> = old.into_iter().map(|it| (it.name.clone(), it)).collect();
    let mut pairs = Vec::new();
    let mut new_rest = Vec::new();
    for new in new {
        match olds.remove(&new.name) {
            Some(mut old) if old.origin == new.origin && old.content == new.content => {
                // One of the two texts is enough.
                old.content = new.content.clone();
                pairs.push((old, new));
            }
            other => {
                olds.extend(other.map(|old| (old.name.clone(), old)));
                new_rest.push(new);
            }
        }
    }
    let bytes: usize = pairs.iter().map(|(_, new)| new.content.len()).sum();
    let with_head = |(old, new): (Input, Input)| {
        let head = head(&new, bytes <= PARSED_ANYWAY);
        (new.name.clone(), Same { old, new, head })
    };
    let same = pairs.into_par_iter().map(with_head).collect();
    let mut old_rest: Vec<Input> = olds.into_values().collect();
    old_rest.sort_by(|a, b| a.name.cmp(&b.name));
    (same, old_rest, new_rest)
}

fn head(input: &Input, parsed: bool) -> Option<Head> {
    if let (Content::Text(text), false) = (&input.content, parsed)
        && let Some(head) = head::scan(text)
    {
        return Some(head);
    }
    let descriptor = parse(input.clone()).ok()?.descriptor;
    Some(Head { package: descriptor.package.unwrap_or_default(), imports: descriptor.dependency })
}

/// The files of `same` whose imports are unchanged, all the way down. `differing` are the names of all
/// other files. Files are taken up when all they import has been: one in a cycle never is.
fn unchanged<'a>(same: &'a BTreeMap<String, Same>, differing: &HashSet<&str>) -> HashSet<&'a str> {
    let mut importers: HashMap<&str, Vec<&str>> = HashMap::new();
    let mut open: HashMap<&str, usize> = HashMap::new();
    let mut ready: Vec<&str> = Vec::new();
    for (name, file) in same {
        let Some(head) = &file.head else {
            // The copy that comes with protogate stands in for it, on both sides.
            if provided(name).is_some() {
                ready.push(name);
            }
            continue;
        };
        let settled = |import: &str| {
            !same.contains_key(import) && !differing.contains(import) && provided(import).is_some()
        };
        let waits: Vec<&String> = head.imports.iter().filter(|import| !settled(import)).collect();
        for import in &waits {
            importers.entry(import).or_default().push(name);
        }
        open.insert(name, waits.len());
        if waits.is_empty() {
            ready.push(name);
        }
    }
    let mut unchanged = HashSet::new();
    while let Some(name) = ready.pop() {
        if same.get(name).is_some_and(|file| file.head.is_some()) {
            unchanged.insert(name);
        }
        for importer in importers.remove(name).unwrap_or_default() {
            if let Some(left) = open.get_mut(importer) {
                *left -= 1;
                if *left == 0 {
                    ready.push(importer);
                }
            }
        }
    }
    unchanged
}

/// The unchanged files that the comparison of the others looks at.
fn needed<'a>(
    same: &'a BTreeMap<String, Same>,
    unchanged: &HashSet<&'a str>,
    differing: &[&'a Parsed],
) -> HashSet<&'a str> {
    let packages: HashSet<&str> = differing.iter().map(|file| file.descriptor.package()).collect();
    let mut needed: HashSet<&str> = HashSet::new();
    let mut waiting: Vec<&str> = Vec::new();
    for file in differing {
        waiting.extend(file.descriptor.dependency.iter().map(String::as_str));
    }
    for (name, file) in same {
        let Some(head) = &file.head else { continue };
        if !unchanged.contains(name.as_str()) {
            waiting.extend(head.imports.iter().map(String::as_str));
        } else if packages.contains(head.package.as_str()) || file.is_marked() {
            waiting.push(name);
        }
    }
    while let Some(name) = waiting.pop() {
        if unchanged.contains(name) && needed.insert(name) {
            let head = same.get(name).and_then(|file| file.head.as_ref());
            waiting.extend(head.iter().flat_map(|head| &head.imports).map(String::as_str));
        }
    }
    needed
}
