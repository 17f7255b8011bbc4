//! The signals that end the server: the first asks it to stop, the second ends it at once.

use std::io;

/// SIGTERM and SIGINT, or Ctrl-C where there are no signals. Caught from [`Signals::install`] on.
#[cfg(unix)]
#[derive(Debug)]
pub struct Signals {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    /// Catches them from now on.
    ///
    /// # Errors
    ///
    /// The system does not let us.
    pub fn install() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    /// Waits for the next signal and returns its number.
    async fn next(&mut self) -> i32 {
        tokio::select! {
            _ = self.terminate.recv() => 15,
            _ = self.interrupt.recv() => 2,
        }
    }
}

/// SIGTERM and SIGINT, or Ctrl-C where there are no signals. Caught from [`Signals::install`] on.
#[cfg(windows)]
#[derive(Debug)]
pub struct Signals(tokio::signal::windows::CtrlC);

#[cfg(windows)]
impl Signals {
    /// Catches them from now on.
    ///
    /// # Errors
    ///
    /// The system does not let us.
    pub fn install() -> io::Result<Self> {
        tokio::signal::windows::ctrl_c().map(Self)
    }

    async fn next(&mut self) -> i32 {
        self.0.recv().await;
        2
    }
}

impl Signals {
    /// Completes at the first signal. The second one ends the process, as a shell reports it: 128 + its number.
    pub async fn stop(mut self) {
        self.next().await;
        tokio::spawn(async move { std::process::exit(128 + self.next().await) });
    }
}
