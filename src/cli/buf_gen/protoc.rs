//! The languages that protoc makes itself (`protoc_builtin`): it reads what we compiled, and writes into a folder that is
//! gone afterwards.

use std::fs;
use std::io;
use std::path::Path;

use super::Job;
use crate::cli::config::Plugin;
use crate::cli::plugin::{self, PLUGIN, Remedies};
use crate::codegen::plugin::{Answer, Files};
use crate::diag::Diagnostic;

const REMEDIES: Remedies = Remedies {
    install: "install protoc, or write its path under `protoc_path`; protogate makes Python by itself: `--output python`",
    time: "ask for less of the schema with `paths`",
};

/// The files that protoc makes of these.
pub fn run(
    job: &Job,
    language: &str,
    options: &str,
    files: &Files,
    wanted: &[&str],
    folder: &Path,
) -> Result<Answer, Diagnostic> {
    let failed = |said: String| Diagnostic::failure(&PLUGIN, format!("protoc {said}"));
    let disk = |error: io::Error| failed(format!("has no folder to write into: {error}"));
    let temporary = tempfile::tempdir().map_err(disk)?;
    let (set, out) = (temporary.path().join("set.binpb"), temporary.path().join("out"));
    fs::write(&set, files.descriptor_set(wanted)).and_then(|()| fs::create_dir(&out)).map_err(disk)?;
    let mut command = job.plugin.command.clone();
    command.push(format!("--descriptor_set_in={}", set.display()));
    command.push(format!("--{language}_out={}", out.display()));
    if !options.is_empty() {
        command.push(format!("--{language}_opt={options}"));
    }
    command.extend(wanted.iter().map(|name| (*name).to_owned()));
    let protoc = Plugin { command, out: String::new(), options: Vec::new(), time_limit: None };
    plugin::run(&protoc, Vec::new(), folder, REMEDIES)?;
    let mut answer = Answer::new();
    read(&out, "", &mut answer).map_err(|error| failed(format!("makes what is no text: {error}")))?;
    Ok(answer)
}

fn read(folder: &Path, prefix: &str, answer: &mut Answer) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            read(&entry.path(), &format!("{name}/"), answer)?;
        } else {
            answer.insert(name, fs::read_to_string(entry.path())?);
        }
    }
    Ok(())
}
