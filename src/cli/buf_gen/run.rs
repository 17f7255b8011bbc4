//! Does what a `buf.gen.yaml` asks for.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};

use rayon::prelude::*;

use super::{BufGen, By, Input, Job, protoc};
use crate::cli::args::Generate;
use crate::cli::config::{CONFIG, Config};
use crate::cli::generate::Tree;
use crate::cli::paths::{inside, normal};
use crate::cli::plugin::{self, Remedies};
use crate::cli::{Context, sources, workspace};
use crate::codegen::FileSet;
use crate::codegen::plugin::{Answer, Files, read_answer};
use crate::diag::{Diagnostic, Severity};
use crate::schema::{Loaded, Origin, Root, Schema, Source, exclude, is_at_or_below, load_roots, narrow};

/// The modules of the files that come with protogate.
const BUNDLED: [(&str, &str); 5] = [
    ("google/api", "buf.build/googleapis/googleapis"),
    ("google/longrunning", "buf.build/googleapis/googleapis"),
    ("google/rpc", "buf.build/googleapis/googleapis"),
    ("google/type", "buf.build/googleapis/googleapis"),
    ("buf/validate", "buf.build/bufbuild/protovalidate"),
];

/// A schema, and which files of it are meant.
struct Subject {
    loaded: Loaded,
    paths: Vec<String>,
    exclude_paths: Vec<String>,
}

/// What every plugin makes, by the folder it goes to. Nothing is written if one fails.
pub fn trees(
    file: &BufGen,
    arguments: &Generate,
    context: &Context,
    command: &str,
) -> Result<(Vec<Tree>, Vec<Diagnostic>), Vec<Diagnostic>> {
    let base = arguments.out.clone().unwrap_or_default();
    let mut made: BTreeMap<PathBuf, FileSet> = BTreeMap::new();
    let mut warnings = Vec::new();
    for subject in subjects(file, arguments, context)? {
        let answers = answers(file, &subject, context)?;
        for (out, (answer, by)) in answers {
            let root = file.resolve(&base.join(out).display().to_string());
            let tree = made.entry(root).or_insert_with(|| FileSet::of_plugins(command));
            tree.take("", answer, &by, &subject.loaded.schema)?;
        }
        warnings.extend(subject.loaded.diagnostics);
    }
    let mut met = BTreeSet::new();
    for (root, files) in &made {
        let mut all = files.iter().map(|(path, _)| plain(&root.join(path)));
        let twice = all.find(|path| !met.insert(path.clone()));
        if let Some(path) = twice {
            let said = format!("two plugins make {}", path.display());
            return Err(vec![
                Diagnostic::failure(&CONFIG, said).help("give them folders of their own with `out`"),
            ]);
        }
    }
    Ok((made.into_iter().map(|(root, files)| Tree { root, files }).collect(), warnings))
}

/// Without the steps up again.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        let goes_back = part == Component::ParentDir
            && matches!(plain.components().next_back(), Some(Component::Normal(_)));
        if goes_back {
            plain.pop();
        } else {
            plain.push(part);
        }
    }
    plain
}

/// The schemas that files are made of.
fn subjects(file: &BufGen, arguments: &Generate, context: &Context) -> Result<Vec<Subject>, Vec<Diagnostic>> {
    let types = if arguments.types.is_empty() { &file.types } else { &arguments.types };
    if arguments.input.is_some() || file.inputs.is_empty() {
        let loaded = without_failures(load_roots(&file.roots_of_input(arguments, context)?))?;
        let schema = part(&loaded.schema, types, &[])?;
        let loaded = Loaded { schema, ..loaded };
        return Ok(vec![Subject { loaded, paths: Vec::new(), exclude_paths: Vec::new() }]);
    }
    let read = |input: &Input| {
        let source = file.source(input)?;
        let types = if types.is_empty() { &input.types } else { types };
        let below = |paths: &[String]| -> Vec<String> {
            let folder = normal(&input.source).unwrap_or_default();
            let paths = paths.iter().filter_map(|path| normal(path));
            paths.filter_map(|path| inside(&path, &folder).map(str::to_owned)).collect()
        };
        let loaded = sources::load_whole(&source)?;
        let schema = part(&loaded.schema, types, &input.exclude_types)?;
        Ok(Subject {
            loaded: Loaded { schema, ..loaded },
            paths: below(&input.paths),
            exclude_paths: below(&input.exclude_paths),
        })
    };
    file.inputs.iter().map(read).collect()
}

fn without_failures(loaded: Loaded) -> Result<Loaded, Vec<Diagnostic>> {
    let failed = loaded.diagnostics.iter().any(|it| it.severity == Severity::Failure);
    if failed { Err(loaded.diagnostics) } else { Ok(loaded) }
}

/// What is wanted of a schema, and not excluded.
fn part(schema: &Schema, types: &[String], excluded: &[String]) -> Result<Schema, Vec<Diagnostic>> {
    let schema = match excluded.is_empty() {
        true => schema.clone(),
        false => without_failures(exclude(schema, excluded, types)?)?.schema,
    };
    if types.is_empty() { Ok(schema) } else { Ok(without_failures(narrow(&schema, types)?)?.schema) }
}

impl Subject {
    fn means(&self, name: &str) -> bool {
        let listed = |paths: &[String]| paths.iter().any(|path| is_at_or_below(name, path));
        (self.paths.is_empty() || listed(&self.paths)) && !listed(&self.exclude_paths)
    }
}

impl BufGen {
    /// Where the schemas come from.
    ///
    /// # Errors
    ///
    /// A source that is none.
    pub fn sources(&self, arguments: &Generate, context: &Context) -> Result<Vec<Source>, Vec<Diagnostic>> {
        if arguments.input.is_some() || self.inputs.is_empty() {
            let roots = self.roots_of_input(arguments, context)?;
            return Ok(roots.into_iter().map(|root| root.source).collect());
        }
        self.inputs.iter().map(|input| self.source(input)).collect()
    }

    /// The folders that are written into.
    pub fn roots(&self, arguments: &Generate) -> impl Iterator<Item = PathBuf> {
        let base = arguments.out.clone().unwrap_or_default();
        self.jobs.iter().map(move |job| self.resolve(&base.join(&job.plugin.out).display().to_string()))
    }

    /// The command line's schema, or what the project's configuration says, or what is beside the file.
    fn roots_of_input(&self, arguments: &Generate, context: &Context) -> Result<Vec<Root>, Vec<Diagnostic>> {
        let here = self.resolve("").display().to_string();
        let input = match &arguments.input {
            Some(input) => Some(input.as_str()),
            None if context.config.modules.is_empty() && context.config.input.is_none() => {
                Some(here.as_str())
            }
            None => None,
        };
        Ok(workspace::input(input, context)?.roots)
    }

    fn source(&self, input: &Input) -> Result<Source, Vec<Diagnostic>> {
        let spec = match input.source.split_once('#') {
            Some((path, fragment)) => format!("{}#{fragment}", self.resolve(path).display()),
            None => self.resolve(&input.source).display().to_string(),
        };
        let placed = |it: Diagnostic| if it.place.is_none() { it.at(input.place.clone()) } else { it };
        Source::parse(&spec).map_err(|problem| vec![placed(problem)])
    }
}

/// What came of all plugins, by their `out`, and who made it.
type Answers = BTreeMap<String, (Answer, String)>;

fn answers(file: &BufGen, subject: &Subject, context: &Context) -> Result<Answers, Vec<Diagnostic>> {
    // Each question apart: the plugins are asked at once, as many as there are processors.
    let mut questions = Vec::new();
    let mut schemas = Vec::new();
    for job in &file.jobs {
        let placed = |said: Vec<Diagnostic>| -> Vec<Diagnostic> {
            said.into_iter()
                .map(|it| if it.place.is_none() { it.at(job.place.clone()) } else { it })
                .collect()
        };
        let schema = part(&subject.loaded.schema, &job.types, &job.exclude_types).map_err(placed)?;
        let wanted = wanted(&schema, job, |name| subject.means(name));
        schemas.push((job, encoded(&schema, file, context), schema, wanted));
    }
    for (job, files, schema, wanted) in &schemas {
        for group in groups(wanted, job.per_folder) {
            questions.push((*job, files, schema, group));
        }
    }
    let said: Vec<_> =
        questions.par_iter().map(|(job, files, _, group)| ask(file, job, files, group)).collect();
    let mut answers = Answers::new();
    for ((job, _, schema, _), said) in questions.into_iter().zip(said) {
        let failed = |said: Diagnostic| vec![said.at(job.place.clone())];
        let name = plugin::name_of(&job.plugin.command);
        let before = answers.entry(job.plugin.out.clone()).or_default();
        let read = match said.map_err(failed)? {
            Said::Encoded(bytes) => read_answer(&bytes, schema, &before.0),
            Said::Files(files) => again(files, &before.0),
        };
        let answer =
            read.map_err(|said| failed(Diagnostic::failure(&plugin::PLUGIN, format!("{name} {said}"))))?;
        before.0.extend(answer);
        let is_named = before.1.split(", ").any(|it| it == name);
        if !is_named {
            before.1 = if before.1.is_empty() { name } else { format!("{}, {name}", before.1) };
        }
    }
    Ok(answers)
}

/// The files of protoc stand beside those of plugins, and insert into none.
fn again(files: Answer, before: &Answer) -> Result<Answer, String> {
    match files.keys().find(|name| before.contains_key(*name)) {
        Some(twice) => Err(format!("makes `{twice}` a second time")),
        None => Ok(files),
    }
}

/// What a plugin answers, or what protoc wrote.
enum Said {
    Encoded(Vec<u8>),
    Files(Answer),
}

fn ask(file: &BufGen, job: &Job, files: &Files, group: &[&str]) -> Result<Said, Diagnostic> {
    let options = job.plugin.options.join(",");
    match &job.by {
        By::Plugin => {
            let remedies = Remedies {
                install: "install it, or write its path under `local`",
                time: "ask for less of the schema with `paths`",
            };
            plugin::run(&job.plugin, files.request(group, &options), &file.folder, remedies)
                .map(Said::Encoded)
        }
        By::Protoc(language) => {
            protoc::run(job, language, &options, files, group, &file.folder).map(Said::Files)
        }
    }
}

fn wanted(schema: &Schema, job: &Job, means: impl Fn(&str) -> bool) -> Vec<String> {
    let is_wanted = |name: &str, origin: Origin| match origin {
        Origin::Own => means(name),
        _ if name.starts_with("google/protobuf/") => job.include_imports && job.include_wkt,
        _ => job.include_imports,
    };
    let files = schema.files().iter().filter(|file| is_wanted(file.name(), file.origin()));
    let mut names: Vec<String> = files.map(|file| file.name().to_owned()).collect();
    names.sort();
    names
}

/// What one request is about: all, or each folder.
fn groups(names: &[String], per_folder: bool) -> Vec<Vec<&str>> {
    let mut groups: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for name in names {
        let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder);
        groups.entry(if per_folder { folder } else { "" }).or_default().push(name);
    }
    groups.into_values().collect()
}

fn encoded(schema: &Schema, file: &BufGen, context: &Context) -> Files {
    let Some(managed) = &file.managed else { return Files::of(schema) };
    Files::amended(schema, |name, package, encoded| {
        let module = module(schema, name, &context.config);
        managed.amended(name, package, module.as_deref(), encoded)
    })
}

/// The module of buf's that a file belongs to, where it has a name.
fn module(schema: &Schema, name: &str, config: &Config) -> Option<String> {
    let file = schema.file(name)?;
    if file.origin() != Origin::Own {
        let bundled = BUNDLED.iter().find(|(folder, _)| is_at_or_below(name, folder));
        return bundled.map(|(_, module)| (*module).to_owned());
    }
    let folder = Path::new(file.shown().strip_suffix(name)?);
    let module = config.modules.iter().find(|module| {
        let root: PathBuf = config.folder.join(&module.path).components().collect();
        root == folder.components().collect::<PathBuf>()
    });
    module.and_then(|module| module.name.clone())
}
