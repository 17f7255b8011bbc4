//! Spans at a collector: the server's within the trace of its client, the store's within the server's.

use std::process::Stdio;

use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{
    TraceService, TraceServiceServer,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::sync::mpsc;
use tonic::{Request, Response, Status};

use crate::binary;
use crate::server::{Client, connect, id, nth};

/// A collector that hands on what it is sent.
struct Collector(mpsc::UnboundedSender<ExportTraceServiceRequest>);

#[tonic::async_trait]
impl TraceService for Collector {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        let _ = self.0.send(request.into_inner());
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

/// An attribute as text.
fn attribute(span: &Span, key: &str) -> String {
    let found = span.attributes.iter().find(|attribute| attribute.key == key);
    match found.and_then(|attribute| attribute.value.as_ref()?.value.as_ref()) {
        Some(Value::StringValue(text)) => text.clone(),
        other => format!("{other:?}"),
    }
}

#[tokio::test]
async fn a_call_and_its_store_are_in_the_trace_of_the_client() {
    let (send, mut sent) = mpsc::unbounded_channel();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let incoming = tokio_stream::wrappers::TcpListenerStream::new(listener);
    let collector = tonic::transport::Server::builder().add_service(TraceServiceServer::new(Collector(send)));
    tokio::spawn(collector.serve_with_incoming(incoming));

    let mut command = binary::command(&["--store", "memory", "--log", "--otlp-endpoint", &endpoint]);
    command.env("OTEL_BSP_SCHEDULE_DELAY", "50").stderr(Stdio::null());
    let (_child, uri) = binary::start(command).await;
    let mut client = Client::new(connect(&uri).await);
    let mut request = Request::new(nth(1));
    let (trace, parent) = ("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7");
    request.metadata_mut().insert("traceparent", format!("00-{trace}-{parent}-01").parse().unwrap());
    request.metadata_mut().insert("tracestate", "vendor=1".parse().unwrap());
    client.create_user(request).await.unwrap();
    client.get_user(id("nobody")).await.unwrap_err();

    let mut spans: Vec<Span> = Vec::new();
    while spans.len() < 4 {
        for resource in sent.recv().await.unwrap().resource_spans {
            let attributes = &resource.resource.as_ref().unwrap().attributes;
            let named = attributes.iter().find(|attribute| attribute.key == "service.name").unwrap();
            assert!(format!("{named:?}").contains("user-service"), "{named:?}");
            spans.extend(resource.scope_spans.into_iter().flat_map(|scope| scope.spans));
        }
    }
    let named = |name: &str| {
        spans.iter().find(|span| span.name == name).unwrap_or_else(|| panic!("{name}: {spans:?}"))
    };
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let (call, store) = (named("user.UserService/CreateUser"), named("store.create"));
    assert_eq!((hex(&call.trace_id), hex(&call.parent_span_id)), (trace.to_owned(), parent.to_owned()));
    assert_eq!((&store.trace_id, &store.parent_span_id), (&call.trace_id, &call.span_id));
    assert_eq!((call.trace_state.as_str(), call.kind), ("vendor=1", 2));
    for (key, value) in [
        ("rpc.system.name", "grpc"),
        ("rpc.method", "user.UserService/CreateUser"),
        ("rpc.response.status_code", "OK"),
        ("client.address", "127.0.0.1"),
    ] {
        assert_eq!(attribute(call, key), value, "{key}");
    }
    let missing = named("user.UserService/GetUser");
    assert_eq!(attribute(missing, "rpc.response.status_code"), "NOT_FOUND");
    // A trace of its own; and not found is an answer, no failure.
    assert!(missing.trace_id != call.trace_id && missing.parent_span_id.is_empty());
    assert_eq!(missing.status.as_ref().map_or(0, |status| status.code), 0);
}

/// The folder of `tests/peers/install.sh`.
fn peers() -> std::path::PathBuf {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/peers");
    std::env::var_os("PROTOGATE_PEERS").map_or_else(|| beside.into(), Into::into)
}

#[tokio::test]
async fn a_collector_of_others_takes_them() {
    let rotel = peers().join("rotel");
    if !rotel.exists() {
        assert!(
            std::env::var_os("PROTOGATE_REQUIRE_PEERS").is_none(),
            "no rotel: run tests/peers/install.sh"
        );
        eprintln!("skipped: no {}", rotel.display());
        return;
    }
    let free = || std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let (grpc, http) = (free(), free());
    let mut command = tokio::process::Command::new(rotel);
    command.args(["start", "--exporter", "blackhole", "--debug-log", "traces"]);
    command.args(["--otlp-grpc-endpoint", &grpc, "--otlp-http-endpoint", &http]);
    let mut collector =
        command.stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true).spawn().unwrap();
    let mut log = BufReader::new(collector.stdout.take().unwrap()).lines();
    while tokio::net::TcpStream::connect(&grpc).await.is_err() {
        assert_eq!(collector.try_wait().unwrap(), None, "it has ended");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let mut command = binary::command(&["--store", "memory", "--otlp-endpoint", &format!("http://{grpc}")]);
    command.env("OTEL_BSP_SCHEDULE_DELAY", "50").stderr(Stdio::null());
    let (_child, uri) = binary::start(command).await;
    Client::new(connect(&uri).await).create_user(nth(1)).await.unwrap();
    loop {
        let line = log.next_line().await.unwrap().expect("it goes on until it has heard of the call");
        if line.contains("Received traces") {
            break;
        }
    }
}
