//! Files that may change while the server runs: certificates, keys.
//!
//! They are read once a second, and their content compared. Notices of the file system would be sooner, but do not
//! come from network file systems, nor for what a link's link points to, which is how Kubernetes swaps its secrets.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::PathBuf;
use std::time::Duration;

use tokio::task::JoinHandle;

/// How often the files are read.
const EVERY: Duration = Duration::from_secs(1);

/// A watch over files, until it is dropped.
#[derive(Debug)]
pub struct Watch(JoinHandle<()>);

impl Drop for Watch {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Calls `changed` whenever the content of `files` has changed, and says in the log what came of it. Files that cannot
/// be read count as empty: that they are gone is a change too.
#[must_use = "the watch ends when it is dropped"]
pub fn watch_files(files: Vec<PathBuf>, changed: impl Fn() -> Result<(), String> + Send + 'static) -> Watch {
    watch_every(EVERY, files, changed)
}

fn watch_every(
    every: Duration,
    files: Vec<PathBuf>,
    changed: impl Fn() -> Result<(), String> + Send + 'static,
) -> Watch {
    // Before the first wait: what changes from now on is seen.
    let mut known = digest(&files);
    Watch(tokio::spawn(async move {
        loop {
            tokio::time::sleep(every).await;
            let of = files.clone();
            // Fails only where the runtime is being shut down.
            let Ok(now) = tokio::task::spawn_blocking(move || digest(&of)).await else { return };
            if now == known {
                continue;
            }
            known = now;
            match changed() {
                Ok(()) => tracing::info!(?files, "files have changed and are in use"),
                Err(why) => tracing::error!(why, "files have changed and are not used: the old ones stay"),
            }
        }
    }))
}

fn digest(files: &[PathBuf]) -> u64 {
    let mut hasher = DefaultHasher::new();
    for file in files {
        std::fs::read(file).unwrap_or_default().hash(&mut hasher);
    }
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_change_is_told_once() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        std::fs::write(&file, "one").unwrap();
        let (told, mut tells) = tokio::sync::mpsc::unbounded_channel();
        let read = file.clone();
        let watch = watch_every(Duration::from_millis(1), vec![file.clone()], move || {
            told.send(std::fs::read_to_string(&read).unwrap_or_default()).map_err(|error| error.to_string())
        });
        // Written in one step, so that no half of it is seen.
        for text in ["two", "three"] {
            std::fs::write(folder.path().join("next"), text).unwrap();
            std::fs::rename(folder.path().join("next"), &file).unwrap();
            assert_eq!(tells.recv().await.unwrap(), text);
        }
        std::fs::remove_file(&file).unwrap();
        assert_eq!(tells.recv().await.unwrap(), "");
        drop(watch);
        assert_eq!(tells.recv().await, None);
    }
}
