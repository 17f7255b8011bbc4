//! What is not gRPC is told so in HTTP, as the specification asks: a status 200 would look like success to it.

use std::future::ready;

use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use tonic::body::Body;
use tower::Service;

use crate::worn::{Answer, Around, wear};

/// Answers HTTP 405 to other methods than POST, and 415 to other content types than `application/grpc`.
///
/// Every path of the server is taken for a gRPC method: pages and CORS preflights belong outside of it.
#[derive(Debug, Clone, Copy, Default)]
pub struct ProtocolLayer;

wear!(ProtocolLayer);

impl<S> Around<S> for ProtocolLayer
where
    S: Service<Request<Body>, Response = Response<Body>>,
    S::Future: Send + 'static,
    S::Error: Send + 'static,
{
    fn call(&self, inner: &mut S, request: Request<Body>) -> Answer<S::Error> {
        if request.method() != Method::POST {
            let mut response = refusal(StatusCode::METHOD_NOT_ALLOWED);
            response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("POST"));
            return Box::pin(ready(Ok(response)));
        }
        if !is_grpc(request.headers()) {
            return Box::pin(ready(Ok(refusal(StatusCode::UNSUPPORTED_MEDIA_TYPE))));
        }
        Box::pin(inner.call(request))
    }
}

/// A plain HTTP answer without a body.
fn refusal(code: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = code;
    response
}

/// `application/grpc`, or that with a codec or a parameter after it. grpc-web is another protocol: what translates it
/// belongs outside.
fn is_grpc(headers: &HeaderMap) -> bool {
    const GRPC: &[u8] = b"application/grpc";
    let Some((start, rest)) =
        headers.get(header::CONTENT_TYPE).and_then(|value| value.as_bytes().split_at_checked(GRPC.len()))
    else {
        return false;
    };
    start.eq_ignore_ascii_case(GRPC) && matches!(rest.first(), None | Some(b'+' | b';'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Script, call, request};

    #[tokio::test]
    async fn only_grpc_passes() {
        let grpc = Some("application/grpc");
        for (method, content_type, code) in [
            (Method::POST, grpc, 200),
            (Method::POST, Some("application/grpc+proto"), 200),
            (Method::POST, Some("Application/GRPC; charset=utf-8"), 200),
            (Method::POST, Some("application/grpc-web"), 415),
            (Method::POST, Some("application/grpcx"), 415),
            (Method::POST, Some("application/json"), 415),
            (Method::POST, None, 415),
            (Method::GET, grpc, 405),
            (Method::PUT, None, 405),
        ] {
            let mut request = request();
            *request.method_mut() = method.clone();
            request.headers_mut().remove(header::CONTENT_TYPE);
            if let Some(content_type) = content_type {
                request.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
            }
            let answer = call(ProtocolLayer, Script::Ok, request).await;
            assert_eq!(answer.http.as_u16(), code, "{method} {content_type:?}");
            assert_eq!(answer.status("allow"), if code == 405 { "POST" } else { "" });
        }
    }
}
