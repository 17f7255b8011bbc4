//! Chat: one answer to each message, at once and in order, until the client is done.

use std::time::{SystemTime, UNIX_EPOCH};

use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use user_service::pb::user::ChatMessage;

use crate::server::client;

fn said(id: &str, text: &str) -> ChatMessage {
    ChatMessage { id: id.into(), user_id: "u".into(), text: text.into(), sent_at: -7 }
}

#[tokio::test]
async fn each_message_is_answered_before_the_next_is_sent() {
    let (send, receive) = mpsc::channel(1);
    let mut answers = client().await.chat(ReceiverStream::new(receive)).await.unwrap().into_inner();
    let began = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap();
    for message in [said("1", "hello"), said("1", ""), said("", "🦀")] {
        send.send(message.clone()).await.unwrap();
        let answer = answers.message().await.unwrap().unwrap();
        assert!(answer.sent_at >= began, "{answer:?}");
        assert_eq!(answer, ChatMessage { sent_at: answer.sent_at, ..message });
    }
    drop(send);
    assert_eq!(answers.message().await.unwrap(), None);
}

#[tokio::test]
async fn an_empty_chat_ends_well() {
    let mut answers = client().await.chat(tokio_stream::empty()).await.unwrap().into_inner();
    assert_eq!(answers.message().await.unwrap(), None);
}
