//! `new`: a service from its schema, as a crate that builds and passes its tests before anybody has touched it.

mod name;
mod runtime;
mod vendor;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::Args;

use super::config::CONFIG;
use super::{Outcome, sources};
use crate::codegen::{self, Edits, FileSet, Options, Output, Seeds};
use crate::diag::{Diagnostic, Place, Report, Section};
use crate::schema::{Origin, Source};

/// `new`
#[derive(Debug, Args)]
pub struct New {
    /// The name of the service's package, in kebab or snake case
    pub name: String,
    /// A .proto file or a folder of them, copied into the crate; may be given several times
    #[arg(long, required = true, value_name = "PROTO")]
    pub proto: Vec<String>,
    /// The folder to make [default: one of the package's name, here]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// The folder of the crate protogate-runtime, copied to vendor/ [default: among this program's sources where they are, else by its version]
    #[arg(long, value_name = "DIR")]
    pub runtime: Option<PathBuf>,
}

pub fn new(arguments: &New) -> Outcome {
    name::check(&arguments.name)?;
    let root = arguments.out.clone().unwrap_or_else(|| PathBuf::from(&arguments.name));
    is_free(&root)?;
    let runtime = runtime::find(arguments.runtime.as_deref())?;
    let protos = protos(&arguments.proto)?;
    let loaded = sources::load_whole(&Source::Text(protos.clone().into_iter().collect()))?;
    let options =
        Options { outputs: vec![Output::Rust, Output::Skeleton, Output::Descriptor], ..Options::default() };
    let files = codegen::generate(&loaded.schema, &options)?;
    if files.implementations().is_empty() {
        let said = format!("{} declares no service", arguments.proto.join(", "));
        return Err(vec![Diagnostic::failure(&CONFIG, said).help("give --proto a file with a `service`")]);
    }
    let has_rules = protos.values().any(|text| text.contains("\"buf/validate/validate.proto\""));
    let mut seeds = codegen::fresh(&files, &runtime.of(&arguments.name, has_rules))?;
    for (path, text) in protos {
        seeds.insert(format!("proto/{path}"), text);
    }
    let mut all = seeds.clone();
    for (path, text) in runtime.vendored()? {
        all.insert(path, text);
    }
    write(&root, &files, &all)?;
    let lines = next_steps(&root, &files, &seeds, &runtime);
    Ok(lines
        .into_iter()
        .fold(Report::new(loaded.diagnostics), |report, line| report.with(Section::Line(line))))
}

/// A folder that holds nothing, or none yet: what stands there could be anybody's.
fn is_free(root: &Path) -> Result<(), Vec<Diagnostic>> {
    let shown = root.display().to_string();
    let said = match fs::read_dir(root) {
        Ok(mut entries) => match entries.next() {
            None => return Ok(()),
            Some(_) => format!("{shown} is not empty; nothing was written"),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => format!("{shown} cannot be used: {error}"),
    };
    let help = "name another folder with --out, or move this one away";
    Err(vec![Diagnostic::failure(&CONFIG, said).at(Place::file(shown)).help(help)])
}

/// The files of all sources by the names they import each other by, with what they import.
fn protos(specs: &[String]) -> Outcome<BTreeMap<String, String>> {
    let mut protos: BTreeMap<String, String> = BTreeMap::new();
    let mut said = Vec::new();
    for spec in specs {
        let source = Source::parse(spec).map_err(|problem| vec![problem])?;
        let loaded = sources::load_whole(&source)?;
        for file in loaded.schema.files().iter().filter(|file| file.origin() != Origin::Bundled) {
            let Some(text) = file.text() else {
                let why = format!("{spec} holds no .proto text, and the crate is to hold its schema");
                said.push(
                    Diagnostic::failure(&CONFIG, why).help("give --proto a .proto file or a folder of them"),
                );
                break;
            };
            let before = protos.insert(file.name().to_owned(), text.to_owned());
            if before.is_some_and(|before| before != text) {
                let why = format!("two files are called {}, and they differ", file.name());
                let help = "give --proto the folder that both are below, so that their names tell them apart";
                said.push(Diagnostic::failure(&CONFIG, why).at(Place::file(file.shown())).help(help));
            }
        }
    }
    if said.is_empty() { Ok(protos) } else { Err(said) }
}

/// All of it in a folder beside the place, and then there at once: a run that is killed leaves no half of a crate.
fn write(root: &Path, files: &FileSet, seeds: &Seeds) -> Result<(), Vec<Diagnostic>> {
    let failed = |at: &Path, error: &io::Error| {
        let shown = at.display().to_string();
        let said = format!("cannot write {shown}: {error}");
        vec![Diagnostic::failure(&CONFIG, said).at(Place::file(shown)).help("name another folder with --out")]
    };
    let parent = match root.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    fs::create_dir_all(parent).map_err(|error| failed(parent, &error))?;
    let stage = tempfile::Builder::new()
        .prefix(".protogate-new-")
        .tempdir_in(parent)
        .map_err(|error| failed(parent, &error))?;
    let made = stage.path().join("crate");
    seeds.plant(&made)?;
    files.write(&made.join("generated"), Edits::Refuse)?;
    // An empty folder may stand there, and not everywhere does a rename replace one.
    let _ = fs::remove_dir(root);
    fs::rename(&made, root).map_err(|error| failed(root, &error))
}

fn next_steps(root: &Path, files: &FileSet, seeds: &Seeds, runtime: &runtime::Runtime) -> Vec<String> {
    let shown = root.display();
    let mut lines = vec![format!(
        "{shown}: {} files, {} of them generated",
        seeds.iter().count() + files.len() + 1,
        files.len() + 1
    )];
    lines.extend(files.implementations().iter().map(|it| {
        let methods = it.methods.len();
        let s = if methods == 1 { "" } else { "s" };
        format!("  {}: fill in {methods} method{s} in {shown}/src/services/{}", it.service, it.path())
    }));
    lines.push(format!("  protogate-runtime comes from {}", runtime.place()));
    lines.push(format!(
        "next:\n  cd {shown}\n  cargo test\n  cargo run -- --addr 127.0.0.1:50051\n  protogate gate"
    ));
    lines
}
