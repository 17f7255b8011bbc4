//! Where lines go: a thread of its own writes them, so that no call waits for a disk. What it cannot keep up with is
//! dropped and counted.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How many lines may wait for the thread.
const WAITING: usize = 16 * 1024;

/// How many bytes of lines are written at once.
const BATCH: usize = 64 * 1024;

/// How long the thread rests after it has written, so that the lines of a busy server gather: waking it for each costs the
/// calls more than the lines do. A line that comes alone is written at once.
const REST: Duration = Duration::from_millis(5);

/// How often the thread looks whether its file is still the one of that name.
const LOOK: Duration = Duration::from_secs(1);

/// When a file is moved aside for a new one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rotation {
    /// From this many bytes on; never without.
    pub limit: Option<u64>,
    /// How many old files are kept, as `NAME.1` (the newest), `NAME.2` and so on.
    pub keep: usize,
}

/// A writer of lines that never waits. The last handle of it waits until all are written.
#[derive(Debug, Clone)]
pub struct Sink(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    /// `None` only while it is dropped.
    lines: Option<SyncSender<String>>,
    dropped: Arc<AtomicU64>,
    thread: Option<JoinHandle<()>>,
}

impl Sink {
    /// Lines on stderr.
    ///
    /// # Errors
    /// When there can be no other thread.
    pub fn stderr() -> io::Result<Self> {
        Self::start(Target::Stderr)
    }

    /// Lines at the end of the file at `path`. When something moves the file away, as logrotate does, a new one is
    /// begun within a second.
    ///
    /// # Errors
    /// When the file cannot be opened or created, or there can be no other thread.
    pub fn file(path: &Path, rotation: Rotation) -> io::Result<Self> {
        Self::start(Target::File(LogFile::open(path.to_owned(), rotation)?))
    }

    fn start(target: Target) -> io::Result<Self> {
        let (lines, waiting) = sync_channel(WAITING);
        let dropped = Arc::new(AtomicU64::new(0));
        let counter = Arc::clone(&dropped);
        let thread = std::thread::Builder::new()
            .name("log".to_owned())
            .spawn(move || write_all(&waiting, target, &counter))?;
        Ok(Self(Arc::new(Inner { lines: Some(lines), dropped, thread: Some(thread) })))
    }

    /// Hands over a line, its line break included.
    pub fn write(&self, line: String) {
        let taken = self.0.lines.as_ref().is_some_and(|lines| lines.try_send(line).is_ok());
        if !taken {
            self.0.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// How many lines were dropped: there were too many, or they could not be written.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.0.dropped.load(Ordering::Relaxed)
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        drop(self.lines.take());
        if let Some(thread) = self.thread.take() {
            // It does not panic; if it did, there is nothing left to write.
            drop(thread.join());
        }
    }
}

/// The thread: writes what waits, in pieces, until the last handle is gone.
fn write_all(waiting: &Receiver<String>, mut target: Target, dropped: &AtomicU64) {
    let (mut batch, mut failing) = (String::new(), false);
    while let Ok(first) = waiting.recv() {
        batch.clear();
        batch.push_str(&first);
        let mut lines = 1;
        while batch.len() < BATCH
            && let Ok(next) = waiting.try_recv()
        {
            batch.push_str(&next);
            lines += 1;
        }
        let written = target.write(batch.as_bytes());
        if let Err(error) = &written {
            dropped.fetch_add(lines, Ordering::Relaxed);
            if !failing {
                tracing::error!(%error, "the request log cannot be written: its lines are dropped and counted");
            }
        }
        failing = written.is_err();
        if batch.len() < BATCH {
            std::thread::sleep(REST);
        }
    }
}

enum Target {
    Stderr,
    File(LogFile),
}

impl Target {
    fn write(&mut self, lines: &[u8]) -> io::Result<()> {
        match self {
            Self::Stderr => io::stderr().lock().write_all(lines),
            Self::File(file) => file.write(lines),
        }
    }
}

/// A file that is appended to, and begun anew when it is moved away or full.
struct LogFile {
    path: PathBuf,
    rotation: Rotation,
    file: File,
    size: u64,
    looked: Instant,
}

impl LogFile {
    fn open(path: PathBuf, rotation: Rotation) -> io::Result<Self> {
        let file = OpenOptions::new().create(true).append(true).open(&path)?;
        let size = file.metadata()?.len();
        Ok(Self { path, rotation, file, size, looked: Instant::now() })
    }

    fn write(&mut self, lines: &[u8]) -> io::Result<()> {
        if self.looked.elapsed() >= LOOK {
            self.looked = Instant::now();
            if !self.is_in_place() {
                self.reopen()?;
            }
        }
        if self.rotation.limit.is_some_and(|limit| self.size > 0 && self.size + lines.len() as u64 > limit) {
            self.rotate()?;
        }
        self.file.write_all(lines)?;
        self.size += lines.len() as u64;
        Ok(())
    }

    fn reopen(&mut self) -> io::Result<()> {
        *self = Self::open(self.path.clone(), self.rotation)?;
        Ok(())
    }

    /// Whether the open file is the one that has the name.
    #[cfg(unix)]
    fn is_in_place(&self) -> bool {
        use std::os::unix::fs::MetadataExt;
        let (Ok(ours), Ok(named)) = (self.file.metadata(), fs::metadata(&self.path)) else { return false };
        (ours.dev(), ours.ino()) == (named.dev(), named.ino())
    }

    #[cfg(not(unix))]
    fn is_in_place(&self) -> bool {
        self.path.exists()
    }

    /// The name of the old file that is this many files back.
    fn old(&self, back: usize) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(format!(".{back}"));
        name.into()
    }

    fn rotate(&mut self) -> io::Result<()> {
        for back in (1..self.rotation.keep).rev() {
            // One that is not there yet cannot be moved.
            let _ = fs::rename(self.old(back), self.old(back + 1));
        }
        match self.rotation.keep {
            0 => fs::remove_file(&self.path)?,
            _ => fs::rename(&self.path, self.old(1))?,
        }
        self.reopen()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(path: &Path) -> String {
        fs::read_to_string(path).unwrap_or_else(|error| format!("{}: {error}", path.display()))
    }

    #[test]
    fn lines_are_appended_and_all_there_in_the_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        fs::write(&path, "before\n").unwrap();
        let sink = Sink::file(&path, Rotation::default()).unwrap();
        for number in 0..1000 {
            sink.write(format!("{number}\n"));
        }
        assert_eq!(sink.dropped(), 0);
        drop(sink);
        assert_eq!((read(&path).lines().next(), read(&path).lines().count()), (Some("before"), 1001));
    }

    #[test]
    fn a_full_file_is_moved_aside() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let mut file = LogFile::open(path.clone(), Rotation { limit: Some(10), keep: 2 }).unwrap();
        for line in ["first..\n", "second.\n", "third..\n", "fourth.\n", "longer than the limit\n"] {
            file.write(line.as_bytes()).unwrap();
        }
        assert_eq!(read(&path), "longer than the limit\n");
        assert_eq!([read(&file.old(1)), read(&file.old(2))], ["fourth.\n", "third..\n"]);
        assert!(!file.old(3).exists());
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_was_moved_away_is_begun_anew() {
        let folder = tempfile::tempdir().unwrap();
        let (path, moved) = (folder.path().join("log"), folder.path().join("moved"));
        let mut file = LogFile::open(path.clone(), Rotation::default()).unwrap();
        file.write(b"one\n").unwrap();
        fs::rename(&path, &moved).unwrap();
        file.looked -= LOOK;
        file.write(b"two\n").unwrap();
        assert_eq!([read(&moved), read(&path)], ["one\n", "two\n"]);
    }

    #[test]
    fn a_writer_that_cannot_keep_up_drops_and_counts() {
        let (lines, waiting) = sync_channel(1);
        let sink = Sink(Arc::new(Inner { lines: Some(lines), dropped: Arc::default(), thread: None }));
        for _ in 0..3 {
            sink.write("x\n".to_owned());
        }
        assert_eq!(sink.dropped(), 2);
        drop(waiting);
    }
}
