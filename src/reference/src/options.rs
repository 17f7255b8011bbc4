//! What a caller can choose about a server, and the figures it cannot. Not the command line: that is `main.rs`.

use std::time::Duration;

/// The largest message the server decodes or encodes, in bytes: 50 MiB.
pub const MESSAGE_LIMIT: usize = 50 * 1024 * 1024;

/// The most bytes one `ImportUsers` call may hold before it is refused with `RESOURCE_EXHAUSTED`: 256 MiB.
///
/// An import is all or nothing, so it is held in memory until its last message.
pub const IMPORT_LIMIT: usize = 256 * 1024 * 1024;

/// How many users `ListUsers` returns when the request says 0.
pub const DEFAULT_PAGE: usize = 100;

/// How a server behaves.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Options {
    /// How long running calls may go on after the shutdown began. What is still open then is cut.
    pub drain: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self { drain: Duration::from_secs(10) }
    }
}

impl Options {
    /// The same options with another drain deadline.
    #[must_use]
    pub fn with_drain(self, drain: Duration) -> Self {
        Self { drain }
    }
}
