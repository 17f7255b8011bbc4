//! How many bytes of large messages a server holds at once: what one client may send, a thousand may send too.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt};

/// A smaller message costs nobody anything: there are as many as there are streams, which are counted.
pub(crate) const LARGE: usize = 64 * 1024;

/// How long a large message may take on its way, and how many of its bytes may take a second more: else who announces one
/// and sends nothing would hold the room for it as long as it likes.
const PATIENCE: Duration = Duration::from_secs(10);
const PER_SECOND: usize = 256 * 1024;

/// When a caller may come again. Large messages are read and done with in less.
const AGAIN: Duration = Duration::from_secs(1);

/// A number of bytes that all calls of a server share, for messages above 64 KiB while they are read and answered. Clones
/// share it too. A message that has its share must be there within 10 seconds, and one more for each 256 KiB of it.
#[derive(Debug, Clone)]
pub struct Budget(Arc<Bytes>);

#[derive(Debug)]
struct Bytes {
    most: usize,
    taken: AtomicUsize,
    patience: Duration,
}

impl Budget {
    /// One of so many bytes.
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self::with_patience(most, PATIENCE)
    }

    /// The same with another time in place of the 10 seconds.
    #[must_use]
    pub fn with_patience(most: usize, patience: Duration) -> Self {
        Self(Arc::new(Bytes { most, taken: AtomicUsize::new(0), patience }))
    }

    /// The bytes that are taken now.
    #[must_use]
    pub fn taken(&self) -> usize {
        self.0.taken.load(Ordering::Relaxed)
    }

    /// A share of it, with nothing in it yet.
    pub(crate) fn share(&self) -> Share {
        Share { budget: self.clone(), bytes: Arc::default() }
    }
}

/// What one call has of a budget. Its clones have it together, and the last one gives it back.
#[derive(Debug, Clone)]
pub(crate) struct Share {
    budget: Budget,
    bytes: Arc<Mutex<Taken>>,
}

#[derive(Debug, Default)]
struct Taken {
    bytes: usize,
    from: Option<Budget>,
}

impl Share {
    /// Takes so many more, if there are as many left.
    ///
    /// # Errors
    ///
    /// There are not so many left: the status for the call.
    pub(crate) fn take(&self, bytes: usize) -> Result<(), Status> {
        let Bytes { most, taken, .. } = &*self.budget.0;
        let more = |taken: usize| taken.checked_add(bytes).filter(|taken| taken <= most);
        if taken.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).is_err() {
            let message = format!(
                "the server reads other large messages, of {most} bytes together at most: come again after the delay in \
                 the details"
            );
            let details = ErrorDetails::with_retry_info(Some(AGAIN));
            return Err(Status::with_error_details(Code::ResourceExhausted, message, details));
        }
        let mut own = self.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        own.bytes += bytes;
        own.from.get_or_insert_with(|| self.budget.clone());
        Ok(())
    }

    /// How long so many bytes may take on their way.
    pub(crate) fn patience(&self, bytes: usize) -> Duration {
        let more = Duration::from_secs((bytes / PER_SECOND).try_into().unwrap_or(u64::MAX));
        self.budget.0.patience.saturating_add(more)
    }

    /// Gives back all of it.
    pub(crate) fn give_back(&self) {
        let mut own = self.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        *own = Taken::default();
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        if let Some(budget) = &self.from {
            budget.0.taken.fetch_sub(self.bytes, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_comes_back_with_the_last_clone() {
        let budget = Budget::new(10);
        let (one, other) = (budget.share(), budget.share());
        one.take(6).unwrap();
        let refused = other.take(5).unwrap_err();
        assert_eq!(refused.code(), Code::ResourceExhausted);
        assert!(refused.get_error_details().retry_info().is_some(), "{refused:?}");
        other.take(4).unwrap();
        let clone = one.clone();
        drop(one);
        assert_eq!(budget.taken(), 10);
        other.give_back();
        assert_eq!(budget.taken(), 6);
        drop(clone);
        assert_eq!(budget.taken(), 0);
    }

    #[test]
    fn no_number_is_too_large() {
        let budget = Budget::new(usize::MAX);
        let share = budget.share();
        share.take(usize::MAX).unwrap();
        share.take(1).unwrap_err();
        drop(share);
        assert_eq!(budget.taken(), 0);
    }
}
