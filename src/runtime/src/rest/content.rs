//! The content of a request as the messages of a call.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::{Bytes, BytesMut};
use futures_util::stream::{self, Stream};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use http_body::Frame;
use http_body_util::{BodyExt as _, StreamBody};
use prost::Message as _;
use prost_reflect::{DynamicMessage, Value};
use tonic::body::Body;
use tonic::{Code, Status};

use super::binding::{Binding, Content};
use super::frames::frame;
use super::refusal::{Refusal, full};
use super::split::{Broken, Splitter};
use super::{Options, messages, params};
use crate::budget::{LARGE, Share};

/// What a request says besides its content.
pub(super) struct Asked {
    pub binding: Arc<Binding>,
    /// The values of the variables.
    pub path: Vec<String>,
    pub query: Vec<(String, Vec<String>)>,
    pub options: Options,
    /// As it stands in the request.
    pub content_type: String,
}

/// What was wrong with a stream of requests, found while the call was under way already.
#[derive(Clone, Default)]
pub(super) struct Problem(Arc<Mutex<Option<Refusal>>>);

impl Problem {
    pub fn take(&self) -> Option<Refusal> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn put(&self, refusal: Refusal) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(refusal);
    }
}

/// The request of a call whose request is one message, as a gRPC body.
///
/// # Errors
///
/// Content that is too large, that is not taken, or that is no such message.
pub(super) async fn one(asked: &Asked, body: Body, held: &Share) -> Result<Body, Refusal> {
    let content = whole(body, asked.options.max_request_bytes, held).await?;
    if !content.is_empty() && asked.binding.body == Content::None {
        return Err(Refusal::bad(
            "this route takes no content: what it is asked stands in the path and the query",
        ));
    }
    let mut message = asked.message(&content)?;
    asked.place(&mut message, &content)?;
    Ok(full(frame(&message.encode_to_vec())))
}

/// What is larger than [`LARGE`] is taken from the share: all of it at once where it is said before how much it is, else as
/// it comes. What does not come in time is not waited for, as it would keep its room.
async fn whole(body: Body, limit: usize, held: &Share) -> Result<Bytes, Refusal> {
    let said = http_body::Body::size_hint(&body).exact().and_then(|said| usize::try_from(said).ok());
    let patience = held.patience(said.unwrap_or(limit));
    tokio::time::timeout(patience, read(body, limit, held)).await.map_err(|_| Refusal::too_slow())?
}

async fn read(mut body: Body, limit: usize, held: &Share) -> Result<Bytes, Refusal> {
    let said = http_body::Body::size_hint(&body).exact().unwrap_or_default();
    let said = usize::try_from(said).unwrap_or(usize::MAX);
    if said > limit {
        return Err(Refusal::too_large(limit));
    }
    if said > LARGE {
        held.take(said)?;
    }
    // As large as it says to be: one that grows is copied again and again, and is there twice.
    let mut content = BytesMut::with_capacity(said);
    while let Some(data) = data(&mut body).await? {
        if data.len() > limit - content.len() {
            return Err(Refusal::too_large(limit));
        }
        content.extend_from_slice(&data);
        if content.len() > said.max(LARGE) {
            held.take(data.len())?;
        }
    }
    Ok(content.freeze())
}

async fn data(body: &mut Body) -> Result<Option<Bytes>, Refusal> {
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| Refusal::bad(format!("the content ended early: {error}")))?;
        if let Ok(data) = frame.into_data() {
            return Ok(Some(data));
        }
    }
    Ok(None)
}

/// The requests of a call whose request is a stream, as a gRPC body. `application/json` is a document: it is read whole,
/// so that nothing is called where a part of it is wrong. Anything else is read as the call asks for it.
///
/// # Errors
///
/// A document that is wrong or too large. What is wrong with another message is found later: see [`Problem`].
pub(super) async fn many(asked: Asked, body: Body, held: &Share) -> Result<(Body, Problem), Refusal> {
    let problem = Problem::default();
    let splitter = Splitter::new(asked.options.max_request_bytes);
    let media = asked.content_type.split(';').next().unwrap_or_default().trim();
    let is_document = !asked.binding.takes_raw()
        && (media.is_empty() || (media.ends_with("json") && !media.ends_with("ndjson")));
    let kept = asked.options.budget.share();
    let mut reading = Reading { asked, body, splitter, held: kept, count: 0, over: false };
    if !is_document {
        return Ok((Body::new(StreamBody::new(frames(reading, problem.clone()))), problem));
    }
    let body = std::mem::take(&mut reading.body);
    let content = whole(body, reading.asked.options.max_request_bytes, held).await?;
    reading.splitter.push(&content);
    let mut framed = BytesMut::new();
    while let Some(message) = reading.next().await? {
        framed.extend_from_slice(&message);
    }
    Ok((full(framed.freeze()), problem))
}

fn frames(reading: Reading, problem: Problem) -> impl Stream<Item = Result<Frame<Bytes>, Status>> {
    stream::unfold((reading, problem), |(mut reading, problem)| async move {
        let next = match reading.next().await.transpose()? {
            Ok(message) => Ok(Frame::data(message)),
            Err(refusal) => {
                let status = refusal.status.clone();
                problem.put(refusal);
                Err(status)
            }
        };
        Some((next, (reading, problem)))
    })
}

/// A stream of requests as it is read.
struct Reading {
    asked: Asked,
    body: Body,
    splitter: Splitter,
    /// What stands in the splitter.
    held: Share,
    /// How many messages there were.
    count: usize,
    over: bool,
}

impl Reading {
    async fn next(&mut self) -> Result<Option<Bytes>, Refusal> {
        if self.asked.binding.takes_raw() {
            let Some(data) = data(&mut self.body).await? else { return Ok(None) };
            return self.message(&data).map(Some);
        }
        if self.asked.binding.body == Content::None {
            // One message, of what stands in the path and the query.
            return if self.count == 0 { self.message(b"").map(Some) } else { Ok(None) };
        }
        loop {
            if let Some(value) = self.splitter.next().map_err(|broken| self.broken(&broken))? {
                return self.message(&value).map(Some);
            }
            if self.over {
                return Ok(None);
            }
            let next = data(&mut self.body);
            // What is half there keeps its room.
            let next = match self.splitter.len() > LARGE {
                true => tokio::time::timeout(self.held.patience(0), next)
                    .await
                    .map_err(|_| Refusal::too_slow())?,
                false => next.await,
            };
            match next? {
                Some(data) => {
                    self.splitter.push(&data);
                    self.held.give_back();
                    if self.splitter.len() > LARGE {
                        self.held.take(self.splitter.len())?;
                    }
                }
                None => {
                    self.over = true;
                    let last = self.splitter.finish().map_err(|broken| self.broken(&broken))?;
                    return last.map(|value| self.message(&value)).transpose();
                }
            }
        }
    }

    /// The path and the query go into the first message.
    fn message(&mut self, content: &[u8]) -> Result<Bytes, Refusal> {
        let number = self.count;
        let numbered = |mut refusal: Refusal| {
            let said = format!("message {number} of the stream: {}", refusal.status.message());
            refusal.status = Status::with_details(
                refusal.status.code(),
                said,
                Bytes::copy_from_slice(refusal.status.details()),
            );
            refusal
        };
        let mut message = self.asked.message(content).map_err(numbered)?;
        if number == 0 {
            self.asked.place(&mut message, content).map_err(numbered)?;
        }
        self.count += 1;
        Ok(frame(&message.encode_to_vec()))
    }

    fn broken(&self, broken: &Broken) -> Refusal {
        match broken {
            Broken::TooLarge => Refusal::too_large(self.asked.options.max_request_bytes),
            Broken::Wrong(why) => Refusal::bad(format!("message {} of the stream: {why}", self.count)),
        }
    }
}

impl Asked {
    /// The message that the content is.
    fn message(&self, content: &[u8]) -> Result<DynamicMessage, Refusal> {
        let binding = &self.binding;
        let said = |why: String| Refusal::bad(format!("the content is no {}: {why}", self.wanted()));
        let mut message = DynamicMessage::new(binding.input.clone());
        match &binding.body {
            Content::None => {}
            Content::Whole if binding.takes_raw() => {
                messages::set_raw(&mut message, &self.content_type, Bytes::copy_from_slice(content));
            }
            Content::Field(field) if binding.takes_raw() => {
                if let Some(inner) = message.get_field_mut(field).as_message_mut() {
                    messages::set_raw(inner, &self.content_type, Bytes::copy_from_slice(content));
                }
            }
            // No content at all is a message without fields.
            _ if content.is_empty() => {}
            Content::Whole => {
                message = messages::from_json(&binding.input, content, &self.options).map_err(said)?
            }
            Content::Field(field) => {
                message = messages::from_field_json(field, content, &self.options).map_err(said)?;
            }
        }
        Ok(message)
    }

    /// Puts the path, the query and the mask of a PATCH into a message.
    fn place(&self, message: &mut DynamicMessage, content: &[u8]) -> Result<(), Refusal> {
        let ignore = self.options.ignore_unknown_parameters;
        params::apply(message, &self.binding, &self.path, &self.query, ignore)?;
        let (Some(mask), Content::Field(body)) = (&self.binding.mask, &self.binding.body) else {
            return Ok(());
        };
        let content = serde_json::from_slice(content).unwrap_or_default();
        let field = message.get_field(body).into_owned();
        if let (false, Value::Message(body)) = (message.has_field(mask), field) {
            let paths = params::named(&body, &content).into_iter().map(Value::String).collect();
            if let Some(mask) = message.get_field_mut(mask).as_message_mut() {
                mask.set_field_by_name("paths", Value::List(paths));
            }
        }
        Ok(())
    }

    fn wanted(&self) -> String {
        match (&self.binding.body, self.binding.content_type()) {
            (_, Some(message)) => message.full_name().to_owned(),
            (Content::Field(field), None) => {
                format!("`{}` of {}", field.name(), self.binding.input.full_name())
            }
            _ => "message".to_owned(),
        }
    }
}

/// Whether the content of a request can be read at all.
///
/// # Errors
///
/// 415, where it is said to be something else than JSON in UTF-8, or is compressed.
pub(super) fn is_readable(binding: &Binding, headers: &HeaderMap) -> Result<(), Refusal> {
    let text =
        |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok()).unwrap_or_default();
    let unsupported =
        |why: String| Refusal::http(StatusCode::UNSUPPORTED_MEDIA_TYPE, Code::InvalidArgument, why);
    let encoding = text(header::CONTENT_ENCODING);
    if !encoding.is_empty() && !encoding.eq_ignore_ascii_case("identity") {
        let identity = Some(HeaderValue::from_static("identity"));
        return Err(unsupported("the content is compressed, and cannot be read so".to_owned())
            .with(header::ACCEPT_ENCODING, identity));
    }
    if binding.takes_raw() || binding.body == Content::None {
        return Ok(());
    }
    let lower = text(header::CONTENT_TYPE).to_ascii_lowercase();
    let mut parts = lower.split(';').map(str::trim);
    let media = parts.next().unwrap_or_default();
    let charset = parts.find_map(|it| it.strip_prefix("charset=")).map_or("utf-8", |it| it.trim_matches('"'));
    let lines = ["application/x-ndjson", "application/ndjson", "application/jsonl"];
    let is_json = media.is_empty()
        || media == "application/json"
        || (media.starts_with("application/") && media.ends_with("+json"))
        || (binding.client_streaming && lines.contains(&media));
    if is_json && matches!(charset, "utf-8" | "utf8" | "us-ascii") {
        return Ok(());
    }
    let wanted =
        if binding.client_streaming { "application/json, application/x-ndjson" } else { "application/json" };
    Err(unsupported(format!("the content is to be {wanted} in UTF-8"))
        .with(header::ACCEPT, Some(HeaderValue::from_static(wanted))))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use prost_reflect::DescriptorPool;

    use super::*;
    use crate::budget::Budget;

    #[tokio::test]
    async fn content_that_does_not_come_gives_its_room_back() {
        let budget = Budget::with_patience(4 * LARGE, Duration::from_millis(20));
        let share = budget.share();
        let begun = Bytes::from(vec![b'['; 2 * LARGE]);
        let frames = stream::iter([Ok::<_, Status>(Frame::data(begun))]);
        let never = futures_util::StreamExt::chain(frames, stream::pending());
        let refused = whole(Body::new(StreamBody::new(never)), 3 * LARGE, &share).await.unwrap_err();
        assert_eq!(refused.status.code(), Code::DeadlineExceeded);
        assert_eq!(refused.into_response(&DescriptorPool::new()).status(), StatusCode::REQUEST_TIMEOUT);
        assert_eq!(budget.taken(), 2 * LARGE, "it has its room until the call is over");
        drop(share);
        assert_eq!(budget.taken(), 0);
    }
}
