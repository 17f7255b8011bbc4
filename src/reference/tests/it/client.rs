//! The client of several instances, with instances that fail.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use protogate_runtime::client::{Balanced, Options};
use tokio::task::JoinSet;
use tonic::transport::Endpoint;
use tonic::{Code, Request};
use user_service::client::{Client, balanced};
use user_service::pb::user::user_service_client::UserServiceClient;
use user_service::service::Users;
use user_service::store::{Change, Cursor, MemoryStore, NewUser, Page, StoreError, User, UserStore};

use crate::server::{Server, id, new_user, nth, start, start_with_drain, window};

/// A store that cannot be reached the first times it is asked.
struct Away {
    store: MemoryStore,
    asked: AtomicUsize,
    times: usize,
}

impl Away {
    fn ask(&self) -> Result<(), StoreError> {
        let before = self.asked.fetch_add(1, Ordering::SeqCst);
        if before < self.times { Err(StoreError::Unavailable { why: "a test".to_owned() }) } else { Ok(()) }
    }
}

#[tonic::async_trait]
impl UserStore for Away {
    async fn get(&self, id: &str) -> Result<User, StoreError> {
        self.ask()?;
        self.store.get(id).await
    }

    async fn create(&self, users: Vec<NewUser>) -> Result<Vec<User>, StoreError> {
        self.ask()?;
        self.store.create(users).await
    }

    async fn update(&self, id: &str, change: Change) -> Result<User, StoreError> {
        self.store.update(id, change).await
    }

    async fn delete(&self, id: &str) -> Result<(), StoreError> {
        self.store.delete(id).await
    }

    async fn page(&self, after: Cursor, skip: usize, limit: usize) -> Result<Page, StoreError> {
        self.store.page(after, skip, limit).await
    }
}

/// A server whose store is away so many times, and that store.
async fn away(times: usize) -> (Server, Arc<Away>) {
    let store = Arc::new(Away { store: MemoryStore::default(), asked: AtomicUsize::new(0), times });
    (start(Users::new(Arc::clone(&store) as Arc<dyn UserStore>), Duration::ZERO).await, store)
}

fn to(uris: &[&str], options: Options) -> (Balanced, Client) {
    let endpoints = uris.iter().map(|uri| Endpoint::from_shared((*uri).to_owned()).unwrap()).collect();
    let channel = balanced(endpoints, options).unwrap();
    (channel.clone(), UserServiceClient::new(channel))
}

#[tokio::test]
async fn what_does_no_harm_twice_is_called_again() {
    let (server, store) = away(1).await;
    let (channel, mut client) = to(&[&server.uri], Options::default());
    let missing = client.get_user(id("nobody")).await.unwrap_err();
    assert_eq!((missing.code(), store.asked.load(Ordering::SeqCst)), (Code::NotFound, 2));
    assert_eq!(channel.retries(), (1, 0));

    // CreateUser twice would be two users: it is not repeated, and the details are the server's.
    let (server, store) = away(1).await;
    let (_, mut client) = to(&[&server.uri], Options::default());
    let refused = client.create_user(nth(1)).await.unwrap_err();
    assert_eq!((refused.code(), store.asked.load(Ordering::SeqCst)), (Code::Unavailable, 1));
    assert!(tonic_types::StatusExt::get_details_retry_info(&refused).is_some());
}

#[tokio::test]
async fn an_attempt_is_not_made_that_would_come_too_late() {
    let (server, store) = away(usize::MAX).await;
    let (_, mut client) = to(&[&server.uri], Options::default());
    let mut request = Request::new(id("nobody"));
    // The server asks for a second.
    request.set_timeout(Duration::from_millis(900));
    let refused = client.get_user(request).await.unwrap_err();
    assert_eq!((refused.code(), store.asked.load(Ordering::SeqCst)), (Code::Unavailable, 1));
}

#[tokio::test]
async fn a_service_that_is_down_is_not_asked_more_often() {
    let (server, store) = away(usize::MAX).await;
    let options = Options { retry_tokens: 4, ..Options::default() };
    let (channel, mut client) = to(&[&server.uri], options);
    for expected in [2, 3, 4] {
        assert_eq!(client.get_user(id("nobody")).await.unwrap_err().code(), Code::Unavailable);
        assert_eq!(store.asked.load(Ordering::SeqCst), expected, "one retry, then the budget is spent");
    }
    assert_eq!(channel.retries(), (1, 3));
}

#[tokio::test]
async fn a_call_that_never_left_goes_elsewhere_whatever_it_is() {
    let there = start_with_drain(Duration::ZERO).await;
    let nowhere = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (_, client) = to(&[&format!("http://{nowhere}"), &there.uri], Options::default());
    let mut calls = JoinSet::new();
    for number in 0..50 {
        let mut client = client.clone();
        calls.spawn(async move { client.create_user(nth(number)).await.map(|made| made.into_inner().id) });
    }
    let made = calls.join_all().await;
    assert!(made.iter().all(Result::is_ok), "{made:?}");
    let mut stream = client.clone().stream_users(window(0, 0)).await.unwrap().into_inner();
    let mut count = 0;
    while stream.message().await.unwrap().is_some() {
        count += 1;
    }
    assert_eq!(count, 50);
}

#[tokio::test]
async fn a_deadline_holds_where_the_caller_gives_none() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let uri = format!("http://{}", silent.local_addr().unwrap());
    let options = Options { deadline: Duration::from_millis(200), ..Options::default() };
    let (_, mut client) = to(&[&uri], options);
    assert_eq!(client.get_user(id("nobody")).await.unwrap_err().code(), Code::DeadlineExceeded);
    let (_, mut nobody) = to(&[], Options::default());
    assert_eq!(nobody.get_user(id("nobody")).await.unwrap_err().code(), Code::Unavailable);
}

/// A large request is sent once, whole.
#[tokio::test]
async fn a_request_that_is_too_large_to_keep_arrives() {
    let server = start_with_drain(Duration::ZERO).await;
    let options = Options { largest_request: 1000, ..Options::default() };
    let (_, mut client) = to(&[&server.uri], options);
    let refused = client.create_user(new_user(&"n".repeat(3 << 20), "a@example.com")).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    assert!(refused.message().contains("must be at most 100 characters"), "{refused:?}");
}

/// Three instances on one database: one is killed while calls are under way.
#[cfg(feature = "postgres")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_instance_that_is_killed_costs_no_call_that_may_be_repeated() {
    use crate::binary::{command, start};
    let Some(url) = crate::postgres::database().await else { return };
    let mut instances = Vec::new();
    for _ in 0..3 {
        let mut command = command(&["--store", &url, "--store-connections", "4"]);
        command.kill_on_drop(true);
        instances.push(start(command).await);
    }
    let uris: Vec<&str> = instances.iter().map(|(_, uri)| uri.as_str()).collect();
    let (_, client) = to(&uris, Options::default());
    let there = client.clone().create_user(nth(1_000_000)).await.unwrap().into_inner();

    let done = Arc::new(AtomicUsize::new(0));
    let stop = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let mut callers = JoinSet::new();
    for caller in 0..8 {
        let (mut client, id_of, done, stop) =
            (client.clone(), there.id.clone(), Arc::clone(&done), Arc::clone(&stop));
        callers.spawn(async move {
            let mut number = caller;
            let mut acknowledged = Vec::new();
            while !stop.load(Ordering::SeqCst) {
                client.get_user(id(&id_of)).await.expect("a read is repeated");
                // A write may be lost from sight, and is never made twice: the second would be ALREADY_EXISTS.
                match client.create_user(nth(number)).await {
                    Ok(made) => acknowledged.push(made.into_inner().id),
                    Err(status) => assert_eq!(status.code(), Code::Unavailable, "{status:?}"),
                }
                number += 8;
                done.fetch_add(1, Ordering::SeqCst);
            }
            acknowledged
        });
    }
    let reached = |count| {
        let done = Arc::clone(&done);
        async move {
            while done.load(Ordering::SeqCst) < count {
                tokio::task::yield_now().await;
            }
        }
    };
    reached(100).await;
    instances[0].0.kill().await.unwrap();
    let at_the_kill = done.load(Ordering::SeqCst);
    reached(at_the_kill + 200).await;
    stop.store(true, Ordering::SeqCst);
    let acknowledged: Vec<String> = callers.join_all().await.into_iter().flatten().collect();
    assert!(acknowledged.len() > 200);
    let mut client = client;
    for id_of in &acknowledged {
        client.get_user(id(id_of)).await.unwrap();
    }
}
