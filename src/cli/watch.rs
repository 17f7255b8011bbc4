//! `generate --watch`: makes the files again whenever the schema, a template or the configuration changes.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use notify::event::ModifyKind;
use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::runtime::Runtime;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::args::Generate;
use super::buf_gen::BufGen;
use super::config::Config;
use super::interrupt::{self, Stop};
use super::output::{self, Codes};
use super::{Context, generate, settle, sources};
use crate::diag::{Diagnostic, Report, RuleInfo};
use crate::schema::Source;

/// The folders cannot be watched.
pub static WATCH: RuleInfo = RuleInfo {
    id: "WATCH",
    name: "WATCH",
    summary: "The files that --watch follows can be followed.",
    explain: "`generate --watch` asks the operating system to tell of changes (inotify, FSEvents, \
              ReadDirectoryChangesW). It follows what is on disk and may change: a revision of git does neither. On \
              Linux the number of folders that one user may watch is `fs.inotify.max_user_watches`.",
    url: None,
};

/// So long nothing may happen before a change counts as whole: an editor saves in several steps, git checks out in many.
const QUIET: Duration = Duration::from_millis(80);

/// Whoever writes without a pause is not waited for longer than this.
const LONGEST: Duration = Duration::from_secs(2);

/// Changed files that a line names one by one.
const NAMED: usize = 3;

/// Generates, then again after each change, until somebody ends it. What goes wrong is printed, and mended by the next
/// change; only what cannot be watched at all ends the command with 2.
pub fn watch(arguments: &Generate, mut context: Context) -> ExitCode {
    let stop = interrupt::listen();
    let watched = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .map_err(|error| vec![Diagnostic::failure(&WATCH, format!("cannot wait for changes: {error}"))])
        .and_then(|runtime| rounds(&runtime, arguments, &mut context, stop));
    match watched {
        Ok(()) => ExitCode::SUCCESS,
        Err(reasons) => output::finish(&Report::new(reasons), &context.common, Codes::Ours),
    }
}

/// The work is done between two waits, outside of the runtime: plugins have one of their own.
fn rounds(
    runtime: &Runtime,
    arguments: &Generate,
    context: &mut Context,
    mut stop: Stop,
) -> Result<(), Vec<Diagnostic>> {
    let mut eyes: Option<(Followed, Eyes)> = None;
    loop {
        // First the eyes and then the work: what changes during it is seen after it.
        match (opened(arguments, context, &eyes), &eyes) {
            (Ok(None), _) => {}
            (Ok(opened), _) => eyes = opened,
            (Err(reasons), None) => return Err(reasons),
            // A folder that is not there now: the one around it is watched for it to come back.
            (Err(reasons), Some(_)) => {
                output::finish(&Report::new(reasons), &context.common, Codes::Ours);
            }
        }
        let report = settle(generate::generate(arguments, context));
        output::finish(&report, &context.common, Codes::Ours);
        let Some((followed, eyes)) = &mut eyes else { return Ok(()) };
        output::log(&context.common, &format!("watching {}; Ctrl-C ends", followed.shown()));
        let changed = runtime.block_on(async {
            tokio::select! {
                changed = eyes.next(followed) => Some(changed),
                _ = stop.wait_for(|it| *it) => None,
            }
        });
        let Some(changed) = changed else { return Ok(()) };
        output::log(&context.common, &format!("changed: {}", named(&changed)));
        match Config::load(context.common.config.as_deref(), None) {
            Ok(config) => context.config = config,
            // Half a configuration: the last whole one goes on counting.
            Err(problem) => {
                output::finish(&Report::new(vec![problem]), &context.common, Codes::Ours);
            }
        }
    }
}

/// What to follow from now on, where that is not what is followed already.
fn opened(
    arguments: &Generate,
    context: &Context,
    eyes: &Option<(Followed, Eyes)>,
) -> Result<Option<(Followed, Eyes)>, Vec<Diagnostic>> {
    let followed = Followed::of(arguments, context)?;
    if eyes.as_ref().is_some_and(|(before, eyes)| *before == followed && !eyes.gone) {
        return Ok(None);
    }
    let eyes = Eyes::on(&followed).map_err(|reason| vec![reason])?;
    Ok(Some((followed, eyes)))
}

fn named(changed: &BTreeSet<PathBuf>) -> String {
    let here = std::env::current_dir().and_then(|it| it.canonicalize()).unwrap_or_default();
    let shown = |path: &PathBuf| path.strip_prefix(&here).unwrap_or(path).display().to_string();
    let first: Vec<String> = changed.iter().take(NAMED).map(shown).collect();
    match changed.len().saturating_sub(NAMED) {
        0 => first.join(", "),
        more => format!("{} and {more} more", first.join(", ")),
    }
}

/// What files are made from, and where they are made.
#[derive(Debug, Default, PartialEq, Eq)]
struct Followed {
    /// Folders of which everything below counts.
    folders: BTreeSet<PathBuf>,
    /// Of these folders, those of templates, in which every file counts.
    templates: BTreeSet<PathBuf>,
    /// Single files.
    files: BTreeSet<PathBuf>,
    /// The output folders, in which nothing counts.
    out: BTreeSet<PathBuf>,
}

impl Followed {
    fn of(arguments: &Generate, context: &Context) -> Result<Followed, Vec<Diagnostic>> {
        let mut followed = Followed::default();
        let buf_gen = BufGen::find(arguments, context)?;
        let inputs = match &buf_gen {
            Some(file) => file.sources(arguments, context)?,
            None => vec![sources::input(arguments.input.as_deref(), context)?],
        };
        let are_here: Vec<bool> = inputs.iter().map(|input| followed.take(input)).collect();
        if !are_here.contains(&true) {
            let help = "name a folder or a file on disk, or leave --watch out";
            return Err(vec![Diagnostic::failure(&WATCH, "this schema is not on disk").help(help)]);
        }
        let config = &context.config;
        if let Some(templates) = &config.generate.templates {
            let templates = real(Path::new(&config.resolve(templates)));
            followed.templates.insert(templates.clone());
            followed.folders.insert(templates);
        }
        let since = config.generate.docs.since.as_ref().map(|it| config.resolve(it));
        if let Some(Ok(since)) = arguments.docs_since.clone().or(since).map(|it| Source::parse(&it)) {
            followed.take(&since);
        }
        followed.files.extend(config.file.as_deref().map(real));
        followed.files.extend(BufGen::path(arguments, context).as_deref().map(real));
        followed.out = match &buf_gen {
            Some(file) => file.roots(arguments).map(|root| real(&root)).collect(),
            None => [real(&generate::out(arguments.out.as_ref(), context)?)].into(),
        };
        Ok(followed)
    }

    /// Whether a source is something that can be followed.
    fn take(&mut self, source: &Source) -> bool {
        match source {
            Source::Directory(folder) => self.folders.insert(real(folder)),
            // It imports from its folder and from those below.
            Source::File(file) => {
                let file = real(file);
                self.folders.insert(file.parent().map_or_else(|| file.clone(), Path::to_path_buf))
            }
            Source::DescriptorSet(path) | Source::Archive { path, .. } => self.files.insert(real(path)),
            Source::Git { .. } | Source::Text(_) | Source::Compiled { .. } => return false,
        };
        true
    }

    /// Whether a change of this path is one of what files are made from.
    fn counts(&self, path: &Path) -> bool {
        if self.files.contains(path) {
            return true;
        }
        if self.templates.iter().any(|folder| path.starts_with(folder)) {
            return true;
        }
        let within = |folder: &&PathBuf| path.starts_with(folder);
        self.folders.iter().filter(within).any(|folder| may_be_schema(folder, path)) && !self.is_made(path)
    }

    /// Whether a path is in a folder of output that lies in that of the schema, and not the other way round.
    fn is_made(&self, path: &Path) -> bool {
        let depth = |folders: &BTreeSet<PathBuf>| {
            let around = folders.iter().filter(|folder| path.starts_with(folder));
            around.map(|folder| folder.components().count()).max().unwrap_or(0)
        };
        depth(&self.out) > depth(&self.folders)
    }

    fn shown(&self) -> String {
        let all: BTreeSet<PathBuf> = self.folders.union(&self.files).cloned().collect();
        named(&all)
    }
}

/// Whether a path in a folder of the schema is one of its files, or a folder that may hold some, be it one that has gone. What
/// begins with a dot is nobody's schema: a repository writes into its own folder all the time.
fn may_be_schema(folder: &Path, path: &Path) -> bool {
    let below = path.strip_prefix(folder).unwrap_or(path);
    let is_hidden = |part: Component<'_>| part.as_os_str().to_string_lossy().starts_with('.');
    let is_file = path.extension().is_some_and(|it| it == "proto");
    !below.components().any(is_hidden)
        && (is_file || path.is_dir() || !path.exists() && path.extension().is_none())
}

/// Without links, as the operating system names what changed. What is not there yet keeps its name.
fn real(path: &Path) -> PathBuf {
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    if let Ok(real) = path.canonicalize() {
        return real;
    }
    match (path.parent(), path.file_name()) {
        (Some(parent), Some(name)) => real(parent).join(name),
        _ => path.to_path_buf(),
    }
}

/// The operating system's word on what changes.
struct Eyes {
    _watcher: RecommendedWatcher,
    events: UnboundedReceiver<notify::Result<notify::Event>>,
    /// A folder that was watched has gone: what is in one of the same name would not be seen.
    gone: bool,
}

impl Eyes {
    fn on(followed: &Followed) -> Result<Eyes, Diagnostic> {
        let (said, events) = unbounded_channel();
        let listener = move |event| {
            // Nobody listens any more: the command ends.
            let _ = said.send(event);
        };
        let failed = |error: notify::Error| {
            let paths: Vec<String> = error.paths.iter().map(|it| it.display().to_string()).collect();
            Diagnostic::failure(&WATCH, format!("cannot watch {}: {}", paths.join(", "), error))
                .help("`protogate explain WATCH` names the limits of the system")
        };
        let mut watcher = notify::recommended_watcher(listener).map_err(failed)?;
        for folder in &followed.folders {
            watcher.watch(folder, RecursiveMode::Recursive).map_err(failed)?;
        }
        // Editors put a new file in the place of the old one, and git a folder: only the one around it sees that.
        let all = followed.files.iter().chain(&followed.folders);
        let around: BTreeSet<&Path> = all.filter_map(|path| path.parent()).collect();
        for folder in around.into_iter().filter(|it| !followed.folders.contains(*it)) {
            watcher.watch(folder, RecursiveMode::NonRecursive).map_err(failed)?;
        }
        Ok(Eyes { _watcher: watcher, events, gone: false })
    }

    /// Waits for a change, and until it is whole.
    async fn next(&mut self, followed: &Followed) -> BTreeSet<PathBuf> {
        let mut changed = BTreeSet::new();
        while changed.is_empty() {
            match self.events.recv().await {
                Some(event) => self.see(event, followed, &mut changed),
                None => std::future::pending().await,
            }
        }
        let whole = async {
            while let Ok(Some(event)) = tokio::time::timeout(QUIET, self.events.recv()).await {
                self.see(event, followed, &mut changed);
            }
        };
        // Too long to wait for: what else changes is seen the next time.
        let _ = tokio::time::timeout(LONGEST, whole).await;
        changed
    }

    fn see(
        &mut self,
        event: notify::Result<notify::Event>,
        followed: &Followed,
        changed: &mut BTreeSet<PathBuf>,
    ) {
        let Ok(event) = event else { return };
        // Reading is no change, and we read ourselves.
        if matches!(event.kind, EventKind::Access(_)) {
            return;
        }
        let is_about_names =
            !matches!(event.kind, EventKind::Modify(ModifyKind::Data(_) | ModifyKind::Metadata(_)));
        self.gone |= is_about_names && event.paths.iter().any(|path| followed.folders.contains(path));
        // The system lost some: anything may have changed.
        if event.need_rescan() {
            changed.extend(followed.folders.iter().cloned());
        }
        changed.extend(event.paths.into_iter().filter(|path| followed.counts(path)));
    }
}
