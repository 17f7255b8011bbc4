//! The room against servers that play a script: what the server does, the call, what comes back.

mod answers;
mod certificates;
mod connections;
mod ready;
mod reflection;
mod server;
mod streams;
mod tls;

use std::time::Duration;

use bytes::Bytes;

use self::server::{Act, GRPC, OK, Play, Server, serve};
use super::{Call, Exchange, H2Transport, Options, Step, Transport, frame};

fn call(script: Vec<Step>) -> Call {
    Call { path: "/p.S/M".to_owned(), metadata: Vec::new(), deadline: Duration::from_secs(20), script }
}

/// One message and the half-close.
fn unary(message: &'static [u8]) -> Vec<Step> {
    vec![Step::Send(Bytes::from_static(message)), Step::HalfClose]
}

fn reply(message: &'static [u8]) -> Act {
    Act::Data(frame(message))
}

fn transport(server: &Server) -> H2Transport {
    H2Transport::new(server.addr.to_string().parse().unwrap())
}

/// `OUTCOME END http=… flag:message … +leftover`, as far as there is something to say.
fn summary(exchange: &Exchange) -> String {
    let mut text = exchange.outcome();
    if text != exchange.end.to_string() {
        text += &format!(" {}", exchange.end);
    }
    if let Some(status) = exchange.http_status {
        text += &format!(" http={status}");
    }
    for (flag, message) in &exchange.messages {
        text += &format!(" {flag}:{}", message.escape_ascii());
    }
    if !exchange.leftover.is_empty() {
        text += &format!(" +{}", exchange.leftover.escape_ascii());
    }
    text
}

/// Calls a server that plays this, and compares the summary of what comes back.
async fn check(play: Play, call: Call, expected: &str) -> Exchange {
    let server = serve(vec![play]).await;
    let exchange = transport(&server).call(&call).await.unwrap();
    assert_eq!(summary(&exchange), expected);
    exchange
}
