//! Events of users through a real RabbitMQ to a real Celery worker: exactly those of what was committed, whoever dies meanwhile.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;
use tonic::Code;
use user_service::pb::user::UpdateUserRequest;

use crate::binary;
use crate::deploy::peer;
use crate::server::{Client, connect, create, id, nth};

/// Debian's RabbitMQ in a folder of its own. Ends with the test, as do the programs it started.
struct Broker {
    folder: TempDir,
    port: u16,
    ports: [u16; 2],
    node: Option<Child>,
}

/// Nothing here takes longer, on the slowest of machines.
const HUNG: Duration = Duration::from_secs(120);

/// A port that was free a moment ago.
fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

impl Broker {
    async fn start() -> Option<Broker> {
        if !Path::new("/usr/lib/rabbitmq/bin/rabbitmq-server").exists() {
            let required = std::env::var_os("PROTOGATE_REQUIRE_PEERS").is_some_and(|value| value == "1");
            assert!(!required, "no RabbitMQ is installed: run tests/peers/install.sh");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let mut broker = Broker { folder, port: free_port(), ports: [free_port(), free_port()], node: None };
        broker.resume().await;
        Some(broker)
    }

    /// Starts it, with what it kept.
    async fn resume(&mut self) {
        let at = |name: &str| self.folder.path().join(name);
        let [distribution, mapper] = self.ports;
        let node = Command::new("/usr/lib/rabbitmq/bin/rabbitmq-server")
            .env("HOME", self.folder.path())
            .env("RABBITMQ_NODENAME", format!("test{}@localhost", self.port))
            .env("RABBITMQ_NODE_IP_ADDRESS", "127.0.0.1")
            .env("RABBITMQ_NODE_PORT", self.port.to_string())
            .env("RABBITMQ_DIST_PORT", distribution.to_string())
            .env("ERL_EPMD_PORT", mapper.to_string())
            .env("ERL_EPMD_ADDRESS", "127.0.0.1")
            .env("RABBITMQ_MNESIA_BASE", at("data"))
            .env("RABBITMQ_LOG_BASE", at("log"))
            .env("RABBITMQ_PID_FILE", at("pid"))
            .env("RABBITMQ_ENABLED_PLUGINS_FILE", at("plugins"))
            .env("RABBITMQ_CONF_ENV_FILE", "/dev/null")
            .env("RABBITMQ_CONFIG_FILE", at("none"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        self.node = Some(node);
        let begun = std::time::Instant::now();
        while lapin::Connection::connect(&self.url(), lapin::ConnectionProperties::default()).await.is_err() {
            assert!(begun.elapsed() < HUNG, "RabbitMQ does not start");
            let ended = self.node.as_mut().and_then(|node| node.try_wait().unwrap());
            assert!(ended.is_none(), "RabbitMQ ended: {ended:?}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    fn url(&self) -> String {
        format!("amqp://guest:guest@127.0.0.1:{}/%2f", self.port)
    }

    /// Kills the node, as a machine that goes down does.
    fn kill(&mut self) {
        let mut node = self.node.take().unwrap();
        // The script has become the node's own process, which its pid file names.
        let pid = std::fs::read_to_string(self.folder.path().join("pid")).unwrap_or_default();
        for pid in [pid.trim().to_owned(), node.id().to_string()] {
            let _ = Command::new("kill").args(["-9", &pid]).stderr(Stdio::null()).status();
        }
        let _ = node.wait();
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        if self.node.is_some() {
            self.kill();
        }
        // The port mapper of Erlang outlives its nodes.
        let _ = Command::new("epmd")
            .args(["-port", &self.ports[1].to_string(), "-kill"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
    }
}

/// The worker of `examples/celery`.
struct Worker {
    child: Child,
    heard: PathBuf,
}

impl Worker {
    fn start(celery: &Path, broker: &Broker) -> Worker {
        let heard = broker.folder.path().join("heard");
        let child = Command::new(celery)
            .args(["-A", "worker", "worker", "--pool", "solo", "--without-mingle", "--without-gossip"])
            .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/celery"))
            .env("BROKER_URL", broker.url().replace("%2f", "/"))
            .env("EVENTS_FILE", &heard)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Worker { child, heard }
    }

    /// What it did so far, in the order it did it; of an event that came twice, the first time.
    fn events(&self) -> Vec<(String, String)> {
        let text = std::fs::read_to_string(&self.heard).unwrap_or_default();
        // The last line may be half written.
        let lines = text.split_inclusive('\n').filter(|line| line.ends_with('\n'));
        let mut seen = HashSet::new();
        lines
            .filter_map(|line| {
                let [id, kind, email]: [String; 3] = serde_json::from_str(line).unwrap();
                seen.insert(id).then_some((kind, email))
            })
            .collect()
    }

    /// Waits until it has done so many.
    async fn wait(&self, count: usize) -> Vec<(String, String)> {
        let done = async {
            loop {
                let events = self.events();
                if events.len() >= count {
                    return events;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let done = tokio::time::timeout(HUNG, done).await;
        done.unwrap_or_else(|_| panic!("{} of {count} came: {:?}", self.events().len(), self.events()))
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn event(kind: &str, email: &str) -> (String, String) {
    (format!("user.{kind}"), email.to_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_hears_what_was_committed_whoever_dies() {
    let Some(celery) = peer("rest/venv/bin/celery") else { return };
    let Some(url) = crate::postgres::database().await else { return };
    let Some(mut broker) = Broker::start().await else { return };
    let events = broker.url();
    let arguments = ["--store", url.as_str(), "--store-connections", "4", "--events", &events];
    let start = || async {
        let (child, uri) = binary::start(binary::command(&arguments)).await;
        (child, Client::new(connect(&uri).await))
    };
    let (mut service, mut client) = start().await;

    // Before there is a queue: they wait.
    let ada = create(&mut client, nth(1)).await;
    let refused = client.create_user(nth(1)).await.unwrap_err();
    assert_eq!(refused.code(), Code::AlreadyExists);
    let worker = Worker::start(&celery, &broker);
    let change = UpdateUserRequest { id: ada.id.clone(), name: Some("Ada".into()), email: None };
    client.update_user(change).await.unwrap();
    client.delete_user(id(&ada.id)).await.unwrap();
    let mut expected =
        vec![event("created", &ada.email), event("updated", &ada.email), event("deleted", &ada.email)];
    assert_eq!(worker.wait(3).await, expected);

    // The broker dies, and then the service with all that it could not publish: nothing is lost.
    broker.kill();
    for number in 100..150 {
        expected.push(event("created", &create(&mut client, nth(number)).await.email));
    }
    service.kill().await.unwrap();
    let (_service, mut client) = start().await;
    expected.push(event("created", &create(&mut client, nth(200)).await.email));
    broker.resume().await;
    assert_eq!(worker.wait(expected.len()).await, expected);
}

/// A queue that wants to hear of deletions only holds up nobody else's events.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_nobody_wants_to_hear_stops_nothing() {
    use lapin::options::{BasicGetOptions, ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions};
    use lapin::types::FieldTable;
    let Some(url) = crate::postgres::database().await else { return };
    let Some(broker) = Broker::start().await else { return };
    let connection =
        lapin::Connection::connect(&broker.url(), lapin::ConnectionProperties::default()).await.unwrap();
    let channel = connection.create_channel().await.unwrap();
    let durable = ExchangeDeclareOptions { durable: true, ..ExchangeDeclareOptions::default() };
    let (exchange, queue) = (user_service::events::EXCHANGE, "gone");
    channel
        .exchange_declare(exchange.into(), lapin::ExchangeKind::Topic, durable, FieldTable::default())
        .await
        .unwrap();
    channel.queue_declare(queue.into(), QueueDeclareOptions::default(), FieldTable::default()).await.unwrap();
    let bound = QueueBindOptions::default();
    channel
        .queue_bind(queue.into(), exchange.into(), "user.deleted".into(), bound, FieldTable::default())
        .await
        .unwrap();

    let events = broker.url();
    let arguments = ["--store", url.as_str(), "--events", &events];
    let (_service, uri) = binary::start(binary::command(&arguments)).await;
    let mut client = Client::new(connect(&uri).await);
    let mut gone = Vec::new();
    for number in 0..5 {
        let made = create(&mut client, nth(number)).await;
        client.delete_user(id(&made.id)).await.unwrap();
        gone.push(made.id);
    }
    let mut heard = Vec::new();
    let all = async {
        while heard.len() < gone.len() {
            match channel.basic_get(queue.into(), BasicGetOptions { no_ack: true }).await.unwrap() {
                Some(message) => {
                    let event: serde_json::Value = serde_json::from_slice(&message.data).unwrap();
                    heard.push(event["subject"].as_str().unwrap().to_owned());
                }
                None => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
    };
    tokio::time::timeout(HUNG, all).await.expect("deletions are heard");
    assert_eq!(heard, gone);
}

#[tokio::test]
async fn events_need_a_store_that_keeps_them_and_an_address() {
    let memory = ["--store", "memory", "--events", "amqp://guest:guest@127.0.0.1:1/%2f"];
    binary::refuses(binary::command(&memory), &["events are kept by PostgreSQL", "postgres://"]).await;
    let wrong = ["--store", "memory", "--events", "http://guest:s3cret@nowhere"];
    binary::refuses(binary::command(&wrong), &["cannot be read", "amqp://USER"]).await;
}
