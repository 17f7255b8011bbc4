//! What no client of tonic sends, over bare HTTP/2: the layers answer it, and tonic's own timer does not win.

use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode};
use user_service::Options;

use crate::server::{Server, start_with_options};

const GRPC: (&str, &str) = ("content-type", "application/grpc");

/// One request, and how it was answered: HTTP status, then `grpc-status` from wherever it stood.
async fn ask(
    server: &Server,
    verb: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: Body,
) -> (StatusCode, String) {
    let socket = tokio::net::TcpStream::connect(server.uri.trim_start_matches("http://")).await.unwrap();
    let (send, connection) = h2::client::handshake(socket).await.unwrap();
    let running = tokio::spawn(connection);
    let mut request = Request::builder().method(verb).uri(format!("{}{path}", server.uri));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(()).unwrap();
    let (response, mut stream) = send.ready().await.unwrap().send_request(request, false).unwrap();
    // An answer that did not wait for the body may have closed the stream already.
    let _ = match body {
        Body::Whole(bytes) => stream.send_data(Bytes::from_static(bytes), true),
        Body::Open => Ok(()),
    };
    let (head, mut rest) = response.await.unwrap().into_parts();
    while let Some(piece) = rest.data().await {
        piece.unwrap();
    }
    let trailers = rest.trailers().await.unwrap().unwrap_or_default();
    running.abort();
    let status = |headers: &HeaderMap| Some(headers.get("grpc-status")?.to_str().unwrap().to_owned());
    (head.status, status(&head.headers).or_else(|| status(&trailers)).unwrap_or_default())
}

#[derive(Debug, Clone, Copy)]
enum Body {
    Whole(&'static [u8]),
    /// Never ends.
    Open,
}

#[tokio::test]
async fn what_is_not_right_is_answered_as_the_specification_says() {
    let server = start_with_options(Options::default()).await;
    let timeout = |value| [GRPC, ("grpc-timeout", value)];
    let (chat, import, list) =
        ("/user.UserService/Chat", "/user.UserService/ImportUsers", "/user.UserService/ListUsers");
    let empty = Body::Whole(&[0, 0, 0, 0, 0]);
    for (verb, path, headers, body, http, grpc) in [
        ("POST", list, &[GRPC][..], empty, 200, "0"),
        ("GET", list, &[GRPC], empty, 405, ""),
        ("POST", list, &[("content-type", "application/json")], empty, 415, ""),
        ("POST", list, &[], empty, 415, ""),
        ("POST", list, &timeout("1x"), empty, 200, "3"),
        ("POST", list, &timeout("1H"), empty, 200, "0"),
        ("POST", list, &timeout("50m"), Body::Open, 200, "4"),
        ("POST", import, &timeout("50m"), Body::Open, 200, "4"),
        ("POST", chat, &timeout("50m"), Body::Open, 200, "4"),
        // A length of 5, and nothing of it; then one byte of it; then half a prefix.
        ("POST", list, &[GRPC], Body::Whole(&[0, 0, 0, 0, 5]), 200, "13"),
        ("POST", list, &[GRPC], Body::Whole(&[0, 0, 0, 0, 5, 8]), 200, "13"),
        ("POST", chat, &[GRPC], Body::Whole(&[0, 0, 0, 0, 0, 0, 0]), 200, "13"),
        // Two messages: to a method that takes one, and to one that takes a stream.
        ("POST", list, &[GRPC], Body::Whole(&[0; 10]), 200, "13"),
        ("POST", chat, &[GRPC], Body::Whole(&[0; 10]), 200, "0"),
        // The largest length there is.
        ("POST", list, &[GRPC], Body::Whole(&[0, 255, 255, 255, 255]), 200, "8"),
        ("POST", chat, &[GRPC], Body::Whole(&[0, 255, 255, 255, 255]), 200, "8"),
    ] {
        let answer = ask(&server, verb, path, headers, body).await;
        assert_eq!(
            answer,
            (StatusCode::from_u16(http).unwrap(), grpc.to_owned()),
            "{path} {headers:?} {body:?}"
        );
    }
}

#[tokio::test]
async fn without_the_layers_tonic_answers() {
    let server = start_with_options(Options::default().with_harden(false)).await;
    let cut = Body::Whole(&[0, 255, 255, 255, 255]);
    let answer = ask(&server, "POST", "/user.UserService/ListUsers", &[GRPC], cut).await;
    assert_eq!(answer, (StatusCode::OK, "11".to_owned()));
}
