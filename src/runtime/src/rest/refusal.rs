//! Errors as HTTP sees them: a status code and a `google.rpc.Status` in JSON.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderName, HeaderValue, Response, StatusCode, header};
use prost::Message;
use prost_reflect::{DescriptorPool, DynamicMessage};
use serde_json::{Map, Value as Json, json};
use tonic::body::Body;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt, pb};

use super::messages::to_json;

/// A call that ends without an answer.
#[derive(Debug)]
pub(super) struct Refusal {
    pub status: Status,
    /// Where it is not the one that goes with the code.
    http: Option<StatusCode>,
    header: Option<(HeaderName, HeaderValue)>,
}

impl From<Status> for Refusal {
    fn from(status: Status) -> Refusal {
        Refusal { status, http: None, header: None }
    }
}

impl Refusal {
    /// 400: what was sent cannot be read.
    pub fn bad(why: impl Into<String>) -> Refusal {
        Status::invalid_argument(why).into()
    }

    /// 400, with the field it is about in a `google.rpc.BadRequest`.
    pub fn field(name: &str, why: String) -> Refusal {
        let details = ErrorDetails::with_bad_request_violation(name, why.clone());
        Status::with_error_details(Code::InvalidArgument, why, details).into()
    }

    /// What HTTP has a status code of its own for, and gRPC none.
    pub fn http(http: StatusCode, code: Code, why: impl Into<String>) -> Refusal {
        Refusal { status: Status::new(code, why), http: Some(http), header: None }
    }

    pub fn with(mut self, name: HeaderName, value: Option<HeaderValue>) -> Refusal {
        self.header = value.map(|value| (name, value));
        self
    }

    /// 413.
    pub fn too_large(limit: usize) -> Refusal {
        let why = format!("the request is larger than the {limit} bytes that are read");
        Refusal::http(StatusCode::PAYLOAD_TOO_LARGE, Code::ResourceExhausted, why)
    }

    /// 408: content that began and did not come.
    pub fn too_slow() -> Refusal {
        let why = "the content began and did not come, while the server kept room for it: send it at once";
        Refusal::http(StatusCode::REQUEST_TIMEOUT, Code::DeadlineExceeded, why)
    }

    /// The answer. `pool` knows the types of the details.
    pub fn into_response(self, pool: &DescriptorPool) -> Response<Body> {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = self.http.unwrap_or_else(|| http_status(self.status.code()));
        let (content, retry) = status_json(&self.status, pool);
        let headers = response.headers_mut();
        headers.extend(self.header);
        for (name, value) in &self.status.metadata().clone().into_headers() {
            headers.append(name, value.clone());
        }
        if self.status.code() == Code::Unauthenticated && !headers.contains_key(header::WWW_AUTHENTICATE) {
            // Every 401 has one (RFC 9110, 15.5.2).
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(seconds) = retry.filter(|_| !headers.contains_key(header::RETRY_AFTER)) {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        response.map(|_| full(content.to_string().into_bytes()))
    }
}

/// A body of these bytes.
pub(super) fn full(bytes: impl Into<bytes::Bytes>) -> Body {
    Body::new(http_body_util::Full::new(bytes.into()))
}

/// The mapping of `google/rpc/code.proto`.
pub(super) fn http_status(code: Code) -> StatusCode {
    match code {
        Code::Ok => StatusCode::OK,
        // 499, "Client Closed Request", which no RFC has.
        Code::Cancelled => StatusCode::from_u16(499).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
        Code::InvalidArgument | Code::FailedPrecondition | Code::OutOfRange => StatusCode::BAD_REQUEST,
        Code::DeadlineExceeded => StatusCode::GATEWAY_TIMEOUT,
        Code::NotFound => StatusCode::NOT_FOUND,
        Code::AlreadyExists | Code::Aborted => StatusCode::CONFLICT,
        Code::PermissionDenied => StatusCode::FORBIDDEN,
        Code::Unauthenticated => StatusCode::UNAUTHORIZED,
        Code::ResourceExhausted => StatusCode::TOO_MANY_REQUESTS,
        Code::Unimplemented => StatusCode::NOT_IMPLEMENTED,
        Code::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        Code::Unknown | Code::Internal | Code::DataLoss => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// A `google.rpc.Status` in JSON, and the seconds of its `google.rpc.RetryInfo`.
pub(super) fn status_json(status: &Status, pool: &DescriptorPool) -> (Json, Option<u64>) {
    let mut object = Map::new();
    object.insert("code".to_owned(), i32::from(status.code()).into());
    object.insert("message".to_owned(), status.message().into());
    let carried = pb::Status::decode(status.details()).unwrap_or_default().details;
    let details: Vec<Json> = carried.iter().map(|any| any_json(&any.type_url, &any.value, pool)).collect();
    if !details.is_empty() {
        object.insert("details".to_owned(), details.into());
    }
    let retry = status.get_details_retry_info().and_then(|it| it.retry_delay);
    // Rounded up: whoever comes back too early comes in vain.
    (Json::Object(object), retry.map(|it| it.as_secs() + u64::from(it.subsec_nanos() > 0)))
}

/// A `google.protobuf.Any` in JSON. One of a type that nobody knows is shown as its bytes.
fn any_json(url: &str, value: &[u8], pool: &DescriptorPool) -> Json {
    let name = url.rsplit('/').next().unwrap_or_default();
    let known = pool.get_message_by_name(name).and_then(|desc| {
        let message = DynamicMessage::decode(desc.clone(), value).ok()?;
        let json = to_json(&message, &super::Options::default()).ok()?;
        Some((desc, serde_json::from_slice::<Json>(&json).ok()?))
    });
    match known {
        Some((desc, Json::Object(fields))) if desc.parent_file().package_name() != "google.protobuf" => {
            let mut object = Map::new();
            object.insert("@type".to_owned(), url.into());
            object.extend(fields);
            Json::Object(object)
        }
        // Well-known types have a form of their own, which stands in `value`.
        Some((_, value)) => json!({ "@type": url, "value": value }),
        None => json!({ "@type": url, "value": STANDARD.encode(value) }),
    }
}
