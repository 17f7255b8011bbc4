//! Limits: how often a caller may call, and how long a call may take.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use protogate_runtime::{AtOnce, Rate, RateLimitLayer};
use tonic::Code;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use tonic_types::StatusExt;
use user_service::Options;
use user_service::options::EXEMPT;
use user_service::pb::user::ChatMessage;
use user_service::pb::user::user_service_client::UserServiceClient;
use user_service::service::Users;
use user_service::store::{Change, Cursor, NewUser, Page, StoreError, User, UserStore};

use crate::auth::{code, first};
use crate::server::{id, nth, start_users, start_with_options, window};

#[tokio::test]
async fn who_calls_too_often_hears_when_to_come_again() {
    let limit = RateLimitLayer::new(Rate { per_second: 0.1, burst: 2 }, EXEMPT, "user.UserService");
    let server = start_with_options(Options::default().with_limit(Some(limit))).await;
    let mut client = UserServiceClient::new(server.channel.clone());
    for _ in 0..2 {
        assert_eq!(client.get_user(id("nobody")).await.unwrap_err().code(), Code::NotFound);
    }
    let status = client.get_user(id("nobody")).await.unwrap_err();
    assert_eq!(status.code(), Code::ResourceExhausted);
    let pushback: u64 =
        status.metadata().get("grpc-retry-pushback-ms").unwrap().to_str().unwrap().parse().unwrap();
    let delay = status.get_details_retry_info().unwrap().retry_delay.unwrap();
    assert!(delay > Duration::from_secs(8) && pushback >= 8_000, "{delay:?} {pushback}");
    assert_eq!(status.get_details_error_info().unwrap().reason, "RATE_LIMITED");
    // Who watches the server is not counted.
    let mut health = HealthClient::new(server.channel);
    for _ in 0..5 {
        assert_eq!(code(health.check(HealthCheckRequest::default()).await), Code::Ok);
    }
}

#[tokio::test]
async fn a_caller_with_too_many_calls_under_way_hears_so() {
    let at_once = AtOnce { all: 8, each: 1 };
    let server = start_with_options(Options::default().with_at_once(at_once)).await;
    let mut client = UserServiceClient::new(server.channel.clone());
    let (say, said) = tokio::sync::mpsc::channel(1);
    let held = client.chat(tokio_stream::wrappers::ReceiverStream::new(said)).await.unwrap();
    let status = client.get_user(id("nobody")).await.unwrap_err();
    assert_eq!(status.code(), Code::ResourceExhausted);
    assert_eq!(status.get_details_error_info().unwrap().reason, "TOO_MANY_CALLS");
    assert!(status.get_details_retry_info().is_some(), "{status:?}");
    // A crowd is no illness.
    let mut health = HealthClient::new(server.channel);
    assert_eq!(code(health.check(HealthCheckRequest::default()).await), Code::Ok);
    drop(say);
    assert_eq!(crate::server::all::<ChatMessage>(held).await, []);
    // The call has ended where its client has read all of it, and a moment later where the server knows.
    while client.get_user(id("nobody")).await.unwrap_err().code() != Code::NotFound {
        tokio::task::yield_now().await;
    }
}

/// A store that never answers, and counts who has stopped waiting.
#[derive(Default)]
struct Stuck {
    given_up: Arc<AtomicUsize>,
}

impl Stuck {
    async fn never<T>(&self) -> T {
        struct Waiting(Arc<AtomicUsize>);
        impl Drop for Waiting {
            fn drop(&mut self) {
                self.0.fetch_add(1, Ordering::Relaxed);
            }
        }
        let _waiting = Waiting(Arc::clone(&self.given_up));
        std::future::pending().await
    }
}

#[tonic::async_trait]
impl UserStore for Stuck {
    async fn get(&self, _: &str) -> Result<User, StoreError> {
        self.never().await
    }

    async fn create(&self, _: Vec<NewUser>) -> Result<Vec<User>, StoreError> {
        self.never().await
    }

    async fn update(&self, _: &str, _: Change) -> Result<User, StoreError> {
        self.never().await
    }

    async fn delete(&self, _: &str) -> Result<(), StoreError> {
        self.never().await
    }

    async fn page(&self, _: Cursor, _: usize, _: usize) -> Result<Page, StoreError> {
        self.never().await
    }
}

#[tokio::test]
async fn a_cap_ends_calls_of_every_kind_and_their_store_calls() {
    let stuck = Stuck::default();
    let given_up = Arc::clone(&stuck.given_up);
    let caps = [("/user.UserService/*", Duration::from_millis(50))];
    let caps = caps.map(|(glob, cap)| (glob.parse().unwrap(), cap));
    let options = Options::default().with_method_caps(caps.into());
    let server = start_users(Users::new(Arc::new(stuck)), options).await;
    let client = || UserServiceClient::new(server.channel.clone());
    let users = || tokio_stream::once(nth(1));
    let idle = tokio_stream::pending::<ChatMessage>();
    for (kind, code) in [
        ("unary", code(client().get_user(id("x")).await)),
        ("server stream", first(client().list_users(window(0, 0)).await).await),
        ("client stream", code(client().import_users(users()).await)),
        ("both", first(client().chat(idle).await).await),
    ] {
        assert_eq!(code, Code::DeadlineExceeded, "{kind}");
    }
    // The three that ask the store.
    while given_up.load(Ordering::Relaxed) < 3 {
        tokio::task::yield_now().await;
    }
}
