//! What a caller streams to a method.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_core::Stream;

use super::adapter::checked;
use super::{Error, Rules};

/// The messages of a caller, each looked at by the rules of the service before it is here. After an [`Error`] there is
/// nothing more.
///
/// ```
/// # use protogate_runtime::service::{Error, Requests};
/// async fn sum(mut numbers: Requests<u32>) -> Result<u32, Error> {
///     let mut sum = 0;
///     while let Some(number) = numbers.message().await? {
///         sum += number;
///     }
///     Ok(sum)
/// }
/// ```
pub struct Requests<T> {
    inner: Pin<Box<dyn Stream<Item = Result<T, Error>> + Send>>,
    over: bool,
}

impl<T: Send + 'static> Requests<T> {
    /// Of any stream, for tests of a service.
    pub fn new(stream: impl Stream<Item = Result<T, Error>> + Send + 'static) -> Requests<T> {
        Requests { inner: Box::pin(stream), over: false }
    }

    /// The next message; `None` when the caller has sent the last one.
    ///
    /// # Errors
    ///
    /// The caller is gone, the message is none, or it breaks a rule.
    pub async fn message(&mut self) -> Result<Option<T>, Error> {
        std::future::poll_fn(|cx| Pin::new(&mut *self).poll_next(cx)).await.transpose()
    }
}

impl<T: prost::Message + 'static> Requests<T> {
    /// What the transport hands over, under rules for messages of this full name.
    pub(super) fn ruled<S, E>(stream: S, rules: Option<Arc<dyn Rules>>, name: &'static str) -> Requests<T>
    where
        S: Stream<Item = Result<T, E>> + Send + Unpin + 'static,
        E: Into<Error>,
    {
        Requests::new(Ruled { stream, rules, name, position: 0 })
    }
}

impl<T> fmt::Debug for Requests<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Requests").field("over", &self.over).finish_non_exhaustive()
    }
}

impl<T> Stream for Requests<T> {
    type Item = Result<T, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.over {
            return Poll::Ready(None);
        }
        let next = std::task::ready!(self.inner.as_mut().poll_next(cx));
        self.over = !matches!(next, Some(Ok(_)));
        Poll::Ready(next)
    }
}

struct Ruled<S> {
    stream: S,
    rules: Option<Arc<dyn Rules>>,
    name: &'static str,
    /// Of the next message in the stream, from 0.
    position: u64,
}

impl<S, T, E> Stream for Ruled<S>
where
    S: Stream<Item = Result<T, E>> + Unpin,
    T: prost::Message,
    E: Into<Error>,
{
    type Item = Result<T, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        let Some(next) = std::task::ready!(Pin::new(&mut this.stream).poll_next(cx)) else {
            return Poll::Ready(None);
        };
        let position = this.position;
        this.position += 1;
        Poll::Ready(Some(next.map_err(Into::into).and_then(|message| {
            match checked(this.rules.as_deref(), this.name, &message) {
                Ok(()) => Ok(message),
                Err(error) => Err(error.of_message(position)),
            }
        })))
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Answers, Code};
    use super::*;

    /// No message of `uint32` 0 but one.
    #[derive(Debug)]
    struct NoZero;

    impl Rules for NoZero {
        fn concern(&self, message: &str) -> bool {
            message == "google.protobuf.UInt32Value"
        }

        fn check(&self, _: &str, encoded: bytes::Bytes) -> Result<(), Error> {
            let zero = || Error::invalid_argument("zero").with_violation("value", "must not be 0");
            if encoded.is_empty() { Err(zero()) } else { Ok(()) }
        }
    }

    #[tokio::test]
    async fn a_message_that_breaks_a_rule_is_the_last_and_says_which_it_was() {
        for (name, heard) in [("google.protobuf.UInt32Value", 1), ("other.Message", 3)] {
            let mut requests = Requests::<u32>::ruled(Answers::of([7, 0, 8]), Some(Arc::new(NoZero)), name);
            let mut got = Vec::new();
            let ended = loop {
                match requests.message().await {
                    Ok(Some(message)) => got.push(message),
                    ended => break ended,
                }
            };
            assert_eq!(got.len(), heard);
            if heard == 1 {
                let error = ended.unwrap_err();
                assert_eq!(error.code(), Code::InvalidArgument);
                assert_eq!(
                    error.violations().collect::<Vec<_>>(),
                    [("value", "message 1 of the stream: must not be 0")]
                );
                assert!(requests.message().await.unwrap().is_none());
            } else {
                assert!(ended.unwrap().is_none());
            }
        }
    }
}
