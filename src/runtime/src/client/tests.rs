//! The client against servers that follow a script, frame by frame, and count what they see.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use h2::Reason;
use http::{HeaderMap, Request, Response};
use http_body::Frame;
use tokio::net::TcpListener;
use tonic::body::Body;
use tower::Service as _;

use super::{Calls, Client, Options};
use crate::Kind;
use crate::testing::{Then, body, drain};

/// What a server does with one call, after it has read it.
#[derive(Debug, Clone, Copy)]
enum Does {
    /// Answers one empty message and OK.
    Ok,
    /// Ends with this code, and this header.
    Code(&'static str, Option<(&'static str, &'static str)>),
    /// Closes the connection, having sent headers, and so many messages.
    BreakAfter(Option<usize>),
    /// Resets the stream.
    Reset(Reason),
    /// Never answers.
    Nothing,
}

const UNAVAILABLE: Does = Does::Code("14", None);

struct Server {
    uri: String,
    seen: Arc<Mutex<Vec<HeaderMap>>>,
}

impl Server {
    /// Does with the calls one after the other as the script says, and with all further ones as its last line.
    async fn start(script: &'static [Does]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let uri = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let seen_there = Arc::clone(&seen);
        tokio::spawn(async move {
            loop {
                let (socket, _) = listener.accept().await.unwrap();
                let seen = Arc::clone(&seen_there);
                tokio::spawn(async move {
                    let mut connection = h2::server::handshake(socket).await.unwrap();
                    let mut open = Vec::new();
                    while let Some(Ok((request, mut respond))) = connection.accept().await {
                        let nth = {
                            let mut seen = seen.lock().unwrap();
                            seen.push(request.headers().clone());
                            seen.len() - 1
                        };
                        let does = script[nth.min(script.len() - 1)];
                        let headers = Response::builder().header("content-type", "application/grpc");
                        let messages = match does {
                            Does::Code(code, more) => {
                                let headers = headers.header("grpc-status", code);
                                let headers = match more {
                                    Some((name, value)) => headers.header(name, value),
                                    None => headers,
                                };
                                respond.send_response(headers.body(()).unwrap(), true).unwrap();
                                continue;
                            }
                            Does::Reset(reason) => {
                                respond.send_reset(reason);
                                continue;
                            }
                            Does::Nothing => {
                                open.push((request, respond));
                                continue;
                            }
                            Does::BreakAfter(None) => return,
                            Does::BreakAfter(Some(messages)) => messages,
                            Does::Ok => 1,
                        };
                        let mut stream = respond.send_response(headers.body(()).unwrap(), false).unwrap();
                        for _ in 0..messages {
                            stream.send_data(Bytes::from_static(&[0; 5]), false).unwrap();
                        }
                        if matches!(does, Does::BreakAfter(_)) {
                            // Once, so that what is there is written.
                            std::future::poll_fn(|cx| {
                                let _ = connection.poll_accept(cx);
                                std::task::Poll::Ready(())
                            })
                            .await;
                            return;
                        }
                        let mut trailers = HeaderMap::new();
                        trailers.insert("grpc-status", "0".parse().unwrap());
                        stream.send_trailers(trailers).unwrap();
                    }
                });
            }
        });
        Self { uri, seen }
    }

    fn count(&self) -> usize {
        self.seen.lock().unwrap().len()
    }
}

fn calls() -> Calls {
    Calls::default()
        .with("/a.B/Read", Kind::Unary, true)
        .with("/a.B/List", Kind::ServerStream, true)
        .with("/a.B/Write", Kind::Unary, false)
        .with("/a.B/Upload", Kind::ClientStream, true)
}

fn quick() -> Options {
    Options::default().with_backoff(Duration::from_millis(1), Duration::from_millis(2))
}

fn request(method: &str) -> Request<Body> {
    let message = Frame::data(Bytes::from_static(&[0; 5]));
    Request::post(format!("/a.B/{method}"))
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .body(body([message], Then::End))
        .unwrap()
}

/// The code that a call ends with, and how many bytes of messages it has.
async fn send(client: &mut Client, request: Request<Body>) -> (String, usize) {
    let (parts, mut body) = client.call(request).await.unwrap().into_parts();
    let mut headers = parts.headers;
    let (data, trailers) = drain(&mut body).await;
    headers.extend(trailers);
    let code = headers.get("grpc-status").map_or("broken", |code| code.to_str().unwrap());
    (code.to_owned(), data.len())
}

#[tokio::test]
async fn a_call_is_made_again_only_where_that_is_safe() {
    use Does::{BreakAfter, Code, Nothing, Ok, Reset};
    let cases: &[(&str, &'static [Does], &str, usize, usize)] = &[
        // A connection that breaks may have done it.
        ("Read", &[BreakAfter(None), Ok], "0", 5, 2),
        ("List", &[BreakAfter(None), Ok], "0", 5, 2),
        ("Write", &[BreakAfter(None), Ok], "14", 0, 1),
        ("Upload", &[BreakAfter(None), Ok], "14", 0, 1),
        ("Unknown", &[BreakAfter(None), Ok], "14", 0, 1),
        // One that a server refused was not done.
        ("Write", &[Reset(Reason::REFUSED_STREAM), Ok], "0", 5, 2),
        ("Read", &[Reset(Reason::CANCEL), Ok], "1", 0, 1),
        ("Read", &[Reset(Reason::INTERNAL_ERROR), Ok], "13", 0, 1),
        // What the server says.
        ("Read", &[UNAVAILABLE, Ok], "0", 5, 2),
        ("Write", &[UNAVAILABLE, Ok], "14", 0, 1),
        ("Read", &[Code("13", None), Ok], "13", 0, 1),
        ("Read", &[Code("14", Some(("grpc-retry-pushback-ms", "-1"))), Ok], "14", 0, 1),
        ("Read", &[Code("14", Some(("grpc-retry-pushback-ms", "soon"))), Ok], "14", 0, 1),
        ("Read", &[Code("14", Some(("grpc-retry-pushback-ms", "1"))), Ok], "0", 5, 2),
        // Beyond the deadline, so at once.
        ("Read", &[Code("14", Some(("grpc-retry-pushback-ms", "60000"))), Ok], "14", 0, 1),
        // Nothing of an answer that is one message has reached the caller before its end; of a stream, the first message.
        ("Read", &[BreakAfter(Some(0)), Ok], "0", 5, 2),
        ("Read", &[BreakAfter(Some(1)), Ok], "0", 5, 2),
        ("List", &[BreakAfter(Some(0)), Ok], "0", 5, 2),
        ("List", &[BreakAfter(Some(1)), Ok], "broken", 5, 1),
        ("Write", &[BreakAfter(Some(0)), Ok], "broken", 0, 1),
        // No more than four times.
        ("Read", &[UNAVAILABLE], "14", 0, 4),
        ("Read", &[UNAVAILABLE, UNAVAILABLE, UNAVAILABLE, Ok], "0", 5, 4),
    ];
    for (method, script, code, bytes, seen) in cases {
        let server = Server::start(script).await;
        let mut client = Client::new([&server.uri], calls(), quick()).unwrap();
        let came = send(&mut client, request(method)).await;
        let expected = ((*code).to_owned(), *bytes);
        assert_eq!((came, server.count()), (expected, *seen), "{method} {script:?}");
    }
    // The deadline holds over all attempts.
    let server = Server::start(&[BreakAfter(None), Nothing]).await;
    let deadline = Some(Duration::from_millis(200));
    let mut client = Client::new([&server.uri], calls(), quick().with_deadline(deadline)).unwrap();
    assert_eq!((send(&mut client, request("Read")).await.0.as_str(), server.count()), ("4", 2));
}

#[tokio::test]
async fn an_empty_budget_ends_retries_until_calls_succeed_again() {
    let server = Server::start(&[UNAVAILABLE]).await;
    let options = quick().with_budget(10, 1.0);
    let mut client = Client::new([&server.uri], calls(), options).unwrap();
    for _ in 0..10 {
        send(&mut client, request("Read")).await;
    }
    // The first is made four times, with which six tokens are left; the next takes the sixth.
    assert_eq!(server.count(), 4 + 9);
    let good = Server::start(&[UNAVAILABLE, Does::Ok]).await;
    let mut client = Client::new([&good.uri], calls(), quick().with_budget(1, 1.0)).unwrap();
    assert_eq!(send(&mut client, request("Read")).await.0, "14");
    assert_eq!(send(&mut client, request("Read")).await.0, "0");
}

#[tokio::test]
async fn a_server_that_is_not_there_costs_no_call() {
    // Nobody listens there any more.
    let gone = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nobody = format!("http://{}", gone.local_addr().unwrap());
    drop(gone);
    let servers = [Server::start(&[Does::Ok]).await, Server::start(&[Does::Ok]).await];
    let uris = [&servers[0].uri, &nobody, &servers[1].uri];
    let mut client = Client::new(uris, calls(), quick()).unwrap();
    for number in 0..60 {
        let method = if number % 2 == 0 { "Write" } else { "Upload" };
        assert_eq!(send(&mut client, request(method)).await.0, "0", "{method}");
    }
    let counts = servers.map(|server| server.count());
    assert_eq!(counts.iter().sum::<usize>(), 60);
    assert!(counts.iter().all(|count| *count > 5), "{counts:?}");
}

#[tokio::test]
async fn attempts_carry_who_and_what_and_how_long() {
    let server = Server::start(&[UNAVAILABLE, Does::Ok]).await;
    let options = quick().with_token("s3cret").unwrap();
    let mut client = Client::new([&server.uri], calls(), options).unwrap();
    let mut first = request("Read");
    first.headers_mut().insert("grpc-timeout", "5S".parse().unwrap());
    send(&mut client, first).await;
    let mut own = request("List");
    own.headers_mut().insert("authorization", "Bearer other".parse().unwrap());
    own.headers_mut().insert("x-request-id", "mine".parse().unwrap());
    send(&mut client, own).await;
    let seen = server.seen.lock().unwrap();
    let text = |at: usize, name: &str| seen[at].get(name).map(|value| value.to_str().unwrap().to_owned());
    for at in [0, 1] {
        assert_eq!(text(at, "authorization").unwrap(), "Bearer s3cret");
        assert_eq!(text(at, "x-request-id").unwrap().len(), 32);
        let left = crate::timeout::parse(text(at, "grpc-timeout").unwrap().as_bytes()).unwrap();
        assert!(left <= Duration::from_secs(5));
    }
    assert_eq!(text(0, "x-request-id"), text(1, "x-request-id"));
    assert_eq!(text(0, "traceparent"), text(1, "traceparent"));
    assert!(crate::TraceContext::from_headers(&seen[0]).is_some());
    assert_eq!(text(0, "grpc-previous-rpc-attempts"), None);
    assert_eq!(text(1, "grpc-previous-rpc-attempts").as_deref(), Some("1"));
    assert_eq!(text(2, "authorization").as_deref(), Some("Bearer other"));
    assert_eq!(text(2, "x-request-id").as_deref(), Some("mine"));
    assert_eq!(text(2, "grpc-timeout"), None, "streams end when their caller says");
}

#[tokio::test]
async fn a_call_within_a_call_has_its_id_its_trace_and_its_end() {
    let server = Server::start(&[Does::Ok]).await;
    let mut client = Client::new([&server.uri], calls(), quick()).unwrap();
    let trace = crate::TraceContext { trace_id: 7, span_id: 1, sampled: true };
    let uri = http::Uri::from_static("/outer.S/M");
    let outer = crate::Call::new(uri, None, http::HeaderValue::from_static("outer-1"), trace);
    let mut incoming = http::Extensions::new();
    incoming.insert(Arc::new(outer));
    incoming.insert(crate::EndsAt(std::time::Instant::now() + Duration::from_secs(3)));
    for method in ["Read", "List"] {
        let mut request = request(method);
        super::pass_on(&incoming, request.extensions_mut());
        assert_eq!(send(&mut client, request).await.0, "0");
    }
    for headers in server.seen.lock().unwrap().iter() {
        assert_eq!(headers.get("x-request-id").unwrap(), "outer-1");
        let sent = crate::TraceContext::from_headers(headers).unwrap();
        assert_eq!((sent.trace_id, sent.sampled), (7, true));
        let left = crate::timeout::parse(headers.get("grpc-timeout").unwrap().as_bytes()).unwrap();
        assert!(left <= Duration::from_secs(3), "{left:?}");
    }
    // Without one, the client's own deadline.
    send(&mut client, request("Read")).await;
    let seen = server.seen.lock().unwrap();
    let left = crate::timeout::parse(seen[2].get("grpc-timeout").unwrap().as_bytes()).unwrap();
    assert!(left > Duration::from_secs(3) && left <= Duration::from_secs(10), "{left:?}");
}

#[tokio::test]
async fn what_is_no_server_is_refused_in_a_sentence() {
    for (uri, word) in [
        ("/10.0.0.1", "host"),
        ("10.0.0.1:1", "neither"),
        ("http://10.0.0.1", "port"),
        ("ftp://10.0.0.1:1", "neither"),
        ("https://10.0.0.1:1", "TLS"),
        ("http://a b:1", "URI"),
    ] {
        let error = Client::new([uri], calls(), Options::default()).unwrap_err().to_string();
        assert!(error.contains(word) && error.contains(uri), "{error}");
    }
    Client::new(Vec::<String>::new(), calls(), Options::default()).unwrap_err();
    Options::default().with_token("a\nb").unwrap_err();
}
