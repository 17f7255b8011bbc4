//! The four kinds of streams, and what the sending side does while replies come.

use h2::Reason;

use super::{
    server::Act::{Data, Describe, Echo, Head, HeadOnly, Hold, Read, ReadAll, Reset, Trailers},
    *,
};

fn send(message: &'static [u8]) -> Step {
    Step::Send(Bytes::from_static(message))
}

#[tokio::test]
async fn all_four_kinds() {
    use Step::{Await, HalfClose};
    let echo = || Play::Acts(vec![Head(200, GRPC), Echo, Trailers(OK)]);
    let sum = || Play::Acts(vec![Head(200, GRPC), Describe("te"), Trailers(OK)]);
    let many =
        || Play::Acts(vec![ReadAll, Head(200, GRPC), reply(b"1"), reply(b""), reply(b"3"), Trailers(OK)]);
    let table = [
        ("unary", sum(), vec![send(b"abc"), HalfClose], "0:POST http://ADDR/p.S/M 8 trailers"),
        ("nothing sent", sum(), vec![HalfClose], "0:POST http://ADDR/p.S/M 0 trailers"),
        (
            "client stream",
            sum(),
            vec![send(b"a"), send(b"b"), Step::Pause(Duration::ZERO), HalfClose],
            "0:POST http://ADDR/p.S/M 12 trailers",
        ),
        ("server stream", many(), unary(b"x"), "0:1 0: 0:3"),
        ("bidi, in turns", echo(), vec![send(b"a"), Await(1), send(b"b"), Await(2), HalfClose], "0:a 0:b"),
        ("bidi, all at once", echo(), vec![send(b"a"), send(b"b"), HalfClose], "0:a 0:b"),
        (
            "byte by byte",
            echo(),
            vec![
                Step::Raw("\0\0".into()),
                Step::Raw("\0\0\x01".into()),
                Await(0),
                Step::Raw("a".into()),
                HalfClose,
            ],
            "0:a",
        ),
        ("malformed", echo(), vec![send(b"a"), Step::Raw("\x01\0".into()), HalfClose], "0:a +\\x01\\x00"),
    ];
    for (name, play, script, expected) in table {
        let server = serve(vec![play]).await;
        let exchange = transport(&server).call(&call(script)).await.unwrap();
        let expected = format!("OK TRAILERS http=200 {}", expected.replace("ADDR", &server.addr.to_string()));
        assert_eq!(summary(&exchange), expected, "{name}");
    }
}

#[tokio::test]
async fn metadata_reaches_the_server() {
    let play = Play::Acts(vec![Head(200, GRPC), Describe("x-k-bin"), Trailers(OK)]);
    let server = serve(vec![play]).await;
    let metadata = vec![("x-k-bin".to_owned(), vec![0, 1, 255]), ("x-k-bin".to_owned(), vec![0])];
    let exchange = transport(&server).call(&Call { metadata, ..call(unary(b"")) }).await.unwrap();
    assert!(exchange.messages[0].1.ends_with(b" 5 AAH/|AA"), "{}", summary(&exchange));
}

/// Much more than any window is waiting to be sent when the server ends.
#[tokio::test]
async fn a_server_that_ends_early_stops_the_script() {
    let script = || vec![send(b"a"), Step::Send(vec![0; 8 << 20].into()), Step::HalfClose];
    for (acts, expected) in [
        (vec![Read(1), HeadOnly(200, &[("grpc-status", "8")])], "RESOURCE_EXHAUSTED TRAILERS_ONLY http=200"),
        (vec![Read(1), Head(200, GRPC), reply(b"enough"), Trailers(OK)], "OK TRAILERS http=200 0:enough"),
        (vec![Read(1), Reset(Reason::REFUSED_STREAM)], "RST_STREAM(REFUSED_STREAM)"),
    ] {
        check(Play::Acts(acts), call(script()), expected).await;
    }
}

#[tokio::test]
async fn cancel_is_ours_and_keeps_what_came() {
    let play = Play::Acts(vec![Head(200, GRPC), reply(b"a"), Hold]);
    let script = vec![send(b"x"), Step::Await(1), Step::Cancel];
    check(play, call(script), "CANCELLED_BY_US http=200 0:a").await;
}

/// The server has more to send than the window takes: the rest comes only when the window opens again.
#[tokio::test]
async fn stop_reading_closes_the_window() {
    const WINDOW: usize = 100_000;
    let body = frame(&vec![7; 300_000]);
    let acts = vec![ReadAll, Head(200, GRPC), reply(b"a"), Data(body), Trailers(OK)];
    let server = serve(vec![Play::Acts(acts)]).await;
    let transport = transport(&server).fresh_with_window(WINDOW as u32);
    let stop = |after| vec![send(b"x"), Step::HalfClose, Step::StopReading(after), Step::Await(1)];
    let short = |script| Call { deadline: Duration::from_millis(100), ..call(script) };

    let stuck = transport.call(&short(stop(0))).await.unwrap();
    assert_eq!((stuck.end.to_string().as_str(), stuck.messages.len(), stuck.unread), ("HANG", 1, WINDOW));
    assert_eq!(stuck.leftover.len(), WINDOW - 6);

    // What is read before the stop opens the window; after it a whole window comes.
    let later = transport.call(&short(stop(1006))).await.unwrap();
    assert_eq!((later.end.to_string().as_str(), later.unread), ("HANG", later.leftover.len() + 6 - 1006));
    assert!((WINDOW - 1006..=WINDOW).contains(&later.unread), "{}", later.unread);

    let script = [stop(0), vec![Step::Pause(Duration::from_millis(20)), Step::Resume]].concat();
    let whole = transport.call(&call(script)).await.unwrap();
    assert_eq!(
        (whole.outcome().as_str(), whole.messages.len(), whole.messages[1].1.len()),
        ("OK", 2, 300_000)
    );
    assert!((6..=WINDOW).contains(&whole.unread), "{}", whole.unread);
    // The times are in order.
    let times = [whole.t_headers.unwrap(), whole.t_first().unwrap(), whole.arrivals[1], whole.elapsed];
    assert!(times.is_sorted() && whole.arrivals[1] >= Duration::from_millis(20), "{times:?}");
}

#[tokio::test]
async fn big_messages_pass_small_windows_both_ways() {
    let play = Play::Narrow { streams: 10, window: 1000, acts: vec![Head(200, GRPC), Echo, Trailers(OK)] };
    let server = serve(vec![play]).await;
    let message: Bytes = (0..5 << 20).map(|i: u32| (i % 251) as u8).collect();
    let script = vec![Step::Send(message.clone()), Step::HalfClose];
    let exchange = transport(&server).call(&call(script)).await.unwrap();
    assert_eq!(exchange.outcome(), "OK");
    assert!(exchange.messages == [(0, message)]);
}

#[tokio::test]
async fn a_script_that_sends_after_its_half_close_is_refused() {
    let server = serve(vec![Play::Closed]).await;
    for step in [send(b"x"), Step::Raw("x".into()), Step::HalfClose] {
        let error = transport(&server).call(&call(vec![Step::HalfClose, step])).await.unwrap_err();
        assert!(error.is_bad_call(), "{error}");
    }
    assert_eq!(server.connections(), 0);
}
