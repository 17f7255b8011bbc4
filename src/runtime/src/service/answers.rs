//! What a method streams to its caller.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;
use tokio::sync::mpsc;

use super::Error;

/// A stream of answers. It is read as the caller takes them; one that ends with an [`Error`] ends there.
pub struct Answers<T>(Pin<Box<dyn Stream<Item = Result<T, Error>> + Send>>);

impl<T: Send + 'static> Answers<T> {
    /// Of any stream.
    pub fn new(stream: impl Stream<Item = Result<T, Error>> + Send + 'static) -> Answers<T> {
        Answers(Box::pin(stream))
    }

    /// Of what is there already.
    pub fn of(answers: impl IntoIterator<Item = T, IntoIter: Send + 'static>) -> Answers<T> {
        Answers::new(Listed(answers.into_iter()))
    }

    /// Of what a task sends. At most `room` answers wait; then the sender does.
    #[must_use]
    pub fn channel(room: usize) -> (AnswerSender<T>, Answers<T>) {
        let (sender, receiver) = mpsc::channel(room.max(1));
        (AnswerSender(sender), Answers::new(Received(receiver)))
    }
}

impl<T> fmt::Debug for Answers<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Answers")
    }
}

impl<T> Stream for Answers<T> {
    type Item = Result<T, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.as_mut().poll_next(cx)
    }
}

/// The other end of [`Answers::channel`]. The stream ends when every clone of it is gone.
#[derive(Debug)]
pub struct AnswerSender<T>(mpsc::Sender<Result<T, Error>>);

impl<T> Clone for AnswerSender<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T> AnswerSender<T> {
    /// Sends one, as soon as there is room. `false` when the call is over: stop working for it.
    pub async fn send(&self, answer: T) -> bool {
        self.0.send(Ok(answer)).await.is_ok()
    }

    /// Ends the call with an error.
    pub async fn fail(self, error: Error) {
        // Nobody is left who would want to know.
        let _ = self.0.send(Err(error)).await;
    }

    /// Waits until the call is over, for a task that has nothing to send.
    pub async fn closed(&self) {
        self.0.closed().await;
    }
}

struct Listed<I>(I);

// The iterator is never pinned.
impl<I> Unpin for Listed<I> {}

impl<I: Iterator> Stream for Listed<I> {
    type Item = Result<I::Item, Error>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Ready(self.0.next().map(Ok))
    }
}

struct Received<T>(mpsc::Receiver<Result<T, Error>>);

impl<T> Stream for Received<T> {
    type Item = Result<T, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_recv(cx)
    }
}

#[cfg(test)]
pub(super) async fn all<T>(stream: impl Stream<Item = T>) -> Vec<T> {
    let mut stream = std::pin::pin!(stream);
    let mut all = Vec::new();
    while let Some(item) = std::future::poll_fn(|cx| stream.as_mut().poll_next(cx)).await {
        all.push(item);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn answers_come_in_order_and_end() {
        let listed: Vec<u8> = all(Answers::of([1, 2])).await.into_iter().map(Result::unwrap).collect();
        assert_eq!(listed, [1, 2]);

        let (sender, answers) = Answers::channel(1);
        let task = tokio::spawn(async move {
            assert!(sender.send(1).await && sender.send(2).await);
            sender.fail(Error::not_found("no more")).await;
        });
        let sent: Vec<_> =
            all(answers).await.into_iter().map(|it| it.map_err(|error| error.code())).collect();
        assert_eq!(sent, [Ok(1), Ok(2), Err(super::super::Code::NotFound)]);
        task.await.unwrap();
    }

    #[tokio::test]
    async fn a_sender_learns_that_the_call_is_over() {
        let (sender, answers) = Answers::<u8>::channel(1);
        drop(answers);
        sender.closed().await;
        assert!(!sender.send(1).await);
    }
}
