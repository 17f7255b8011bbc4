//! Clients that mean harm, each kind for a while against the real binary: its memory stays bounded, and who means well is
//! answered meanwhile, on a connection that is open already and on new ones. `cargo xtask campaign hostile` does so for
//! longer and with more of them, and writes `docs/hostile.md`.

mod clients;
mod page;
mod wire;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Child;
use tokio::sync::watch;
use tonic::transport::Channel;

use crate::binary::command;
use crate::server::{Client, all, connect, create, id, new_user, nth, window};

/// How hard each attack is.
#[derive(Debug, Clone, Copy)]
pub struct Scale {
    /// How long it goes on, at least.
    pub time: Duration,
    /// Connections that do little.
    pub idle: usize,
    /// Large messages that are under way at once.
    pub large: usize,
}

/// Few enough for the 1,024 files that a process may have where nobody has said otherwise.
const SLICE: Scale = Scale { time: Duration::from_secs(2), idle: 400, large: 24 };
/// Needs `ulimit -n 20000`, here and in the server, which inherits it.
const FULL: Scale = Scale { time: Duration::from_secs(15), idle: 10_000, large: 128 };

/// Where the server is.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    pub grpc: SocketAddr,
    pub rest: SocketAddr,
}

/// What a server may have more than before, in MiB, while it is attacked: what large messages may have together, and again
/// as much as they are decoded to. Without the budget for them it is more than that.
const MOST: usize = 2 * 250;
/// The longest that a call of who means well may take: it waits for its turn, but not for the attack.
const LONGEST: Duration = Duration::from_secs(2);
/// Users who are there before.
const USERS: usize = 2000;

/// One kind, as it was.
#[derive(Debug)]
pub struct Row {
    pub attack: &'static str,
    /// What was sent.
    pub sent: String,
    /// The memory of the process in MiB: before, at most, and a second after.
    pub memory: [usize; 3],
    pub calls: Times,
    pub newcomers: Times,
}

/// How long the calls took of who means well.
#[derive(Debug, Default)]
pub struct Times(Vec<Duration>);

impl Times {
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// The time within which so many percent were answered.
    pub fn percentile(&self, percent: usize) -> Duration {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        sorted
            .get((sorted.len() * percent / 100).min(sorted.len().saturating_sub(1)))
            .copied()
            .unwrap_or_default()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_means_well_is_served_while_others_attack() {
    let is_campaign = std::env::var_os("PROTOGATE_HOSTILE").is_some();
    let scale = if is_campaign { FULL } else { SLICE };
    let mut rows = Vec::new();
    for attack in clients::ALL {
        let row = attacked(attack, scale).await;
        println!("{row:?}");
        assert!(row.memory[1] < row.memory[0] + MOST, "{row:?}");
        for times in [&row.calls, &row.newcomers] {
            assert!(times.count() > 0 && times.percentile(100) < LONGEST, "{}: {times:?}", row.attack);
        }
        rows.push(row);
    }
    if is_campaign {
        page::write(&rows, scale);
    }
}

/// Each has a server of its own, which is well afterwards and ends as it is told.
async fn attacked(attack: &clients::Attack, scale: Scale) -> Row {
    let (mut child, target) = start().await;
    let uri = format!("http://{}", target.grpc);
    let mut client = Client::new(connect(&uri).await);
    let mut first = create(&mut client, nth(0)).await.id;
    let many = (1..USERS).map(|number| new_user(&"n".repeat(100), &format!("{number}@example.com")));
    client.import_users(tokio_stream::iter(many.collect::<Vec<_>>())).await.unwrap();

    let before = memory(&child);
    let (stop, stopped) = watch::channel(false);
    let well = tokio::spawn(mean_well(uri.clone(), std::mem::take(&mut first), stopped.clone()));
    let attacking = tokio::spawn((attack.does)(target, scale));
    let mut most = before;
    while !attacking.is_finished() {
        most = most.max(memory(&child));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let sent = attacking.await.unwrap();
    stop.send_replace(true);
    let (calls, newcomers) = well.await.unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    let after = memory(&child);

    assert_eq!(all(client.stream_users(window(0, 0)).await.unwrap()).await.len(), USERS, "{}", attack.name);
    crate::binary::signal(&child, "-TERM").await;
    assert_eq!(child.wait().await.unwrap().code(), Some(0), "{}", attack.name);
    Row { attack: attack.name, sent, memory: [before, most, after], calls, newcomers }
}

async fn start() -> (Child, Target) {
    let arguments = ["--store", "memory", "--rest-addr", "127.0.0.1:0", "--deadline", "10s", "--drain", "1"];
    let mut child = command(&arguments).spawn().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut after = async |words: &str| {
        let line = stdout.next_line().await.unwrap().expect("a line on stdout");
        line.strip_prefix(words).expect("the promised line").parse().unwrap()
    };
    let (grpc, rest) = (after("listening on http://").await, after("rest listening on http://").await);
    (child, Target { grpc, rest })
}

/// The memory that the process has, in MiB.
fn memory(child: &Child) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id().expect("it runs"))).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("the memory of a process");
    line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() / 1024
}

/// Calls again and again, on one connection, and now and then on one that is new.
async fn mean_well(uri: String, user: String, stopped: watch::Receiver<bool>) -> (Times, Times) {
    let mut client = Client::new(from_elsewhere(&uri).await);
    let (mut calls, mut newcomers) = (Times::default(), Times::default());
    while !*stopped.borrow() {
        for _ in 0..20 {
            let began = Instant::now();
            soon(client.get_user(id(&user))).await.expect("a call of who means well");
            calls.0.push(began.elapsed());
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        let began = Instant::now();
        let mut newcomer = Client::new(soon(from_elsewhere(&uri)).await);
        soon(newcomer.get_user(id(&user))).await.expect("a call on a new connection");
        newcomers.0.push(began.elapsed());
    }
    (calls, newcomers)
}

/// A connection from another address than that of the attack: of one that attacks, little is served.
async fn from_elsewhere(uri: &str) -> Channel {
    let endpoint = Channel::from_shared(uri.to_owned()).unwrap();
    endpoint.local_address(Some([127, 0, 0, 2].into())).connect().await.unwrap()
}

/// Whoever is not answered in so long is not served.
async fn soon<F: Future>(does: F) -> F::Output {
    tokio::time::timeout(10 * LONGEST, does).await.expect("an answer within twenty seconds")
}
