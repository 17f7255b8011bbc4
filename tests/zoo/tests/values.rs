//! That each wrong value is there: what a mutant that needs a contract answers, beside what the reference does.

use std::time::Duration;

use futures_util::stream;
use tokio::time::{sleep, timeout};
use tonic::transport::Channel;
use tonic::{Code, Request, Status, Streaming};
use user_service::pb::user::user_service_client::UserServiceClient;
use user_service::pb::user::{
    ChatMessage, CreateUserRequest, ListUsersRequest, UpdateUserRequest, UserRequest, UserResponse,
};

use crate::client;

type Client = UserServiceClient<Channel>;

fn user(name: &str, number: usize) -> CreateUserRequest {
    CreateUserRequest { name: name.into(), email: format!("{number}@example.com") }
}

async fn created(client: &mut Client, name: &str, number: usize) -> UserResponse {
    client.create_user(user(name, number)).await.unwrap().into_inner()
}

async fn got(client: &mut Client, id: &str) -> Result<UserResponse, Code> {
    let answer = client.get_user(UserRequest { id: id.into() }).await;
    answer.map(tonic::Response::into_inner).map_err(|status| status.code())
}

async fn all<T>(mut answers: Streaming<T>) -> Vec<T> {
    let mut all = Vec::new();
    while let Some(answer) = answers.message().await.unwrap() {
        all.push(answer);
    }
    all
}

/// The names of one page of ListUsers.
async fn listed(client: &mut Client, limit: i32, offset: i32) -> Vec<String> {
    let page = client.list_users(ListUsersRequest { limit, offset }).await.unwrap().into_inner();
    all(page).await.into_iter().map(|user| user.name).collect()
}

/// A client of a server that has these users.
async fn with_users(mutant: &str, names: &[&str]) -> (Client, Vec<UserResponse>) {
    let (mut client, mut users) = (client(mutant).await, Vec::new());
    for (number, name) in names.iter().enumerate() {
        users.push(created(&mut client, name, number).await);
    }
    (client, users)
}

#[tokio::test]
async fn ids_that_nobody_has() {
    for (mutant, empty, unknown) in [
        ("healthy", Err(Code::InvalidArgument), Err(Code::NotFound)),
        ("B07", Err(Code::NotFound), Err(Code::NotFound)),
        ("B08", Err(Code::InvalidArgument), Err(Code::InvalidArgument)),
        ("B09", Err(Code::InvalidArgument), Ok(UserResponse::default())),
    ] {
        let mut client = client(mutant).await;
        assert_eq!(
            (got(&mut client, "").await, got(&mut client, "nobody").await),
            (empty, unknown),
            "{mutant}"
        );
    }
}

#[tokio::test]
async fn a_user_that_was_created() {
    // The name in the reply, and the name that is read.
    for (mutant, name, reply, read) in [
        ("healthy", " Zoe\u{301} ", " Zoe\u{301} ", Ok(" Zoe\u{301} ")),
        ("B12", "Ada", "Ada", Ok("Bob")),
        ("B13", "Ada", "0@example.com", Ok("Ada")),
        ("B14", " Zoe\u{301} ", " Zoe\u{301} ", Ok("Zo\u{e9}")),
        ("B14", "  ", "  ", Ok("  ")),
        ("B18", "Ada", "Ada", Err(Code::NotFound)),
        ("B19", "Ada", "Ada", Ok("ada")),
    ] {
        let (mut client, users) = with_users(mutant, &[name, "Bob"]).await;
        let got = got(&mut client, &users[0].id).await.map(|user| user.name);
        assert_eq!((users[0].name.as_str(), got), (reply, read.map(str::to_owned)), "{mutant}");
    }
}

#[tokio::test]
async fn clocks() {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    for (mutant, is_right) in [("healthy", true), ("B16f", false), ("B16z", false)] {
        let (mut client, users) = with_users(mutant, &["Ada"]).await;
        assert_eq!(users[0].created_at.abs_diff(now.try_into().unwrap()) < 60, is_right, "{mutant}");
        assert_eq!(got(&mut client, &users[0].id).await.unwrap(), users[0], "{mutant}");
    }
}

#[tokio::test]
async fn ids_of_new_users() {
    for (mutant, is_empty, are_equal) in
        [("healthy", false, false), ("B17", true, true), ("B21", false, true), ("B51", false, false)]
    {
        let (_, users) = with_users(mutant, &["Ada", "Ada"]).await;
        assert_eq!(
            (users[0].id.is_empty(), users[0].id == users[1].id),
            (is_empty, are_equal),
            "{mutant}, one after the other"
        );
    }
    for (mutant, are_equal) in [("healthy", false), ("B51", true)] {
        let mut client = client(mutant).await;
        let mut other = client.clone();
        let (one, two) = tokio::join!(created(&mut client, "Ada", 0), created(&mut other, "Bob", 1));
        assert_eq!(one.id == two.id, are_equal, "{mutant}, at once");
    }
}

#[tokio::test]
async fn pages() {
    for (mutant, limit, offset, want) in [
        ("healthy", 2, 1, "BC"),
        ("B22", 2, 1, "BCDE"),
        ("B22", 0, 1, "BCDE"),
        ("B23", 2, 1, "AB"),
        ("B23", 2, 0, "AB"),
        ("B23b", 2, 1, "BCD"),
        ("B23b", 0, 3, "DE"),
        ("B25", 0, 3, "D"),
        ("B25", 2, 0, "AB"),
        ("B27", 2, 0, "AB"),
        ("B27", 3, 0, "AB"),
    ] {
        let (mut client, _) = with_users(mutant, &["A", "B", "C", "D", "E"]).await;
        assert_eq!(listed(&mut client, limit, offset).await.concat(), want, "{mutant} {limit} {offset}");
    }
}

#[tokio::test]
async fn an_import_that_ends_early() {
    for (mutant, count, kept) in [("healthy", 2, 2), ("B31", 1, 1)] {
        let mut client = client(mutant).await;
        let users = stream::iter([user("Ada", 0), user("Bob", 1)]);
        assert_eq!(client.import_users(users).await.unwrap().into_inner().count, count, "{mutant}");
        assert_eq!(listed(&mut client, 0, 0).await.len(), kept, "{mutant}");
    }
}

#[tokio::test]
async fn chats() {
    let question = |id: &&str| ChatMessage { id: (*id).to_owned(), ..ChatMessage::default() };
    for (mutant, first, second) in
        [("healthy", "12", "34"), ("B32", "21", "43"), ("B33", "1", "3"), ("B36", "12", "234")]
    {
        let mut client = client(mutant).await;
        for (ids, want) in [(["1", "2"], first), (["3", "4"], second)] {
            let questions: Vec<_> = ids.iter().map(question).collect();
            let answers = client.chat(stream::iter(questions)).await.unwrap().into_inner();
            let ids: String = all(answers).await.into_iter().map(|answer| answer.id).collect();
            assert_eq!(ids, want, "{mutant}");
        }
    }
}

#[tokio::test]
async fn users_that_were_not_created() {
    for (mutant, want) in [("healthy", "Ada"), ("B39", "Ada Bob")] {
        let (mut client, _) = with_users(mutant, &["Ada"]).await;
        let refused: Status = client.create_user(user("Bob", 0)).await.unwrap_err();
        assert_eq!(refused.code(), Code::AlreadyExists, "{mutant}");
        assert_eq!(listed(&mut client, 0, 0).await.join(" "), want, "{mutant}");
    }
}

#[tokio::test]
async fn a_call_that_its_client_gave_up() {
    let mut client = client("B38").await;
    // Gives it up once it is under way, and not before.
    let call = client.create_user(Request::new(user("Ada", 0)));
    assert!(timeout(Duration::from_millis(10), call).await.is_err(), "it was answered");
    sleep(Duration::from_millis(100)).await;
    assert_eq!(listed(&mut client, 0, 0).await, ["Ada", "Ada"]);
    created(&mut client, "Bob", 1).await;
    assert_eq!(listed(&mut client, 0, 0).await, ["Ada", "Bob", "Ada"]);
}

#[tokio::test]
async fn changes_at_the_same_time() {
    for (mutant, has_both) in [("healthy", true), ("B52", false)] {
        let (mut client, users) = with_users(mutant, &["Ada"]).await;
        let change = |name: Option<&str>, email: Option<&str>| UpdateUserRequest {
            id: users[0].id.clone(),
            name: name.map(str::to_owned),
            email: email.map(str::to_owned),
        };
        let mut other = client.clone();
        let (one, two) = tokio::join!(
            client.update_user(change(Some("Bob"), None)),
            other.update_user(change(None, Some("new@example.com")))
        );
        assert!(one.is_ok() && two.is_ok(), "{mutant}");
        let user = got(&mut client, &users[0].id).await.unwrap();
        assert_eq!(user.name == "Bob" && user.email == "new@example.com", has_both, "{mutant}");
    }
}

/// The faults of this file are those that need a contract.
#[test]
fn no_mutant_is_left_out() {
    let here = include_str!("values.rs");
    for mutant in zoo::MUTANTS {
        let is_here = here.contains(&format!("(\"{}\"", mutant.id));
        assert_eq!(is_here, mutant.needs_contract, "{}", mutant.id);
    }
}
