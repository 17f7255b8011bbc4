//! One call, one answer: every way a reply can end, and every way a server can fail to give one.

use h2::Reason;

use super::{
    server::Act::{
        Close, Data, EndData, Flood, GoAway, Graceful, Head, HeadOnly, Hold, Read, ReadAll, Reset,
    },
    *,
};

const HTML: server::Headers = &[("content-type", "text/html")];
/// SETTINGS, empty.
const SETTINGS: &[u8] = &[0, 0, 0, 4, 0, 0, 0, 0, 0];

#[tokio::test]
async fn a_unary_call() {
    let acts = vec![ReadAll, Head(200, GRPC), reply(b"hi"), Act::Trailers(OK)];
    let exchange = check(Play::Acts(acts), call(unary(b"x")), "OK TRAILERS http=200 0:hi").await;
    assert_eq!(exchange.header("content-type"), Some(b"application/grpc".as_slice()));
}

/// The client half-closes when a reply has come, so that what follows the reply cannot overtake it.
#[tokio::test]
async fn every_way_to_end() {
    let half = Data(Bytes::from_static(&[1, 0xff, 0xff, 0xff, 0xff, b'a']));
    let table = [
        (vec![HeadOnly(200, &[("grpc-status", "5")])], "NOT_FOUND TRAILERS_ONLY http=200"),
        (vec![Head(200, GRPC), Act::Trailers(&[("grpc-status", "16")])], "UNAUTHENTICATED TRAILERS http=200"),
        (vec![Head(200, GRPC), EndData], "UNKNOWN NO_TRAILERS http=200"),
        (vec![Head(404, HTML), Data("<html>".into()), EndData], "UNIMPLEMENTED NO_TRAILERS http=404 +<html>"),
        (
            vec![Head(200, GRPC), half.clone(), EndData],
            "UNKNOWN NO_TRAILERS http=200 +\\x01\\xff\\xff\\xff\\xffa",
        ),
        (vec![Head(200, GRPC), half, Act::Trailers(OK)], "OK TRAILERS http=200 +\\x01\\xff\\xff\\xff\\xffa"),
        (vec![Reset(Reason::CANCEL)], "RST_STREAM(CANCEL)"),
        (
            vec![Head(200, GRPC), reply(b"a"), ReadAll, Reset(Reason::INTERNAL_ERROR)],
            "RST_STREAM(INTERNAL_ERROR) http=200 0:a",
        ),
        (
            vec![Head(200, GRPC), reply(b"a"), ReadAll, GoAway(Reason::ENHANCE_YOUR_CALM), Hold],
            "GOAWAY(ENHANCE_YOUR_CALM) http=200 0:a",
        ),
        (
            vec![Head(200, GRPC), reply(b"a"), ReadAll, Graceful, reply(b"b"), Act::Trailers(OK)],
            "OK TRAILERS http=200 0:a 0:b",
        ),
        (vec![Head(200, GRPC), reply(b"a"), ReadAll, Close, Hold], "CLOSED http=200 0:a"),
    ];
    for (acts, expected) in table {
        let script = vec![Step::Send("x".into()), Step::Await(1), Step::HalfClose];
        check(Play::Acts([vec![Read(6)], acts].concat()), call(script), expected).await;
    }
}

/// Frames that h2's server would never write. The first is answered by nobody: it is not HTTP/2 at all.
#[tokio::test]
async fn broken_http2_is_an_end() {
    let headers_for_stream_1 = |block: &[u8]| {
        let head = [&[0, 0, block.len() as u8, 1, 5, 0, 0, 0, 1], block].concat();
        [SETTINGS, &head].concat()
    };
    for (bytes, expected) in [
        // An index beyond both header tables. RFC 9113, 4.3 wants COMPRESSION_ERROR here; h2 answers with this.
        (headers_for_stream_1(&[0xff, 0xff, 0x7f]), "VIOLATION(PROTOCOL_ERROR)"),
        // No `:status`, only `accept-encoding: gzip, deflate`.
        (headers_for_stream_1(&[0x90]), "VIOLATION(PROTOCOL_ERROR)"),
        // `:status: 200` and END_STREAM: well formed, to show that the two above are read at all.
        (headers_for_stream_1(&[0x88]), "UNKNOWN TRAILERS_ONLY http=200"),
        // A frame cut off by the end of the connection.
        ([SETTINGS, &[0, 0, 9, 0, 0]].concat(), "CLOSED"),
        // DATA on a stream nobody opened.
        ([SETTINGS, &[0, 0, 1, 0, 0, 0, 0, 0, 9, b'x']].concat(), "VIOLATION(PROTOCOL_ERROR)"),
    ] {
        check(Play::AfterHead(bytes), call(unary(b"x")), expected).await;
    }
    check(Play::Closed, call(unary(b"x")), "CLOSED").await;
}

#[tokio::test]
async fn what_is_not_http2_is_named() {
    for (bytes, said) in [
        (
            b"HTTP/1.1 400 Bad Request\r\nserver: x\r\n\r\n".as_slice(),
            "it answered `HTTP/1.1 400 Bad Request`",
        ),
        (b"\x15\x03\x01\x00\x02\x02\x46", "it speaks TLS"),
        (b"SSH-2.0-OpenSSH\r\n", "it answered `SSH-2.0-OpenSSH`"),
        (b"\0\xffgarbage", "it answered `\\x00\\xffgarbage`"),
    ] {
        let server = serve(vec![Play::Bytes(bytes.to_vec())]).await;
        let error = transport(&server).call(&call(unary(b"x"))).await.unwrap_err();
        assert!(error.is_not_http2() && error.to_string().contains(said), "{error}");
    }
}

#[tokio::test]
async fn silence_ends_with_the_deadline_and_its_grace() {
    for (play, expected) in [
        (Play::Silence, "HANG"),
        (Play::Acts(vec![Hold]), "HANG"),
        (Play::Acts(vec![Head(200, GRPC), reply(b"a"), Hold]), "HANG http=200 0:a"),
    ] {
        let call = Call { deadline: Duration::from_millis(100), ..call(unary(b"x")) };
        let exchange = check(play, call, expected).await;
        assert!(exchange.elapsed >= Duration::from_millis(600) && exchange.elapsed < Duration::from_secs(5));
    }
}

/// Large chunks, chunks of many empty messages, and a message that never ends.
#[tokio::test]
async fn a_flood_meets_the_cap() {
    for chunk in [vec![0; 5 << 10], frame(&[7; 1000]).to_vec(), vec![255; 1 << 10]] {
        let server = serve(vec![Play::Acts(vec![Head(200, GRPC), Flood(chunk.into())])]).await;
        let options = Options { reply_cap: 1 << 20, ..Options::default() };
        let target = server.addr.to_string().parse().unwrap();
        let exchange = H2Transport::with(target, options).call(&call(unary(b"x"))).await.unwrap();
        assert_eq!(exchange.outcome(), "OVER_CAP");
        let kept: usize = exchange.messages.iter().map(|(_, message)| 64 + message.len()).sum();
        assert!(kept + exchange.leftover.len() < 3 << 20, "{kept}");
    }
}
