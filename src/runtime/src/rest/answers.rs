//! The messages of a call as the content of an answer.

use bytes::{BufMut as _, Bytes, BytesMut};
use futures_util::stream;
use http::{HeaderMap, HeaderValue, Response, header};
use http_body::Frame;
use http_body_util::StreamBody;
use prost_reflect::{DescriptorPool, DynamicMessage};
use std::sync::Arc;
use tonic::body::Body;
use tonic::{Code, Status};

use super::binding::Binding;
use super::content::Problem;
use super::frames::Messages;
use super::refusal::{Refusal, full, status_json};
use super::{Options, messages};

/// What an answer is made with.
#[derive(Clone)]
pub(super) struct Making {
    pub binding: Arc<Binding>,
    pub options: Options,
    pub pool: DescriptorPool,
    pub problem: Problem,
}

/// How the messages of a stream stand one after the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// `application/x-ndjson`: one on each line.
    Lines,
    /// `text/event-stream`: the data of an event each (HTML Standard, 9.2).
    Events,
    /// `application/json`: the elements of one array.
    Array,
}

impl Format {
    /// The one that an `Accept` prefers; lines where it does not say.
    pub fn asked(headers: &HeaderMap) -> Format {
        let values = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
        let mut best = (0.0, Format::Lines);
        for range in values.flat_map(|value| value.split(',')) {
            let mut parts = range.split(';').map(str::trim);
            let format = match parts.next().unwrap_or_default().to_ascii_lowercase().as_str() {
                "application/x-ndjson"
                | "application/ndjson"
                | "application/jsonl"
                | "*/*"
                | "application/*" => Format::Lines,
                "text/event-stream" => Format::Events,
                "application/json" => Format::Array,
                _ => continue,
            };
            let weight = parts.find_map(|it| it.strip_prefix("q=")?.parse::<f32>().ok()).unwrap_or(1.0);
            if weight > best.0 {
                best = (weight, format);
            }
        }
        best.1
    }

    fn media(self) -> &'static str {
        match self {
            Format::Lines => "application/x-ndjson",
            Format::Events => "text/event-stream",
            Format::Array => "application/json",
        }
    }
}

/// The answer of a call whose answer is one message.
///
/// # Errors
///
/// The status of a call that did not end well.
pub(super) async fn one(
    making: &Making,
    metadata: HeaderMap,
    mut messages: Messages,
) -> Result<Response<Body>, Refusal> {
    let ended = |status: Status| making.problem.take().unwrap_or_else(|| status.into());
    let message = match messages.next().await {
        Ok(message) => message,
        Err(status) if status.code() == Code::Ok => {
            return Err(Status::internal("the call ended well, without a message").into());
        }
        Err(status) => return Err(ended(status)),
    };
    let trailers = match messages.next().await {
        Err(status) if status.code() == Code::Ok => status.metadata().clone().into_headers(),
        Err(status) => return Err(ended(status)),
        Ok(_) => return Err(Status::internal("the call has more than one answer").into()),
    };
    let (media, content) = making.shown(message)?;
    let mut response = Response::new(full(content));
    copy(&metadata, response.headers_mut());
    copy(&trailers, response.headers_mut());
    response.headers_mut().insert(header::CONTENT_TYPE, media);
    Ok(response)
}

/// The answer of a call whose answer is a stream. It begins with the first message, so that a call that ends at once
/// has the status code of its error; that of a call which may talk both ways begins at once.
///
/// # Errors
///
/// The status of a call that ended before its first message.
pub(super) async fn many(
    making: Making,
    metadata: HeaderMap,
    mut messages: Messages,
    format: Format,
) -> Result<Response<Body>, Refusal> {
    let raw = making.binding.gives_raw();
    let first = match making.binding.client_streaming && !raw {
        true => None,
        false => Some(messages.next().await),
    };
    if let Some(Err(status)) = &first
        && status.code() != Code::Ok
    {
        return Err(making.problem.take().unwrap_or_else(|| status.clone().into()));
    }
    let mut media = HeaderValue::from_static(format.media());
    if raw {
        let shown =
            first.as_ref().and_then(|it| it.as_ref().ok()).map(|it| making.shown(it.clone())).transpose()?;
        media = shown.map_or_else(|| HeaderValue::from_static("application/octet-stream"), |it| it.0);
    }
    let writing = Writing { making, messages, first, format, count: 0, over: false, raw };
    let chunks = stream::unfold(writing, |mut writing| async move {
        let chunk = writing.next().await?;
        Some((chunk.map(Frame::data), writing))
    });
    let mut response = Response::new(Body::new(StreamBody::new(chunks)));
    copy(&metadata, response.headers_mut());
    response.headers_mut().insert(header::CONTENT_TYPE, media);
    // What comes bit by bit is not to be kept back by a proxy.
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response.headers_mut().insert("x-accel-buffering", HeaderValue::from_static("no"));
    Ok(response)
}

/// Metadata as headers, but for those that are about the message itself.
fn copy(metadata: &HeaderMap, headers: &mut HeaderMap) {
    let about_grpc = |name: &str| {
        name.starts_with("grpc-")
            || matches!(
                name,
                "content-type" | "content-length" | "te" | "trailer" | "transfer-encoding" | "connection"
            )
    };
    for (name, value) in metadata.iter().filter(|(name, _)| !about_grpc(name.as_str())) {
        headers.append(name, value.clone());
    }
}

impl Making {
    /// The media type and the content of one message.
    fn shown(&self, message: Bytes) -> Result<(HeaderValue, Bytes), Status> {
        let message = DynamicMessage::decode(self.binding.output.clone(), message)
            .map_err(|error| Status::internal(format!("the answer cannot be decoded: {error}")))?;
        if self.binding.gives_raw() {
            let (media, data) = match &self.binding.response_body {
                None => messages::raw(&message),
                Some(field) => message.get_field(field).as_message().map(messages::raw).unwrap_or_default(),
            };
            let media = media.and_then(|it| HeaderValue::try_from(it).ok());
            return Ok((media.unwrap_or_else(|| HeaderValue::from_static("application/octet-stream")), data));
        }
        let json = match &self.binding.response_body {
            None => messages::to_json(&message, &self.options),
            Some(field) => messages::field_to_json(message, field, &self.options),
        };
        Ok((HeaderValue::from_static("application/json"), json.map_err(Status::internal)?.into()))
    }
}

/// A stream of answers as it is written.
struct Writing {
    making: Making,
    messages: Messages,
    first: Option<Result<Bytes, Status>>,
    format: Format,
    count: usize,
    over: bool,
    raw: bool,
}

impl Writing {
    async fn next(&mut self) -> Option<Result<Bytes, Status>> {
        if self.over {
            return None;
        }
        let next = match self.first.take() {
            Some(first) => first,
            None => self.messages.next().await,
        };
        let status = match next.and_then(|message| self.making.shown(message)) {
            Ok((_, content)) => {
                let chunk = if self.raw { content } else { self.element("", &content) };
                self.count += 1;
                return Some(Ok(chunk));
            }
            Err(status) => status,
        };
        self.over = true;
        let status = self.making.problem.take().map_or(status, |problem| problem.status);
        match status.code() {
            Code::Ok if self.format == Format::Array && !self.raw => {
                Some(Ok(Bytes::from_static(if self.count == 0 { b"[]" } else { b"]" })))
            }
            Code::Ok => None,
            // Bytes have no room for an error: the connection says it.
            _ if self.raw => Some(Err(status)),
            _ => {
                let error = status_json(&status, &self.making.pool).0;
                let error = match self.format {
                    Format::Events => error,
                    Format::Lines | Format::Array => serde_json::json!({ "error": error }),
                };
                let mut last = BytesMut::from(&*self.element("error", error.to_string().as_bytes()));
                if self.format == Format::Array {
                    last.put_u8(b']');
                }
                Some(Ok(last.freeze()))
            }
        }
    }

    /// One message where it stands in the stream.
    fn element(&self, event: &str, json: &[u8]) -> Bytes {
        let (before, after): (String, &[u8]) = match self.format {
            Format::Lines => (String::new(), b"\n"),
            Format::Array => (if self.count == 0 { "[" } else { "," }.to_owned(), b""),
            Format::Events if event.is_empty() => ("data: ".to_owned(), b"\n\n"),
            Format::Events => (format!("event: {event}\ndata: "), b"\n\n"),
        };
        [before.as_bytes(), json, after].concat().into()
    }
}
