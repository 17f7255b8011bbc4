//! For faults in one rpc: overrides one method of the service and leaves the other seven to the reference.

use std::pin::Pin;
use std::sync::Arc;

use futures_util::stream::{Stream, StreamExt};
use tonic::service::Routes;
use tonic::{Request, Response, Status, Streaming};
use user_service::pb::user::user_service_server::{UserService, UserServiceServer};
use user_service::pb::user::{
    ChatMessage, CreateUserRequest, ImportUsersResponse, ListUsersRequest, UpdateUserRequest, UserRequest,
    UserResponse,
};
use user_service::service::{self, ruled, with_limits};
use user_service::skeleton::user_service::UserServiceAdapter;

use crate::Setup;

/// A stream of users to a client.
pub type UserStream = Pin<Box<dyn Stream<Item = Result<UserResponse, Status>> + Send>>;

/// A stream of chat messages to a client.
pub type ChatStream = Pin<Box<dyn Stream<Item = Result<ChatMessage, Status>> + Send>>;

/// The reference behind its adapter, as tonic calls it, so that a fault may be in what the adapter does as well.
#[derive(Clone)]
pub struct Users(Arc<UserServiceAdapter<service::Users>>);

/// What an rpc answers.
pub type Answer<T> = Result<Response<T>, Status>;

/// A change to some rpcs; each method that is not overridden is the reference's.
#[tonic::async_trait]
pub trait Twist: Send + Sync + 'static {
    /// `GetUser`.
    async fn get_user(&self, users: &Users, request: Request<UserRequest>) -> Answer<UserResponse> {
        users.get_user(request).await
    }

    /// `CreateUser`.
    async fn create_user(&self, users: &Users, request: Request<CreateUserRequest>) -> Answer<UserResponse> {
        users.create_user(request).await
    }

    /// `ListUsers`.
    async fn list_users(&self, users: &Users, request: Request<ListUsersRequest>) -> Answer<UserStream> {
        users.list_users(request).await
    }

    /// `StreamUsers`.
    async fn stream_users(&self, users: &Users, request: Request<ListUsersRequest>) -> Answer<UserStream> {
        users.stream_users(request).await
    }

    /// `ImportUsers`.
    async fn import_users(
        &self,
        users: &Users,
        request: Request<Streaming<CreateUserRequest>>,
    ) -> Answer<ImportUsersResponse> {
        users.import_users(request).await
    }

    /// `Chat`.
    async fn chat(&self, users: &Users, request: Request<Streaming<ChatMessage>>) -> Answer<ChatStream> {
        users.chat(request).await
    }

    /// `UpdateUser`.
    async fn update_user(&self, users: &Users, request: Request<UpdateUserRequest>) -> Answer<UserResponse> {
        users.update_user(request).await
    }

    /// `DeleteUser`.
    async fn delete_user(&self, users: &Users, request: Request<UserRequest>) -> Answer<()> {
        users.delete_user(request).await
    }
}

/// The reference, twisted.
pub fn twisted(setup: Setup, twist: impl Twist) -> Routes {
    Routes::new(with_limits(UserServiceServer::new(Twisted {
        users: Users(Arc::new(ruled(service::Users::new(setup.store)))),
        twist,
    })))
}

struct Twisted<T> {
    users: Users,
    twist: T,
}

#[tonic::async_trait]
impl UserService for Users {
    type ListUsersStream = UserStream;
    type StreamUsersStream = UserStream;
    type ChatStream = ChatStream;

    async fn get_user(&self, request: Request<UserRequest>) -> Answer<UserResponse> {
        self.0.get_user(request).await
    }

    async fn create_user(&self, request: Request<CreateUserRequest>) -> Answer<UserResponse> {
        self.0.create_user(request).await
    }

    async fn list_users(&self, request: Request<ListUsersRequest>) -> Answer<UserStream> {
        Ok(self.0.list_users(request).await?.map(StreamExt::boxed))
    }

    async fn stream_users(&self, request: Request<ListUsersRequest>) -> Answer<UserStream> {
        Ok(self.0.stream_users(request).await?.map(StreamExt::boxed))
    }

    async fn import_users(
        &self,
        request: Request<Streaming<CreateUserRequest>>,
    ) -> Answer<ImportUsersResponse> {
        self.0.import_users(request).await
    }

    async fn chat(&self, request: Request<Streaming<ChatMessage>>) -> Answer<ChatStream> {
        Ok(self.0.chat(request).await?.map(StreamExt::boxed))
    }

    async fn update_user(&self, request: Request<UpdateUserRequest>) -> Answer<UserResponse> {
        self.0.update_user(request).await
    }

    async fn delete_user(&self, request: Request<UserRequest>) -> Answer<()> {
        self.0.delete_user(request).await
    }
}

#[tonic::async_trait]
impl<T: Twist> UserService for Twisted<T> {
    type ListUsersStream = UserStream;
    type StreamUsersStream = UserStream;
    type ChatStream = ChatStream;

    async fn get_user(&self, request: Request<UserRequest>) -> Answer<UserResponse> {
        self.twist.get_user(&self.users, request).await
    }

    async fn create_user(&self, request: Request<CreateUserRequest>) -> Answer<UserResponse> {
        self.twist.create_user(&self.users, request).await
    }

    async fn list_users(&self, request: Request<ListUsersRequest>) -> Answer<UserStream> {
        self.twist.list_users(&self.users, request).await
    }

    async fn stream_users(&self, request: Request<ListUsersRequest>) -> Answer<UserStream> {
        self.twist.stream_users(&self.users, request).await
    }

    async fn import_users(
        &self,
        request: Request<Streaming<CreateUserRequest>>,
    ) -> Answer<ImportUsersResponse> {
        self.twist.import_users(&self.users, request).await
    }

    async fn chat(&self, request: Request<Streaming<ChatMessage>>) -> Answer<ChatStream> {
        self.twist.chat(&self.users, request).await
    }

    async fn update_user(&self, request: Request<UpdateUserRequest>) -> Answer<UserResponse> {
        self.twist.update_user(&self.users, request).await
    }

    async fn delete_user(&self, request: Request<UserRequest>) -> Answer<()> {
        self.twist.delete_user(&self.users, request).await
    }
}
