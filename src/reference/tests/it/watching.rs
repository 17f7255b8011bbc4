//! What those who run a server see of its calls: lines of a log and figures of a page.

use tokio::io::{AsyncBufReadExt, BufReader};
use tonic::{Code, Request};
use user_service::pb::user::ChatMessage;

use crate::binary;
use crate::readiness::get;
use crate::server::{Client, all, connect, create, id, nth, window};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

/// The lines of a log, once there are this many.
async fn lines(path: &std::path::Path, count: usize) -> Vec<serde_json::Value> {
    loop {
        let text = std::fs::read_to_string(path).unwrap_or_default();
        let whole: Vec<_> = text.split_inclusive('\n').filter(|line| line.ends_with('\n')).collect();
        if whole.len() >= count {
            return whole.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a_line_of_json_for_each_call() {
    let folder = tempfile::tempdir().unwrap();
    let (path, config) = (folder.path().join("calls.log"), folder.path().join("service.toml"));
    std::fs::write(
        &config,
        "store = 'memory'\n[log]\nfile = 'calls.log'\nformat = 'json'\nmetadata = ['authorization', 'x-team']\n\
         [[auth.tokens]]\nname = 'ci'\ntoken = 's3cret'\n",
    )
    .unwrap();
    let (_child, uri) = binary::start(binary::command(&["--config", config.to_str().unwrap()])).await;
    let mut client = Client::new(connect(&uri).await);
    let mut request = Request::new(nth(1));
    let metadata = request.metadata_mut();
    metadata.insert("authorization", "Bearer s3cret".parse().unwrap());
    metadata.insert("x-team", "blue".parse().unwrap());
    metadata.insert("x-request-id", "r-1".parse().unwrap());
    metadata.insert("traceparent", format!("00-{TRACE}-00f067aa0ba902b7-01").parse().unwrap());
    let answer = client.create_user(request).await.unwrap();
    assert_eq!(answer.metadata().get("x-request-id").unwrap(), "r-1");
    assert_eq!(client.get_user(id("x")).await.unwrap_err().code(), Code::Unauthenticated);

    let lines = lines(&path, 2).await;
    for (key, value) in [
        ("method", "/user.UserService/CreateUser"),
        ("status", "OK"),
        ("caller", "ci"),
        ("proof", "token"),
        ("request_id", "r-1"),
        ("trace_id", TRACE),
        ("metadata.authorization", "[redacted]"),
        ("metadata.x-team", "blue"),
    ] {
        assert_eq!(lines[0][key], value, "{key}: {}", lines[0]);
    }
    assert_eq!((&lines[0]["messages_in"], &lines[0]["messages_out"]), (&1.into(), &1.into()));
    assert!(lines[0]["peer"].as_str().unwrap().starts_with("127.0.0.1:"), "{}", lines[0]);
    assert!(
        !lines[0].to_string().contains("user1") && !lines[0].to_string().contains("s3cret"),
        "{}",
        lines[0]
    );
    assert_eq!(lines[1]["status"], "UNAUTHENTICATED");
    assert_eq!(lines[1]["request_id"].as_str().unwrap().len(), 32);
}

#[tokio::test]
async fn the_page_counts_calls_and_messages() {
    let args = ["--store", "memory", "--metrics-addr", "127.0.0.1:0"];
    let (_child, uri, page) = binary::start_with_page(binary::command(&args)).await;
    let mut client = Client::new(connect(&uri).await);
    for number in 0..3 {
        create(&mut client, nth(number)).await;
    }
    client.create_user(nth(0)).await.unwrap_err();
    assert_eq!(all(client.stream_users(window(0, 0)).await.unwrap()).await.len(), 3);
    let said = tokio_stream::iter(vec![ChatMessage::default(); 2]);
    all(client.chat(said).await.unwrap()).await;
    let of = |name: &str, kind: &str, method: &str, more: &str| {
        format!(
            "{name}{{grpc_type=\"{kind}\",grpc_service=\"user.UserService\",grpc_method=\"{method}\"{more}}}"
        )
    };
    let wanted = [
        (of("grpc_server_handled_total", "unary", "CreateUser", ",grpc_code=\"OK\""), "3"),
        (of("grpc_server_handled_total", "unary", "CreateUser", ",grpc_code=\"ALREADY_EXISTS\""), "1"),
        (of("grpc_server_msg_sent_total", "server_stream", "StreamUsers", ""), "3"),
        (of("grpc_server_msg_received_total", "bidi_stream", "Chat", ""), "2"),
        (of("grpc_server_in_flight", "bidi_stream", "Chat", ""), "0"),
        (of("grpc_server_handling_seconds_count", "unary", "CreateUser", ""), "4"),
    ];
    // A call is counted when the last of it has left, which its client may hear before.
    loop {
        let (status, text) = get(&page, "/metrics").await;
        assert_eq!(status, 200);
        if wanted.iter().all(|(name, value)| text.lines().any(|line| line == format!("{name} {value}"))) {
            break;
        }
        assert!(text.contains("process_resident_memory_bytes"), "{text}");
    }
}

#[tokio::test]
async fn a_request_that_is_no_grpc_is_logged_by_its_http_status() {
    let (mut child, uri) = binary::start(binary::command(&["--store", "memory", "--log"])).await;
    let socket = tokio::net::TcpStream::connect(uri.trim_start_matches("http://")).await.unwrap();
    let (send, connection) = h2::client::handshake(socket).await.unwrap();
    let running = tokio::spawn(connection);
    let request = http::Request::get(format!("{uri}/page")).body(()).unwrap();
    let (response, _) = send.ready().await.unwrap().send_request(request, true).unwrap();
    assert_eq!(response.await.unwrap().status(), 405);
    let mut log = BufReader::new(child.stderr.take().unwrap()).lines();
    let line = log.next_line().await.unwrap().unwrap();
    assert!(line.contains("method=/page http=405 elapsed_us="), "{line}");
    running.abort();
}
