//! How a server is emptied before each sequence.

use std::{fmt, future::Future, pin::Pin, sync::Arc};

type Done = Pin<Box<dyn Future<Output = Result<(), String>> + Send>>;

/// Leaves nothing in the server, or says why it could not.
#[derive(Clone)]
pub struct Reset {
    does: Arc<dyn Fn() -> Done + Send + Sync>,
    /// What ends the time of empty servers.
    leaves: Option<Arc<dyn Fn() + Send + Sync>>,
}

impl Reset {
    /// Made of what does it.
    pub fn new<F>(does: impl Fn() -> F + Send + Sync + 'static) -> Reset
    where
        F: Future<Output = Result<(), String>> + Send + 'static,
    {
        Reset { does: Arc::new(move || Box::pin(does())), leaves: None }
    }

    /// One that calls are led to another server by, an empty one each time, which takes a while to start: it is used for
    /// some sequences beside those that the server itself is asked, and then `leaves` leads the calls back.
    #[must_use]
    pub fn to_another(self, leaves: impl Fn() + Send + Sync + 'static) -> Reset {
        Reset { leaves: Some(Arc::new(leaves)), ..self }
    }

    /// Whether it costs so much that it is done for some sequences only.
    pub(super) fn is_dear(&self) -> bool {
        self.leaves.is_some()
    }

    /// # Errors
    /// Why the server is not empty.
    pub(super) async fn run(&self) -> Result<(), String> {
        (self.does)().await
    }

    /// Leads the calls back, where they were led to another.
    pub fn leave(&self) {
        if let Some(leaves) = &self.leaves {
            leaves();
        }
    }
}

impl fmt::Debug for Reset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Reset")
    }
}
