//! That each fault is there, and only where the table says: what a mutant answers beside what the reference does.

use futures_util::stream;
use tonic::{Code, Status};
use user_service::pb::user::{ChatMessage, CreateUserRequest, ListUsersRequest, UserRequest};

use crate::client;

fn user(name: &str, number: usize) -> CreateUserRequest {
    CreateUserRequest { name: name.into(), email: format!("{number}@example.com") }
}

fn code<T>(answer: Result<T, Status>) -> Code {
    answer.map_or_else(|status| status.code(), |_| Code::Ok)
}

#[tokio::test]
async fn names() {
    let long = "x".repeat(65);
    let table = [
        ("healthy", long.as_str(), Code::Ok),
        ("B01", "  ", Code::Internal),
        ("B01", "Ada", Code::Ok),
        ("B03", long.as_str(), Code::Internal),
        ("B03", "Ada", Code::Ok),
    ];
    for (mutant, name, want) in table {
        assert_eq!(code(client(mutant).await.create_user(user(name, 0)).await), want, "{mutant} {name:?}");
    }
}

#[tokio::test]
async fn unknown_ids() {
    let unknown = |status: Status| (status.code(), status.message().contains("SELECT"));
    let table = [
        ("healthy", (Code::NotFound, false)),
        ("B06", (Code::Unknown, false)),
        // 42 is not a code, so tonic shows UNKNOWN.
        ("B10", (Code::Unknown, false)),
        ("B11", (Code::NotFound, true)),
    ];
    for (mutant, want) in table {
        let answer = client(mutant).await.get_user(UserRequest { id: "nobody".into() }).await;
        assert_eq!(unknown(answer.unwrap_err()), want, "{mutant}");
    }
}

#[tokio::test]
async fn pages_past_32_bits() {
    for (mutant, want) in [("healthy", Code::Ok), ("B04", Code::Cancelled)] {
        let page = ListUsersRequest { limit: 1, offset: i32::MAX };
        assert_eq!(code(client(mutant).await.list_users(page).await), want, "{mutant}");
    }
}

#[tokio::test]
async fn imports() {
    let table = [
        ("healthy", 0, Ok(0)),
        ("healthy", 2, Ok(2)),
        ("B29", 2, Ok(1)),
        ("B30", 0, Err(Code::Internal)),
        ("B30", 2, Ok(2)),
    ];
    for (mutant, sent, want) in table {
        let users = stream::iter((0..sent).map(|number| user("Ada", number)).collect::<Vec<_>>());
        let answer = client(mutant).await.import_users(users).await;
        let count = answer.map(|answer| answer.into_inner().count).map_err(|status| status.code());
        assert_eq!(count, want, "{mutant} {sent}");
    }
}

#[tokio::test]
async fn reads_that_differ() {
    for (mutant, get_same, list_same) in [("healthy", true, true), ("B20", false, true), ("B24", true, false)]
    {
        let mut client = client(mutant).await;
        let id = client.create_user(user("Ada", 0)).await.unwrap().into_inner().id;
        client.create_user(user("Bob", 1)).await.unwrap();
        let (mut gets, mut lists) = (Vec::new(), Vec::new());
        for _ in 0..2 {
            gets.push(client.get_user(UserRequest { id: id.clone() }).await.unwrap().into_inner());
            let mut page =
                client.list_users(ListUsersRequest { limit: 5, offset: 0 }).await.unwrap().into_inner();
            let (mut users, mut next) = (Vec::new(), page.message().await.unwrap());
            while let Some(user) = next {
                users.push(user.id);
                next = page.message().await.unwrap();
            }
            lists.push(users);
        }
        assert_eq!((gets[0] == gets[1], lists[0] == lists[1]), (get_same, list_same), "{mutant}");
    }
}

#[tokio::test]
async fn a_chat_cancelled_by_the_end_of_the_questions() {
    for (mutant, want) in [("healthy", Code::Ok), ("B37", Code::Cancelled)] {
        let question = ChatMessage { id: "1".into(), ..ChatMessage::default() };
        let mut chat = client(mutant).await.chat(stream::iter([question])).await.unwrap().into_inner();
        assert!(chat.message().await.unwrap().is_some());
        assert_eq!(code(chat.message().await), want, "{mutant}");
    }
}

#[tokio::test]
async fn binary_metadata_without_padding() {
    for (mutant, bytes, want) in
        [("healthy", "x", Code::Ok), ("B59", "x", Code::InvalidArgument), ("B59", "xyz", Code::Ok)]
    {
        // tonic sends no padding; three bytes need none.
        let mut request = tonic::Request::new(user("Ada", 0));
        request
            .metadata_mut()
            .insert_bin("trace-bin", tonic::metadata::MetadataValue::from_bytes(bytes.as_bytes()));
        assert_eq!(code(client(mutant).await.create_user(request).await), want, "{mutant} {bytes}");
    }
}
