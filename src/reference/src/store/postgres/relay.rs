//! Events out of the database: exactly those of committed writes, each at least once, those of a user in their order.
//!
//! One instance publishes at a time, whichever holds the lock; when it ends, the next one that asks goes on. An event
//! is deleted in the transaction in which it was published: one that could not be published stays, and so do those
//! behind it. [`Event::position`] tells an event that comes twice.

use std::future::poll_fn;
use std::time::Duration;

use deadpool_postgres::Pool;
use tokio::sync::mpsc;
use tokio_postgres::{AsyncMessage, Config, NoTls, Row};

use super::super::{StoreError, User};
use super::entry;
use super::failure::failed;
use super::lease::Lease;

/// What happened to a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// It is new.
    Created,
    /// Its name or email were written, be it with what they were.
    Updated,
    /// It is gone.
    Deleted,
}

/// Something that happened, and was committed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its own number, which grows from event to event of a user.
    pub position: u64,
    /// What happened.
    pub kind: Kind,
    /// The user afterwards, or as it was at its end.
    pub user: User,
}

/// Takes events to where others hear of them.
#[tonic::async_trait]
pub trait Publisher: Send + Sync {
    /// Publishes all of `events`, in order. `Ok` means that whoever takes them has them.
    ///
    /// # Errors
    /// A sentence for the log. All of them come again.
    async fn publish(&self, events: &[Event]) -> Result<(), String>;
}

/// The most events that are published at once.
const AT_ONCE: i64 = 100;

/// How long to wait after a failure, and at most for a notice: one may be lost with its connection, and another
/// instance that published may have ended.
const PAUSE: Duration = Duration::from_secs(1);

/// Held by the one who publishes, until its transaction ends; `$1` is [`KEY`].
const LOCK: &str = "SELECT pg_try_advisory_xact_lock($1)";

/// The number after that of the migrations' lock.
const KEY: i64 = super::migrate::LOCK + 1;

const TAKE: &str = "
WITH taken AS (
    DELETE FROM user_events
    WHERE position IN (SELECT position FROM user_events ORDER BY position LIMIT $1)
    RETURNING position, kind, id, name, email, created_at
)
SELECT position AS sequence, kind, id, name, email, created_at FROM taken ORDER BY position";

/// Publishes the events of a store.
pub struct Relay {
    pub(super) pool: Pool,
    pub(super) config: Config,
    pub(super) patience: Duration,
}

impl Relay {
    /// Publishes what happens, for ever; stops where it is dropped, between two events or before they were published.
    pub async fn run(&self, publisher: &impl Publisher) {
        let mut notices = None;
        loop {
            if notices.is_none() {
                // Listens before it looks, so that nothing comes between the two.
                notices =
                    self.listen().await.inspect_err(|why| tracing::warn!(why, "cannot hear of events")).ok();
            }
            match self.publish(publisher).await {
                Ok(true) => continue,
                Ok(false) => {}
                Err(why) => {
                    tracing::warn!(why, "events wait to be published");
                    tokio::time::sleep(PAUSE).await;
                    continue;
                }
            }
            let heard = async {
                match &mut notices {
                    Some(notices) => notices.recv().await,
                    None => std::future::pending().await,
                }
            };
            if let Ok(None) = tokio::time::timeout(PAUSE, heard).await {
                notices = None;
            }
        }
    }

    /// Publishes the next events, if there are any and nobody else does; whether there may be more.
    async fn publish(&self, publisher: &impl Publisher) -> Result<bool, String> {
        let say = |error: StoreError| format!("{error:?}");
        let mut lease = Lease::take(&self.pool, self.patience).await.map_err(say)?;
        lease.begin().await.map_err(|error| say(error.into()))?;
        let held = lease.query(LOCK, &[&KEY]).await.map_err(|error| say(error.into()))?;
        let held = held.first().is_some_and(|row| row.try_get(0).unwrap_or(false));
        let rows = if held {
            lease.query(TAKE, &[&AT_ONCE]).await.map_err(|error| say(error.into()))?
        } else {
            Vec::new()
        };
        let events = rows.iter().map(event).collect::<Result<Vec<_>, _>>().map_err(say)?;
        if events.is_empty() {
            lease.undo().await.map_err(|error| say(error.into()))?;
            return Ok(false);
        }
        // An error drops the transaction, and the events stay.
        publisher.publish(&events).await?;
        lease.commit().await.map_err(|error| say(error.into()))?;
        Ok(true)
    }

    /// A connection that says when there are events. Ends with its receiver, and the receiver with it.
    async fn listen(&self) -> Result<mpsc::Receiver<()>, String> {
        let (client, mut connection) =
            self.config.connect(NoTls).await.map_err(|error| super::failure::describe(&error))?;
        // One that waits is enough: it says that there is something, not what.
        let (tell, notices) = mpsc::channel(1);
        let hearing = tokio::spawn(async move {
            loop {
                tokio::select! {
                    () = tell.closed() => break,
                    message = poll_fn(|cx| connection.poll_message(cx)) => match message {
                        Some(Ok(AsyncMessage::Notification(_))) => drop(tell.try_send(())),
                        Some(Ok(_)) => {}
                        Some(Err(_)) | None => break,
                    },
                }
            }
        });
        client.batch_execute("LISTEN user_events").await.map_err(|error| super::failure::describe(&error))?;
        // A connection ends when its client is dropped, so the client is kept as long as somebody hears.
        tokio::spawn(async move {
            drop(hearing.await);
            drop(client);
        });
        Ok(notices)
    }
}

fn event(row: &Row) -> Result<Event, StoreError> {
    let (position, user) = entry(row)?;
    let kind = match row.try_get::<_, &str>("kind").map_err(|error| failed(&error))? {
        "created" => Kind::Created,
        "updated" => Kind::Updated,
        "deleted" => Kind::Deleted,
        other => return Err(StoreError::Failed { why: format!("an event is of no kind known: {other}") }),
    };
    Ok(Event { position, kind, user })
}
