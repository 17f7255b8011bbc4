//! `generate`: the files of a schema, written, compared or listed.

use std::path::{Path, PathBuf};

use super::args::Generate;
use super::buf_gen::{self, BufGen};
use super::config::CONFIG;
use super::{Context, Outcome, docs, implementations, plugin, sources};
use crate::codegen::{self, Edits, FileSet, Options, Output};
use crate::diag::{Diagnostic, Report, Section, Severity};
use crate::schema::{narrow, nearest};

/// Ends the list of files that one run of `generate` names one by one.
const NAMED_FILES: usize = 20;

/// Files, and the folder they belong into.
pub struct Tree {
    pub root: PathBuf,
    pub files: FileSet,
}

pub fn generate(arguments: &Generate, context: &Context) -> Outcome {
    let Made { trees, mut warnings, docs } = make(arguments, context)?;
    if arguments.check {
        warnings.extend(docs.map(|(_, missing)| missing).unwrap_or_default());
        let mut report = Report::default();
        for Tree { root, files } in &trees {
            warnings.extend(implementations::gaps(files, context, Severity::Error)?);
            report = report.merge(files.drift(root)?.report(files.command()));
        }
        return Ok(Report::new(warnings).merge(report));
    }
    if let Some(path) = &arguments.explain {
        return explain(path, &trees, warnings);
    }
    let (mut lines, mut summaries) = (Vec::new(), Vec::new());
    let edits = if arguments.force { Edits::KeepACopy } else { Edits::Refuse };
    // All that is in the way of any, before the first is written.
    if !arguments.dry_run {
        let refused: Vec<_> =
            trees.iter().filter_map(|it| it.files.may_write(&it.root, edits).err()).collect();
        if !refused.is_empty() {
            return Err(refused.into_iter().flatten().collect());
        }
    }
    for Tree { root, files } in &trees {
        if arguments.dry_run {
            lines.extend(files.iter().map(|(path, bytes)| format!("  {path}  {} bytes", bytes.len())));
            summaries.push(format!("{} files would be in {}", files.len(), root.display()));
            continue;
        }
        let done = files.write(root, edits)?;
        warnings.extend(done.released.iter().map(|path| codegen::released(&root.join(path))));
        lines.extend(implementations::seed(files, context)?);
        warnings.extend(implementations::gaps(files, context, Severity::Warning)?);
        lines.extend(done.kept.iter().map(|(path, copy)| format!("  kept     {path} as {copy}")));
        lines.extend(done.written.iter().map(|path| format!("  wrote    {path}")));
        lines.extend(done.removed.iter().map(|path| format!("  removed  {path}")));
        summaries.push(format!(
            "{}: {} written, {} removed, {} unchanged",
            root.display(),
            counted(done.written.len()),
            done.removed.len(),
            done.unchanged.len()
        ));
    }
    if lines.len() > NAMED_FILES && !arguments.dry_run {
        let more = lines.split_off(NAMED_FILES).len();
        lines.push(format!("  and {more} more"));
    }
    lines.extend(summaries);
    lines.extend(docs.map(|(line, _)| line));
    Ok(lines.into_iter().fold(Report::new(warnings), |report, line| report.with(Section::Line(line))))
}

fn counted(files: usize) -> String {
    if files == 1 { "1 file".to_owned() } else { format!("{files} files") }
}

/// What one generated file is made from, and where a change of it belongs.
fn explain(path: &Path, trees: &[Tree], warnings: Vec<Diagnostic>) -> Outcome {
    // The innermost folder; of a path that is relative to its folder, the only one.
    let around = trees.iter().filter(|tree| path.starts_with(&tree.root));
    let Some(Tree { root, files }) = around.max_by_key(|tree| tree.root.as_os_str().len()).or(trees.first())
    else {
        return Err(vec![Diagnostic::failure(&CONFIG, "nothing is made of this schema")]);
    };
    let relative = path.strip_prefix(root).unwrap_or(path);
    let name = relative.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/");
    let Some(origin) = files.origin(&name) else {
        let made: Vec<&str> = files.iter().map(|(path, _)| path).collect();
        let help = match nearest(&name, made.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "--dry-run lists what is made".to_owned(),
        };
        let said = format!("{} is not made from this schema", root.join(&name).display());
        return Err(vec![Diagnostic::failure(&CONFIG, said).help(help)]);
    };
    let by = match (&origin.plugin, origin.template) {
        (Some(plugin), _) => format!("plugin     {plugin}"),
        (None, template) => format!("template   {}", template.unwrap_or("none")),
    };
    let lines = [
        root.join(&name).display().to_string(),
        format!("  made from  {}", origin.sources.join(", ")),
        format!("  {by}"),
        format!("  to change  edit {}", origin.place_of_edits()),
        format!("  to make    {}", files.command()),
    ];
    Ok(lines.into_iter().fold(Report::new(warnings), |report, line| report.with(Section::Line(line))))
}

/// `generate --check` with everything from the configuration.
pub fn check(context: &Context) -> Outcome {
    generate(&Generate { check: true, ..Generate::default() }, context)
}

/// What came of the schema.
struct Made {
    trees: Vec<Tree>,
    warnings: Vec<Diagnostic>,
    /// How much of the docs is there, and what is missing; where docs are made.
    docs: Option<(String, Vec<Diagnostic>)>,
}

fn make(arguments: &Generate, context: &Context) -> Result<Made, Vec<Diagnostic>> {
    if let Some(file) = BufGen::find(arguments, context)? {
        let (trees, warnings) = buf_gen::trees(&file, arguments, context, &command(context))?;
        return Ok(Made { trees, warnings, docs: None });
    }
    let root = out(arguments.out.as_ref(), context)?;
    let loaded = sources::load_whole(&sources::input(arguments.input.as_deref(), context)?)?;
    let config = &context.config;
    let wanted = if arguments.types.is_empty() { &config.generate.types } else { &arguments.types };
    let loaded = if wanted.is_empty() { loaded } else { narrow(&loaded.schema, wanted)? };
    let outputs = match (arguments.outputs.as_slice(), &config.generate.outputs) {
        ([], Some(configured)) => configured.clone(),
        ([], None) => Output::DEFAULT.to_vec(),
        (named, _) => named.to_vec(),
    };
    let with_docs = outputs.contains(&Output::Docs);
    let defaults = Options::default();
    let settings = &config.generate.docs;
    let options = Options {
        title: settings.title.clone().unwrap_or(defaults.title),
        address: settings.address.clone().unwrap_or(defaults.address),
        changes: if with_docs { docs::changes(arguments, context)? } else { None },
        outputs,
        command: command(context),
        templates: config.generate.templates.as_ref().map(|path| config.resolve(path).into()),
        http_default: config.generate.http_default.unwrap_or(true),
        ..Options::default()
    };
    let mut files = codegen::generate(&loaded.schema, &options)?;
    let mut warnings = loaded.diagnostics;
    warnings.extend_from_slice(files.warnings());
    let docs = with_docs.then(|| docs::coverage(&loaded.schema, context));
    if arguments.outputs.is_empty() {
        plugin::run_all(&loaded.schema, &mut files, context)?;
    } else {
        files = files.as_part(&arguments.outputs);
    }
    Ok(Made { trees: vec![Tree { root, files }], warnings, docs })
}

/// The folder that is written into.
pub fn out(argument: Option<&PathBuf>, context: &Context) -> Result<PathBuf, Vec<Diagnostic>> {
    let configured = || context.config.generate.out.as_ref().map(|out| context.config.resolve(out).into());
    argument.cloned().or_else(configured).ok_or_else(|| {
        vec![
            Diagnostic::failure(&CONFIG, "no folder to generate into").help(
                "name it with --out, or write `out = \"generated\"` under [generate] into protogate.toml",
            ),
        ]
    })
}

/// The command that makes the files again; it stands in their first lines, so it must not depend on who
/// runs it or from where.
fn command(context: &Context) -> String {
    context.config.generate.command.clone().unwrap_or_else(|| Options::default().command)
}
