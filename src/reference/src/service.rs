//! The eight rpcs of `user.UserService` over a store, as the generated trait has them: what its schema asks of a request
//! holds before they see it. Streams read the store page by page as the client takes them, so that memory stays bounded.

use std::sync::{Arc, LazyLock};
use std::time::{SystemTime, UNIX_EPOCH};

use futures_util::stream::{self, TryStreamExt};
use prost::Message;
use protogate_runtime::service::{Answers, Context, Error, Requests, Rules, SchemaRules};

use crate::error;
use crate::options::{DEFAULT_PAGE, IMPORT_LIMIT, MESSAGE_LIMIT};
use crate::pb::FILE_DESCRIPTOR_SET;
use crate::pb::user::user_service_server::UserServiceServer;
use crate::pb::user::{
    ChatMessage, CreateUserRequest, ImportUsersResponse, ListUsersRequest, UpdateUserRequest, UserRequest,
    UserResponse,
};
use crate::skeleton::user_service::{UserService, UserServiceAdapter};
use crate::store::{Change, NewUser, START, User, UserStore};

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
    fn users(&self, offset: usize, limit: usize) -> Answers<UserResponse> {
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
                Ok::<_, Error>(Some((users, next)))
            }
        });
        Answers::new(pages.try_flatten())
    }
}

/// Serves `store` as `user.UserService`.
pub fn user_service(store: Arc<dyn UserStore>) -> UserServiceServer<UserServiceAdapter<Users>> {
    adapted(Users::new(store))
}

/// Serves these rpcs, under the rules of the schema and the message limits of the reference.
pub fn adapted(users: Users) -> UserServiceServer<UserServiceAdapter<Users>> {
    with_limits(ruled(users).into_server())
}

/// These rpcs under the rules of the schema, as tonic calls them.
pub fn ruled(users: Users) -> UserServiceAdapter<Users> {
    static RULES: LazyLock<Arc<dyn Rules>> = LazyLock::new(|| {
        let rules = SchemaRules::from_descriptor_set(FILE_DESCRIPTOR_SET);
        Arc::new(rules.expect("the descriptors are generated with this crate, and every test reads them"))
    });
    UserServiceAdapter::new(users).with_rules(Arc::clone(&RULES))
}

/// Any implementation of the service under the message limits of the reference: what a wrapper of [`Users`]
/// needs to differ from it only in what it wraps.
pub fn with_limits<T>(server: UserServiceServer<T>) -> UserServiceServer<T> {
    server.max_decoding_message_size(MESSAGE_LIMIT).max_encoding_message_size(MESSAGE_LIMIT)
}

impl UserService for Users {
    async fn get_user(&self, _: &Context, request: UserRequest) -> Result<UserResponse, Error> {
        Ok(self.store.get(&request.id).await?.into())
    }

    async fn create_user(&self, _: &Context, request: CreateUserRequest) -> Result<UserResponse, Error> {
        let created = self.store.create(vec![new_user(request, now())]).await?.pop();
        // The store's promise, but a broken store must not take the server down.
        created.map(UserResponse::from).ok_or_else(error::nothing_created)
    }

    async fn list_users(
        &self,
        _: &Context,
        request: ListUsersRequest,
    ) -> Result<Answers<UserResponse>, Error> {
        let (offset, limit) = window(&request);
        Ok(self.users(offset, limit.unwrap_or(DEFAULT_PAGE)))
    }

    async fn stream_users(
        &self,
        _: &Context,
        request: ListUsersRequest,
    ) -> Result<Answers<UserResponse>, Error> {
        let (offset, limit) = window(&request);
        Ok(self.users(offset, limit.unwrap_or(usize::MAX)))
    }

    async fn import_users(
        &self,
        _: &Context,
        mut requests: Requests<CreateUserRequest>,
    ) -> Result<ImportUsersResponse, Error> {
        let (mut users, mut held) = (Vec::new(), 0);
        let now = now();
        while let Some(message) = requests.message().await? {
            held += message.encoded_len();
            if held > self.import_limit {
                return Err(error::import_too_large(self.import_limit));
            }
            users.push(new_user(message, now));
        }
        let created = self.store.create(users).await?;
        // A user takes more than one byte of IMPORT_LIMIT, so the count is far below i32::MAX.
        let count = i32::try_from(created.len()).unwrap_or(i32::MAX);
        Ok(ImportUsersResponse { count })
    }

    async fn chat(
        &self,
        _: &Context,
        requests: Requests<ChatMessage>,
    ) -> Result<Answers<ChatMessage>, Error> {
        Ok(Answers::new(requests.map_ok(|message| ChatMessage { sent_at: now(), ..message })))
    }

    async fn update_user(&self, _: &Context, request: UpdateUserRequest) -> Result<UserResponse, Error> {
        let UpdateUserRequest { id, name, email } = request;
        Ok(self.store.update(&id, Change { name, email }).await?.into())
    }

    async fn delete_user(&self, _: &Context, request: UserRequest) -> Result<(), Error> {
        Ok(self.store.delete(&request.id).await?)
    }
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
