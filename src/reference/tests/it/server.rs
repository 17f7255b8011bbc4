//! The helper of this room: a server on a free port, in this process, and the words tests use.

use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tonic::service::Routes;
use tonic::transport::Channel;
use user_service::pb::user::user_service_client::UserServiceClient;
use user_service::pb::user::{CreateUserRequest, ListUsersRequest, UserRequest, UserResponse};
use user_service::service::{Users, adapted};
use user_service::store::MemoryStore;
use user_service::{Options, serve_routes};

pub type Client = UserServiceClient<Channel>;

/// A running server; ends with the test.
pub struct Server {
    pub channel: Channel,
    pub uri: String,
    pub stop: oneshot::Sender<()>,
    pub ended: JoinHandle<Result<(), user_service::ServeError>>,
}

/// Starts a server with an empty memory store and this drain deadline.
pub async fn start_with_drain(drain: Duration) -> Server {
    start(Users::new(Arc::new(MemoryStore::default())), drain).await
}

/// Starts a server with an empty memory store and these options.
pub async fn start_with_options(options: Options) -> Server {
    start_users(Users::new(Arc::new(MemoryStore::default())), options).await
}

/// Starts a server for `users` with this drain deadline.
pub async fn start(users: Users, drain: Duration) -> Server {
    start_users(users, Options::default().with_drain(drain)).await
}

/// Starts a server for `users` with these options.
pub async fn start_users(users: Users, options: Options) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let uri = format!("http://{}", listener.local_addr().unwrap());
    let (stop, stopped) = oneshot::channel();
    let routes = Routes::new(adapted(users));
    let ended = tokio::spawn(serve_routes(listener, routes, options, async { drop(stopped.await) }));
    Server { channel: connect(&uri).await, uri, stop, ended }
}

/// A client of a fresh server that nobody stops.
pub async fn client() -> Client {
    let server = start_with_drain(Duration::ZERO).await;
    // Kept running: the sender must outlive the client.
    std::mem::forget(server.stop);
    UserServiceClient::new(server.channel)
}

pub async fn connect(uri: &str) -> Channel {
    Channel::from_shared(uri.to_owned()).unwrap().connect().await.unwrap()
}

pub fn new_user(name: &str, email: &str) -> CreateUserRequest {
    CreateUserRequest { name: name.to_owned(), email: email.to_owned() }
}

/// A user by number, with a name and an email of its own.
pub fn nth(number: usize) -> CreateUserRequest {
    new_user(&format!("User {number}"), &format!("user{number}@example.com"))
}

pub fn id(id: &str) -> UserRequest {
    UserRequest { id: id.to_owned() }
}

pub fn window(limit: i32, offset: i32) -> ListUsersRequest {
    ListUsersRequest { limit, offset }
}

pub async fn create(client: &mut Client, user: CreateUserRequest) -> UserResponse {
    client.create_user(user).await.unwrap().into_inner()
}

/// All messages of a stream that ends well.
pub async fn all<T>(response: tonic::Response<tonic::Streaming<T>>) -> Vec<T> {
    let (mut stream, mut messages) = (response.into_inner(), Vec::new());
    while let Some(message) = stream.message().await.unwrap() {
        messages.push(message);
    }
    messages
}
