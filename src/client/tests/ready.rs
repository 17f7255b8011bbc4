//! Servers that are still starting, in every way that a server can say so.

use super::{
    server::Act::{Data, Graceful, Head, HeadOnly, ReadAll, Trailers},
    *,
};

const CHECK: &str = "/grpc.health.v1.Health/Check";

/// The health service says this, and says goodbye, so that the next question meets the next play.
fn says(status: &'static [u8]) -> Play {
    Play::ByPath(vec![(CHECK, vec![ReadAll, Head(200, GRPC), Data(frame(status)), Trailers(OK), Graceful])])
}

fn answers(acts: Vec<Act>) -> Play {
    Play::ByPath(vec![(CHECK, [vec![ReadAll], acts, vec![Graceful]].concat())])
}

#[tokio::test]
async fn what_is_still_starting_is_asked_again() {
    let unavailable = || answers(vec![HeadOnly(200, &[("grpc-status", "14")])]);
    let gateway = || answers(vec![HeadOnly(503, &[("content-type", "text/html")])]);
    for (starting, then) in [
        (vec![says(&[8, 2]), says(&[8, 2])], says(&[8, 1])),
        (vec![unavailable(), gateway()], says(&[8, 1])),
        (vec![Play::Closed, says(&[8, 2])], Play::ByPath(Vec::new())),
        (vec![], Play::ByPath(Vec::new())),
        // UNKNOWN of an empty message, and who may not ask: neither is a server that is starting.
        (vec![], says(&[])),
        (vec![], answers(vec![HeadOnly(200, &[("grpc-status", "16")])])),
    ] {
        let connections = starting.len() + 1;
        let server = serve([starting, vec![then]].concat()).await;
        transport(&server).serving(Duration::from_secs(20), &[]).await.unwrap();
        assert_eq!(server.connections(), connections);
    }
}

#[tokio::test]
async fn what_never_serves_is_given_up_with_its_reason() {
    for (play, said) in [
        (says(&[8, 2]), "NOT_SERVING"),
        (
            answers(vec![HeadOnly(200, &[("grpc-status", "14"), ("grpc-message", "no%20database")])]),
            "UNAVAILABLE (no database)",
        ),
    ] {
        let server = serve(vec![play]).await;
        let error = transport(&server).serving(Duration::from_millis(300), &[]).await.unwrap_err();
        assert!(error.is_not_ready() && error.to_string().contains(said), "{error}");
        assert!(error.to_string().contains("after 300ms"), "{error}");
    }
}

#[tokio::test]
async fn without_time_to_wait_it_is_taken_as_it_is() {
    let server = serve(vec![says(&[8, 2])]).await;
    transport(&server).serving(Duration::ZERO, &[]).await.unwrap();
    assert_eq!(server.connections(), 1);
}
