//! Events of users, out of PostgreSQL: those of committed writes, and no others.

use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::mpsc;
use user_service::store::postgres::{Event, Kind, PostgresOptions, Publisher};
use user_service::store::{Change, NewUser, PostgresStore, UserStore};

use crate::postgres::{client, database};

/// Publishes into a channel, after it has failed so often.
struct Channel(mpsc::UnboundedSender<Event>, AtomicUsize);

#[tonic::async_trait]
impl Publisher for Channel {
    async fn publish(&self, events: &[Event]) -> Result<(), String> {
        if self.1.load(Ordering::Relaxed) > 0 {
            self.1.fetch_sub(1, Ordering::Relaxed);
            return Err("nobody takes them".to_owned());
        }
        events.iter().try_for_each(|event| self.0.send(event.clone())).map_err(|error| error.to_string())
    }
}

fn user(number: usize) -> NewUser {
    NewUser { name: "Ada\0".into(), email: format!("{number}@example.com"), created_at: 7 }
}

async fn open(url: &str) -> PostgresStore {
    PostgresStore::open(url, PostgresOptions::default().with_connections(4).with_events(true)).await.unwrap()
}

#[tokio::test]
async fn what_was_committed_is_published_in_order_once_and_nothing_else() {
    let Some(url) = database().await else { return };
    let stores = [open(&url).await, open(&url).await];
    let (tell, mut told) = mpsc::unbounded_channel();
    // Both instances publish; the first try of one fails, and its events come again.
    for (store, failures) in stores.iter().zip([1, 0]) {
        let (relay, publisher) = (store.relay(), Channel(tell.clone(), failures.into()));
        tokio::spawn(async move { relay.run(&publisher).await });
    }
    let mut expected = Vec::new();
    for round in 0..20 {
        let store = &stores[round % 2];
        let made = store.create(vec![user(3 * round), user(3 * round + 1)]).await.unwrap();
        // Refused, so nobody hears of them.
        store.create(vec![user(3 * round + 2), user(0)]).await.unwrap_err();
        store.create(vec![user(0)]).await.unwrap_err();
        store
            .update(&made[0].id, Change { name: None, email: Some(user(3 * round + 1).email) })
            .await
            .unwrap_err();
        store.update("nobody", Change::default()).await.unwrap_err();
        store.delete("nobody").await.unwrap_err();
        expected.extend(made.iter().map(|user| (Kind::Created, user.clone())));
        let renamed = Change { name: Some("Grace".into()), email: None };
        expected.push((Kind::Updated, store.update(&made[1].id, renamed).await.unwrap()));
        if round > 0 {
            store.delete(&made[0].id).await.unwrap();
            expected.push((Kind::Deleted, made[0].clone()));
        }
    }
    let (mut heard, mut last) = (Vec::new(), 0);
    while heard.len() < expected.len() {
        let event = told.recv().await.unwrap();
        assert!(event.position > last, "{} after {last}", event.position);
        last = event.position;
        heard.push((event.kind, event.user));
    }
    assert_eq!(heard, expected);
    // The last were published; they are gone once that is committed.
    let watcher = client(&url).await;
    while watcher.query_one("SELECT count(*) FROM user_events", &[]).await.unwrap().get::<_, i64>(0) > 0 {
        tokio::task::yield_now().await;
    }
    assert!(told.try_recv().is_err());
}

#[tokio::test]
async fn without_events_none_are_written() {
    let Some(url) = database().await else { return };
    let store = crate::postgres::open(&url).await;
    let made = store.create(vec![user(1)]).await.unwrap().remove(0);
    store.delete(&made.id).await.unwrap();
    let count = client(&url).await.query_one("SELECT count(*) FROM user_events", &[]).await.unwrap();
    assert_eq!(count.get::<_, i64>(0), 0);
}
