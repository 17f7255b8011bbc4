//! The eight rpcs of `user.UserService` over a store: validate, ask the store, answer. Streams read the store
//! page by page as the client takes them, so that memory stays bounded.

use std::pin::Pin;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use futures_util::stream::{self, Stream, StreamExt, TryStreamExt};
use prost::Message;
use tonic::{Request, Response, Status, Streaming};

use crate::options::{DEFAULT_PAGE, IMPORT_LIMIT, MESSAGE_LIMIT};
use crate::pb::user::user_service_server::{UserService, UserServiceServer};
use crate::pb::user::{
    ChatMessage, CreateUserRequest, ImportUsersResponse, ListUsersRequest, UpdateUserRequest, UserRequest,
    UserResponse,
};
use crate::status;
use crate::store::{Change, NewUser, START, User, UserStore};
use crate::validate::Validate;

/// How many users a stream reads from the store at a time, and how many while nobody may have read any: the transport takes
/// the first 32 KiB before it knows whether there is room for them.
const STREAM_PAGE: usize = 256;
const FIRST_PAGE: usize = 64;
/// So many users fill them.
const UNREAD: usize = 256;

/// The rpcs over one store.
#[derive(Clone)]
pub struct Users {
    store: Arc<dyn UserStore>,
    import_limit: usize,
}

impl Users {
    /// The rpcs over `store`.
    pub fn new(store: Arc<dyn UserStore>) -> Self {
        Self { store, import_limit: IMPORT_LIMIT }
    }

    /// The same rpcs with another [`IMPORT_LIMIT`], in bytes.
    #[must_use]
    pub fn with_import_limit(self, import_limit: usize) -> Self {
        Self { import_limit, ..self }
    }

    /// Streams at most `limit` users after the first `offset`, in the order of their creation.
    fn users(&self, offset: usize, limit: usize) -> UserStream {
        let first = Some((START, offset, limit, 0));
        let store = Arc::clone(&self.store);
        let pages = stream::try_unfold(first, move |at| {
            let store = Arc::clone(&store);
            async move {
                let Some((after, skip, left, sent)) = at.filter(|(_, _, left, _)| *left > 0) else {
                    return Ok(None);
                };
                let most = if sent < UNREAD { FIRST_PAGE } else { STREAM_PAGE };
                let page = store.page(after, skip, left.min(most)).await?;
                let count = page.users.len();
                let next = page.next.map(|next| (next, 0, left.saturating_sub(count), sent + count));
                let users = stream::iter(page.users.into_iter().map(|user| Ok(UserResponse::from(user))));
                Ok::<_, Status>(Some((users, next)))
            }
        });
        Box::pin(pages.try_flatten())
    }
}

/// Serves `store` as `user.UserService`, with the message limits of the reference.
pub fn user_service(store: Arc<dyn UserStore>) -> UserServiceServer<Users> {
    with_limits(UserServiceServer::new(Users::new(store)))
}

/// Any implementation of the service under the message limits of the reference: what a wrapper of [`Users`]
/// needs to differ from it only in what it wraps.
pub fn with_limits<T>(server: UserServiceServer<T>) -> UserServiceServer<T> {
    server.max_decoding_message_size(MESSAGE_LIMIT).max_encoding_message_size(MESSAGE_LIMIT)
}

/// A stream of users to a client.
pub type UserStream = Pin<Box<dyn Stream<Item = Result<UserResponse, Status>> + Send>>;

/// A stream of chat messages to a client.
pub type ChatStream = Pin<Box<dyn Stream<Item = Result<ChatMessage, Status>> + Send>>;

#[tonic::async_trait]
impl UserService for Users {
    type ListUsersStream = UserStream;
    type StreamUsersStream = UserStream;
    type ChatStream = ChatStream;

    async fn get_user(&self, request: Request<UserRequest>) -> Result<Response<UserResponse>, Status> {
        let UserRequest { id } = valid(request)?;
        Ok(Response::new(self.store.get(&id).await?.into()))
    }

    async fn create_user(
        &self,
        request: Request<CreateUserRequest>,
    ) -> Result<Response<UserResponse>, Status> {
        let user = new_user(valid(request)?, now());
        let created = self.store.create(vec![user]).await?.pop();
        // The store's promise, but a broken store must not take the server down.
        created.map(|user| Response::new(user.into())).ok_or_else(status::nothing_created)
    }

    async fn list_users(&self, request: Request<ListUsersRequest>) -> Result<Response<UserStream>, Status> {
        let (offset, limit) = window(&valid(request)?);
        Ok(Response::new(self.users(offset, limit.unwrap_or(DEFAULT_PAGE))))
    }

    async fn stream_users(&self, request: Request<ListUsersRequest>) -> Result<Response<UserStream>, Status> {
        let (offset, limit) = window(&valid(request)?);
        Ok(Response::new(self.users(offset, limit.unwrap_or(usize::MAX))))
    }

    async fn import_users(
        &self,
        request: Request<Streaming<CreateUserRequest>>,
    ) -> Result<Response<ImportUsersResponse>, Status> {
        let mut inbound = request.into_inner();
        let (mut users, mut held) = (Vec::new(), 0);
        let now = now();
        while let Some(message) = inbound.message().await? {
            check(&message, Some(users.len()))?;
            held += message.encoded_len();
            if held > self.import_limit {
                return Err(status::import_too_large(self.import_limit));
            }
            users.push(new_user(message, now));
        }
        let created = self.store.create(users).await?;
        // A user takes more than one byte of IMPORT_LIMIT, so the count is far below i32::MAX.
        let count = i32::try_from(created.len()).unwrap_or(i32::MAX);
        Ok(Response::new(ImportUsersResponse { count }))
    }

    async fn chat(&self, request: Request<Streaming<ChatMessage>>) -> Result<Response<ChatStream>, Status> {
        let answers = request.into_inner().map_ok(|message| ChatMessage { sent_at: now(), ..message });
        Ok(Response::new(answers.boxed()))
    }

    async fn update_user(
        &self,
        request: Request<UpdateUserRequest>,
    ) -> Result<Response<UserResponse>, Status> {
        let UpdateUserRequest { id, name, email } = valid(request)?;
        Ok(Response::new(self.store.update(&id, Change { name, email }).await?.into()))
    }

    async fn delete_user(&self, request: Request<UserRequest>) -> Result<Response<()>, Status> {
        let UserRequest { id } = valid(request)?;
        Ok(Response::new(self.store.delete(&id).await?))
    }
}

/// The message of a request, if it breaks no rule.
fn valid<T: Validate>(request: Request<T>) -> Result<T, Status> {
    let message = request.into_inner();
    check(&message, None)?;
    Ok(message)
}

fn check(message: &impl Validate, place: Option<usize>) -> Result<(), Status> {
    let violations = message.violations();
    if violations.is_empty() { Ok(()) } else { Err(status::invalid(&violations, place)) }
}

/// Offset and limit of a valid request; a limit of 0 is the caller's to fill in.
fn window(request: &ListUsersRequest) -> (usize, Option<usize>) {
    let size = |value: i32| usize::try_from(value).unwrap_or(0);
    (size(request.offset), Some(size(request.limit)).filter(|limit| *limit > 0))
}

fn new_user(request: CreateUserRequest, created_at: i64) -> NewUser {
    NewUser { name: request.name, email: request.email, created_at }
}

/// Seconds since the Unix epoch; at least 1, whatever the clock says, as the schema promises.
fn now() -> i64 {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(elapsed.as_secs()).unwrap_or(i64::MAX).max(1)
}

impl From<User> for UserResponse {
    fn from(user: User) -> Self {
        Self { id: user.id, name: user.name, email: user.email, created_at: user.created_at }
    }
}
