//! Where users are kept: one trait, three stores, one set of rules. Knows no gRPC and validates nothing.
//!
//! Emails are unique and compared byte for byte: RFC 5321 §2.4 makes the local part case-sensitive, so folding
//! case would refuse users the standard tells apart.

pub mod embedded;
pub mod memory;
#[cfg(feature = "postgres")]
pub mod postgres;
#[cfg(feature = "otlp")]
pub mod traced;

pub use embedded::EmbeddedStore;
pub use memory::MemoryStore;
#[cfg(feature = "postgres")]
pub use postgres::PostgresStore;
#[cfg(feature = "otlp")]
pub use traced::TracedStore;

/// One stored user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Chosen by the store, never used again for another user.
    pub id: String,
    /// The display name.
    pub name: String,
    /// Unique among all users.
    pub email: String,
    /// Seconds since the Unix epoch, chosen by the caller of [`UserStore::create`].
    pub created_at: i64,
}

/// A user that does not exist yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewUser {
    /// The display name.
    pub name: String,
    /// Unique among all users.
    pub email: String,
    /// Seconds since the Unix epoch.
    pub created_at: i64,
}

impl NewUser {
    /// The user this becomes under `id`.
    fn with_id(self, id: String) -> User {
        User { id, name: self.name, email: self.email, created_at: self.created_at }
    }
}

/// What to change about a user; `None` leaves a field as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Change {
    /// The new name.
    pub name: Option<String>,
    /// The new email.
    pub email: Option<String>,
}

impl Change {
    /// `user` with this change made.
    fn apply(self, user: User) -> User {
        User {
            name: self.name.unwrap_or(user.name),
            email: self.email.unwrap_or(user.email),
            id: user.id,
            created_at: user.created_at,
        }
    }
}

/// A place in the order of creation: the next page starts behind it.
///
/// Opaque outside the stores. Holds across deletions, because a sequence number is never given twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor(u64);

/// The first [`Cursor`]: nothing has been read yet.
pub const START: Cursor = Cursor(0);

/// Some users in the order of their creation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The users.
    pub users: Vec<User>,
    /// Where to go on; `None` once the last user was read.
    pub next: Option<Cursor>,
}

/// A page stops growing when its names and emails pass this many bytes, so that a few huge users do not make a
/// huge page. It always holds at least one user.
const PAGE_BYTES: usize = 1024 * 1024;

/// Why a store refused or failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreError {
    /// No user has the id.
    NotFound {
        /// The id that was asked for.
        id: String,
    },
    /// Another user, or an earlier one of the same import, has the email.
    EmailTaken {
        /// The email in question.
        email: String,
    },
    /// The store cannot be reached now; it may be there again soon. A write that was under way when it was lost may
    /// or may not be there later.
    Unavailable {
        /// What went wrong, for the log; not for a client.
        why: String,
    },
    /// The disk is full: the write is not done. Reads go on, and so do writes once there is room.
    Full,
    /// The store itself failed; the write is not acknowledged and may or may not be there later.
    Failed {
        /// What went wrong, for the log; not for a client.
        why: String,
    },
}

/// Keeps users.
///
/// A write that returned `Ok` is as durable as the store can make it. Every method sees all writes that
/// returned before it was called. A call whose future is dropped, as at its deadline, is given up as soon as that
/// is possible; a write of it may have been done or not, but never by half.
#[tonic::async_trait]
pub trait UserStore: Send + Sync + 'static {
    /// The user with `id`.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    async fn get(&self, id: &str) -> Result<User, StoreError>;

    /// Creates all of `users`, in order, or none of them.
    ///
    /// # Errors
    /// [`StoreError::EmailTaken`] for the first user whose email is taken, also by one before it in `users`.
    async fn create(&self, users: Vec<NewUser>) -> Result<Vec<User>, StoreError>;

    /// Changes the user with `id` and returns what it became.
    ///
    /// # Errors
    /// [`StoreError::NotFound`]; [`StoreError::EmailTaken`] if another user has the new email.
    async fn update(&self, id: &str, change: Change) -> Result<User, StoreError>;

    /// Deletes the user with `id`; its email is free again.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    async fn delete(&self, id: &str) -> Result<(), StoreError>;

    /// At most `limit` users behind `after`, the first `skip` of them left out.
    ///
    /// Each page is one consistent view; users created or deleted between two pages show or not accordingly.
    ///
    /// # Errors
    /// [`StoreError::Failed`] only.
    async fn page(&self, after: Cursor, skip: usize, limit: usize) -> Result<Page, StoreError>;

    /// Whether it can do its work now. Asked once a second while the server runs, so it must be cheap.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] or [`StoreError::Failed`] while it cannot.
    async fn ready(&self) -> Result<(), StoreError> {
        Ok(())
    }
}

/// A new id: a random UUID (version 4), so that none comes back after a deletion or a restart.
fn new_id() -> String {
    uuid::Uuid::new_v4().to_string()
}

/// Collects `users` (already behind the cursor and skipped) into one page of at most `limit`.
fn collect_page<E>(users: impl Iterator<Item = Result<(u64, User), E>>, limit: usize) -> Result<Page, E> {
    let mut page = Page { users: Vec::new(), next: None };
    let mut bytes = 0;
    for entry in users {
        let (sequence, user) = entry?;
        if page.users.len() >= limit {
            return Ok(page);
        }
        bytes += user.name.len() + user.email.len();
        page.users.push(user);
        page.next = Some(Cursor(sequence));
        if bytes >= PAGE_BYTES {
            return Ok(page);
        }
    }
    page.next = None;
    Ok(page)
}
