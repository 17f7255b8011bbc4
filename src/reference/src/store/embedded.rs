//! Users in one file on disk, through redb: an acknowledged write survives `kill -9` and power loss.
//!
//! After an error of the disk redb refuses every further write: the writer closes the file then and opens it again, so that a
//! disk that was full is used as soon as it has room.
//!
//! One thread writes. Every write that waits when it is free joins the next commit, so many concurrent writers
//! share one fsync; none of them is answered before it. Reads take a snapshot and never wait for the writer.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::thread::JoinHandle;

use redb::{Database, DatabaseError, ReadTransaction, ReadableDatabase, StorageError};
use tokio::sync::{mpsc, oneshot};

use super::{Change, Cursor, NewUser, Page, StoreError, User, UserStore, collect_page};

mod tables;

use tables::{IDS, Tables, USERS, user};

/// How many writes may wait for the writer before callers wait to hand theirs over.
const WAITING_WRITES: usize = 1024;

/// The most writes that share one commit; bounds how long the first of them waits for the last.
const BATCH: usize = 256;

/// Bytes of the file kept in memory.
const CACHE: usize = 64 * 1024 * 1024;

/// A write on its way to the writer: applied to the tables, or told why there is nothing to apply it to.
type Write = Box<dyn FnOnce(Result<&mut Tables<'_>, StoreError>) -> Applied + Send>;

/// Tells the caller of a write what became of it and of its commit.
type Answer = Box<dyn FnOnce(Result<(), StoreError>)>;

/// A write that was applied, but not yet committed.
struct Applied {
    effect: Effect,
    answer: Answer,
}

/// What a write did to the tables.
enum Effect {
    /// It changed them, or had nothing to change.
    Done,
    /// It was refused and changed nothing.
    Refused,
    /// It failed half way: the transaction must not be committed.
    Broken(StoreError),
}

/// A [`UserStore`] in one file.
#[derive(Debug)]
pub struct EmbeddedStore {
    file: Arc<StoreFile>,
    /// `None` only while it is dropped.
    writes: Option<mpsc::Sender<Write>>,
    writer: Option<JoinHandle<()>>,
    /// Whether the last commit failed.
    failing: Arc<AtomicBool>,
}

/// The database, and how to come by it again.
#[derive(Debug)]
struct StoreFile {
    path: PathBuf,
    /// `None` while it is closed after an error.
    database: RwLock<Option<Database>>,
}

impl StoreFile {
    /// A snapshot to read.
    fn read(&self) -> Result<ReadTransaction, StoreError> {
        let database = self.database.read().unwrap_or_else(PoisonError::into_inner);
        database.as_ref().ok_or_else(closed)?.begin_read().map_err(failed)
    }

    /// Applies a batch. After a failure the file is opened again, for the next one.
    fn commit(&self, batch: Vec<Write>, answers: &mut Vec<Answer>) -> Result<(), StoreError> {
        self.open_again_if_closed();
        let mut batch = batch.into_iter();
        let fate = {
            let database = self.database.read().unwrap_or_else(PoisonError::into_inner);
            database.as_ref().ok_or_else(closed).and_then(|database| commit(database, &mut batch, answers))
        };
        if let Err(error) = &fate {
            // Those behind the one that failed fail with it.
            answers.extend(batch.map(|write| write(Err(error.clone())).answer));
            // Closed before it is opened: a file has one owner.
            drop(self.database.write().unwrap_or_else(PoisonError::into_inner).take());
            self.open_again_if_closed();
        }
        fate
    }

    fn open_again_if_closed(&self) {
        let mut database = self.database.write().unwrap_or_else(PoisonError::into_inner);
        if database.is_none() {
            // What is there was checked when the process began.
            // Not created: a file that has gone with its disk must not become an empty store.
            match Database::builder().set_cache_size(CACHE).open(&self.path) {
                Ok(opened) => *database = Some(opened),
                Err(error) => tracing::error!(%error, "the store cannot be opened again yet"),
            }
        }
    }
}

fn closed() -> StoreError {
    StoreError::Unavailable { why: "the file is closed after an error of its disk".to_owned() }
}

/// Why a store could not be opened. Its text is one sentence that says what to do.
#[derive(Debug)]
pub enum OpenError {
    /// Another process has the file open.
    InUse(PathBuf),
    /// The file is not a store, or is damaged.
    Damaged(PathBuf, String),
    /// The file could not be read or created.
    Io(PathBuf, String),
}

impl std::fmt::Display for OpenError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::InUse(path) => write!(
                f,
                "the store {} is in use by another process: stop that process or give another --store",
                path.display()
            ),
            Self::Damaged(path, why) => write!(
                f,
                "the store {} is damaged or is no user store ({why}): restore it from a backup, or move it away \
                 to start with an empty one",
                path.display()
            ),
            Self::Io(path, why) => write!(
                f,
                "cannot open the store {} ({why}): check that its folder exists and may be written, or give \
                 another --store",
                path.display()
            ),
        }
    }
}

impl std::error::Error for OpenError {}

impl OpenError {
    fn new(path: &Path, error: DatabaseError) -> Self {
        let path = path.to_owned();
        match error {
            DatabaseError::DatabaseAlreadyOpen | DatabaseError::LockProtocolMismatch => Self::InUse(path),
            DatabaseError::Storage(StorageError::Io(error)) if is_io(&error) => {
                Self::Io(path, error.to_string())
            }
            other => Self::Damaged(path, other.to_string()),
        }
    }
}

/// redb reports a file that is no database as I/O errors of these kinds; all others are the disk's own.
fn is_io(error: &io::Error) -> bool {
    !matches!(error.kind(), io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof)
}

/// Makes a new file's name as durable as its content: fsync of a file says nothing about its folder (fsync(2)).
#[cfg(unix)]
fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::File::open(folder)?.sync_all()
}

/// Elsewhere a folder cannot be synced, and need not be.
#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

impl EmbeddedStore {
    /// Opens the store at `path`, or creates it. Its folder has to exist.
    ///
    /// Checks every page of the file first, because redb may panic later on a file that something else damaged.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        let mut builder = Database::builder();
        builder.set_cache_size(CACHE).set_check_integrity_on_open(true);
        let database = builder.create(path).map_err(|error| OpenError::new(path, error))?;
        tables::create(&database).map_err(|why| OpenError::Damaged(path.to_owned(), why))?;
        sync_folder(path).map_err(|error| OpenError::Io(path.to_owned(), error.to_string()))?;
        let file = Arc::new(StoreFile { path: path.to_owned(), database: RwLock::new(Some(database)) });
        let (writes, queue) = mpsc::channel(WAITING_WRITES);
        let failing = Arc::new(AtomicBool::new(false));
        let (of_writer, tells) = (Arc::clone(&file), Arc::clone(&failing));
        let writer = std::thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || write_all(&of_writer, queue, &tells))
            .map_err(|error| OpenError::Io(path.to_owned(), error.to_string()))?;
        Ok(Self { file, writes: Some(writes), writer: Some(writer), failing })
    }

    /// Hands `write` to the writer and waits until it is on disk, or refused.
    async fn write<T: Send + 'static>(
        &self,
        write: impl FnOnce(&mut Tables<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let gone = || StoreError::Failed {
            why: "the writer dropped the write: it has failed before, or stopped".to_owned(),
        };
        let (reply, answer) = oneshot::channel();
        let write: Write = Box::new(move |tables| {
            // Nobody waits any more, as after a deadline: what has not begun is not begun.
            if reply.is_closed() {
                return Applied { effect: Effect::Refused, answer: Box::new(|_| {}) };
            }
            let outcome = tables.and_then(write);
            let effect = match &outcome {
                Ok(_) => Effect::Done,
                Err(StoreError::NotFound { .. } | StoreError::EmailTaken { .. }) => Effect::Refused,
                Err(error) => Effect::Broken(error.clone()),
            };
            // Nobody may be waiting by now: a cancelled call does not undo its write.
            let answer = move |commit: Result<(), StoreError>| drop(reply.send(commit.and(outcome)));
            Applied { effect, answer: Box::new(answer) }
        });
        self.writes.as_ref().ok_or_else(gone)?.send(write).await.map_err(|_| gone())?;
        answer.await.map_err(|_| gone())?
    }
}

impl Drop for EmbeddedStore {
    /// Waits until the queued writes are on disk and the file is closed and free for another process.
    fn drop(&mut self) {
        drop(self.writes.take());
        if let Some(writer) = self.writer.take() {
            // A writer that panicked has answered nobody; there is nothing left to do for it.
            drop(writer.join());
        }
    }
}

/// The writer: one commit per batch of waiting writes, until the last handle to the store is gone.
fn write_all(file: &StoreFile, mut queue: mpsc::Receiver<Write>, failing: &AtomicBool) {
    while let Some(first) = queue.blocking_recv() {
        let mut batch = vec![first];
        while batch.len() < BATCH
            && let Ok(next) = queue.try_recv()
        {
            batch.push(next);
        }
        let mut answers = Vec::with_capacity(batch.len());
        let fate = file.commit(batch, &mut answers);
        failing.store(fate.is_err(), Ordering::Relaxed);
        if let Err(error) = &fate {
            tracing::error!(?error, "a commit failed");
        }
        answers.into_iter().for_each(|answer| answer(fate.clone()));
    }
}

/// Applies a batch in one transaction. A refused write leaves no trace; a broken one fails the whole batch.
fn commit(
    database: &Database,
    batch: &mut impl Iterator<Item = Write>,
    answers: &mut Vec<Answer>,
) -> Result<(), StoreError> {
    // redb's default durability: `commit` returns after fsync.
    let transaction = database.begin_write().map_err(failed)?;
    let mut tables = Tables::open(&transaction)?;
    let mut changed = false;
    for write in batch {
        let applied = write(Ok(&mut tables));
        answers.push(applied.answer);
        match applied.effect {
            Effect::Done => changed = true,
            Effect::Refused => {}
            // The rest of the batch is dropped, and so is the transaction: nothing of it happened.
            Effect::Broken(error) => return Err(error),
        }
    }
    drop(tables);
    // A batch of refusals needs no fsync.
    if changed { transaction.commit().map_err(failed) } else { transaction.abort().map_err(failed) }
}

#[tonic::async_trait]
impl UserStore for EmbeddedStore {
    // On the caller's thread: two descents of a B-tree whose upper pages are cached take a few microseconds,
    // less than the way to a blocking thread and back.
    async fn get(&self, id: &str) -> Result<User, StoreError> {
        let missing = || StoreError::NotFound { id: id.to_owned() };
        let snapshot = self.file.read()?;
        let ids = snapshot.open_table(IDS).map_err(failed)?;
        let sequence = ids.get(id).map_err(failed)?.ok_or_else(missing)?.value();
        let users = snapshot.open_table(USERS).map_err(failed)?;
        let found = users.get(sequence).map_err(failed)?.ok_or_else(missing)?;
        Ok(user(found.value()))
    }

    async fn create(&self, users: Vec<NewUser>) -> Result<Vec<User>, StoreError> {
        self.write(move |tables| tables.create(users)).await
    }

    async fn update(&self, id: &str, change: Change) -> Result<User, StoreError> {
        let id = id.to_owned();
        self.write(move |tables| tables.update(&id, change)).await
    }

    async fn delete(&self, id: &str) -> Result<(), StoreError> {
        let id = id.to_owned();
        self.write(move |tables| tables.delete(&id)).await
    }

    // On a blocking thread: skipping walks every skipped user.
    async fn page(&self, after: Cursor, skip: usize, limit: usize) -> Result<Page, StoreError> {
        let users = self.file.read()?.open_table(USERS).map_err(failed)?;
        // Dropped with the call: the walk ends with it.
        let (wanted, given_up) = Wanted::new();
        let page = move || {
            let behind = users.range(after.0.saturating_add(1)..).map_err(failed)?;
            let read = |entry: Result<(redb::AccessGuard<'_, u64>, _), StorageError>| {
                let (sequence, found): (_, redb::AccessGuard<'_, tables::Record>) = entry.map_err(failed)?;
                Ok((sequence.value(), user(found.value())))
            };
            let behind = behind.take_while(|_| !given_up.load(Ordering::Relaxed));
            collect_page(behind.skip(skip).map(read), limit)
        };
        let gone = |error: tokio::task::JoinError| StoreError::Failed { why: error.to_string() };
        let page = tokio::task::spawn_blocking(page).await.map_err(gone)?;
        drop(wanted);
        page
    }

    async fn ready(&self) -> Result<(), StoreError> {
        // A commit of nothing tells whether a disk that was full has room again.
        if self.failing.load(Ordering::Relaxed) { self.write(|_| Ok(())).await } else { Ok(()) }
    }
}

/// Says, when it is dropped, that nobody waits for what a blocking thread does.
struct Wanted(Arc<AtomicBool>);

impl Wanted {
    fn new() -> (Self, Arc<AtomicBool>) {
        let given_up = Arc::new(AtomicBool::new(false));
        (Self(Arc::clone(&given_up)), given_up)
    }
}

impl Drop for Wanted {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Any failure of redb as ours.
fn failed(error: impl Into<redb::Error>) -> StoreError {
    use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
    match error.into() {
        redb::Error::Io(error) if matches!(error.kind(), StorageFull | QuotaExceeded | FileTooLarge) => {
            StoreError::Full
        }
        other => StoreError::Failed { why: other.to_string() },
    }
}

#[cfg(test)]
mod tests {
    use std::task::{Context, Poll, Waker};

    use super::*;

    #[tokio::test]
    async fn a_write_that_nobody_waits_for_is_not_begun() {
        let folder = tempfile::tempdir().unwrap();
        let store = EmbeddedStore::open(&folder.path().join("users.redb")).unwrap();
        let (release, held) = std::sync::mpsc::channel::<()>();
        let (began, begins) = oneshot::channel();
        let user = |name: &str| NewUser { name: name.into(), email: name.into(), created_at: 1 };
        // The writer is busy, so that what follows waits.
        let slow = store.write(move |_| {
            let _ = began.send(());
            let _ = held.recv();
            Ok(())
        });
        let mut slow = std::pin::pin!(slow);
        let cx = &mut Context::from_waker(Waker::noop());
        assert!(slow.as_mut().poll(cx).is_pending());
        begins.await.unwrap();
        let mut given_up = store.create(vec![user("given up")]);
        assert!(matches!(given_up.as_mut().poll(cx), Poll::Pending));
        drop(given_up);
        let mut kept = store.create(vec![user("kept")]);
        assert!(kept.as_mut().poll(cx).is_pending());
        drop(release);
        slow.await.unwrap();
        kept.await.unwrap();
        let page = store.page(super::super::START, 0, 10).await.unwrap();
        let names: Vec<_> = page.users.iter().map(|user| user.name.as_str()).collect();
        assert_eq!(names, ["kept"]);
    }

    #[tokio::test]
    async fn a_store_that_failed_is_ready_when_a_commit_succeeds() {
        let folder = tempfile::tempdir().unwrap();
        let store = EmbeddedStore::open(&folder.path().join("users.redb")).unwrap();
        let fails = |_: &mut Tables<'_>| Err::<(), _>(StoreError::Failed { why: "the disk".into() });
        assert!(store.write(fails).await.is_err());
        assert!(store.failing.load(Ordering::Relaxed));
        store.ready().await.unwrap();
        assert!(!store.failing.load(Ordering::Relaxed));
    }

    #[test]
    fn a_walk_hears_that_its_call_is_gone() {
        let (wanted, given_up) = Wanted::new();
        assert!(!given_up.load(Ordering::Relaxed));
        drop(wanted);
        assert!(given_up.load(Ordering::Relaxed));
    }
}
