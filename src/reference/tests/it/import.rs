//! ImportUsers: all of the stream, or nothing.

use std::sync::Arc;
use std::time::Duration;

use tonic::Code;
use user_service::pb::user::CreateUserRequest;
use user_service::service::Users;
use user_service::store::MemoryStore;

use crate::server::{Client, all, client, create, new_user, nth, start, window};

/// The status of an import after one existing user, and how many users there are then.
async fn import(users: Vec<CreateUserRequest>) -> (Result<i32, Code>, usize) {
    let mut client = client().await;
    create(&mut client, new_user("Ada", "ada@example.com")).await;
    let answer = client.import_users(futures_util::stream::iter(users)).await;
    let outcome = answer.map(|response| response.into_inner().count).map_err(|status| status.code());
    (outcome, all(client.stream_users(window(0, 0)).await.unwrap()).await.len())
}

#[tokio::test]
async fn an_import_creates_every_user_or_none() {
    let cases = [
        (vec![], Ok(0), 1),
        ((0..300).map(nth).collect(), Ok(300), 301),
        (vec![nth(0), new_user("", "b@example.com"), nth(1)], Err(Code::InvalidArgument), 1),
        (vec![nth(0), new_user("Eve", "ada@example.com"), nth(1)], Err(Code::AlreadyExists), 1),
        (vec![nth(0), nth(1), nth(0)], Err(Code::AlreadyExists), 1),
    ];
    for (users, outcome, there) in cases {
        assert_eq!(import(users.clone()).await, (outcome, there), "{users:.3?}");
    }
}

#[tokio::test]
async fn an_import_that_would_not_fit_into_memory_is_refused() {
    let users = Users::new(Arc::new(MemoryStore::default())).with_import_limit(1000);
    let server = start(users, Duration::ZERO).await;
    let mut client = Client::new(server.channel);
    // Without an end, as the server is not to wait for one.
    let endless = futures_util::stream::iter((0..).map(nth));
    assert_eq!(client.import_users(endless).await.unwrap_err().code(), Code::ResourceExhausted);
    let few = client.import_users(futures_util::stream::iter((0..10).map(nth))).await.unwrap();
    assert_eq!(few.into_inner().count, 10);
}
