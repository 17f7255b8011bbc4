//! How a server is emptied before each sequence.

use std::{fmt, future::Future, pin::Pin, sync::Arc};

type Done = Pin<Box<dyn Future<Output = Result<(), String>> + Send>>;

/// Leaves nothing in the server, or says why it could not.
#[derive(Clone)]
pub struct Reset(Arc<dyn Fn() -> Done + Send + Sync>);

impl Reset {
    /// Made of what does it.
    pub fn new<F>(does: impl Fn() -> F + Send + Sync + 'static) -> Reset
    where
        F: Future<Output = Result<(), String>> + Send + 'static,
    {
        Reset(Arc::new(move || Box::pin(does())))
    }

    /// # Errors
    /// Why the server is not empty.
    pub(super) async fn run(&self) -> Result<(), String> {
        (self.0)().await
    }
}

impl fmt::Debug for Reset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Reset")
    }
}
