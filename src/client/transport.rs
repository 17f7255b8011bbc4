//! What makes a call: the one seam between those who decide what to send and the wire.

use super::{Call, CallError, Exchange};

/// Makes calls. Implementations are cheap to share: concurrent calls go through one `&self`.
pub trait Transport {
    /// Makes one call and reports everything that came back. Never takes longer than the call's deadline and its
    /// grace, plus the time to connect.
    ///
    /// # Errors
    /// Only when the call could not be made: no connection, or a call that cannot be written as HTTP/2.
    fn call(&self, call: &Call) -> impl Future<Output = Result<Exchange, CallError>> + Send;
}
