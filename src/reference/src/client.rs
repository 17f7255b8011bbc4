//! A client of `user.UserService` as a team would write it: words of the subject over the generated client, which calls
//! any number of servers through `protogate_runtime::client`.

use protogate_runtime::client::{Calls, Client, ClientError, Options};
use tonic::{Code, Status, Streaming};

use crate::options::MESSAGE_LIMIT;
use crate::pb::FILE_DESCRIPTOR_SET;
use crate::pb::user::user_service_client::UserServiceClient;
use crate::pb::user::{CreateUserRequest, ListUsersRequest, UpdateUserRequest, UserRequest, UserResponse};

/// A client of one or more servers. Clones share connections, balance and the budget of retries.
#[derive(Debug, Clone)]
pub struct UserClient {
    grpc: UserServiceClient<Client>,
}

impl UserClient {
    /// A client of the servers at these URIs. The methods that may be retried are those whose `idempotency_level` in the
    /// schema says so.
    ///
    /// # Errors
    /// As [`Client::new`].
    pub fn new<U: AsRef<str>>(
        servers: impl IntoIterator<Item = U>,
        options: Options,
    ) -> Result<Self, ClientError> {
        // They were encoded by the generator: without them, nothing would be retried.
        let calls = Calls::from_descriptors(FILE_DESCRIPTOR_SET).unwrap_or_default();
        let grpc = UserServiceClient::new(Client::new(servers, calls, options)?)
            .max_decoding_message_size(MESSAGE_LIMIT)
            .max_encoding_message_size(MESSAGE_LIMIT);
        Ok(Self { grpc })
    }

    /// The generated client, for metadata, deadlines of single calls, and streams of requests.
    pub fn grpc(&mut self) -> &mut UserServiceClient<Client> {
        &mut self.grpc
    }

    /// The user of this id; `None` where there is none.
    ///
    /// # Errors
    /// The status of the call, but for `NOT_FOUND`.
    pub async fn get(&mut self, id: &str) -> Result<Option<UserResponse>, Status> {
        found(self.grpc.get_user(UserRequest { id: id.to_owned() }).await)
    }

    /// A new user. Made once or not at all: what ends with `UNAVAILABLE` may have been done.
    ///
    /// # Errors
    /// The status of the call.
    pub async fn create(&mut self, name: &str, email: &str) -> Result<UserResponse, Status> {
        let user = CreateUserRequest { name: name.to_owned(), email: email.to_owned() };
        Ok(self.grpc.create_user(user).await?.into_inner())
    }

    /// The user with these changes; `None` where there is none.
    ///
    /// # Errors
    /// The status of the call, but for `NOT_FOUND`.
    pub async fn update(&mut self, changes: UpdateUserRequest) -> Result<Option<UserResponse>, Status> {
        found(self.grpc.update_user(changes).await)
    }

    /// Whether there was such a user to delete.
    ///
    /// # Errors
    /// The status of the call, but for `NOT_FOUND`.
    pub async fn delete(&mut self, id: &str) -> Result<bool, Status> {
        Ok(found(self.grpc.delete_user(UserRequest { id: id.to_owned() }).await)?.is_some())
    }

    /// One page of users in the order of their creation; all of them as the server has them where `limit` is 0.
    ///
    /// # Errors
    /// The status of the call. A stream that broke after its first user ends with an error, and is not begun again.
    pub async fn stream(&mut self, limit: i32, offset: i32) -> Result<Streaming<UserResponse>, Status> {
        Ok(self.grpc.stream_users(ListUsersRequest { limit, offset }).await?.into_inner())
    }
}

fn found<T>(answered: Result<tonic::Response<T>, Status>) -> Result<Option<T>, Status> {
    match answered {
        Ok(response) => Ok(Some(response.into_inner())),
        Err(status) if status.code() == Code::NotFound => Ok(None),
        Err(status) => Err(status),
    }
}
