//! The client of several servers, against real ones: one dies, one is told to stop, all are under TLS.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use protogate_runtime::client::{ClientTls, Options};
use tempfile::TempDir;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use user_service::UserClient;

use crate::binary::{command, signal, start, store};
use crate::make::{Authority, Holder, days};
use crate::server::{Client, all, connect, nth, window};

const READERS: usize = 8;
const WRITERS: usize = 4;
/// Calls that have ended well before something happens to a server, and after it.
const CALLS: usize = 200;

/// Calls without a pause until told to stop.
#[derive(Default)]
pub struct Load {
    ended_well: AtomicUsize,
    one_more: Notify,
    over: AtomicBool,
    next: AtomicUsize,
}

impl Load {
    /// Reads; panics at the first call that fails.
    async fn read(self: Arc<Self>, mut users: UserClient) {
        while !self.over.load(Ordering::Relaxed) {
            assert_eq!(users.get("nobody").await.expect("an idempotent call"), None);
            // Of the stores of their own none has a user of this id, but each has its page.
            let mut page = users.stream(1, 0).await.expect("an idempotent call");
            page.message().await.expect("the first message of a page");
            self.ended_well.fetch_add(2, Ordering::Relaxed);
            self.one_more.notify_waiters();
        }
    }

    /// Creates users; the number of each, and whether that went well.
    pub async fn write(self: Arc<Self>, mut users: UserClient) -> Vec<(usize, bool)> {
        let mut done = Vec::new();
        while !self.over.load(Ordering::Relaxed) {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            let user = nth(number);
            let created = users.create(&user.name, &user.email).await;
            if let Err(status) = &created {
                assert_eq!(status.code(), tonic::Code::Unavailable, "{status}");
            }
            done.push((number, created.is_ok()));
        }
        done
    }

    /// Waits for so many more calls that end well.
    pub async fn goes_on(&self, calls: usize) {
        let until = self.ended_well.load(Ordering::Relaxed) + calls;
        while self.ended_well.load(Ordering::Relaxed) < until {
            self.one_more.notified().await;
        }
    }

    pub fn stop(&self) {
        self.over.store(true, Ordering::Relaxed);
    }
}

/// Three servers with stores of their own; what `happens` to the first under load, and what became of the writes, with
/// how often each user is in all stores together.
async fn with_three(signal_of: &str) -> Vec<(usize, bool, usize)> {
    let folder = TempDir::new().unwrap();
    let paths = [1, 2, 3].map(|number| folder.path().join(format!("{number}.redb")));
    let (mut children, mut uris) = (Vec::new(), Vec::new());
    for path in &paths {
        let (child, uri) = start(command(&store(path))).await;
        children.push(child);
        uris.push(uri);
    }
    let users = UserClient::new(&uris, Options::default()).unwrap();
    let load = Arc::new(Load::default());
    let mut readers = JoinSet::new();
    let mut writers = JoinSet::new();
    for _ in 0..READERS {
        readers.spawn(Arc::clone(&load).read(users.clone()));
    }
    for _ in 0..WRITERS {
        writers.spawn(Arc::clone(&load).write(users.clone()));
    }
    load.goes_on(CALLS).await;
    signal(&children[0], signal_of).await;
    children[0].wait().await.unwrap();
    load.goes_on(CALLS).await;
    load.stop();
    readers.join_all().await;
    let written: Vec<_> = writers.join_all().await.concat();

    let (_child, uri) = start(command(&store(&paths[0]))).await;
    uris[0] = uri;
    let mut stored: BTreeMap<String, usize> = BTreeMap::new();
    for uri in &uris {
        let mut client = Client::new(connect(uri).await);
        for user in all(client.stream_users(window(0, 0)).await.unwrap()).await {
            *stored.entry(user.email).or_default() += 1;
        }
    }
    let count = |number: usize| stored.get(&nth(number).email).copied().unwrap_or_default();
    written.into_iter().map(|(number, well)| (number, well, count(number))).collect()
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_killed_costs_no_idempotent_call_and_no_other_is_made_twice() {
    let written = with_three("-KILL").await;
    for (number, well, stored) in &written {
        assert!(if *well { *stored == 1 } else { *stored <= 1 }, "{number}: {well}, {stored} times");
    }
    let failed = written.iter().filter(|(_, well, _)| !well).count();
    assert!(failed <= WRITERS, "each writer had one call at most at that server, but {failed} failed");
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_told_to_stop_costs_no_call_at_all() {
    for (number, well, stored) in with_three("-TERM").await {
        assert!(well && stored == 1, "{number}: {well}, {stored} times");
    }
}

#[tokio::test]
async fn under_tls_with_a_token_and_a_deadline() {
    let folder = TempDir::new().unwrap();
    let authority = Authority::new("an authority", None).unwrap();
    std::fs::write(folder.path().join("ca.pem"), authority.pem()).unwrap();
    for (name, holder) in [("server", Holder::Server(&["localhost"])), ("client", Holder::Client("billing"))]
    {
        authority.sign(&holder, days(1)).unwrap().write(folder.path(), name).unwrap();
    }
    let file = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let mut server = command(&["--store", "memory", "--token", "s3cret"]);
    server.args(["--tls-cert", &file("server.pem"), "--tls-key", &file("server.key")]);
    server.args(["--tls-client-ca", &file("ca.pem")]);
    let (_child, uri) = start(server).await;
    let trusting = || ClientTls::new(file("ca.pem")).with_name("localhost");
    let shown = || trusting().with_identity(file("client.pem"), file("client.key"));
    let options = |tls: ClientTls| Options::default().with_tls(tls).with_token("s3cret").unwrap();
    let mut users = UserClient::new([&uri], options(shown())).unwrap();
    let ada = users.create("Ada", "ada@example.com").await.unwrap();
    assert_eq!(users.get(&ada.id).await.unwrap(), Some(ada.clone()));
    assert!(users.delete(&ada.id).await.unwrap());
    assert!(!users.delete(&ada.id).await.unwrap());
    // Without its certificate nobody is let in, and a wrong name is nobody's.
    for tls in [trusting(), shown().with_name("other.example")] {
        let options = options(tls).with_attempts(1);
        let status = UserClient::new([&uri], options).unwrap().get("nobody").await.unwrap_err();
        assert_eq!(status.code(), tonic::Code::Unavailable, "{status}");
    }
    let error = UserClient::new([&uri], options(ClientTls::new(file("none.pem")))).unwrap_err();
    assert!(error.to_string().contains("none.pem"), "{error}");
}
