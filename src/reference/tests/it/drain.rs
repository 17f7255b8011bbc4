//! The shutdown: running calls may end, new ones are refused, and nothing outlives the deadline.

use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::Channel;
use user_service::pb::user::ChatMessage;
use user_service::pb::user::user_service_client::UserServiceClient;

use crate::server::start_with_drain;

const LONG: Duration = Duration::from_secs(600);

/// A chat that has begun: what keeps it open, and its answers.
async fn chat(channel: &Channel) -> (mpsc::Sender<ChatMessage>, tonic::Streaming<ChatMessage>) {
    let (send, receive) = mpsc::channel(1);
    let answers = UserServiceClient::new(channel.clone()).chat(ReceiverStream::new(receive)).await.unwrap();
    let mut answers = answers.into_inner();
    send.send(ChatMessage::default()).await.unwrap();
    answers.message().await.unwrap().unwrap();
    (send, answers)
}

#[tokio::test]
async fn an_idle_server_ends_at_once() {
    let server = start_with_drain(LONG).await;
    server.stop.send(()).unwrap();
    server.ended.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_running_call_may_end_while_new_connections_are_refused() {
    let server = start_with_drain(LONG).await;
    let (send, mut answers) = chat(&server.channel).await;
    server.stop.send(()).unwrap();
    // The listener is closed as soon as the server knows.
    let uri = server.uri.strip_prefix("http://").unwrap().to_owned();
    while tokio::net::TcpStream::connect(&uri).await.is_ok() {
        tokio::task::yield_now().await;
    }
    send.send(ChatMessage { id: "late".into(), ..Default::default() }).await.unwrap();
    assert_eq!(answers.message().await.unwrap().unwrap().id, "late");
    drop(send);
    assert_eq!(answers.message().await.unwrap(), None);
    server.ended.await.unwrap().unwrap();
}

#[tokio::test]
async fn an_open_stream_ends_at_the_deadline() {
    let drain = Duration::from_millis(200);
    let server = start_with_drain(drain).await;
    let (_send, mut answers) = chat(&server.channel).await;
    // Has never sent a byte: tonic alone would wait for it for ever.
    let uri = server.uri.strip_prefix("http://").unwrap();
    let _silent = tokio::net::TcpStream::connect(uri).await.unwrap();
    let began = Instant::now();
    server.stop.send(()).unwrap();
    server.ended.await.unwrap().unwrap();
    assert!(began.elapsed() >= drain);
    let end = answers.message().await.expect_err("the stream ended early");
    assert_eq!(end.code(), tonic::Code::Unavailable, "{end:?}");
}
