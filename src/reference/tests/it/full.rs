//! A disk that is full: writes are refused with RESOURCE_EXHAUSTED, reads go on, and when there is room so do writes, with
//! nothing lost that was acknowledged.

use std::path::{Path, PathBuf};
use std::process::Command;

use tonic::Code;
use tonic_types::StatusExt as _;

use crate::binary::{command, start, store};
use crate::server::{Client, connect, id, new_user};

/// A disk of a few megabytes; gone with the test.
struct Disk(PathBuf, #[expect(dead_code, reason = "held, never read")] tempfile::TempDir);

impl Disk {
    /// Only root may have one, and not everywhere.
    fn new() -> Option<Disk> {
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path().join("disk");
        std::fs::create_dir(&at).unwrap();
        let mounted =
            Command::new("mount").args(["-t", "tmpfs", "-o", "size=6m", "tmpfs"]).arg(&at).output().ok()?;
        if !mounted.status.success() {
            eprintln!("skipped: no disk can be mounted here");
            return None;
        }
        Some(Disk(at, folder))
    }

    fn resize(&self, size: &str) {
        let option = format!("remount,size={size}");
        let done = Command::new("mount").args(["-o", &option]).arg(&self.0).status().unwrap();
        assert!(done.success());
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").args(["-l"]).arg(&self.0).status();
    }
}

fn users(first: usize) -> Vec<user_service::pb::user::CreateUserRequest> {
    (first..first + 1000).map(|number| new_user(&"n".repeat(100), &format!("{number}@example.com"))).collect()
}

async fn import(client: &mut Client, first: usize) -> Result<(), tonic::Status> {
    client.import_users(tokio_stream::iter(users(first))).await.map(drop)
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_refuses_writes_until_it_has_room() {
    let Some(disk) = Disk::new() else { return };
    let path: &Path = &disk.0.join("users.redb");
    let (mut child, uri) = start(command(&store(path))).await;
    let mut client = Client::new(connect(&uri).await);
    let first = client.create_user(new_user("Ada", "ada@example.com")).await.unwrap().into_inner();
    let mut kept = 0;
    let refused = loop {
        match import(&mut client, kept * 1000).await {
            Ok(()) => kept += 1,
            Err(status) => break status,
        }
    };
    assert!(kept > 0);
    assert_eq!(refused.code(), Code::ResourceExhausted, "{refused:?}");
    assert_eq!(refused.get_details_error_info().unwrap().reason, "STORE_FULL");
    // Again and again, and reads go on.
    for _ in 0..3 {
        assert_eq!(import(&mut client, kept * 1000).await.unwrap_err().code(), Code::ResourceExhausted);
        assert_eq!(client.get_user(id(&first.id)).await.unwrap().into_inner(), first);
    }
    // Many at once share a commit, and its fate.
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..16 {
        let mut client = client.clone();
        writers.spawn(async move { import(&mut client, (kept + writer) * 1000).await });
    }
    for refused in writers.join_all().await {
        assert_eq!(refused.unwrap_err().code(), Code::ResourceExhausted);
    }
    disk.resize("64m");
    import(&mut client, kept * 1000).await.unwrap();
    // All of it is there for the next process as well.
    child.kill().await.unwrap();
    let (_child, uri) = start(command(&store(path))).await;
    let mut client = Client::new(connect(&uri).await);
    let all = crate::server::all(client.stream_users(crate::server::window(0, 0)).await.unwrap()).await;
    assert_eq!(all.len(), 1 + (kept + 1) * 1000);
}
