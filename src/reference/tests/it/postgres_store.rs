//! What only the store in PostgreSQL does: instances beside each other, versions of tables, calls that are dropped.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use user_service::store::postgres::PostgresOptions;
use user_service::store::{NewUser, PostgresStore, START, StoreError, UserStore};

use crate::binary::{command, refuses};
use crate::postgres::{client, database, open};

fn user(name: &str, email: &str) -> NewUser {
    NewUser { name: name.into(), email: email.into(), created_at: 7 }
}

#[tokio::test]
async fn two_instances_share_users_and_an_email_has_one() {
    let Some(url) = database().await else { return };
    // Both make the tables: one of them finds them made.
    let (one, two) = tokio::join!(open(&url), open(&url));
    let stores = [Arc::new(one), Arc::new(two)];
    let ada = stores[0].create(vec![user("Ada", "ada@example.com")]).await.unwrap().remove(0);
    assert_eq!(stores[1].get(&ada.id).await, Ok(ada.clone()));
    let mut races = JoinSet::new();
    for number in 0..50 {
        for store in &stores {
            let (store, email) = (Arc::clone(store), format!("{number}@example.com"));
            races.spawn(async move { store.create(vec![user("x", &email)]).await });
        }
    }
    let outcomes = races.join_all().await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 50);
    for refused in outcomes.into_iter().filter_map(Result::err) {
        assert!(matches!(refused, StoreError::EmailTaken { .. }), "{refused:?}");
    }
    assert_eq!(stores[0].page(START, 0, 1000).await, stores[1].page(START, 0, 1000).await);
}

#[tokio::test]
async fn imports_of_the_same_emails_do_not_stop_each_other() {
    let Some(url) = database().await else { return };
    let stores = [Arc::new(open(&url).await), Arc::new(open(&url).await)];
    let users: Vec<_> = (0..2500).map(|number| user("x", &format!("{number}@example.com"))).collect();
    let mut imports = JoinSet::new();
    for number in 0..4 {
        let (store, mut users) = (Arc::clone(&stores[number % 2]), users.clone());
        if number >= 2 {
            users.reverse();
        }
        imports.spawn(async move { store.create(users).await });
    }
    let outcomes = imports.join_all().await;
    let won = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    assert_eq!(won, 1, "{:?}", outcomes.iter().map(|outcome| outcome.as_ref().err()).collect::<Vec<_>>());
    for refused in outcomes.into_iter().filter_map(Result::err) {
        assert!(matches!(refused, StoreError::EmailTaken { .. }), "{refused:?}");
    }
    let count = client(&url).await.query_one("SELECT count(*) FROM users", &[]).await.unwrap();
    assert_eq!(count.get::<_, i64>(0), 2500);
}

#[tokio::test]
async fn a_page_follows_the_order_of_an_import() {
    let Some(url) = database().await else { return };
    let store = open(&url).await;
    let users = (0..1500).map(|number| user(&number.to_string(), &format!("{number}@example.com"))).collect();
    let made = store.create(users).await.unwrap();
    let first = store.page(START, 0, usize::MAX).await.unwrap();
    let rest = store.page(first.next.unwrap(), 0, usize::MAX).await.unwrap();
    assert_eq!((&first.users[..], &rest.users[..], rest.next), (&made[..1000], &made[1000..], None));
}

#[tokio::test]
async fn every_text_is_kept() {
    let Some(url) = database().await else { return };
    let store = open(&url).await;
    for name in ["a\0b", "a\\0b", "\\", "é🦀"] {
        let made = store.create(vec![user(name, &format!("{name}@x"))]).await.unwrap().remove(0);
        assert_eq!(store.get(&made.id).await.unwrap().name, name);
    }
    assert_eq!(store.get("\0").await, Err(StoreError::NotFound { id: "\0".into() }));
}

#[tokio::test]
async fn a_call_that_is_dropped_is_cancelled_in_the_database() {
    let Some(url) = database().await else { return };
    let store = open(&url).await;
    let made = store.create(vec![user("Ada", "ada@example.com")]).await.unwrap().remove(0);
    let mut other = client(&url).await;
    let lock = other.transaction().await.unwrap();
    lock.batch_execute("SELECT * FROM users FOR UPDATE").await.unwrap();
    let watcher = client(&url).await;
    let waiting = async || {
        let sql = "SELECT count(*) FROM pg_stat_activity
                   WHERE application_name = 'user-service' AND wait_event_type = 'Lock' AND datname = current_database()";
        watcher.query_one(sql, &[]).await.unwrap().get::<_, i64>(0)
    };
    let deletes = async || while waiting().await == 0 {};
    tokio::select! {
        done = store.delete(&made.id) => panic!("it waits for the lock: {done:?}"),
        () = deletes() => {}
    }
    // The lock is still held: what ends the waiting is the cancellation.
    while waiting().await > 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    lock.commit().await.unwrap();
    assert_eq!(store.get(&made.id).await, Ok(made));
    let connections = store.connections();
    assert_eq!((connections.open, connections.idle, connections.waiting), (1, 1, 0), "it was given up");
}

#[tokio::test]
async fn a_call_does_not_wait_for_a_connection_for_ever() {
    let Some(url) = database().await else { return };
    let mut options = PostgresOptions::default().with_connections(1);
    options.wait = Duration::from_millis(50);
    let store = PostgresStore::open(&url, options).await.unwrap();
    let made = store.create(vec![user("Ada", "ada@example.com")]).await.unwrap().remove(0);
    let mut other = client(&url).await;
    let lock = other.transaction().await.unwrap();
    lock.batch_execute("SELECT * FROM users FOR UPDATE").await.unwrap();
    tokio::select! {
        biased;
        done = store.delete(&made.id) => panic!("it waits for the lock: {done:?}"),
        read = store.get(&made.id) => assert!(matches!(read, Err(StoreError::Unavailable { .. })), "{read:?}"),
    }
}

#[tokio::test]
async fn a_database_that_cannot_be_used_is_refused_without_its_password() {
    let secret = "postgres://ada:s3cret@127.0.0.1:1/users";
    let output = command(&["--store", secret]).output().await.unwrap();
    assert!(!String::from_utf8_lossy(&output.stderr).contains("s3cret"));
    refuses(command(&["--store", secret]), &["127.0.0.1", "\"users\"", "--store"]).await;
    refuses(command(&["--store", "postgres://localhost/x?sslmode=require"]), &["TLS", "sslmode"]).await;
    refuses(command(&["--store", "postgres://localhost/x?colour=red"]), &["colour", "postgres://"]).await;
    let Some(url) = database().await else { return };
    drop(open(&url).await);
    let newer = "INSERT INTO user_service_versions (version) VALUES (99)";
    client(&url).await.batch_execute(newer).await.unwrap();
    refuses(command(&["--store", &url]), &["version 99", "newer user-service"]).await;
}

#[tokio::test]
async fn the_pool_is_among_the_metrics() {
    let Some(url) = database().await else { return };
    let arguments = ["--store", &url, "--store-connections", "3", "--metrics-addr", "127.0.0.1:0"];
    let (_child, uri, page) = crate::binary::start_with_page(crate::binary::command(&arguments)).await;
    crate::server::create(
        &mut crate::server::Client::new(crate::server::connect(&uri).await),
        crate::server::nth(1),
    )
    .await;
    let (_, text) = crate::readiness::get(&page, "/metrics").await;
    for line in [
        "store_connections_max 3",
        "store_connections_open 1",
        "store_connections_idle 1",
        "store_connections_waiting 0",
    ] {
        assert!(text.lines().any(|it| it == line), "{line}: {text}");
    }
}
