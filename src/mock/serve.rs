//! The mock on a socket.

use std::{
    collections::VecDeque,
    convert::Infallible,
    fmt,
    future::{Future, ready},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use futures_util::{FutureExt as _, Stream, stream};
use prost_reflect::DynamicMessage;
use tokio::{
    net::TcpListener,
    time::{Instant, timeout_at},
};
use tonic::{
    Code, Request, Response, Status, Streaming,
    body::Body,
    codegen::{Body as HttpBody, Service},
    metadata::MetadataMap,
    server::Grpc,
    service::Routes,
    transport::{Server, server::TcpIncoming},
};

use super::{Mock, Refusal, codec::Dynamic};

/// So many messages of one call are taken, as all are kept until it ends.
const MOST_MESSAGES: usize = 10_000;

type Replies = Pin<Box<dyn Stream<Item = Result<DynamicMessage, Status>> + Send>>;

/// Why a mock does not serve.
#[derive(Debug)]
pub struct ServeError(String);

impl fmt::Display for ServeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ServeError {}

/// Serves until the signal comes: the services of the mock, reflection of this encoded descriptor set, and health.
///
/// # Errors
/// When the descriptor set cannot be reflected, or the socket fails.
pub async fn serve(
    mock: Mock,
    listener: TcpListener,
    descriptors: &[u8],
    stop: impl Future<Output = ()> + Send,
) -> Result<(), ServeError> {
    let failed = |error: &dyn std::error::Error| ServeError(error.to_string());
    let (reporter, health) = tonic_health::server::health_reporter();
    for name in mock.services() {
        reporter.set_service_status(name, tonic_health::ServingStatus::Serving).await;
    }
    let reflection =
        || tonic_reflection::server::Builder::configure().register_encoded_file_descriptor_set(descriptors);
    let v1 = reflection().build_v1().map_err(|error| failed(&error))?;
    let v1alpha = reflection().build_v1alpha().map_err(|error| failed(&error))?;
    let router = Routes::new(health).add_service(v1).add_service(v1alpha).into_axum_router();
    let routes = Routes::from(router.fallback_service(Wire(Arc::new(mock))));
    let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
    let served = Server::builder().add_routes(routes).serve_with_incoming_shutdown(incoming, stop).await;
    served.map_err(|error| failed(&error))
}

/// Takes every path that nobody else has.
#[derive(Clone)]
struct Wire(Arc<Mock>);

impl<B> Service<http::Request<B>> for Wire
where
    B: HttpBody + Send + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>> + Send,
{
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<B>) -> Self::Future {
        let mock = self.0.clone();
        let path = request.uri().path().to_owned();
        Box::pin(async move {
            let Some(method) = mock.method(&path) else {
                return Ok(Status::unimplemented(format!("the schema has no method {path}")).into_http());
            };
            let codec = Dynamic(method.desc.input());
            Ok(Grpc::new(codec).streaming(Handler { mock: mock.clone(), path }, request).await)
        })
    }
}

/// One call.
struct Handler {
    mock: Arc<Mock>,
    path: String,
}

impl Service<Request<Streaming<DynamicMessage>>> for Handler {
    type Response = Response<Replies>;
    type Error = Status;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Replies>, Status>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Status>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Streaming<DynamicMessage>>) -> Self::Future {
        let (mock, path) = (self.mock.clone(), self.path.clone());
        Box::pin(async move {
            let desc = match mock.method(&path) {
                Some(method) => method.desc.clone(),
                None => return Err(Status::unimplemented(path)),
            };
            let end = deadline(request.metadata());
            let incoming = request.into_inner();
            if desc.is_client_streaming() && desc.is_server_streaming() {
                return Ok(Response::new(talk(mock, path, incoming, end)));
            }
            let sent = by(end, all(incoming, desc.is_client_streaming())).await?;
            let replies = mock.answer(&path, &sent).map_err(status)?;
            let replies: Replies = Box::pin(stream::iter(replies.into_iter().map(Ok)));
            Ok(Response::new(replies))
        })
    }
}

/// When the call is over, as its caller said with it: up to eight digits and a unit.
fn deadline(metadata: &MetadataMap) -> Option<Instant> {
    let text = metadata.get("grpc-timeout")?.to_str().ok()?;
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let number: u64 = digits.parse().ok()?;
    let span = match unit {
        "H" => Duration::from_secs(number.checked_mul(3600)?),
        "M" => Duration::from_secs(number.checked_mul(60)?),
        "S" => Duration::from_secs(number),
        "m" => Duration::from_millis(number),
        "u" => Duration::from_micros(number),
        "n" => Duration::from_nanos(number),
        _ => return None,
    };
    Instant::now().checked_add(span)
}

/// What comes before the end of the call.
async fn by<T>(end: Option<Instant>, work: impl Future<Output = Result<T, Status>>) -> Result<T, Status> {
    let Some(end) = end else { return work.await };
    let late = || Status::deadline_exceeded("the call was held open until its deadline");
    timeout_at(end, work).await.unwrap_or_else(|_| Err(late()))
}

/// Every message of the request.
async fn all(mut incoming: Streaming<DynamicMessage>, streams: bool) -> Result<Vec<DynamicMessage>, Status> {
    let mut sent = Vec::new();
    while let Some(message) = incoming.message().await? {
        sent.push(message);
        if sent.len() > MOST_MESSAGES {
            return Err(Status::resource_exhausted(format!(
                "a mock keeps at most {MOST_MESSAGES} messages of a call"
            )));
        }
    }
    // gRPC's status for a wrong number of messages (statuscodes.md of grpc/grpc).
    if !streams && sent.len() != 1 {
        return Err(Status::unimplemented(format!("one request message is expected, {} came", sent.len())));
    }
    Ok(sent)
}

/// A conversation: after each message the replies that are new.
struct Talk {
    mock: Arc<Mock>,
    path: String,
    incoming: Streaming<DynamicMessage>,
    sent: Vec<DynamicMessage>,
    given: Vec<DynamicMessage>,
    waiting: VecDeque<DynamicMessage>,
    over: bool,
    end: Option<Instant>,
}

fn talk(mock: Arc<Mock>, path: String, incoming: Streaming<DynamicMessage>, end: Option<Instant>) -> Replies {
    let (sent, given, waiting) = (Vec::new(), Vec::new(), VecDeque::new());
    let talk = Talk { mock, path, incoming, sent, given, waiting, over: false, end };
    Box::pin(stream::try_unfold(talk, Talk::next))
}

impl Talk {
    async fn next(mut self) -> Result<Option<(DynamicMessage, Talk)>, Status> {
        loop {
            if let Some(reply) = self.waiting.pop_front() {
                return Ok(Some((reply, self)));
            }
            if self.over {
                return ready(Ok(None)).await;
            }
            match by(self.end, self.incoming.message()).await? {
                Some(message) => self.sent.push(message),
                None => self.over = true,
            }
            // What has come already is answered together: each answer looks at all of them.
            while !self.over && self.sent.len() <= MOST_MESSAGES {
                match self.incoming.message().now_or_never() {
                    Some(more) => match more? {
                        Some(message) => self.sent.push(message),
                        None => self.over = true,
                    },
                    None => break,
                }
            }
            if self.sent.len() > MOST_MESSAGES {
                return Err(Status::resource_exhausted("a mock keeps at most 10,000 messages of a call"));
            }
            let Some(method) = self.mock.method(&self.path) else { return Ok(None) };
            let all = self.mock.reply(method, &self.sent, &self.given, self.over).map_err(status)?;
            self.waiting = all.iter().skip(self.given.len()).cloned().collect();
            self.given = all;
        }
    }
}

fn status(refusal: Refusal) -> Status {
    Status::new(Code::from_i32(refusal.code), refusal.message)
}
