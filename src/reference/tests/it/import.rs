//! ImportUsers: all of the stream, or nothing.

use tonic::Code;
use user_service::pb::user::CreateUserRequest;

use crate::server::{all, client, create, new_user, nth, window};

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
