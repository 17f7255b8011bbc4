//! That each fault is there, and only where the table says: what a mutant answers beside what the reference does.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use tonic::codegen::{Service as _, http};
use tonic::{Code, Status};
use user_service::pb::user::{
    ChatMessage, CreateUserRequest, ListUsersRequest, UpdateUserRequest, UserRequest,
};
use user_service::store::MemoryStore;
use zoo::Setup;
use zoo::bytes::{fields, framed, message, messages, text, whole};

use crate::{client, client_of};

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
        // tonic's client ends a stream with a frame of its own.
        ("B29", 2, Ok(2)),
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

/// Only what does not fit a column is cut, and only text that is none or said twice is read otherwise.
#[tokio::test]
async fn users_that_are_created() {
    let long = format!("a{}", "🦀".repeat(16));
    let table = [
        ("healthy", long.as_str(), Code::Ok),
        ("B15", long.as_str(), Code::Internal),
        ("B15", "Ada", Code::Ok),
        ("B47", "Ada", Code::Ok),
        ("B49", "Ada", Code::Ok),
    ];
    for (mutant, name, want) in table {
        // INTERNAL is what tonic's client makes of a reply that does not decode.
        assert_eq!(code(client(mutant).await.create_user(user(name, 0)).await), want, "{mutant} {name}");
    }
}

#[tokio::test]
async fn pages_and_their_ends() {
    for (mutant, limit, at_least, ends) in [
        ("healthy", 0, 1, Some(Code::Ok)),
        ("B28", 1, 1, Some(Code::Ok)),
        ("B28", 0, 1000, None),
        ("B50", 0, 1, Some(Code::Unknown)),
    ] {
        let mut client = client(mutant).await;
        client.create_user(user("Ada", 0)).await.unwrap();
        let mut page = client.list_users(ListUsersRequest { limit, offset: 0 }).await.unwrap().into_inner();
        let mut count = 0;
        let end = loop {
            match page.message().await {
                Ok(Some(_)) if count == 1000 => break None,
                Ok(Some(_)) => count += 1,
                Ok(None) => break Some(Code::Ok),
                Err(status) => break Some(status.code()),
            }
        };
        assert!(count >= at_least, "{mutant} {limit}: {count}");
        // Whether it is there, and not which: what a client makes of a missing status is its own affair.
        assert_eq!(end.map(|code| code == Code::Ok), ends.map(|code| code == Code::Ok), "{mutant} {limit}");
    }
}

/// Bytes that no client of tonic sends: what GetUser and CreateUser say to a body.
#[tokio::test]
async fn bodies() {
    let named =
        |name: &[u8]| message(&[text(1, b"first"), text(2, b"a@example.com"), text(1, name)]).to_vec();
    let groups = [vec![0x0b; 200], vec![0x0c; 200]].concat();
    let unknown = message(&[text(1, b"nobody"), text(9, b"new")]).to_vec();
    let table: [(&str, &str, Vec<u8>, &str, usize); 10] = [
        ("healthy", "GetUser", unknown.clone(), "5", 0),
        ("B48", "GetUser", unknown, "3", 0),
        ("B48", "GetUser", message(&[text(1, b"nobody")]).to_vec(), "5", 0),
        ("healthy", "GetUser", groups.clone(), "13", 0),
        ("B45", "GetUser", groups, "13", 0),
        ("healthy", "CreateUser", named(b"last"), "last", 1),
        ("B49", "CreateUser", named(b"last"), "first", 1),
        ("healthy", "CreateUser", named(&[0xff]), "13", 0),
        ("B47", "CreateUser", named(&[0xff]), "\u{fffd}", 1),
        ("B53", "CreateUser", named(b"last"), "last", 2),
    ];
    for (mutant, method, request, want, replies) in table {
        let (status, all) = raw(mutant, method, framed(&request)).await;
        assert_eq!(all.len(), replies, "{mutant} {method}");
        let reply = all.first().cloned().unwrap_or_default();
        let name = fields(reply).unwrap().into_iter().find(|field| field.number == 2).and_then(|it| it.text);
        let got = name.map_or(status, |name| String::from_utf8_lossy(&name).into_owned());
        assert_eq!(got, want, "{mutant} {method}");
    }
}

#[tokio::test]
async fn a_frame_that_is_cut_short() {
    let cut = || Bytes::from_static(&[0, 0, 0, 0, 9, 1]);
    assert_eq!(raw("healthy", "GetUser", cut()).await.0, "13");
    let waits = tokio::time::timeout(Duration::from_millis(300), raw("B44", "GetUser", cut())).await;
    assert!(waits.is_err(), "it was answered");
}

/// The status and the messages that `user.UserService` has for this body, without a connection in between.
async fn raw(mutant: &str, method: &str, body: Bytes) -> (String, Vec<Bytes>) {
    let setup = Setup { store: Arc::new(MemoryStore::default()), token: None };
    let mut routes = (zoo::find(mutant).unwrap().routes)(setup);
    let uri = format!("http://localhost/user.UserService/{method}");
    let request = http::Request::post(uri).header("content-type", "application/grpc");
    let request = request.body(zoo::bytes::body(body, None)).unwrap();
    let response = routes.call(request).await.unwrap();
    let head = response.headers().get("grpc-status").cloned();
    let (bytes, trailers) = whole(response.into_body()).await;
    let status = head.or_else(|| trailers?.get("grpc-status").cloned()).unwrap();
    (status.to_str().unwrap().to_owned(), messages(bytes).0)
}

#[tokio::test]
async fn tokens() {
    let ids = |code| (code, code, code);
    for (mutant, want) in [
        ("healthy", ids(Code::Unauthenticated)),
        ("B55", (Code::Unauthenticated, Code::NotFound, Code::Unauthenticated)),
        ("B56", (Code::Unauthenticated, Code::Unauthenticated, Code::Ok)),
        ("B57", (Code::NotFound, Code::Unauthenticated, Code::Unauthenticated)),
    ] {
        let mut client = client_of(mutant, Some("T".to_owned())).await;
        let get = code(client.get_user(UserRequest { id: "nobody".into() }).await);
        let change = UpdateUserRequest { id: "nobody".into(), name: Some("Ada".into()), email: None };
        let update = code(client.update_user(change).await);
        let list = code(client.list_users(ListUsersRequest::default()).await);
        assert_eq!((get, update, list), want, "{mutant}");
    }
}
