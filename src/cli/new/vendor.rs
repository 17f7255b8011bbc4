//! The sources of `protogate-runtime` in a new crate's `vendor/`: whoever clones it, and `docker build`, has no folder
//! outside of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

use crate::cli::config::CONFIG;
use crate::diag::{Diagnostic, Place};

/// Where the crates are, in the new one.
const VENDOR: &str = "vendor";

/// Tables of a manifest whose entries are crates. Those of tests are left out with the tests' crates.
const DEPENDENCIES: [&str; 2] = ["dependencies", "build-dependencies"];

/// The files of a crate and of those beside it that it is built of, by their paths in the new crate. Their manifests
/// are as `cargo publish` would write them: with what they have from their workspace, which does not come along.
///
/// # Errors
///
/// A manifest that cannot be read or is none, and one that names what its workspace does not have.
pub fn files(folder: &Path) -> Result<BTreeMap<String, String>, Vec<Diagnostic>> {
    let mut files = BTreeMap::new();
    let (mut waiting, mut met) = (vec![folder.to_path_buf()], BTreeSet::new());
    while let Some(folder) = waiting.pop() {
        let folder = folder.canonicalize().map_err(|error| failed(&folder, &error.to_string()))?;
        if !met.insert(folder.clone()) {
            continue;
        }
        let at = folder.join("Cargo.toml");
        let (above, workspace) = workspace_of(&folder)?;
        let manifest = resolved(read(&at)?, &workspace).map_err(|why| failed(&at, &why))?;
        let Manifest { name, table, beside } = manifest;
        licences(&above, &format!("{VENDOR}/{name}"), &mut files)?;
        let text = format!("# From the sources of protogate {}.\n{table}", env!("CARGO_PKG_VERSION"));
        files.insert(format!("{VENDOR}/{name}/Cargo.toml"), text);
        sources(&folder, Path::new("src"), &format!("{VENDOR}/{name}"), &mut files)?;
        waiting.extend(beside.iter().map(|path| folder.join(path)));
    }
    Ok(files)
}

/// A manifest without its workspace.
struct Manifest {
    name: String,
    table: Table,
    /// The crates it names by their folders.
    beside: Vec<PathBuf>,
}

fn resolved(mut table: Table, workspace: &Table) -> Result<Manifest, String> {
    table.remove("lints");
    table.remove("dev-dependencies");
    let package = table.get_mut("package").and_then(Value::as_table_mut).ok_or("has no [package]")?;
    for (key, value) in package.iter_mut().filter(|(_, value)| is_inherited(value)) {
        *value = inherited(workspace, "package", key)?.clone();
    }
    let name = package.get("name").and_then(Value::as_str).ok_or("has no name")?.to_owned();
    let mut beside = Vec::new();
    for kind in DEPENDENCIES {
        for (key, value) in table.get_mut(kind).and_then(Value::as_table_mut).into_iter().flatten() {
            if is_inherited(value) {
                *value = merged(inherited(workspace, "dependencies", key)?, value);
            }
            let Some(path) = value.get_mut("path") else { continue };
            beside.extend(path.as_str().map(PathBuf::from));
            // All of them stand beside each other, each in a folder of its name.
            *path = Value::from(format!("../{key}"));
        }
    }
    Ok(Manifest { name, table, beside })
}

fn is_inherited(value: &Value) -> bool {
    value.get("workspace").and_then(Value::as_bool) == Some(true)
}

fn inherited<'a>(workspace: &'a Table, kind: &str, key: &str) -> Result<&'a Value, String> {
    let found = workspace.get(kind).and_then(|kind| kind.get(key));
    found.ok_or_else(|| format!("names `{key}`, which [workspace.{kind}] does not have"))
}

/// What the workspace says of a dependency, and what the crate adds to it (The Cargo Book, Inheriting a dependency from
/// a workspace: features add up, and `optional` is the crate's own).
fn merged(workspace: &Value, own: &Value) -> Value {
    let mut merged = match workspace {
        Value::Table(table) => table.clone(),
        version => Table::from_iter([("version".to_owned(), version.clone())]),
    };
    for (key, value) in own.as_table().into_iter().flatten() {
        match (key.as_str(), merged.get_mut(key), value) {
            ("workspace", ..) => {}
            ("features", Some(Value::Array(all)), Value::Array(more)) => all.extend(more.iter().cloned()),
            _ => {
                merged.insert(key.clone(), value.clone());
            }
        }
    }
    Value::Table(merged)
}

/// The `[workspace]` that a crate belongs to, and its folder; an empty one in the crate's own if there is none.
fn workspace_of(folder: &Path) -> Result<(PathBuf, Table), Vec<Diagnostic>> {
    for above in folder.ancestors() {
        let at = above.join("Cargo.toml");
        if !at.is_file() {
            continue;
        }
        if let Some(Value::Table(workspace)) = read(&at)?.remove("workspace") {
            return Ok((above.to_path_buf(), workspace));
        }
    }
    Ok((folder.to_path_buf(), Table::new()))
}

/// The terms under which the sources may be copied, which ask to be copied with them.
fn licences(
    folder: &Path,
    target: &str,
    files: &mut BTreeMap<String, String>,
) -> Result<(), Vec<Diagnostic>> {
    for name in ["LICENSE-APACHE", "LICENSE-MIT"] {
        let at = folder.join(name);
        if at.is_file() {
            let text = fs::read_to_string(&at).map_err(|error| failed(&at, &error.to_string()))?;
            files.insert(format!("{target}/{name}"), text);
        }
    }
    Ok(())
}

fn read(at: &Path) -> Result<Table, Vec<Diagnostic>> {
    let text = fs::read_to_string(at).map_err(|error| failed(at, &error.to_string()))?;
    text.parse().map_err(|error: toml::de::Error| failed(at, error.message()))
}

/// Every file below a folder of a crate.
fn sources(
    root: &Path,
    folder: &Path,
    target: &str,
    files: &mut BTreeMap<String, String>,
) -> Result<(), Vec<Diagnostic>> {
    let at = root.join(folder);
    let unread = |at: &Path, error: &std::io::Error| failed(at, &error.to_string());
    for entry in fs::read_dir(&at).map_err(|error| unread(&at, &error))? {
        let entry = entry.map_err(|error| unread(&at, &error))?;
        let path = folder.join(entry.file_name());
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            sources(root, &path, target, files)?;
            continue;
        }
        let text = fs::read_to_string(entry.path()).map_err(|error| unread(&entry.path(), &error))?;
        files.insert(format!("{target}/{}", path.display()), text);
    }
    Ok(())
}

fn failed(at: &Path, why: &str) -> Vec<Diagnostic> {
    let shown = at.display().to_string();
    let said = format!("{shown} cannot be copied into the new crate: {why}");
    vec![
        Diagnostic::failure(&CONFIG, said)
            .at(Place::file(shown))
            .help("give --runtime the folder `src/runtime` of protogate's sources"),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(text: &str) -> Table {
        text.parse().unwrap()
    }

    #[test]
    fn a_manifest_leaves_its_workspace_with_what_it_has_from_it() {
        let workspace = table(
            "[package]\nversion = '1.2.3'\n[dependencies]\nplain = '1'\nrich = { version = '2', default-features = false, features = ['a'] }\n",
        );
        let manifest = table(
            "[package]\nname = 'it'\nversion.workspace = true\n[lints]\nworkspace = true\n[dev-dependencies]\nx = '1'\n\
             [dependencies]\nplain.workspace = true\nown = '3'\nbeside = { path = '../other', optional = true }\n\
             rich = { workspace = true, optional = true, features = ['b'] }\n",
        );
        let Manifest { name, table: got, beside } = resolved(manifest, &workspace).unwrap();
        let wanted = table(
            "[package]\nname = 'it'\nversion = '1.2.3'\n[dependencies]\nplain = { version = '1' }\nown = '3'\n\
             beside = { path = '../beside', optional = true }\n\
             rich = { version = '2', default-features = false, features = ['a', 'b'], optional = true }\n",
        );
        assert_eq!((name.as_str(), got), ("it", wanted));
        assert_eq!(beside, [Path::new("../other")]);
    }

    #[test]
    fn what_a_workspace_does_not_have_is_named() {
        let said = |text| resolved(table(text), &Table::new()).err().unwrap();
        assert_eq!(said("[dependencies]\n"), "has no [package]");
        assert_eq!(
            said("[package]\nname = 'it'\n[dependencies]\na.workspace = true\n"),
            "names `a`, which [workspace.dependencies] does not have"
        );
    }
}
