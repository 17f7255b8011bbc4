//! When to stop: somebody said so, or the time is up.

use tokio::{sync::watch, time::Instant};

/// Waits for the word or the time, whichever comes first. May be dropped and awaited again.
pub(super) async fn reached(word: &mut watch::Receiver<bool>, limit: Option<Instant>) {
    let said = async {
        // Nobody is left to say it.
        if word.wait_for(|stop| *stop).await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    match limit {
        Some(at) => drop(tokio::time::timeout_at(at, said).await),
        None => said.await,
    }
}
