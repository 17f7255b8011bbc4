//! Three instances on one PostgreSQL behind a real Envoy with the configuration that is shipped: one is killed under load,
//! one is told to stop, one is told twice. The clients are tonic's own and retry nothing.

use std::collections::BTreeSet;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinSet;
use tokio_stream::wrappers::ReceiverStream;
use user_service::pb::user::ChatMessage;

use crate::binary::{command, signal, start};
use crate::deploy::peer;
use crate::postgres;
use crate::server::{Client, all, connect, create, id, nth, window};

const CONFIG: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/envoy.yaml");
const READERS: usize = 8;
const WRITERS: usize = 4;
/// Calls that have ended well before something happens, and after it.
const CALLS: usize = 300;

/// Instances, and Envoy in front of them. They end with the test.
struct Fleet {
    instances: Vec<(Child, String)>,
    _envoy: Child,
    uri: String,
    _folder: TempDir,
}

impl Fleet {
    async fn start(drain: &str) -> Option<Self> {
        let program = peer("rest/envoy")?;
        let url = postgres::database().await?;
        let mut instances = Vec::new();
        let mut config = std::fs::read_to_string(CONFIG).unwrap();
        for shown in ["50061", "50062", "50063"] {
            let (child, uri) = start(command(&["--store", &url, "--drain", drain])).await;
            let port = uri.rsplit_once(':').unwrap().1;
            config = replaced(&config, shown, port);
            instances.push((child, uri));
        }
        // Free when it is asked for; Envoy tells the ports of its own choice to its administrator only.
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let config = replaced(&replaced(&config, "9901", "0"), "50050", &free.to_string());
        let folder = TempDir::new().unwrap();
        let file = folder.path().join("envoy.yaml");
        std::fs::write(&file, config).unwrap();
        let mut envoy = Command::new(program);
        envoy.arg("--config-path").arg(&file);
        envoy.args(["--concurrency", "1", "--disable-hot-restart", "--log-level", "info"]);
        let mut envoy =
            envoy.stdout(Stdio::null()).stderr(Stdio::piped()).kill_on_drop(true).spawn().unwrap();
        let mut said = BufReader::new(envoy.stderr.take().unwrap()).lines();
        let mut last = String::new();
        // It starts its workers when the first health checks are done.
        while !last.contains("starting workers") {
            let line = said.next_line().await.unwrap();
            last = line.unwrap_or_else(|| panic!("Envoy has ended: {last}"));
        }
        // Whoever stops reading stops Envoy at its next line.
        tokio::spawn(async move { while let Ok(Some(_)) = said.next_line().await {} });
        // The workers listen a moment after it has said so.
        while tokio::net::TcpStream::connect(("127.0.0.1", free)).await.is_err() {
            assert_eq!(envoy.try_wait().unwrap(), None, "Envoy has ended: {last}");
            tokio::task::yield_now().await;
        }
        Some(Self { instances, _envoy: envoy, uri: format!("http://127.0.0.1:{free}"), _folder: folder })
    }

    async fn client(&self) -> Client {
        Client::new(connect(&self.uri).await)
    }
}

/// The port that the configuration has, in the place where it must be.
fn replaced(config: &str, shown: &str, real: &str) -> String {
    let shown = format!("port_value: {shown}}}");
    assert_eq!(config.matches(&shown).count(), 1, "{shown}");
    config.replace(&shown, &format!("port_value: {real}}}"))
}

#[derive(Default)]
struct Load {
    ended_well: AtomicUsize,
    one_more: Notify,
    over: AtomicBool,
    next: AtomicUsize,
}

impl Load {
    fn well(&self) {
        self.ended_well.fetch_add(1, Ordering::Relaxed);
        self.one_more.notify_waiters();
    }

    /// Idempotent calls; each has to end well.
    async fn read(self: Arc<Self>, mut client: Client, known: String) {
        while !self.over.load(Ordering::Relaxed) {
            let user = client.get_user(id(&known)).await.expect("an idempotent call");
            assert_eq!(user.into_inner().id, known);
            self.well();
        }
    }

    /// The users that were created, and how many calls failed.
    async fn write(self: Arc<Self>, mut client: Client) -> (Vec<usize>, usize) {
        let (mut created, mut failed) = (Vec::new(), 0);
        while !self.over.load(Ordering::Relaxed) {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            match client.create_user(nth(number)).await {
                Ok(_) => created.push(number),
                Err(status) => {
                    // Not ALREADY_EXISTS, which would tell of a second attempt.
                    assert_eq!(status.code(), tonic::Code::Unavailable, "{status}");
                    failed += 1;
                }
            }
            self.well();
        }
        (created, failed)
    }

    async fn goes_on(&self) {
        let until = self.ended_well.load(Ordering::Relaxed) + CALLS;
        loop {
            // Listens before it looks: the last call may end in between.
            let one_more = self.one_more.notified();
            if self.ended_well.load(Ordering::Relaxed) >= until {
                return;
            }
            one_more.await;
        }
    }
}

/// Sends `what` to the first instance under load, and says how many calls that create something failed. No idempotent
/// one has, and what was created is there.
async fn under_load(fleet: &mut Fleet, what: &str) -> usize {
    let mut client = fleet.client().await;
    let known = create(&mut client, nth(1_000_000)).await.id;
    let load = Arc::new(Load::default());
    let (mut readers, mut writers) = (JoinSet::new(), JoinSet::new());
    for _ in 0..READERS {
        readers.spawn(Arc::clone(&load).read(fleet.client().await, known.clone()));
    }
    for _ in 0..WRITERS {
        writers.spawn(Arc::clone(&load).write(fleet.client().await));
    }
    load.goes_on().await;
    let (instance, _) = &mut fleet.instances[0];
    signal(instance, what).await;
    instance.wait().await.unwrap();
    load.goes_on().await;
    load.over.store(true, Ordering::Relaxed);
    readers.join_all().await;
    let written = writers.join_all().await;
    let stored = all(client.stream_users(window(0, 0)).await.unwrap()).await;
    let stored: BTreeSet<_> = stored.into_iter().map(|user| user.email).collect();
    for number in written.iter().flat_map(|(created, _)| created) {
        assert!(stored.contains(&nth(*number).email), "{number} was acknowledged");
    }
    written.iter().map(|(_, failed)| failed).sum()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_instance_that_is_killed_costs_no_idempotent_call() {
    let Some(mut fleet) = Fleet::start("10").await else { return };
    let failed = under_load(&mut fleet, "-KILL").await;
    assert!(failed <= WRITERS, "each writer had one call there at most, but {failed} failed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_instance_that_is_told_to_stop_costs_no_unary_call() {
    let Some(mut fleet) = Fleet::start("10").await else { return };
    assert_eq!(under_load(&mut fleet, "-TERM").await, 0);
}

/// A chat that has begun, through Envoy: what keeps it open, and its answers.
async fn chat(client: &mut Client) -> (mpsc::Sender<ChatMessage>, tonic::Streaming<ChatMessage>) {
    let (send, receive) = mpsc::channel(1);
    send.send(ChatMessage::default()).await.unwrap();
    let mut answers = client.chat(ReceiverStream::new(receive)).await.unwrap().into_inner();
    answers.message().await.unwrap().unwrap();
    (send, answers)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_held_stream_ends_at_the_drain_deadline_and_a_second_signal_is_obeyed_at_once() {
    let Some(mut fleet) = Fleet::start("1").await else { return };
    let mut client = fleet.client().await;
    // Balanced, so that each instance has some.
    let mut chats = Vec::new();
    for _ in 0..9 {
        chats.push(chat(&mut client).await);
    }
    let began = Instant::now();
    for (instance, _) in &fleet.instances {
        signal(instance, "-TERM").await;
    }
    for (instance, _) in &mut fleet.instances {
        assert_eq!(instance.wait().await.unwrap().code(), Some(0));
    }
    assert!(began.elapsed() >= Duration::from_secs(1), "the streams were given their time");
    for (_send, mut answers) in chats {
        let end = answers.message().await.expect_err("the stream ended early");
        assert_eq!(end.code(), tonic::Code::Unavailable, "{end:?}");
    }

    let Some(mut fleet) = Fleet::start("600").await else { return };
    let mut client = fleet.client().await;
    let mut chats = Vec::new();
    for _ in 0..9 {
        chats.push(chat(&mut client).await);
    }
    for (instance, uri) in &mut fleet.instances {
        signal(instance, "-TERM").await;
        // It has heard the first when it takes no connections any more.
        while tokio::net::TcpStream::connect(uri.trim_start_matches("http://")).await.is_ok() {
            tokio::task::yield_now().await;
        }
        signal(instance, "-INT").await;
        assert_eq!(instance.wait().await.unwrap().code(), Some(128 + 2));
    }
}
