//! What generated adapters call: the one place, beside them, where tonic's types meet ours.

use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task;

use futures_core::Stream;
use tonic::{Request, Response, Status, Streaming};

use super::{Answers, Context, Error, Requests, Rules};
use crate::budget::LARGE;

/// A call with one request, once the message keeps the rules.
///
/// # Errors
///
/// The message breaks one.
pub fn one<T: prost::Message>(
    method: &'static str,
    name: &str,
    rules: Option<&Arc<dyn Rules>>,
    request: Request<T>,
) -> Result<(Context, T), Status> {
    let (metadata, extensions, message) = request.into_parts();
    checked(rules.map(|rules| &**rules), name, &message)?;
    Ok((Context::new(method, metadata, extensions), message))
}

/// A call with a stream of requests, each of which will have to keep the rules.
pub fn many<T: prost::Message + 'static>(
    method: &'static str,
    name: &'static str,
    rules: Option<&Arc<dyn Rules>>,
    request: Request<Streaming<T>>,
) -> (Context, Requests<T>) {
    let (metadata, extensions, stream) = request.into_parts();
    (Context::new(method, metadata, extensions), Requests::ruled(stream, rules.cloned(), name))
}

/// The answer of a method, one message or a stream, with the metadata it added.
///
/// # Errors
///
/// That of the method.
pub fn answered<T, A: From<T>>(context: &Context, answer: Result<T, Error>) -> Result<Response<A>, Status> {
    let mut response = Response::new(A::from(answer?));
    *response.metadata_mut() = context.take_reply();
    Ok(response)
}

/// [`Answers`] as tonic wants them.
pub struct AnswerStream<T>(Answers<T>);

impl<T> From<Answers<T>> for AnswerStream<T> {
    fn from(answers: Answers<T>) -> Self {
        Self(answers)
    }
}

impl<T> fmt::Debug for AnswerStream<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<T> Stream for AnswerStream<T> {
    type Item = Result<T, Status>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> task::Poll<Option<Self::Item>> {
        Pin::new(&mut self.0).poll_next(cx).map(|next| next.map(|answer| answer.map_err(Status::from)))
    }
}

pub(super) fn checked<T: prost::Message>(
    rules: Option<&dyn Rules>,
    name: &str,
    message: &T,
) -> Result<(), Error> {
    let Some(rules) = rules.filter(|rules| rules.concern(name)) else { return Ok(()) };
    // Rules see a copy. What is large is looked at one by one, so that all of them together take the memory of one more.
    static LARGE_ONES: Mutex<()> = Mutex::new(());
    let _alone =
        (message.encoded_len() > LARGE).then(|| LARGE_ONES.lock().unwrap_or_else(PoisonError::into_inner));
    rules.check(name, message.encode_to_vec().into())
}
