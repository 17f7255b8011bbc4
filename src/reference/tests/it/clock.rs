//! The clock of the machine jumps, back and forth, under load: no call fails, deadlines keep their time, users stay in the
//! order of their creation, also for a server that starts on a clock of yesterday.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tempfile::TempDir;
use tokio::process::Command;
use tokio::task::JoinSet;
use tonic::{Code, Request};
use user_service::pb::user::ChatMessage;

use crate::binary::{command, start, store};
use crate::server::{Client, all, connect, nth, window};

/// What the server is told of the time, on top of the truth.
struct Clock {
    library: PathBuf,
    file: PathBuf,
}

impl Clock {
    /// Debian's libfaketime, if it is installed; the clock that only goes forward is left alone.
    fn find(folder: &Path) -> Option<Clock> {
        let libraries = std::fs::read_dir("/usr/lib").unwrap().flatten();
        let mut libraries = libraries.map(|folder| folder.path().join("faketime/libfaketimeMT.so.1"));
        let Some(library) = libraries.find(|library| library.is_file()) else {
            let message = "no libfaketime is installed: run tests/peers/install.sh";
            let required = std::env::var_os("PROTOGATE_REQUIRE_PEERS").is_some_and(|value| value == "1");
            assert!(!required, "{message}");
            eprintln!("skipped: {message}");
            return None;
        };
        let clock = Clock { library, file: folder.join("clock") };
        clock.jump("+0");
        Some(clock)
    }

    fn jump(&self, to: &str) {
        // Read again and again meanwhile: never half of it.
        let new = self.file.with_extension("new");
        std::fs::write(&new, to).unwrap();
        std::fs::rename(new, &self.file).unwrap();
    }

    fn on(&self, mut command: Command) -> Command {
        command.env("LD_PRELOAD", &self.library).env("FAKETIME_TIMESTAMP_FILE", &self.file);
        command.env("FAKETIME_NO_CACHE", "1").env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
        command
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_that_jumps_costs_nothing() {
    const DAY: i64 = 24 * 60 * 60;
    let folder = TempDir::new().unwrap();
    let Some(clock) = Clock::find(folder.path()) else { return };
    let path = folder.path().join("users.redb");
    let (mut child, uri) = start(clock.on(command(&store(&path)))).await;
    let mut client = Client::new(connect(&uri).await);
    let (next, is_over) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
    let mut writers = JoinSet::new();
    for _ in 0..4 {
        let (mut client, next, is_over) = (client.clone(), Arc::clone(&next), Arc::clone(&is_over));
        writers.spawn(async move {
            while !is_over.load(Ordering::Relaxed) {
                let user = nth(next.fetch_add(1, Ordering::Relaxed));
                client.create_user(user).await.expect("a call while the clock jumps");
            }
        });
    }
    let now = || i64::try_from(std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs()).unwrap();
    let mut created = Vec::new();
    for (number, (jump, away)) in
        [("+0", 0), ("-1d", -DAY), ("+365d", 365 * DAY), ("+0", 0)].into_iter().enumerate()
    {
        // Open over the jump, and ended by the server.
        let say = tokio_stream::StreamExt::chain(
            tokio_stream::iter([ChatMessage::default()]),
            tokio_stream::pending(),
        );
        let mut held = Request::new(say);
        held.set_timeout(Duration::from_secs(1));
        let began = Instant::now();
        let mut held = client.chat(held).await.unwrap().into_inner();
        held.message().await.unwrap().unwrap();
        clock.jump(jump);
        let user = crate::server::new_user("Ada", &format!("ada{number}@example.com"));
        let user = client.create_user(user).await.unwrap().into_inner();
        // The service tells the time that it is told.
        assert!((user.created_at - now() - away).abs() < 60, "{jump}: {}", user.created_at);
        created.push(user);
        let end = held.message().await.unwrap_err();
        assert_eq!(end.code(), Code::DeadlineExceeded, "{jump}: {end:?}");
        let took = began.elapsed();
        assert!(took > Duration::from_millis(900) && took < Duration::from_secs(20), "{jump}: {took:?}");
    }
    is_over.store(true, Ordering::Relaxed);
    writers.join_all().await;
    child.kill().await.unwrap();

    clock.jump("-1d");
    let (_child, uri) = start(clock.on(command(&store(&path)))).await;
    let mut client = Client::new(connect(&uri).await);
    let kept = all(client.stream_users(window(0, 0)).await.unwrap()).await;
    assert_eq!(kept.len(), next.load(Ordering::Relaxed) + created.len());
    let places: Vec<_> = created.iter().map(|user| kept.iter().position(|it| it == user)).collect();
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{places:?}");
}
