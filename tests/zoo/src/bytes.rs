//! For faults in bytes: bodies of HTTP as a whole, and messages as the fields that stand in them.

use bytes::{Buf, BufMut, Bytes, BytesMut};
use http_body_util::{BodyExt as _, Full};
use prost::encoding::{
    DecodeContext, WireType, decode_key, decode_varint, encode_key, encode_varint, skip_field,
};
use tonic::body::Body;
use tonic::codegen::http::{HeaderMap, Request, Response};

/// The length of what stands before each message: a flag and four bytes.
pub const PREFIX: usize = 5;

/// The bytes of a body, and its trailers. A body that breaks off is empty.
pub async fn whole(body: Body) -> (Bytes, Option<HeaderMap>) {
    match body.collect().await {
        Ok(collected) => {
            let trailers = collected.trailers().cloned();
            (collected.to_bytes(), trailers)
        }
        Err(_) => (Bytes::new(), None),
    }
}

/// A body of these bytes and trailers.
pub fn body(bytes: Bytes, trailers: Option<HeaderMap>) -> Body {
    Body::new(Full::new(bytes).with_trailers(async move { trailers.map(Ok) }))
}

/// The response with other bytes under the same trailers.
pub async fn answered(response: Response<Body>, fault: impl FnOnce(Bytes) -> Bytes) -> Response<Body> {
    let (head, old) = response.into_parts();
    let (bytes, trailers) = whole(old).await;
    // Errors have no bytes, and their status is in the headers.
    let new = if bytes.is_empty() { Body::empty() } else { body(fault(bytes), trailers) };
    Response::from_parts(head, new)
}

/// The bytes of a request, and a function that makes it of others.
pub async fn asked(request: Request<Body>) -> (Bytes, impl FnOnce(Bytes) -> Request<Body>) {
    let (head, old) = request.into_parts();
    let (bytes, trailers) = whole(old).await;
    (bytes, move |bytes| Request::from_parts(head, body(bytes, trailers)))
}

/// The messages of a body, and whether it ends inside one.
pub fn messages(mut bytes: Bytes) -> (Vec<Bytes>, bool) {
    let mut messages = Vec::new();
    while let Some(length) = bytes.get(1..PREFIX).map(|mut length| length.get_u32() as usize) {
        if bytes.len() - PREFIX < length {
            break;
        }
        bytes.advance(PREFIX);
        messages.push(bytes.split_to(length));
    }
    (messages, !bytes.is_empty())
}

/// A message behind its prefix.
pub fn framed(message: &[u8]) -> Bytes {
    let mut out = BytesMut::with_capacity(PREFIX + message.len());
    out.put_u8(0);
    out.put_u32(u32::try_from(message.len()).unwrap_or(u32::MAX));
    out.put_slice(message);
    out.freeze()
}

/// One field as it stands in a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Its number.
    pub number: u32,
    /// Key and value.
    pub whole: Bytes,
    /// What a length stands before: a text, bytes or a message.
    pub text: Option<Bytes>,
}

/// The fields of a message; none for bytes that are no message.
pub fn fields(mut message: Bytes) -> Option<Vec<Field>> {
    let mut fields = Vec::new();
    while message.has_remaining() {
        let start = message.clone();
        let (number, wire_type) = decode_key(&mut message).ok()?;
        let mut value = message.clone();
        skip_field(wire_type, number, &mut message, DecodeContext::default()).ok()?;
        let whole = start.slice(..start.len() - message.len());
        let text = (wire_type == WireType::LengthDelimited).then(|| {
            value.truncate(value.len() - message.len());
            decode_varint(&mut value).map(|_| value).unwrap_or_default()
        });
        fields.push(Field { number, whole, text });
    }
    Some(fields)
}

/// A field that holds this text, whatever its bytes are.
pub fn text(number: u32, text: &[u8]) -> Field {
    let mut whole = BytesMut::new();
    encode_key(number, WireType::LengthDelimited, &mut whole);
    encode_varint(text.len() as u64, &mut whole);
    whole.put_slice(text);
    Field { number, whole: whole.freeze(), text: Some(Bytes::copy_from_slice(text)) }
}

/// The message of these fields.
pub fn message<'a>(fields: impl IntoIterator<Item = &'a Field>) -> Bytes {
    fields.into_iter().flat_map(|field| field.whole.clone()).collect()
}
