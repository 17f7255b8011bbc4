//! PostgreSQL stopped and started under load: calls end soon and say that they may be made again, and it recovers.

use std::time::Duration;

use tokio::task::JoinSet;
use tonic::{Code, Status};
use tonic_types::StatusExt;

use crate::binary::{command, start};
use crate::postgres::Cluster;
use crate::server::{Client, all, connect, create, id, nth, window};

const WRITERS: usize = 4;
/// No call may take longer, whatever happens to the database.
const HUNG: Duration = Duration::from_secs(20);

/// What an outage may answer.
fn assert_passing(status: &Status) {
    assert_eq!(status.code(), Code::Unavailable, "{status:?}");
    let details = status.get_error_details();
    assert!(details.retry_info().unwrap().retry_delay.is_some());
    assert_eq!(details.error_info().unwrap().reason, "STORE_UNAVAILABLE");
}

/// Creates users `WRITERS` apart until one call fails and a later one succeeds: the ids of those that were made.
async fn write(mut client: Client, first: usize, started: tokio::sync::mpsc::Sender<()>) -> Vec<String> {
    let (mut made, mut failed, mut number) = (Vec::new(), false, first);
    loop {
        let created = tokio::time::timeout(HUNG, client.create_user(nth(number))).await.expect("a hung call");
        number += WRITERS;
        match created {
            Ok(created) => {
                made.push(created.into_inner().id);
                let _ = started.try_send(());
                if failed {
                    return made;
                }
            }
            Err(status) => {
                assert_passing(&status);
                failed = true;
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_outage_of_the_database_passes() {
    let Some(mut cluster) = Cluster::start().await else { return };
    let (_child, uri) = start(command(&["--store", &cluster.url("postgres")])).await;
    let mut client = Client::new(connect(&uri).await);
    let there = create(&mut client, nth(1_000_000)).await;
    // Connections are ended; then the server crashes.
    for (round, signal) in ["INT", "QUIT"].into_iter().enumerate() {
        let (begun, mut begins) = tokio::sync::mpsc::channel(1);
        let mut writers = JoinSet::new();
        for writer in 0..WRITERS {
            writers.spawn(write(client.clone(), round * 100_000 + writer, begun.clone()));
        }
        begins.recv().await.unwrap();
        cluster.stop(signal).await;
        let read = tokio::time::timeout(HUNG, client.get_user(id(&there.id))).await.expect("a hung call");
        assert_passing(&read.unwrap_err());
        let listed = client.stream_users(window(0, 0)).await.unwrap().into_inner().message().await;
        assert_passing(&listed.unwrap_err());
        cluster.resume().await;
        let made = writers.join_all().await.concat();
        let kept = all(client.stream_users(window(0, 0)).await.unwrap()).await;
        assert!(kept.contains(&there));
        for id in made {
            assert!(kept.iter().any(|user| user.id == id), "{signal}: an acknowledged user is gone");
        }
    }
}
