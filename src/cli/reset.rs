//! The command that empties the service under test before each sequence of calls.

use std::path::PathBuf;
use std::process::Stdio;

use tokio::process::Command;

use super::Context;
use crate::contract::Reset;

/// So many characters of what a failed command said are told.
const LAST_WORDS: usize = 300;

/// That of the command line, whose words are parted by blanks, or else that of the configuration. No shell reads it.
pub fn of(line: Option<&str>, context: &Context) -> Option<Reset> {
    let words: Vec<String> = match line {
        Some(line) => line.split_whitespace().map(str::to_owned).collect(),
        None => context.config.contract.reset_command.clone(),
    };
    let folder = context.config.folder.clone();
    (!words.is_empty()).then(|| Reset::new(move || run(words.clone(), folder.clone())))
}

async fn run(words: Vec<String>, folder: PathBuf) -> Result<(), String> {
    let line = words.join(" ");
    let Some((program, arguments)) = words.split_first() else { return Ok(()) };
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).kill_on_drop(true);
    if !folder.as_os_str().is_empty() {
        command.current_dir(folder);
    }
    let output = command.output().await.map_err(|error| format!("cannot run `{line}`: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let said: String = said.trim().chars().take(LAST_WORDS).collect();
    Err(format!("`{line}` ended with {}{}{said}", output.status, if said.is_empty() { "" } else { ": " }))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_command_that_fails_says_why() {
        for (script, expected) in [
            ("exit 0", Ok(())),
            (
                "echo no disk >&2; exit 3",
                Err("`sh -c echo no disk >&2; exit 3` ended with exit status: 3: no disk"),
            ),
        ] {
            let words = ["sh", "-c", script].map(str::to_owned).to_vec();
            assert_eq!(run(words, PathBuf::new()).await, expected.map_err(str::to_owned));
        }
        let missing = run(vec!["./there-is-none".to_owned()], PathBuf::new()).await.unwrap_err();
        assert!(missing.starts_with("cannot run `./there-is-none`"), "{missing}");
    }
}
