//! What h2load cannot ask, because no two questions are the same: writes, streams, a million users.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::task::JoinSet;
use user_service::pb::user::{CreateUserRequest, ListUsersRequest, UserRequest};

use crate::servers::{Server, with_token};
use crate::{Load, thousands};

/// Users of one ImportUsers.
const IMPORT: usize = 10_000;

fn nth(number: usize) -> CreateUserRequest {
    CreateUserRequest { name: format!("User {number}"), email: format!("user{number}@example.com") }
}

#[expect(clippy::cast_precision_loss, reason = "counts of calls")]
fn per_second(count: usize, elapsed: Duration) -> f64 {
    count as f64 / elapsed.as_secs_f64()
}

/// CreateUser on the file store: every answer comes after the fsync that made it last.
pub async fn create(load: &Load) -> String {
    let mut table = "## CreateUser, durable\n\nOn the file store; an answer comes after the fsync of its commit, which those share that wait. \
                     The clients are in one process of tonic's.\n\n| callers at once | users/s | callers wait, mean |\n| ---: | ---: | ---: |\n"
        .to_owned();
    for callers in [1, 16, 256] {
        let server = Server::reference();
        let next = Arc::new(AtomicUsize::new(0));
        let mut tasks = JoinSet::new();
        let started = Instant::now();
        for _ in 0..callers {
            let (mut client, next) = (server.client().await, Arc::clone(&next));
            let until = started + load.seconds;
            tasks.spawn(async move {
                while Instant::now() < until {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    client.create_user(with_token(nth(number))).await.unwrap();
                }
            });
        }
        while let Some(done) = tasks.join_next().await {
            done.unwrap();
        }
        let rate = per_second(next.load(Ordering::Relaxed), started.elapsed());
        table.push_str(&format!(
            "| {callers} | {} | {:.1} ms |\n",
            thousands(rate),
            f64::from(callers) / rate * 1000.0
        ));
    }
    table
}

async fn fill(server: &Server, users: usize) -> Duration {
    let mut client = server.client().await;
    let started = Instant::now();
    for first in (0..users).step_by(IMPORT) {
        let batch: Vec<_> = (first..users.min(first + IMPORT)).map(nth).collect();
        let sent = batch.len();
        let answer = client.import_users(with_token(tokio_stream::iter(batch))).await.unwrap().into_inner();
        assert_eq!(usize::try_from(answer.count).unwrap(), sent);
    }
    started.elapsed()
}

/// StreamUsers: rows of one stream and of several.
pub async fn list(load: &Load) -> String {
    let server = Server::reference();
    let users = load.users.min(100_000);
    fill(&server, users).await;
    let mut table = format!(
        "## StreamUsers\n\n{} users, each stream all of them, from the file store.\n\n| streams at once | users/s |\n| ---: | ---: |\n",
        thousands(per_second(users, Duration::from_secs(1)))
    );
    for streams in [1, 8] {
        let started = Instant::now();
        let mut tasks = JoinSet::new();
        for _ in 0..streams {
            let mut client = server.client().await;
            let until = started + load.seconds;
            tasks.spawn(async move {
                let mut rows = 0;
                while Instant::now() < until {
                    let all = ListUsersRequest { limit: 0, offset: 0 };
                    let mut stream = client.stream_users(with_token(all)).await.unwrap().into_inner();
                    while stream.message().await.unwrap().is_some() {
                        rows += 1;
                    }
                }
                rows
            });
        }
        let mut rows = 0;
        while let Some(done) = tasks.join_next().await {
            rows += done.unwrap();
        }
        table.push_str(&format!("| {streams} | {} |\n", thousands(per_second(rows, started.elapsed()))));
    }
    table
}

/// How much the process holds with that many users in its file.
pub async fn memory(load: &Load) -> String {
    let server = Server::reference();
    let (empty, _) = server.memory();
    let first = server.user().await;
    let took = fill(&server, load.users).await;
    let (filled, most) = server.memory();
    let mut client = server.client().await;
    let started = Instant::now();
    let gets = load.users.min(20_000);
    for _ in 0..gets {
        client.get_user(with_token(UserRequest { id: first.clone() })).await.unwrap();
    }
    let one_by_one = per_second(gets, started.elapsed());
    let mut rows = 0;
    let all = ListUsersRequest { limit: 0, offset: 0 };
    let mut stream = client.stream_users(with_token(all)).await.unwrap().into_inner();
    while stream.message().await.unwrap().is_some() {
        rows += 1;
    }
    assert_eq!(rows, load.users + 1);
    let (read, most_read) = server.memory();
    format!(
        "## {} users in the file store\n\nFilled with ImportUsers, {} users in each, in {:.0} s ({} users/s). The store keeps 64 MiB of its file in memory.\n\n\
         | | resident MiB | most so far |\n| --- | ---: | ---: |\n| empty | {empty:.0} | |\n| filled | {filled:.0} | {most:.0} |\n\
         | after {} GetUser, one after the other ({} a second), and one stream of all | {read:.0} | {most_read:.0} |\n",
        thousands(per_second(load.users, Duration::from_secs(1))),
        thousands(per_second(IMPORT, Duration::from_secs(1))),
        took.as_secs_f64(),
        thousands(per_second(load.users, took)),
        thousands(per_second(gets, Duration::from_secs(1))),
        thousands(one_by_one),
    )
}
