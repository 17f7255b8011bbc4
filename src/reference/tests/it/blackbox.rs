//! Prometheus' blackbox_exporter asks for health, with the modules that are shipped.

use std::path::Path;
use std::process::Stdio;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::process::Command;

use crate::binary::{command, start};
use crate::deploy::missing;

const PROGRAM: &str = "prometheus-blackbox-exporter";
const CONFIG: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/blackbox.yml");

#[tokio::test]
async fn it_sees_a_server_that_serves_and_one_that_is_gone() {
    let path = std::env::var_os("PATH").unwrap_or_default();
    if !std::env::split_paths(&path).any(|folder| folder.join(PROGRAM).is_file()) {
        return missing(PROGRAM);
    }
    assert!(Path::new(CONFIG).is_file());
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut exporter = Command::new(PROGRAM);
    exporter.args(["--config.file", CONFIG]).arg(format!("--web.listen-address={free}"));
    exporter.stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    let mut exporter = exporter.spawn().unwrap();
    while TcpStream::connect(free).await.is_err() {
        assert_eq!(exporter.try_wait().unwrap(), None, "it has ended");
        tokio::task::yield_now().await;
    }
    let (mut server, uri) = start(command(&["--store", "memory"])).await;
    let target = uri.trim_start_matches("http://").to_owned();
    let probe = async |module: &str| {
        let mut socket = TcpStream::connect(free).await.unwrap();
        let ask = format!("GET /probe?module={module}&target={target} HTTP/1.0\r\nHost: {free}\r\n\r\n");
        socket.write_all(ask.as_bytes()).await.unwrap();
        let mut page = String::new();
        socket.read_to_string(&mut page).await.unwrap();
        page
    };
    let page = probe("user_service").await;
    assert!(page.contains("\nprobe_success 1"), "{page}");
    assert!(probe("user_service_tls").await.contains("\nprobe_success 0"), "it has no TLS");
    server.kill().await.unwrap();
    assert!(probe("user_service").await.contains("\nprobe_success 0"));
}
