//! Connections shared, lost, refused and found again.

use h2::Reason;
use tokio::{net::TcpListener, task::JoinSet};

use super::{
    server::Act::{GoAway, Graceful, Head, Hold, ReadAll, Trailers},
    server::serve_on,
    *,
};

fn ok() -> Vec<Act> {
    vec![ReadAll, Head(200, GRPC), reply(b"hi"), Trailers(OK)]
}

async fn outcomes(transport: &H2Transport, calls: usize) -> Vec<String> {
    let mut outcomes = Vec::new();
    for _ in 0..calls {
        outcomes.push(transport.call(&call(unary(b"x"))).await.unwrap().outcome());
    }
    outcomes
}

#[tokio::test]
async fn a_thousand_calls_share_one_connection() {
    for streams in [1, 7, 10_000] {
        let server = serve(vec![Play::Narrow { streams, window: 65_535, acts: ok() }]).await;
        let transport = transport(&server);
        let mut calls = JoinSet::new();
        for _ in 0..1000 {
            let transport = transport.clone();
            calls.spawn(async move { summary(&transport.call(&call(unary(b"x"))).await.unwrap()) });
        }
        let summaries = calls.join_all().await;
        assert_eq!(summaries.iter().find(|summary| *summary != "OK TRAILERS http=200 0:hi"), None);
        assert_eq!(server.connections(), 1, "{streams}");
    }
}

#[tokio::test]
async fn a_second_connection_is_opened_when_the_first_is_full() {
    let held = Play::Narrow { streams: 1, window: 65_535, acts: vec![Head(200, GRPC), reply(b"a"), Hold] };
    let server = serve(vec![held, Play::Acts(ok())]).await;
    let target = server.addr.to_string().parse().unwrap();
    let transport = H2Transport::with(target, Options { connections: 2, ..Options::default() });
    transport.ready(Duration::from_secs(10)).await.unwrap();
    let held = call(unary(b"x"));
    tokio::select! {
        // First, so that it takes the only stream of the first connection.
        biased;
        exchange = transport.call(&held) => panic!("{exchange:?}"),
        outcomes = outcomes(&transport, 3) => assert_eq!(outcomes, ["OK", "OK", "OK"]),
    }
    assert_eq!(server.connections(), 2);
}

/// Each connection says goodbye its own way after the first call; the second call must not notice.
#[tokio::test]
async fn reconnects_after_every_goodbye() {
    let goodbye = |act| Play::Acts([ok(), vec![act]].concat());
    // SETTINGS, then GOAWAY(NO_ERROR) with last stream 0: nothing was looked at.
    let refusal = Play::AfterHead(vec![
        0, 0, 0, 4, 0, 0, 0, 0, 0, //
        0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    ]);
    for first in [goodbye(Graceful), goodbye(GoAway(Reason::NO_ERROR)), refusal] {
        let server = serve(vec![first, Play::Acts(ok())]).await;
        let transport = transport(&server);
        let mut last = Vec::new();
        while server.connections() < 2 {
            last = outcomes(&transport, 1).await;
        }
        assert_eq!(last, ["OK"]);
    }
}

async fn at_once(transport: &H2Transport, calls: usize) -> Vec<String> {
    let mut set = JoinSet::new();
    for _ in 0..calls {
        let transport = transport.clone();
        set.spawn(async move { summary(&transport.call(&call(unary(b"x"))).await.unwrap()) });
    }
    let mut summaries = set.join_all().await;
    summaries.sort();
    summaries
}

/// The call that the server looks at is made once; those that it does not look at are made again, once each.
#[tokio::test]
async fn calls_above_the_last_stream_of_a_goaway_are_made_again() {
    const HI: &str = "OK TRAILERS http=200 0:hi";
    for warns in [false, true] {
        let server = serve(vec![Play::Aged { after: 3, warns }, Play::Acts(ok())]).await;
        let transport = transport(&server);
        assert_eq!(at_once(&transport, 3).await, ["OK TRAILERS http=200 0:first", HI, HI]);
        assert_eq!(at_once(&transport, 2).await, [HI, HI]);
        assert_eq!(server.connections(), 2);
    }
}

/// Every connection is told to go away after its first call, with many others under way: none of them notices.
#[tokio::test]
async fn a_short_maximum_age_is_not_noticed() {
    let server = serve(vec![Play::Acts([ok(), vec![Graceful]].concat())]).await;
    let transport = transport(&server);
    for _ in 0..20 {
        let summaries = at_once(&transport, 30).await;
        assert_eq!(summaries.iter().find(|summary| *summary != "OK TRAILERS http=200 0:hi"), None);
    }
    assert!(server.connections() >= 20, "{}", server.connections());
}

#[tokio::test]
async fn a_server_that_refuses_every_stream_is_given_up() {
    let refusal = vec![0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let server = serve(vec![Play::AfterHead(refusal)]).await;
    let error = transport(&server).call(&call(unary(b"x"))).await.unwrap_err();
    assert!(error.is_unreachable() && error.to_string().contains("gives each of them up"), "{error}");
}

#[tokio::test]
async fn a_fresh_transport_shares_no_connection() {
    let server = serve(vec![Play::Acts(ok())]).await;
    let transport = transport(&server);
    assert_eq!(outcomes(&transport, 2).await, ["OK", "OK"]);
    assert_eq!(outcomes(&transport.fresh(), 1).await, ["OK"]);
    assert_eq!(server.connections(), 2);
}

/// Servers close connections with too many resets; a worn connection is left before that.
#[tokio::test]
async fn many_cancels_wear_a_connection_out() {
    let server = serve(vec![Play::Acts(vec![ReadAll, Head(200, GRPC), reply(b"a"), Hold])]).await;
    let transport = transport(&server);
    for _ in 0..120 {
        let mut script = unary(b"x");
        script.extend([Step::Await(1), Step::Cancel]);
        assert_eq!(transport.call(&call(script)).await.unwrap().outcome(), "CANCELLED_BY_US");
    }
    assert_eq!(server.connections(), 3);
}

#[tokio::test]
async fn nobody_listens() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    drop(listener);
    let transport = H2Transport::new(addr.to_string().parse().unwrap());
    for error in [
        transport.call(&call(unary(b"x"))).await.unwrap_err(),
        transport.ready(Duration::from_millis(50)).await.unwrap_err(),
    ] {
        assert!(error.is_refused() && error.to_string().contains("start the server"), "{error}");
    }
}

#[tokio::test]
async fn waits_for_a_server_that_is_still_starting() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    drop(listener);
    let transport = H2Transport::new(addr.to_string().parse().unwrap());
    let waiting = transport.clone();
    let ready = tokio::spawn(async move { waiting.ready(Duration::from_secs(20)).await });
    transport.ready(Duration::ZERO).await.unwrap_err();
    // First something that closes every connection, then a server.
    let starting = serve_on(TcpListener::bind(addr).await.unwrap(), vec![Play::Closed, Play::Acts(ok())]);
    ready.await.unwrap().unwrap();
    assert_eq!(outcomes(&transport, 1).await, ["OK"]);
    assert_eq!(starting.connections(), 2);
}
