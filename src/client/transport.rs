//! What makes a call: the one seam between those who decide what to send and the wire.

use std::time::Duration;

use super::{Call, CallError, Exchange, Greeting};

/// Makes calls. Implementations are cheap to share: concurrent calls go through one `&self`.
pub trait Transport: Sync {
    /// Makes one call and reports everything that came back. Ends soon after the call's deadline and its grace
    /// (10 %, at least 500 ms), whatever the server does; waiting for a connection with a free stream comes
    /// before and is bounded as well.
    ///
    /// # Errors
    /// Only when the call could not be made: no connection, or a call that cannot be written as HTTP/2.
    fn call(&self, call: &Call) -> impl Future<Output = Result<Exchange, CallError>> + Send;

    /// Makes the call on a connection of its own with a receive window of so many bytes for the stream, so that a
    /// script that stops reading stops the server soon. Without connections, the call as it is.
    ///
    /// # Errors
    /// As for [`call`](Transport::call).
    fn call_through_window(
        &self,
        call: &Call,
        _window: u32,
    ) -> impl Future<Output = Result<Exchange, CallError>> + Send {
        self.call(call)
    }

    /// Greets the server on a connection of its own, and says what was acknowledged within this time. `None`
    /// where there are no connections to look at.
    fn greet(&self, _within: Duration) -> impl Future<Output = Option<Result<Greeting, CallError>>> + Send {
        std::future::ready(None)
    }
}
