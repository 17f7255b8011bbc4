//! Three instances on one PostgreSQL behind the Envoy of `deploy/envoy.yaml`: one is killed, one is told to end, and nobody who
//! may not notice does.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Status, Streaming};
use user_service::pb::user::{ChatMessage, UpdateUserRequest};

use crate::binary;
use crate::server::{Client, connect, create, id, nth};

/// How long open calls may go on after SIGTERM.
const DRAIN: Duration = Duration::from_secs(2);

/// A program of tests/peers/install.sh; without it says so, or panics where peers are required.
pub fn peer(path: &str) -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/peers");
    let program = std::env::var_os("PROTOGATE_PEERS").map_or(beside, PathBuf::from).join(path);
    if program.exists() {
        return Some(program);
    }
    let message = format!("no {path} is installed: run tests/peers/install.sh");
    let required = std::env::var_os("PROTOGATE_REQUIRE_PEERS").is_some_and(|value| value == "1");
    assert!(!required, "{message}");
    // Not eprintln!: the harness keeps what it prints to itself when the test passes.
    std::io::stderr().write_all(format!("skipped: {message}\n").as_bytes()).unwrap();
    None
}

/// A running Envoy; it ends with the test.
pub struct Envoy {
    child: Child,
    /// Where it takes calls.
    pub uri: String,
    _folder: tempfile::TempDir,
}

impl Drop for Envoy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Envoy {
    /// The configuration that is shipped, in front of these instances.
    pub fn start(program: &Path, instances: &[&str]) -> Envoy {
        let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/envoy.yaml");
        let mut text = std::fs::read_to_string(shipped).unwrap();
        let mut port = |from: &str, to: &str| {
            let (from, to) = (format!("port_value: {from}}}"), format!("port_value: {to}}}"));
            assert_eq!(text.matches(&from).count(), 1, "{from}");
            text = text.replace(&from, &to);
        };
        port("9901", "0");
        port("50050", "0");
        for (shipped, uri) in ["50051", "50052", "50053"].iter().zip(instances) {
            port(shipped, uri.rsplit(':').next().unwrap());
        }
        let folder = tempfile::tempdir().unwrap();
        let (config, admin) = (folder.path().join("envoy.yaml"), folder.path().join("admin"));
        std::fs::write(&config, text).unwrap();
        let mut child = Command::new(program)
            .arg("--config-path")
            .arg(&config)
            .arg("--admin-address-path")
            .arg(&admin)
            .args(["--concurrency", "1", "--disable-hot-restart", "--log-level", "info"])
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
        let mut said = Vec::new();
        let started =
            lines.by_ref().inspect(|line| said.push(line.clone())).any(|it| it.contains("starting workers"));
        assert!(started, "Envoy did not start:\n{}", said.join("\n"));
        // Whoever stops reading stops Envoy at its next line.
        std::thread::spawn(move || lines.for_each(drop));
        let uri = format!("http://127.0.0.1:{}", listener(&std::fs::read_to_string(admin).unwrap()));
        Envoy { child, uri, _folder: folder }
    }
}

/// The port that Envoy took for calls.
fn listener(admin: &str) -> u64 {
    let mut stream = std::net::TcpStream::connect(admin).unwrap();
    stream
        .write_all(b"GET /listeners?format=json HTTP/1.1\r\nHost: admin\r\nConnection: close\r\n\r\n")
        .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    // It comes in one chunk.
    let json = &answer[answer.find('{').unwrap()..=answer.rfind('}').unwrap()];
    let listeners: serde_json::Value = serde_json::from_str(json).unwrap();
    listeners["listener_statuses"][0]["local_address"]["socket_address"]["port_value"].as_u64().unwrap()
}

/// Callers that count what they did.
struct Load {
    callers: JoinSet<()>,
    done: Arc<AtomicUsize>,
    stop: Arc<AtomicBool>,
}

impl Load {
    /// Reads and changes of one user, which may be repeated; also new users, which may not, if they are to `write`.
    fn start(client: &Client, user: &str, write: bool) -> Load {
        let (done, stop) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
        let mut callers = JoinSet::new();
        for caller in 0..8 {
            let (mut client, user) = (client.clone(), user.to_owned());
            let (done, stop) = (Arc::clone(&done), Arc::clone(&stop));
            callers.spawn(async move {
                let mut number = caller;
                while !stop.load(Ordering::SeqCst) {
                    client.get_user(id(&user)).await.expect("GetUser");
                    let change = UpdateUserRequest {
                        id: user.clone(),
                        name: Some(format!("Name {number}")),
                        email: None,
                    };
                    client.update_user(change).await.expect("UpdateUser");
                    if write {
                        client.create_user(nth(number)).await.expect("CreateUser");
                    }
                    number += 8;
                    done.fetch_add(1, Ordering::SeqCst);
                }
            });
        }
        Load { callers, done, stop }
    }

    /// Waits until so many more rounds are done, or a caller has failed.
    async fn goes_on(&mut self, more: usize) {
        let until = self.done.load(Ordering::SeqCst) + more;
        while self.done.load(Ordering::SeqCst) < until {
            if let Some(ended) = self.callers.try_join_next() {
                ended.unwrap();
            }
            tokio::task::yield_now().await;
        }
    }

    async fn end(self) {
        self.stop.store(true, Ordering::SeqCst);
        self.callers.join_all().await;
    }
}

type Chat = (mpsc::Sender<ChatMessage>, Streaming<ChatMessage>);

/// A chat that has begun.
async fn chat(client: &Client) -> Chat {
    let (send, receive) = mpsc::channel(1);
    let mut answers = client.clone().chat(ReceiverStream::new(receive)).await.unwrap().into_inner();
    send.send(ChatMessage::default()).await.unwrap();
    answers.message().await.unwrap().unwrap();
    (send, answers)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn instances_go_and_no_call_fails_that_may_not() {
    let Some(program) = peer("rest/envoy") else { return };
    let Some(url) = crate::postgres::database().await else { return };
    let mut instances = Vec::new();
    for _ in 0..3 {
        let drain = DRAIN.as_secs().to_string();
        let arguments = ["--store", &url, "--store-connections", "4", "--drain", &drain];
        instances.push(binary::start(binary::command(&arguments)).await);
    }
    let uris: Vec<&str> = instances.iter().map(|(_, uri)| uri.as_str()).collect();
    let envoy = Envoy::start(&program, &uris);
    let client = Client::new(connect(&envoy.uri).await);
    let user = create(&mut client.clone(), nth(1_000_000)).await.id;

    // Killed: what does no harm twice is repeated elsewhere.
    let mut load = Load::start(&client, &user, false);
    load.goes_on(100).await;
    instances[0].0.kill().await.unwrap();
    load.goes_on(200).await;
    load.end().await;

    // Told to end: nothing fails at all, and what is held open ends with the drain.
    let mut chats = Vec::new();
    for _ in 0..8 {
        chats.push(chat(&client).await);
    }
    let mut load = Load::start(&client, &user, true);
    load.goes_on(50).await;
    let told = Instant::now();
    binary::signal(&instances[1].0, "-TERM").await;
    load.goes_on(100).await;
    let status = instances[1].0.wait().await.unwrap();
    assert!(status.success(), "{status}");
    load.goes_on(100).await;
    load.end().await;
    let (mut cut, mut alive) = (0, 0);
    for (send, mut answers) in chats {
        // Of one that is cut, the sender may be gone as well.
        let sent = send.send(ChatMessage { id: "later".into(), ..ChatMessage::default() }).await;
        match answers.message().await {
            Ok(Some(answer)) => {
                assert!(sent.is_ok() && answer.id == "later");
                alive += 1;
            }
            // Envoy resets what its server has left, and a reset is INTERNAL to clients of gRPC.
            ended => {
                let is_cut = |status: &Status| matches!(status.code(), Code::Unavailable | Code::Internal);
                assert!(ended.as_ref().is_err_and(is_cut), "{ended:?}");
                cut += 1;
            }
        }
    }
    assert!(told.elapsed() >= DRAIN);
    assert!(cut > 0 && alive > 0, "{cut} were cut and {alive} went on: both instances held some");
}

/// What is shipped for Kubernetes is what its schema says.
#[test]
fn the_manifest_is_valid() {
    let Some(program) = peer("rest/venv/bin/kubernetes-validate") else { return };
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/kubernetes.yaml");
    let output = Command::new(program).arg("--strict").arg(&manifest).output().unwrap();
    let said =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert_eq!(said.matches(" passed for resource ").count(), 3, "{said}");

    // The drain fits into the time that Kubernetes gives, behind the pause before it.
    let text = std::fs::read_to_string(manifest).unwrap();
    let number = |before: &str| -> u64 {
        let (_, rest) = text.split_once(before).unwrap_or_else(|| panic!("{before}"));
        rest.chars().take_while(char::is_ascii_digit).collect::<String>().parse().unwrap()
    };
    let (grace, drain) = (number("terminationGracePeriodSeconds: "), number("--drain="));
    assert!(drain + number("sleep: {seconds: ") < grace);
}
