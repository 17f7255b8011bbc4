//! `kill -9` in the middle of a load: every acknowledged user is there afterwards, whatever the store.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tempfile::TempDir;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use user_service::pb::user::UserResponse;

use crate::binary::{command, start, store};
use crate::server::{Client, all, connect, id, nth, window};

/// How often it is killed: `PROTOGATE_CRASH_ROUNDS` says, or this.
const ROUNDS: usize = 3;
const WRITERS: usize = 8;
/// Acknowledged writes before the kill; more are under way when it comes.
const BEFORE_THE_KILL: usize = 200;

/// Of the users of earlier rounds, one of so many is asked for by itself.
const SAMPLE: usize = 32;

#[derive(Default)]
struct Load {
    next: AtomicUsize,
    acknowledged: Mutex<BTreeMap<String, UserResponse>>,
    enough: Notify,
}

impl Load {
    fn count(&self) -> usize {
        self.acknowledged.lock().unwrap().len()
    }

    /// Creates users one after the other until the server is gone.
    async fn write(self: Arc<Self>, mut client: Client, until: usize) {
        loop {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            let Ok(created) = client.create_user(nth(number)).await else { return };
            let created = created.into_inner();
            let mut acknowledged = self.acknowledged.lock().unwrap();
            acknowledged.insert(created.id.clone(), created);
            if acknowledged.len() >= until {
                self.enough.notify_one();
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_acknowledged_user_survives_kill_nine() {
    let folder = TempDir::new().unwrap();
    survives(&store(&folder.path().join("users.redb"))).await;
}

#[cfg(feature = "postgres")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_acknowledged_user_survives_kill_nine_on_postgres() {
    let Some(url) = crate::postgres::database().await else { return };
    survives(&["--store", &url]).await;
}

async fn survives(args: &[&str]) {
    let rounds = std::env::var("PROTOGATE_CRASH_ROUNDS").map_or(ROUNDS, |rounds| rounds.parse().unwrap());
    let load = Arc::new(Load::default());
    let mut seen = BTreeSet::new();
    for round in 1..=rounds {
        let (mut child, uri) = start(command(args)).await;
        let client = Client::new(connect(&uri).await);
        let mut writers = JoinSet::new();
        let until = load.count() + BEFORE_THE_KILL;
        for _ in 0..WRITERS {
            writers.spawn(Arc::clone(&load).write(client.clone(), until));
        }
        // A loop, as a late writer of the round before may have left its notice.
        while load.count() < until {
            load.enough.notified().await;
        }
        assert!(writers.try_join_next().is_none(), "the load is still on: nobody has ended");
        child.kill().await.unwrap();
        writers.join_all().await;

        let (mut child, uri) = start(command(args)).await;
        let mut client = Client::new(connect(&uri).await);
        let kept = all(client.stream_users(window(0, 0)).await.unwrap()).await;
        let kept: BTreeMap<_, _> = kept.into_iter().map(|user| (user.id.clone(), user)).collect();
        let acknowledged = load.acknowledged.lock().unwrap().clone();
        assert!(acknowledged.len() >= round * BEFORE_THE_KILL);
        // What was under way at the kill may be there or not, so there may be more.
        for (position, (key, user)) in acknowledged.iter().enumerate() {
            assert_eq!(kept.get(key), Some(user));
            // Those of this round, and some of all: asking for each of them in each round takes an hour for fifty.
            if !seen.insert(key.clone()) && position % SAMPLE != round % SAMPLE {
                continue;
            }
            assert_eq!(client.get_user(id(key)).await.unwrap().into_inner(), *user);
            client.create_user(nth(number_of(user))).await.expect_err("the email is still taken");
        }
        // Waited for, as the next round needs the file.
        child.kill().await.unwrap();
    }
    println!("{rounds} kills, {} acknowledged users, all there", load.count());
}

fn number_of(user: &UserResponse) -> usize {
    user.name.trim_start_matches("User ").parse().unwrap()
}
