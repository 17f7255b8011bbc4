//! The service itself: an HTTP request in, a gRPC call to the service inside, an HTTP answer out.

use std::convert::Infallible;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, Uri, Version, header};
use http_body::Body as _;
use percent_encoding::percent_decode_str;
use prost_reflect::DescriptorPool;
use tonic::body::Body;
use tonic::{Code, Status};
use tower::{Service, ServiceExt as _};

use super::answers::{self, Format, Making};
use super::binding::{Binding, RouteError};
use super::content::{self, Asked, Problem};
use super::frames::Messages;
use super::refusal::Refusal;
use super::table::{Found, Table};
use super::{Options, Route, params};

/// Serves routes over a gRPC service. Cheap to clone where that service is.
#[derive(Clone)]
pub struct Gateway<S> {
    shared: Arc<Shared>,
    inner: S,
}

struct Shared {
    table: Table,
    pool: DescriptorPool,
    options: Options,
}

impl<S> fmt::Debug for Gateway<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Gateway").field(&self.shared.table).finish()
    }
}

impl<S> Gateway<S> {
    /// Routes to the methods of `inner`, whose messages `descriptors` tells, an encoded `FileDescriptorSet`.
    ///
    /// # Errors
    ///
    /// Descriptors that cannot be read, and routes that do not fit to them.
    pub fn new(
        descriptors: &[u8],
        routes: &[Route<'_>],
        inner: S,
        options: Options,
    ) -> Result<Gateway<S>, RouteError> {
        let mut pool = DescriptorPool::decode(descriptors).map_err(RouteError::of_descriptors)?;
        add_error_details(&mut pool);
        let bindings: Result<Vec<Binding>, RouteError> =
            routes.iter().map(|route| Binding::new(route, &pool)).collect();
        Ok(Gateway { shared: Arc::new(Shared { table: Table::new(bindings?), pool, options }), inner })
    }
}

/// The types of `google.rpc`, so that an error can be shown whole whatever the schema imports.
fn add_error_details(pool: &mut DescriptorPool) {
    let Ok(known) = DescriptorPool::decode(tonic_types::pb::FILE_DESCRIPTOR_SET) else { return };
    for file in known.files() {
        if pool.get_file_by_name(file.name()).is_none() {
            // A schema with types of its own under these names keeps them.
            let _ = pool.add_file_descriptor_proto(file.file_descriptor_proto().clone());
        }
    }
}

impl<S, B> Service<Request<B>> for Gateway<S>
where
    S: Service<Request<Body>, Response = Response<Body>> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: fmt::Display,
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<tonic::codegen::StdError>,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        // Whether the service inside is ready is asked for each call: not every request becomes one.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let (shared, inner) = (Arc::clone(&self.shared), self.inner.clone());
        let request = request.map(Body::new);
        Box::pin(async move {
            let answered = shared.answer(inner, request).await;
            Ok(answered.unwrap_or_else(|refusal| refusal.into_response(&shared.pool)))
        })
    }
}

impl Shared {
    async fn answer<S>(&self, inner: S, request: Request<Body>) -> Result<Response<Body>, Refusal>
    where
        S: Service<Request<Body>, Response = Response<Body>>,
        S::Error: fmt::Display,
    {
        let (parts, body) = request.into_parts();
        let (binding, path) = self.find(&parts.method, &parts.uri)?;
        if !body.is_end_stream() {
            content::is_readable(&binding, &parts.headers)?;
        }
        let content_type = parts.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let asked = Asked {
            binding: Arc::clone(&binding),
            path,
            query: params::query(parts.uri.query().unwrap_or_default())?,
            options: self.options.clone(),
            content_type: content_type.unwrap_or_default().to_owned(),
        };
        // What was sent, until there is an answer.
        let held = self.options.budget.share();
        let (body, problem) = if binding.client_streaming {
            content::many(asked, body, &held).await?
        } else {
            (content::one(&asked, body, &held).await?, Problem::default())
        };
        let mut call = Request::new(body);
        *call.method_mut() = Method::POST;
        *call.version_mut() = Version::HTTP_2;
        *call.uri_mut() = Uri::from(binding.method.clone());
        *call.headers_mut() = metadata(&parts.headers);
        // Who asks, as far as the server that took the request knows.
        *call.extensions_mut() = parts.extensions;
        let response = match inner.oneshot(call).await {
            Ok(response) => response,
            Err(error) => return Err(Status::internal(format!("the service failed: {error}")).into()),
        };
        drop(held);
        let (begin, messages) = Messages::of(response);
        let making = Making { binding, options: self.options.clone(), pool: self.pool.clone(), problem };
        if making.binding.server_streaming {
            answers::many(making, begin, messages, Format::asked(&parts.headers)).await
        } else {
            answers::one(&making, begin, messages).await
        }
    }

    fn find(&self, verb: &Method, uri: &Uri) -> Result<(Arc<Binding>, Vec<String>), Refusal> {
        let path = uri.path();
        if percent_decode_str(path).decode_utf8().is_err() {
            return Err(Refusal::bad("the path is no UTF-8 when it is decoded"));
        }
        match self.table.find(verb, path) {
            Found::Route(binding, values) => Ok((binding, values)),
            Found::NotAllowed(verbs) => {
                let allow = Binding::allow(&verbs);
                let why = format!("{verb} is not what this path is asked with");
                Err(Refusal::http(StatusCode::METHOD_NOT_ALLOWED, Code::Unimplemented, why)
                    .with(header::ALLOW, allow))
            }
            Found::Nothing => {
                Err(Refusal::http(StatusCode::NOT_FOUND, Code::NotFound, "nothing is at this path"))
            }
        }
    }
}

/// The headers of a request as metadata: all but those that are about the HTTP request itself, and those that gRPC
/// keeps for itself. A deadline in `grpc-timeout` is the caller's to set.
fn metadata(headers: &HeaderMap) -> HeaderMap {
    let passes = |name: &HeaderName| {
        let name = name.as_str();
        let of_http = matches!(
            name,
            "accept"
                | "accept-encoding"
                | "connection"
                | "content-encoding"
                | "content-length"
                | "content-type"
                | "expect"
                | "host"
                | "keep-alive"
                | "proxy-authenticate"
                | "proxy-authorization"
                | "proxy-connection"
                | "te"
                | "trailer"
                | "transfer-encoding"
                | "upgrade"
        );
        !of_http && (name == "grpc-timeout" || !name.starts_with("grpc-"))
    };
    let mut metadata = HeaderMap::with_capacity(headers.len() + 2);
    for (name, value) in headers.iter().filter(|(name, _)| passes(name)) {
        metadata.append(name, value.clone());
    }
    metadata.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    metadata.insert(header::TE, HeaderValue::from_static("trailers"));
    metadata
}
