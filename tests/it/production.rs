//! The reference as it would run in production, before peers that are not ours: grpcio under TLS, Prometheus.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::certificates::{Authority, Signed};
use crate::peers;
use crate::servers::{Server, program, python};

/// The reference with these arguments, on a free port.
fn reference(folder: &Path, more: &[&str]) -> Server {
    let mut command = Command::new(program("user-service"));
    command.args(["--addr", "127.0.0.1:0", "--store", "memory"]).args(more).current_dir(folder);
    Server::start(&mut command)
}

fn write(folder: &Path, name: &str, signed: &Signed) {
    fs::write(folder.join(format!("{name}.pem")), &signed.certificate).unwrap();
    fs::write(folder.join(format!("{name}.key")), &signed.key).unwrap();
}

#[test]
fn grpcio_calls_under_tls_and_shows_its_certificate() {
    let Some(mut script) = python("tls_client.py") else { return };
    let folder = tempfile::tempdir().unwrap();
    let (ours, others) = (Authority::new("ours"), Authority::new("others"));
    fs::write(folder.path().join("ca.pem"), ours.pem()).unwrap();
    fs::write(folder.path().join("others.pem"), others.pem()).unwrap();
    write(folder.path(), "server", &ours.sign("localhost"));
    write(folder.path(), "client", &ours.sign("client"));
    write(folder.path(), "expired", &ours.sign_for("client", (2020, 2021)));
    write(folder.path(), "stranger", &others.sign("client"));
    let tls = ["--tls-cert", "server.pem", "--tls-key", "server.key"];
    let open = reference(folder.path(), &tls);
    let closed = reference(folder.path(), &[&tls[..], &["--tls-client-ca", "ca.pem"]].concat());
    for (server, ca, own, status) in [
        (&open, "ca.pem", "", "NOT_FOUND"),
        (&open, "others.pem", "", "UNAVAILABLE"),
        (&closed, "ca.pem", "client", "NOT_FOUND"),
        (&closed, "ca.pem", "", "UNAVAILABLE"),
        (&closed, "ca.pem", "expired", "UNAVAILABLE"),
        (&closed, "ca.pem", "stranger", "UNAVAILABLE"),
    ] {
        let mut command = Command::new(script.get_program());
        command.args(script.get_args()).args([&server.address, ca]).current_dir(folder.path());
        command.envs(script.get_envs().filter_map(|(name, value)| Some((name, value?))));
        if !own.is_empty() {
            command.args([format!("{own}.pem"), format!("{own}.key")]);
        }
        let output = command.output().unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        let why = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(said.trim(), status, "{ca} {own:?}: {why}");
    }
    script.env_clear();
}

/// One HTTP request, and the body of its answer.
fn get(addr: &str, path: &str) -> Option<String> {
    let mut stream = TcpStream::connect(addr).ok()?;
    write!(stream, "GET {path} HTTP/1.1\r\nhost: {addr}\r\nconnection: close\r\n\r\n").ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    Some(answer.split_once("\r\n\r\n")?.1.to_owned())
}

/// A free port of this machine, as the servers here cannot all say which they took.
fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[test]
fn promtool_has_nothing_to_say_about_the_page() {
    let Some(promtool) = peers::installed_or_skip("promtool") else { return };
    let folder = tempfile::tempdir().unwrap();
    let page = format!("127.0.0.1:{}", free_port());
    let _server = reference(folder.path(), &["--metrics-addr", &page, "--log-file", "calls.log"]);
    // Counters by code are there from the first call on.
    let _ = get(&page, "/healthz");
    let text = get(&page, "/metrics").unwrap();
    let mut check = Command::new(promtool);
    check.args(["check", "metrics"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = check.spawn().unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    assert!(output.status.success() && said.is_empty(), "{}\n{text}", String::from_utf8_lossy(&said));
}

/// A program that ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn prometheus_scrapes_the_page() {
    let Some(prometheus) = peers::installed_or_skip("prometheus") else { return };
    let folder = tempfile::tempdir().unwrap();
    let (page, own) = (format!("127.0.0.1:{}", free_port()), format!("127.0.0.1:{}", free_port()));
    let _server = reference(folder.path(), &["--metrics-addr", &page]);
    let config = format!(
        "global: {{scrape_interval: 1s}}\nscrape_configs:\n- job_name: users\n  static_configs: [{{targets: ['{page}']}}]\n"
    );
    fs::write(folder.path().join("prometheus.yml"), config).unwrap();
    let mut command = Command::new(prometheus);
    command.args(["--config.file=prometheus.yml", "--storage.tsdb.path=data"]).current_dir(folder.path());
    command.arg(format!("--web.listen-address={own}")).stdout(Stdio::null()).stderr(Stdio::null());
    let _prometheus = Running(command.spawn().unwrap());
    let ask = |query: &str| get(&own, &format!("/api/v1/query?query={query}")).unwrap_or_default();
    // Until its first scrape; a minute is more than a busy machine needs.
    for _ in 0..600 {
        if ask("up").contains("\"1\"]") {
            break;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    assert!(ask("up").contains("\"1\"]"), "{}", ask("up"));
    let methods = ask("count(grpc_server_in_flight)");
    // Eight of the service, four of health and reflection, and the unknown.
    assert!(methods.contains("\"13\"]"), "{methods}");
}
