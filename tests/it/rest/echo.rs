//! The service behind both gateways: it answers with what it is asked, and fails where it is asked to. Without stubs, so
//! that the schema of the tests is all there is to change.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use http_body_util::{BodyExt as _, StreamBody};
use prost::Message as _;
use prost::bytes::{BufMut as _, Bytes, BytesMut};
use prost_reflect::{DescriptorPool, DynamicMessage, MessageDescriptor, Value};
use protogate_runtime::rest::{Options, Route, Router};
use tonic::body::Body;
use tonic::codegen::{Service, http};
use tonic::service::Routes;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic::{Code, Status};

use protogate::schema::{Schema, Source, load};

/// The service.
#[derive(Clone)]
pub struct Echo(DescriptorPool);

impl Echo {
    pub fn of(schema: &Schema) -> Echo {
        Echo(schema.pool().clone())
    }

    fn answer(&self, path: &str, content: &[u8]) -> (Vec<Bytes>, Status) {
        let all = self.0.get_message_by_name("echo.v1.All").unwrap();
        let asked = frames(content);
        let fields = asked.first().map(|it| DynamicMessage::decode(all.clone(), it.clone()));
        let first = fields.and_then(Result::ok).unwrap_or_else(|| DynamicMessage::new(all.clone()));
        let number = |name: &str| first.get_field_by_name(name).unwrap().as_i32().unwrap();
        let answers = match path.rsplit('/').next().unwrap() {
            "Many" => {
                let count = usize::try_from(number("i32")).unwrap();
                std::iter::repeat_n(asked[0].clone(), count).collect()
            }
            "Collect" => vec![collected(&all, &asked)],
            "Download" => {
                let kind = self.0.get_message_by_name("google.api.HttpBody").unwrap();
                let mut body = DynamicMessage::new(kind);
                let text = first.get_field_by_name("text").unwrap().as_str().unwrap().to_owned();
                body.set_field_by_name("content_type", Value::String("text/plain".to_owned()));
                body.set_field_by_name("data", Value::Bytes(text.into()));
                vec![body.encode_to_vec().into()]
            }
            "Upload" | "Update" | "Talk" => asked,
            _ => asked,
        };
        match Code::from_i32(number("fail")) {
            Code::Ok => (answers, Status::ok("")),
            code => (
                if path.ends_with("Many") { answers } else { Vec::new() },
                Status::new(code, "asked to fail"),
            ),
        }
    }
}

fn collected(all: &MessageDescriptor, asked: &[Bytes]) -> Bytes {
    let messages = asked.iter().map(|it| DynamicMessage::decode(all.clone(), it.clone()).unwrap());
    let texts = messages.flat_map(|it| it.get_field_by_name("texts").unwrap().as_list().unwrap().to_vec());
    let mut answer = DynamicMessage::new(all.clone());
    answer.set_field_by_name("texts", Value::List(texts.collect()));
    answer.encode_to_vec().into()
}

fn frames(mut content: &[u8]) -> Vec<Bytes> {
    let mut frames = Vec::new();
    while let Some((&[_, a, b, c, d], rest)) = content.split_first_chunk::<5>() {
        let (frame, rest) = rest.split_at(u32::from_be_bytes([a, b, c, d]) as usize);
        frames.push(Bytes::copy_from_slice(frame));
        content = rest;
    }
    frames
}

impl<B> Service<http::Request<B>> for Echo
where
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Send,
{
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<http::Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<B>) -> Self::Future {
        let echo = self.clone();
        Box::pin(async move {
            let path = request.uri().path().to_owned();
            let seen = request.headers().get("x-seen").cloned();
            let Ok(content) = request.into_body().collect().await else {
                return Ok(Status::cancelled("the request ended early").into_http());
            };
            let (answers, status) = echo.answer(&path, &content.to_bytes());
            let mut response = if answers.is_empty() && status.code() != Code::Ok {
                status.into_http()
            } else {
                let framed = answers.iter().map(|it| {
                    let mut frame = BytesMut::new();
                    frame.put_u8(0);
                    frame.put_u32(u32::try_from(it.len()).unwrap());
                    frame.extend_from_slice(it);
                    http_body::Frame::data(frame.freeze())
                });
                let mut trailers = http::HeaderMap::new();
                status.add_header(&mut trailers).unwrap();
                let parts = framed.chain([http_body::Frame::trailers(trailers)]).map(Ok::<_, Status>);
                let parts: Vec<_> = parts.collect();
                let mut response =
                    http::Response::new(Body::new(StreamBody::new(futures_util::stream::iter(parts))));
                response.headers_mut().insert("content-type", "application/grpc".parse().unwrap());
                response
            };
            if let Some(seen) = seen {
                response.headers_mut().insert("x-seen", seen);
            }
            Ok(response)
        })
    }
}

/// A server of the service on a port of this machine, until it is dropped.
pub struct Running {
    pub address: String,
    _runtime: tokio::runtime::Runtime,
}

/// Serves any routes, over HTTP/1.1 and HTTP/2.
pub fn serve(router: Router) -> Running {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let server = Server::builder().accept_http1(true).add_routes(Routes::from(router));
    runtime.spawn(server.serve_with_incoming(TcpIncoming::from(listener)));
    Running { address, _runtime: runtime }
}

/// The schema of these tests.
pub fn schema() -> Schema {
    loaded(include_str!("echo.proto").to_owned())
}

/// The same without `response_body`: Envoy starts with none that leads to anything but an `HttpBody`.
pub fn schema_for_envoy() -> Schema {
    let text = include_str!("echo.proto");
    loaded(text.replace("response_body: \"texts\"", "").replace("response_body: \"inner\"", ""))
}

fn loaded(text: String) -> Schema {
    let loaded = load(&Source::Text(vec![("echo.proto".to_owned(), text)]));
    assert!(loaded.diagnostics.is_empty(), "{:?}", loaded.diagnostics);
    loaded.schema
}

/// Every route of a schema, and gRPC itself where a method has none.
pub fn routes(schema: &Schema) -> Vec<Owned> {
    let services = schema.own_files().flat_map(|file| file.descriptor().services().collect::<Vec<_>>());
    let methods = services.flat_map(|service| service.methods().collect::<Vec<_>>());
    let routes = methods.flat_map(|method| {
        let name = format!("{}/{}", method.parent_service().full_name(), method.name());
        let mut rules = protogate::schema::http_rules(&method);
        if rules.is_empty() {
            rules.push(protogate::schema::HttpRule {
                verb: "POST".to_owned(),
                path: format!("/{name}"),
                body: "*".to_owned(),
                response_body: String::new(),
                first: true,
                nested: false,
            });
        }
        rules.into_iter().map(move |rule| (name.clone(), rule)).collect::<Vec<_>>()
    });
    routes.collect()
}

/// A route that owns its texts.
pub type Owned = (String, protogate::schema::HttpRule);

/// Our gateway over the service.
pub fn gateway(schema: &Schema, options: Options) -> Running {
    let owned = routes(schema);
    let routes: Vec<Route<'_>> = owned
        .iter()
        .map(|(method, rule)| Route {
            verb: &rule.verb,
            path: &rule.path,
            method,
            body: &rule.body,
            response_body: &rule.response_body,
        })
        .collect();
    let router =
        protogate_runtime::rest::router(&schema.descriptor_set(), &routes, Echo::of(schema), options);
    serve(router.unwrap())
}
