//! The client's deadline ends a call with `DEADLINE_EXCEEDED`, wherever the call is.

use tonic::{Code, Request};
use user_service::pb::user::ChatMessage;

use crate::server::client;

#[tokio::test]
async fn an_idle_chat_ends_at_its_deadline() {
    for said in [0, 1] {
        let messages = tokio_stream::iter(vec![ChatMessage::default(); said]);
        let idle = tokio_stream::StreamExt::chain(messages, tokio_stream::pending());
        let mut request = Request::new(idle);
        // By hand: `set_timeout` would have the client count as well, and say CANCELLED itself.
        request.metadata_mut().insert("grpc-timeout", "50m".parse().unwrap());
        let mut answers = client().await.chat(request).await.unwrap().into_inner();
        for _ in 0..said {
            answers.message().await.unwrap().unwrap();
        }
        let status = answers.message().await.unwrap_err();
        assert_eq!(status.code(), Code::DeadlineExceeded, "{said} messages: {status}");
    }
}

#[tokio::test]
async fn an_import_that_never_ends_ends_at_its_deadline() {
    let mut request = Request::new(tokio_stream::pending());
    request.metadata_mut().insert("grpc-timeout", "50m".parse().unwrap());
    let status = client().await.import_users(request).await.unwrap_err();
    assert_eq!(status.code(), Code::DeadlineExceeded, "{status}");
}
