//! The messages of a gRPC body: five bytes before each, and trailers at the end.

use bytes::{Buf, BufMut, Bytes, BytesMut};
use http::{HeaderMap, Response, StatusCode};
use http_body_util::BodyExt as _;
use tonic::body::Body;
use tonic::{Code, Status};

/// A message as gRPC frames it, not compressed.
pub(super) fn frame(message: &[u8]) -> Bytes {
    let mut framed = BytesMut::with_capacity(message.len() + 5);
    framed.put_u8(0);
    // Content of 4 GiB is refused long before.
    framed.put_u32(u32::try_from(message.len()).unwrap_or(u32::MAX));
    framed.put_slice(message);
    framed.freeze()
}

/// What comes of a call, one after the other.
pub(super) struct Messages {
    body: Body,
    buffer: BytesMut,
    /// The status of a call that ended in its headers.
    ended: Option<Status>,
}

impl Messages {
    /// The messages of an answer, and the metadata at its begin.
    pub fn of(response: Response<Body>) -> (HeaderMap, Messages) {
        let (parts, body) = response.into_parts();
        let mut headers = parts.headers;
        let ended = match Status::from_header_map(&headers) {
            Some(status) => Some(status),
            None if parts.status == StatusCode::OK => None,
            // As the gRPC specification maps what is no gRPC: "HTTP to gRPC Status Code Mapping".
            None => {
                let code = match parts.status {
                    StatusCode::BAD_REQUEST => Code::Internal,
                    StatusCode::UNAUTHORIZED => Code::Unauthenticated,
                    StatusCode::FORBIDDEN => Code::PermissionDenied,
                    StatusCode::NOT_FOUND => Code::Unimplemented,
                    StatusCode::TOO_MANY_REQUESTS
                    | StatusCode::BAD_GATEWAY
                    | StatusCode::SERVICE_UNAVAILABLE
                    | StatusCode::GATEWAY_TIMEOUT => Code::Unavailable,
                    _ => Code::Unknown,
                };
                Some(Status::new(code, format!("the service answered with HTTP {}", parts.status.as_u16())))
            }
        };
        if ended.is_some() {
            // It is in the status.
            headers.clear();
        }
        (headers, Messages { body, buffer: BytesMut::new(), ended })
    }

    /// The next message; `Err` is how the call ended, be it well.
    pub async fn next(&mut self) -> Result<Bytes, Status> {
        loop {
            if let Some(message) = self.whole()? {
                return Ok(message);
            }
            if let Some(status) = self.ended.take() {
                return Err(status);
            }
            let frame = match self.body.frame().await {
                Some(Ok(frame)) => frame,
                Some(Err(status)) => return Err(status),
                None => return Err(Status::unknown("the call ended without a status")),
            };
            match frame.into_data() {
                Ok(data) => self.buffer.extend_from_slice(&data),
                Err(frame) => {
                    let trailers = frame.into_trailers().unwrap_or_default();
                    let status = Status::from_header_map(&trailers);
                    self.ended =
                        Some(status.unwrap_or_else(|| Status::unknown("the call ended without a status")));
                }
            }
        }
    }

    fn whole(&mut self) -> Result<Option<Bytes>, Status> {
        let Some((&[compressed, a, b, c, d], rest)) = self.buffer.split_first_chunk::<5>() else {
            return Ok(None);
        };
        let length = usize::try_from(u32::from_be_bytes([a, b, c, d])).unwrap_or(usize::MAX);
        if rest.len() < length {
            return Ok(None);
        }
        if compressed != 0 {
            return Err(Status::internal("the service compressed an answer, which nobody asked for"));
        }
        self.buffer.advance(5);
        Ok(Some(self.buffer.split_to(length).freeze()))
    }
}
