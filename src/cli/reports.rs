//! `--report DIR`: one run in every form that somebody may want of it later.

use std::fs::{self, File};
use std::path::Path;

use super::config::CONFIG;
use crate::diag::render::{Format, Style, render};
use crate::diag::{Diagnostic, Place, Report};

/// What is written when the run is over.
const FILES: [(&str, Format); 4] = [
    ("report.json", Format::Json),
    ("report.html", Format::Html),
    ("junit.xml", Format::Junit),
    ("report.sarif", Format::Sarif),
];

/// What is written while it goes on.
const EVENTS: &str = "events.ndjson";

/// Makes the folder and the file for events, before anything is called: a run whose report cannot be kept is not
/// worth its time.
pub fn prepare(folder: &Path) -> Result<File, Diagnostic> {
    let path = folder.join(EVENTS);
    fs::create_dir_all(folder).and_then(|()| File::create(&path)).map_err(|error| failed(&path, &error))
}

/// Writes every form; what cannot be written is part of what is said.
pub fn write(folder: &Path, report: Report) -> Report {
    let events = render(&report, Format::Ndjson, Style::default());
    let written = FILES.iter().map(|(name, format)| {
        let path = folder.join(name);
        fs::write(&path, render(&report, *format, Style::default())).map_err(|error| failed(&path, &error))
    });
    let mut said: Vec<Diagnostic> = written.filter_map(Result::err).collect();
    let path = folder.join(EVENTS);
    said.extend(append(&path, &events).err().map(|error| failed(&path, &error)));
    report.merge(Report::new(said))
}

fn append(path: &Path, text: &str) -> std::io::Result<()> {
    use std::io::Write as _;
    fs::OpenOptions::new().append(true).create(true).open(path)?.write_all(text.as_bytes())
}

fn failed(path: &Path, error: &std::io::Error) -> Diagnostic {
    Diagnostic::failure(&CONFIG, format!("cannot write the report: {error}"))
        .at(Place::file(path.display().to_string()))
        .help("name a folder that can be written with --report DIR")
}
