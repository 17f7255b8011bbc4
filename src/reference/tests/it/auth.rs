//! `--token`: all eight methods ask for it first, and only then judge what was sent.

use tonic::metadata::MetadataValue;
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::Channel;
use tonic::{Code, Request, Response, Status, Streaming};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use tonic_reflection::pb::v1::ServerReflectionRequest;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use user_service::Options;
use user_service::pb::user::user_service_client::UserServiceClient;
use user_service::pb::user::{ChatMessage, UpdateUserRequest};

use crate::binary;
use crate::server::{connect, id, new_user, start_with_options, window};

pub const TOKEN: &str = "s3cret";

/// Sends this `authorization`, if any.
#[derive(Clone, Copy)]
pub struct Shows(pub Option<&'static str>);

impl Interceptor for Shows {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        if let Some(value) = self.0 {
            request.metadata_mut().insert("authorization", MetadataValue::from_static(value));
        }
        Ok(request)
    }
}

pub type Client = UserServiceClient<InterceptedService<Channel, Shows>>;

/// What each method says to a request that breaks a rule where the method has one: the call's status, or that of
/// its first message.
pub async fn codes(client: &Client) -> [(&'static str, Code); 8] {
    let c = || client.clone();
    let update = UpdateUserRequest { id: "no id".into(), ..Default::default() };
    let (user, said) = (tokio_stream::once(new_user("", "")), tokio_stream::once(ChatMessage::default()));
    [
        ("GetUser", code(c().get_user(id("")).await)),
        ("CreateUser", code(c().create_user(new_user("", "")).await)),
        ("ListUsers", first(c().list_users(window(-1, -1)).await).await),
        ("StreamUsers", first(c().stream_users(window(-1, -1)).await).await),
        ("ImportUsers", code(c().import_users(user).await)),
        ("Chat", first(c().chat(said).await).await),
        ("UpdateUser", code(c().update_user(update).await)),
        ("DeleteUser", code(c().delete_user(id("")).await)),
    ]
}

pub fn code<T>(called: Result<T, Status>) -> Code {
    called.map_or_else(|status| status.code(), |_| Code::Ok)
}

pub async fn first<T>(called: Result<Response<Streaming<T>>, Status>) -> Code {
    match called {
        Ok(response) => code(response.into_inner().message().await),
        Err(status) => status.code(),
    }
}

#[tokio::test]
async fn every_method_asks_for_the_token_first() {
    let server = start_with_options(Options::default().with_token(Some(TOKEN.to_owned()))).await;
    for shown in [None, Some("Bearer wrong!"), Some("Bearer "), Some("Basic s3cret")] {
        let client = UserServiceClient::with_interceptor(server.channel.clone(), Shows(shown));
        for (method, code) in codes(&client).await {
            assert_eq!(code, Code::Unauthenticated, "{method} with {shown:?}");
        }
    }
}

#[tokio::test]
async fn with_the_token_the_methods_judge() {
    let asks = start_with_options(Options::default().with_token(Some(TOKEN.to_owned()))).await;
    let open = start_with_options(Options::default()).await;
    let with_token =
        codes(&UserServiceClient::with_interceptor(asks.channel, Shows(Some("Bearer s3cret")))).await;
    let without_any = codes(&UserServiceClient::with_interceptor(open.channel, Shows(None))).await;
    assert_eq!(with_token, without_any);
    assert!(with_token.contains(&("CreateUser", Code::InvalidArgument)), "{with_token:?}");
    assert!(with_token.contains(&("Chat", Code::Ok)), "{with_token:?}");
}

#[tokio::test]
async fn health_and_reflection_need_no_token() {
    let server = start_with_options(Options::default().with_token(Some(TOKEN.to_owned()))).await;
    let mut health = HealthClient::new(server.channel.clone());
    assert_eq!(code(health.check(HealthCheckRequest::default()).await), Code::Ok);
    let mut reflection = ServerReflectionClient::new(server.channel);
    let asked = tokio_stream::once(ServerReflectionRequest::default());
    // Asks for nothing, which is an answer of its own; that there is one is the point.
    assert_ne!(first(reflection.server_reflection_info(asked).await).await, Code::Unauthenticated);
}

#[tokio::test]
async fn the_binary_takes_the_token() {
    let (_child, uri) = binary::start(binary::command(&["--store", "memory", "--token", TOKEN])).await;
    for (shown, expected) in [(None, Code::Unauthenticated), (Some("Bearer s3cret"), Code::InvalidArgument)] {
        let mut client = UserServiceClient::with_interceptor(connect(&uri).await, Shows(shown));
        assert_eq!(code(client.create_user(new_user("", "")).await), expected, "{shown:?}");
    }
    for token in ["", "two words"] {
        let output = binary::command(&["--store", "memory", "--token", token]).output().await.unwrap();
        assert_eq!(output.status.code(), Some(2), "{token:?}");
    }
}
