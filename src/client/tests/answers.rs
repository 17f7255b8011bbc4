//! One call, one answer: every way a reply can end.

use h2::Reason;

use super::{
    server::{Act::*, GRPC, OK, Play::*},
    *,
};

fn reply(message: &'static [u8]) -> server::Act {
    Data(frame(message))
}

#[tokio::test]
async fn a_unary_call() {
    let acts = vec![ReadAll, Head(200, GRPC), reply(b"hi"), Trailers(OK)];
    let exchange = check(Acts(acts), call(unary(b"x")), "OK TRAILERS http=200 0:hi").await;
    assert_eq!(exchange.header("content-type"), Some(b"application/grpc".as_slice()));
}

#[tokio::test]
async fn every_way_to_end() {
    let half = Bytes::from_static(&[1, 0xff, 0xff, 0xff, 0xff, b'a']);
    let table = [
        (vec![HeadOnly(200, &[("grpc-status", "5")])], "NOT_FOUND TRAILERS_ONLY http=200"),
        (vec![Head(200, GRPC), Trailers(&[("grpc-status", "16")])], "UNAUTHENTICATED TRAILERS http=200"),
        (vec![Head(200, GRPC), EndData], "UNKNOWN NO_TRAILERS http=200"),
        (
            vec![Head(404, &[("content-type", "text/html")]), Data("<html>".into()), EndData],
            "UNIMPLEMENTED NO_TRAILERS http=404 +<html>",
        ),
        (
            vec![Head(200, GRPC), Data(half.clone()), EndData],
            "UNKNOWN NO_TRAILERS http=200 +\\x01\\xff\\xff\\xff\\xffa",
        ),
        (vec![Head(200, GRPC), Data(half), Trailers(OK)], "OK TRAILERS http=200 +\\x01\\xff\\xff\\xff\\xffa"),
        (vec![Reset(Reason::CANCEL)], "RST_STREAM(CANCEL) RST_STREAM(CANCEL)"),
        (
            vec![Head(200, GRPC), reply(b"a"), Reset(Reason::INTERNAL_ERROR)],
            "RST_STREAM(INTERNAL_ERROR) RST_STREAM(INTERNAL_ERROR) http=200 0:a",
        ),
        (
            vec![Head(200, GRPC), GoAway(Reason::ENHANCE_YOUR_CALM)],
            "GOAWAY(ENHANCE_YOUR_CALM) GOAWAY(ENHANCE_YOUR_CALM) http=200",
        ),
        (vec![Head(200, GRPC), reply(b"a"), Graceful, Trailers(OK)], "OK TRAILERS http=200 0:a"),
    ];
    for (acts, expected) in table {
        check(Acts([vec![ReadAll], acts].concat()), call(unary(b"x")), expected).await;
    }
}
