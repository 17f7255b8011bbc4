//! What the table of cases cannot show: headers, streams as they come, limits, and calls that are given up.

use std::convert::Infallible;
use std::io::Write as _;
use std::net::TcpStream;
use std::pin::Pin;
use std::sync::mpsc;
use std::task::{Context, Poll};
use std::time::Duration;

use prost::Message as _;
use protogate_runtime::rest::{self, Options, Route};
use tonic::body::Body;
use tonic::codegen::Service;
use tonic::codegen::http::{HeaderValue, Request, Response};
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt as _};

use super::echo::{self, Running};
use super::http::ask;

fn gateway(options: Options) -> Running {
    echo::gateway(&echo::schema(), options)
}

#[test]
fn metadata_passes_both_ways_and_what_is_of_http_does_not() {
    let running = gateway(Options::default());
    let headers = [("x-seen", "yes"), ("grpc-status", "5"), ("te", "gzip"), ("accept-encoding", "br")];
    let answer = ask(&running.address, "GET", "/v1/all/x", &headers, b"");
    assert_eq!((answer.status, answer.header("x-seen")), (200, "yes"));
    assert_eq!(answer.header("content-type"), "application/json");
    assert!(answer.headers.iter().all(|(name, _)| !name.starts_with("grpc-")), "{:?}", answer.headers);
}

#[test]
fn a_stream_stands_in_the_form_that_is_asked_for() {
    let running = gateway(Options::default());
    let target = "/v1/many?text=x&i32=2";
    let [one, two] = [r#"{"text":"x","i32":2}"#; 2];
    for (accept, media, expected) in [
        ("*/*", "application/x-ndjson", format!("{one}\n{two}\n")),
        ("application/x-ndjson", "application/x-ndjson", format!("{one}\n{two}\n")),
        ("text/event-stream", "text/event-stream", format!("data: {one}\n\ndata: {two}\n\n")),
        ("application/json", "application/json", format!("[{one},{two}]")),
        ("text/html, application/json;q=0.9, */*;q=0.8", "application/json", format!("[{one},{two}]")),
        (
            "text/event-stream;q=0.1, application/x-ndjson;q=0.2",
            "application/x-ndjson",
            format!("{one}\n{two}\n"),
        ),
    ] {
        let answer = ask(&running.address, "GET", target, &[("accept", accept)], b"");
        assert_eq!(
            (answer.status, answer.header("content-type"), answer.text()),
            (200, media, expected),
            "{accept}"
        );
    }
    let empty = ask(&running.address, "GET", "/v1/many", &[("accept", "application/json")], b"");
    assert_eq!(empty.text(), "[]");
}

#[test]
fn a_stream_that_breaks_says_so_at_its_end() {
    let running = gateway(Options::default());
    let (message, error) = (r#"{"i32":1,"fail":13}"#, r#"{"code":13,"message":"asked to fail"}"#);
    for (accept, expected) in [
        ("application/x-ndjson", format!("{message}\n{{\"error\":{error}}}\n")),
        ("text/event-stream", format!("data: {message}\n\nevent: error\ndata: {error}\n\n")),
        ("application/json", format!("[{message},{{\"error\":{error}}}]")),
    ] {
        let answer = ask(&running.address, "GET", "/v1/many?i32=1&fail=13", &[("accept", accept)], b"");
        assert_eq!((answer.status, answer.text()), (200, expected), "{accept}");
    }
}

#[test]
fn lines_are_a_stream_of_requests_too() {
    let running = gateway(Options::default());
    let lines = |content: &str| {
        let headers = [("content-type", "application/x-ndjson")];
        let answer = ask(&running.address, "POST", "/v1/collect", &headers, content.as_bytes());
        (answer.status, answer.text())
    };
    assert_eq!(
        lines("{\"texts\":[\"a\"]}\n\n{\"texts\":[\"b\"]}"),
        (200, r#"{"texts":["a","b"]}"#.to_owned())
    );
    let (status, said) = lines("{}\n{\"i32\":\"x\"}\n");
    assert!(status == 400 && said.contains("message 1 of the stream"), "{status} {said}");
}

#[test]
fn what_is_too_large_or_compressed_is_not_read() {
    let running = gateway(Options::default().with_max_request_bytes(64));
    let json = ("content-type", "application/json");
    let large = format!("{{\"text\":\"{}\"}}", "x".repeat(64));
    let answer = ask(&running.address, "POST", "/v1/all", &[json], large.as_bytes());
    assert_eq!((answer.status, answer.json()["code"].as_i64()), (413, Some(8)), "{}", answer.text());
    let lines = [("content-type", "application/x-ndjson")];
    let answer = ask(&running.address, "POST", "/v1/collect", &lines, format!("{{}}\n{large}\n").as_bytes());
    assert_eq!(answer.status, 413, "{}", answer.text());
    // A stream may be longer than a message.
    let many = "{\"texts\":[\"a\"]}\n".repeat(50);
    assert_eq!(ask(&running.address, "POST", "/v1/collect", &lines, many.as_bytes()).status, 200);
    let answer = ask(&running.address, "POST", "/v1/all", &[json, ("content-encoding", "gzip")], b"x");
    assert_eq!((answer.status, answer.header("accept-encoding")), (415, "identity"));
}

#[test]
fn what_can_be_chosen_is() {
    let kind = [("content-type", "application/json")];
    let running = gateway(Options::default().ignoring_unknown().with_proto_names());
    let answer =
        ask(&running.address, "POST", "/v1/all?nope=1", &kind, br#"{"nope":{"a":[]},"wrappedNumber":"1"}"#);
    assert_eq!((answer.status, answer.text().as_str()), (200, r#"{"wrapped_number":"1"}"#));
    let running = gateway(Options::default().with_defaults_printed());
    let answer = ask(&running.address, "GET", "/v1/all/x", &[], b"").json();
    assert_eq!(
        (&answer["i32"], &answer["texts"], answer.get("maybe")),
        (&0.into(), &serde_json::json!([]), None)
    );
}

/// A service that is a function.
#[derive(Clone, Copy)]
struct Answers<F>(F);

impl<F, A> Service<Request<Body>> for Answers<F>
where
    F: Fn(Request<Body>) -> A,
    A: Future<Output = Response<Body>> + Send + 'static,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let answer = (self.0)(request);
        Box::pin(async { Ok(answer.await) })
    }
}

/// A gateway with one route, over a function.
fn over<F, A>(answer: F) -> Running
where
    F: Fn(Request<Body>) -> A + Clone + Send + Sync + 'static,
    A: Future<Output = Response<Body>> + Send + 'static,
{
    let route = Route {
        verb: "GET",
        path: "/v1/all/{text}",
        method: "echo.v1.Echo/Get",
        body: "",
        response_body: "",
    };
    let set = echo::schema().descriptor_set();
    echo::serve(rest::router(&set, &[route], Answers(answer), Options::default()).unwrap())
}

#[test]
fn the_call_is_grpc_with_the_deadline_and_the_credentials_of_the_caller() {
    let running = over(|request| async move {
        let header =
            |name: &str| request.headers().get(name).and_then(|it| it.to_str().ok()).unwrap_or_default();
        let names = ["authorization", "grpc-timeout", "content-type", "te"].map(header);
        Status::aborted(format!("{} {} {names:?}", request.method(), request.uri())).into_http()
    });
    let headers = [("authorization", "Bearer x"), ("grpc-timeout", "5S"), ("content-type", "text/plain")];
    let said = ask(&running.address, "GET", "/v1/all/x", &headers, b"").json();
    assert_eq!(
        said["message"],
        r#"POST /echo.v1.Echo/Get ["Bearer x", "5S", "application/grpc", "trailers"]"#
    );
}

#[test]
fn errors_have_their_details_and_the_headers_that_http_has_for_them() {
    let running = over(|request| async move {
        let mut details = ErrorDetails::with_retry_info(Some(Duration::from_millis(1500)));
        details.set_error_info("BUSY", "echo", [("a".to_owned(), "b".to_owned())]);
        let code =
            if request.headers().contains_key("x-who") { Code::Unauthenticated } else { Code::Unavailable };
        Status::with_error_details(code, "later", details).into_http()
    });
    let answer = ask(&running.address, "GET", "/v1/all/x", &[], b"");
    assert_eq!((answer.status, answer.header("retry-after")), (503, "2"));
    let expected = serde_json::json!({"code": 14, "message": "later", "details": [
        {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "1.500s"},
        {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "BUSY", "domain": "echo", "metadata": {"a": "b"}},
    ]});
    assert_eq!(answer.json(), expected);
    let answer = ask(&running.address, "GET", "/v1/all/x", &[("x-who", "?")], b"");
    assert_eq!((answer.status, answer.header("www-authenticate")), (401, "Bearer"));
}

#[test]
fn a_detail_of_an_unknown_type_is_shown_as_its_bytes() {
    let running = over(|_| async {
        let any = prost_types::Any { type_url: "x.org/no.Such".to_owned(), value: vec![1, 2] };
        let status = tonic_types::pb::Status { code: 5, message: String::new(), details: vec![any] };
        Status::with_details(Code::NotFound, "gone", status.encode_to_vec().into()).into_http()
    });
    let answer = ask(&running.address, "GET", "/v1/all/x", &[], b"").json();
    assert_eq!(answer["details"], serde_json::json!([{"@type": "x.org/no.Such", "value": "AQI="}]));
}

#[test]
fn what_is_no_grpc_is_an_error() {
    let framed = |bytes: &'static [u8]| {
        let mut response = Response::new(Body::new(http_body_util::Full::new(bytes.into())));
        response.headers_mut().insert("content-type", HeaderValue::from_static("application/grpc"));
        response
    };
    for (bytes, said) in [
        (&b""[..], "the call ended without a status"),
        (b"\0\0\0\0\0", "the call ended without a status"),
        (b"\0\0\0\0\x09x", "the call ended without a status"),
        (b"\x01\0\0\0\0", "the service compressed an answer, which nobody asked for"),
        (b"\0\0\0\0\x01\xff", "the call ended without a status"),
    ] {
        let answer = ask(&over(move |_| async move { framed(bytes) }).address, "GET", "/v1/all/x", &[], b"");
        assert_eq!((answer.status, answer.json()["message"].as_str()), (500, Some(said)), "{bytes:?}");
    }
    let page = over(|_| async {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = tonic::codegen::http::StatusCode::BAD_GATEWAY;
        response
    });
    assert_eq!(ask(&page.address, "GET", "/v1/all/x", &[], b"").status, 503);
}

#[test]
fn a_client_that_goes_away_ends_the_call() {
    /// Says when it is dropped.
    struct Held(mpsc::Sender<()>);
    impl Drop for Held {
        fn drop(&mut self) {
            let _ = self.0.send(());
        }
    }
    let ((begun, has_begun), (ended, has_ended)) = (mpsc::channel(), mpsc::channel());
    let running = over(move |_| {
        let held = Held(ended.clone());
        begun.send(()).unwrap();
        async move {
            let _held = held;
            std::future::pending().await
        }
    });
    let mut stream = TcpStream::connect(&running.address).unwrap();
    stream.write_all(b"GET /v1/all/x HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
    has_begun.recv().unwrap();
    drop(stream);
    has_ended.recv_timeout(Duration::from_secs(30)).expect("the call goes on without its client");
}

#[test]
fn routes_that_cannot_be_served_are_said() {
    let set = echo::schema().descriptor_set();
    let route = Route { verb: "GET", path: "/v1", method: "echo.v1.Echo/Get", body: "", response_body: "" };
    for (route, said) in [
        (
            Route { method: "echo.v1.Echo/Got", ..route },
            "the descriptor set has no method `echo.v1.Echo/Got`",
        ),
        (Route { method: "x", ..route }, "`x` is no package.Service/Method"),
        (Route { path: "/{nope}", ..route }, "echo.v1.All has no field `nope`"),
        (Route { path: "v1", ..route }, "a path begins with `/` (at character 1)"),
        (Route { body: "nope", ..route }, "echo.v1.All has no field `nope`"),
        (Route { verb: "A B", ..route }, "the verb is none"),
    ] {
        let error = rest::router(
            &set,
            &[route],
            Answers(|_| async { Response::new(Body::empty()) }),
            Options::default(),
        );
        let error = error.unwrap_err().to_string();
        assert_eq!(error, format!("the route {} {} cannot be served: {said}", route.verb, route.path));
    }
}
