//! Plugins of protoc: others' that `generate` runs, and our own generators where protoc or buf runs us.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io::{Read as _, Write as _, stdin, stdout};
use std::path::{Component, Path};
use std::process::{ExitCode, Stdio};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, Command};

use super::Context;
use super::config::Plugin;
use crate::codegen::plugin::{Answer, GENERATORS, answer, read_answer, request};
use crate::codegen::{FileSet, Output};
use crate::diag::{Diagnostic, RuleInfo};
use crate::schema::Schema;

/// What can go wrong with a plugin.
pub static PLUGIN: RuleInfo = RuleInfo {
    id: "PLUGIN",
    name: "PLUGIN",
    summary: "Every plugin of [generate] does its work.",
    explain: "A plugin of protoc is a program that reads a CodeGeneratorRequest and writes a CodeGeneratorResponse \
              (`google/protobuf/compiler/plugin.proto`). It could not be started, took too long, said too much, ended \
              with an error, or answered what no plugin may: a file outside its folder, a file twice, or a schema with \
              `optional` fields of proto3 which it does not know. Nothing was written.",
    url: Some("https://protobuf.dev/reference/other/#plugins"),
};

/// How long a plugin may take where the configuration does not say.
const TIME_LIMIT: Duration = Duration::from_secs(60);

/// So much a plugin may answer.
const ANSWER_LIMIT: u64 = 256 << 20;

/// So much of what it says on standard error is kept.
const SAID_LIMIT: u64 = 1 << 20;

/// So many lines of that are told.
const LAST_LINES: usize = 10;

/// Runs every configured plugin, one after the other, and takes in what they make. All of it is in memory: nothing is
/// written if one fails.
pub fn run_all(schema: &Schema, files: &mut FileSet, context: &Context) -> Result<(), Vec<Diagnostic>> {
    let plugins = &context.config.generate.plugin;
    if plugins.is_empty() {
        return Ok(());
    }
    let mut made: BTreeMap<&str, Answer> = BTreeMap::new();
    for plugin in plugins {
        let name = name_of(&plugin.command);
        let failed = |said: String| vec![Diagnostic::failure(&PLUGIN, format!("{name} {said}"))];
        if Output::ALL.iter().any(|(kind, _)| plugin.out.split('/').next() == Some(kind)) {
            return Err(failed(format!("cannot write into `{}`, which is a folder of ours", plugin.out)));
        }
        if !is_inside(&plugin.out) {
            return Err(failed(format!(
                "cannot write into `{}`, which is outside of [generate]'s folder",
                plugin.out
            )));
        }
        let asked = request(schema, &plugin.options.join(","));
        let bytes = run(plugin, asked, &context.config.folder, REMEDIES).map_err(|problem| vec![problem])?;
        let before = made.entry(&plugin.out).or_default();
        let answer = read_answer(&bytes, schema, before).map_err(failed)?;
        before.extend(answer);
    }
    for plugin in plugins {
        // What several plugins made into one folder is taken in once.
        if let Some(answer) = made.remove(plugin.out.as_str()) {
            files.take(plugin.out.trim_end_matches('/'), answer, &name_of(&plugin.command), schema)?;
        }
    }
    Ok(())
}

/// Whether a folder is one below another, written plainly.
fn is_inside(folder: &str) -> bool {
    let parts = Path::new(folder).components();
    !folder.is_empty() && parts.into_iter().all(|part| matches!(part, Component::Normal(_)))
}

/// What a plugin is called by.
pub fn name_of(command: &[String]) -> String {
    let program = command.first().map_or("", String::as_str);
    Path::new(program).file_name().map_or(program.into(), |name| name.to_string_lossy()).into_owned()
}

/// What to do where a plugin cannot be run, in the words of the file that names it.
#[derive(Debug, Clone, Copy)]
pub struct Remedies {
    /// It is not there.
    pub install: &'static str,
    /// It takes too long.
    pub time: &'static str,
}

const REMEDIES: Remedies = Remedies {
    install: "install it, or write its path into `command` under [[generate.plugin]]",
    time: "give it more with `time-limit` under [[generate.plugin]]",
};

/// Runs a program in a folder, asks it, and says what it answers.
pub fn run(
    plugin: &Plugin,
    asked: Vec<u8>,
    folder: &Path,
    remedies: Remedies,
) -> Result<Vec<u8>, Diagnostic> {
    let name = name_of(&plugin.command);
    let failed = |said: String| Diagnostic::failure(&PLUGIN, format!("{name} {said}"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| failed(format!("cannot be run: {error}")))?;
    let Some((program, arguments)) = plugin.command.split_first() else {
        return Err(Diagnostic::failure(&PLUGIN, "a plugin has no command")
            .help("write `command = [\"protoc-gen-es\"]` under [[generate.plugin]]"));
    };
    let mut command = Command::new(program);
    command
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    if !folder.as_os_str().is_empty() {
        command.current_dir(folder);
    }
    #[cfg(unix)]
    command.process_group(0);
    let limit = plugin.time_limit.unwrap_or(TIME_LIMIT);
    runtime.block_on(async {
        let mut child = command
            .spawn()
            .map_err(|error| failed(format!("cannot be started: {error}")).help(remedies.install))?;
        let talked = tokio::time::timeout(limit, talk(&mut child, asked)).await;
        let (bytes, said) = match talked {
            Ok(Ok(talked)) => talked,
            Ok(Err(error)) => {
                kill(&mut child);
                return Err(failed(format!("cannot be talked to: {error}")));
            }
            Err(_) => {
                kill(&mut child);
                return Err(failed(format!("did not end within {}", humantime::format_duration(limit)))
                    .help(remedies.time));
            }
        };
        if bytes.len() as u64 > ANSWER_LIMIT {
            kill(&mut child);
            return Err(failed(format!("answers with more than {} MiB", ANSWER_LIMIT >> 20)));
        }
        let status = child.wait().await.map_err(|error| failed(format!("cannot be waited for: {error}")))?;
        if !status.success() {
            let last = last_lines(&said);
            return Err(failed(format!(
                "ended with {status}{}{last}",
                if last.is_empty() { "" } else { ":\n" }
            )));
        }
        Ok(bytes)
    })
}

/// Asks and listens at once, so that neither side waits for the other with a full pipe.
async fn talk(child: &mut Child, asked: Vec<u8>) -> std::io::Result<(Vec<u8>, Vec<u8>)> {
    let input = child.stdin.take();
    let ask = async {
        if let Some(mut input) = input {
            // A plugin may answer before it has read everything, and close its end.
            let _ = input.write_all(&asked).await;
        }
        Ok(())
    };
    let (_, bytes, said) = tokio::try_join!(
        ask,
        all_of(child.stdout.take(), ANSWER_LIMIT + 1, false),
        all_of(child.stderr.take(), SAID_LIMIT, true)
    )?;
    Ok((bytes, said))
}

/// What a stream says, up to a limit. Beyond it, the rest is read and dropped, or the stream is left.
async fn all_of(stream: Option<impl AsyncRead + Unpin>, limit: u64, drain: bool) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if let Some(mut stream) = stream {
        (&mut stream).take(limit).read_to_end(&mut bytes).await?;
        if drain {
            tokio::io::copy(&mut stream, &mut tokio::io::sink()).await?;
        }
    }
    Ok(bytes)
}

/// The plugin and what it started.
fn kill(child: &mut Child) {
    #[cfg(unix)]
    if let Some(group) = child.id().and_then(|id| rustix::process::Pid::from_raw(i32::try_from(id).ok()?)) {
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
    let _ = child.start_kill();
}

fn last_lines(said: &[u8]) -> String {
    let said = String::from_utf8_lossy(said);
    let lines: Vec<&str> = said.trim().lines().collect();
    lines[lines.len().saturating_sub(LAST_LINES)..].join("\n")
}

/// The generator that a program of this name is: `protoc-gen-protogate-docs`.
pub fn named(program: &OsStr) -> Option<Output> {
    let name = Path::new(program).file_stem()?.to_str()?.strip_prefix("protoc-gen-protogate-")?;
    GENERATORS.iter().find(|(known, _)| *known == name).map(|(_, output)| *output)
}

/// Answers protoc or buf. What is wrong with the schema is said in the answer; an exit code other than 0 says that
/// there is none.
pub fn serve(generator: Output) -> ExitCode {
    let mut asked = Vec::new();
    let answered = match stdin().lock().read_to_end(&mut asked) {
        Ok(_) => answer(generator, &asked),
        Err(error) => Err(format!("the request cannot be read: {error}")),
    };
    match answered {
        Ok(said) => {
            if !said.warnings.is_empty() {
                eprintln!("{}", said.warnings);
            }
            // A caller that has gone away is told nothing.
            match stdout().lock().write_all(&said.response) {
                Ok(()) => ExitCode::SUCCESS,
                Err(_) => ExitCode::FAILURE,
            }
        }
        Err(said) => {
            eprintln!("{said}");
            eprintln!("protoc and buf run this; see `protogate plugin --help`");
            ExitCode::from(2)
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn says(script: &str, limit: Duration) -> Result<Vec<u8>, String> {
        let command = ["sh", "-c", script].map(str::to_owned).to_vec();
        let plugin = Plugin { command, out: "x".to_owned(), options: Vec::new(), time_limit: Some(limit) };
        run(&plugin, vec![b'x'; 1 << 20], Path::new(""), REMEDIES).map_err(|it| it.message)
    }

    #[test]
    fn a_plugin_is_asked_and_listened_to_at_once() {
        let long = Duration::from_secs(60);
        assert_eq!(says("cat", long).unwrap().len(), 1 << 20);
        assert_eq!(says("echo done; head -c 3000000 /dev/zero >&2", long).unwrap(), b"done\n");
    }

    #[test]
    fn a_plugin_that_fails_says_why() {
        let long = Duration::from_secs(60);
        assert_eq!(says("echo no >&2; exit 3", long).unwrap_err(), "sh ended with exit status: 3:\nno");
        let late = says("sleep 60 & sleep 60", Duration::from_millis(50)).unwrap_err();
        assert_eq!(late, "sh did not end within 50ms");
        assert!(says("cat /dev/zero", long).unwrap_err().contains("more than 256 MiB"));
    }

    #[test]
    fn a_program_is_what_it_is_called() {
        assert_eq!(named("/usr/bin/protoc-gen-protogate-docs".as_ref()), Some(Output::Docs));
        assert_eq!(named("protoc-gen-protogate-python.exe".as_ref()), Some(Output::Python));
        assert_eq!(named("protogate".as_ref()), None);
        assert_eq!(named("protoc-gen-protogate-rust".as_ref()), None);
    }
}
