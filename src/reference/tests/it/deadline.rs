//! A deadline that passes within a stream ends it with `DEADLINE_EXCEEDED`. Those before the answer are in `raw.rs`:
//! tonic's client counts them itself.

use tonic::{Code, Request};
use user_service::pb::user::ChatMessage;

use crate::server::client;

#[tokio::test]
async fn an_idle_chat_ends_at_its_deadline() {
    for said in [0, 1] {
        let messages = tokio_stream::iter(vec![ChatMessage::default(); said]);
        let idle = tokio_stream::StreamExt::chain(messages, tokio_stream::pending());
        let mut request = Request::new(idle);
        request.set_timeout(std::time::Duration::from_millis(300));
        let mut answers = client().await.chat(request).await.unwrap().into_inner();
        for _ in 0..said {
            answers.message().await.unwrap().unwrap();
        }
        let status = answers.message().await.unwrap_err();
        assert_eq!(status.code(), Code::DeadlineExceeded, "{said} messages: {status}");
    }
}
