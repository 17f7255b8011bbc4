//! Readiness: health, the page and `healthcheck` say what the store says.

use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::Command;
use tokio::sync::watch;
use tonic::Code;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_types::StatusExt;
use user_service::Options;
use user_service::pb::user::user_service_client::UserServiceClient;
use user_service::server::readiness;
use user_service::service::Users;
use user_service::store::{Change, Cursor, NewUser, Page, StoreError, User, UserStore};

use crate::binary;
use crate::server::{connect, id, start_users, start_with_options};

/// A store that cannot be reached while this says so.
struct Away(watch::Receiver<bool>);

impl Away {
    fn answer<T>(&self) -> Result<T, StoreError> {
        Err(StoreError::Unavailable { why: "it is away".to_owned() })
    }
}

#[tonic::async_trait]
impl UserStore for Away {
    async fn get(&self, _: &str) -> Result<User, StoreError> {
        self.answer()
    }

    async fn create(&self, _: Vec<NewUser>) -> Result<Vec<User>, StoreError> {
        self.answer()
    }

    async fn update(&self, _: &str, _: Change) -> Result<User, StoreError> {
        self.answer()
    }

    async fn delete(&self, _: &str) -> Result<(), StoreError> {
        self.answer()
    }

    async fn page(&self, _: Cursor, _: usize, _: usize) -> Result<Page, StoreError> {
        self.answer()
    }

    async fn ready(&self) -> Result<(), StoreError> {
        if *self.0.borrow() { self.answer() } else { Ok(()) }
    }
}

#[tokio::test]
async fn health_follows_the_store() {
    let (away, is_away) = watch::channel(false);
    let store: Arc<dyn UserStore> = Arc::new(Away(is_away));
    let ready = readiness(Arc::clone(&store));
    let server = start_users(Users::new(store), Options::default().with_ready(ready.subscribe())).await;
    let named = HealthCheckRequest { service: "user.UserService".to_owned() };
    let mut watch = HealthClient::new(server.channel.clone()).watch(named).await.unwrap().into_inner();
    let mut said = async || watch.message().await.unwrap().unwrap().status();
    assert_eq!(said().await, ServingStatus::Serving);
    away.send_replace(true);
    assert_eq!(said().await, ServingStatus::NotServing);
    // Meanwhile a call hears that it may try again.
    let status = UserServiceClient::new(server.channel).get_user(id("x")).await.unwrap_err();
    assert_eq!(status.code(), Code::Unavailable);
    let details = status.get_error_details();
    assert!(details.retry_info().unwrap().retry_delay.is_some());
    assert_eq!(details.error_info().unwrap().reason, "STORE_UNAVAILABLE");
    away.send_replace(false);
    assert_eq!(said().await, ServingStatus::Serving);
}

/// What `user-service healthcheck` exits with and prints.
async fn healthcheck(addr: &str, more: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_user-service"));
    let output = command.args(["healthcheck", "--addr", addr]).args(more).output().await.unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[tokio::test]
async fn healthcheck_exits_with_what_the_server_says() {
    let (said, ready) = watch::channel(true);
    let server = start_with_options(Options::default().with_ready(ready)).await;
    let addr = server.uri.strip_prefix("http://").unwrap();
    let serving = (Some(0), "SERVING\n".to_owned(), String::new());
    assert_eq!(healthcheck(addr, &[]).await, serving);
    assert_eq!(healthcheck(addr, &["--service", "user.UserService"]).await, serving);
    let (code, _, why) = healthcheck(addr, &["--service", "user.Other"]).await;
    assert!(code == Some(2) && why.contains("NotFound"), "{why}");
    let mut watch =
        HealthClient::new(server.channel).watch(HealthCheckRequest::default()).await.unwrap().into_inner();
    watch.message().await.unwrap();
    said.send_replace(false);
    watch.message().await.unwrap();
    assert_eq!(healthcheck(addr, &[]).await, (Some(1), "NOT_SERVING\n".to_owned(), String::new()));
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let (code, _, why) = healthcheck(&nobody, &[]).await;
    assert!(code == Some(2) && why.contains(&nobody) && why.lines().count() == 1, "{why}");
    // Somebody listens and never answers.
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (code, _, why) = healthcheck(&silent.local_addr().unwrap().to_string(), &["--timeout", "1"]).await;
    assert!(code == Some(2) && why.contains("no answer"), "{why}");
}

/// One HTTP request for the page, and its answer: the status and the body.
pub async fn get(addr: &str, path: &str) -> (u16, String) {
    let mut stream = tokio::net::TcpStream::connect(addr).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: {addr}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
}

#[cfg(unix)]
#[tokio::test]
async fn the_page_says_that_the_server_drains() {
    let args = ["--store", "memory", "--metrics-addr", "127.0.0.1:0", "--drain", "600"];
    let (mut child, uri, page) = binary::start_with_page(binary::command(&args)).await;
    assert_eq!([get(&page, "/healthz").await.0, get(&page, "/readyz").await.0], [200, 200]);
    let (_send, receive) = tokio::sync::mpsc::channel(1);
    let chat = tokio_stream::wrappers::ReceiverStream::new(receive);
    let mut client = UserServiceClient::new(connect(&uri).await);
    let _answers = client.chat(chat).await.unwrap();
    binary::signal(&child, "-TERM").await;
    while get(&page, "/readyz").await.0 != 503 {
        tokio::task::yield_now().await;
    }
    assert_eq!(get(&page, "/healthz").await.0, 200);
    child.kill().await.unwrap();
}
