//! Ctrl-C and SIGTERM: the first asks the work to end with what it has, the second ends the program.

use tokio::sync::watch;

/// What is asked of whoever works.
pub type Stop = watch::Receiver<bool>;

/// Listens from now on; the value becomes `true` when somebody wants an end. A service under test has a
/// process group of its own, so nobody but us hears the terminal, and nobody but us stops the service.
pub fn listen() -> Stop {
    let (said, heard) = watch::channel(false);
    std::thread::spawn(move || {
        // Without a listener a signal ends the program at once, as it does by default.
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
        runtime.block_on(async move {
            while signalled().await.is_ok() {
                if said.send_replace(true) {
                    // 128 + SIGINT, as shells count it.
                    std::process::exit(130);
                }
            }
        });
    });
    heard
}

#[cfg(unix)]
async fn signalled() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        heard = tokio::signal::ctrl_c() => heard,
        _ = terminate.recv() => Ok(()),
    }
}

#[cfg(not(unix))]
async fn signalled() -> std::io::Result<()> {
    tokio::signal::ctrl_c().await
}
