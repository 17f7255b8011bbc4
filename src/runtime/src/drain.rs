//! The last word to calls that are still open when a server ends: a status, where a connection that is cut has none.

use std::fmt;
use std::future::pending;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::{Request, Response};
use http_body::{Frame, SizeHint};
use tokio::sync::watch;
use tonic::Status;
use tonic::body::Body;
use tower::Service;

use crate::answer;
use crate::worn::{Answer, Around, wear};

/// Ends every call that is open with `UNAVAILABLE`, once its watch says `true`: one that waits for its answer, and one in
/// the midst of a stream. Whoever calls again finds another server.
#[derive(Debug, Clone)]
pub struct DrainLayer {
    over: watch::Receiver<bool>,
}

impl DrainLayer {
    /// One that waits for `over`.
    #[must_use]
    pub fn new(over: watch::Receiver<bool>) -> Self {
        Self { over }
    }
}

wear!(DrainLayer);

impl<S> Around<S> for DrainLayer
where
    S: Service<Request<Body>, Response = Response<Body>>,
    S::Future: Send + 'static,
    S::Error: Send + 'static,
{
    fn call(&self, inner: &mut S, request: Request<Body>) -> Answer<S::Error> {
        Box::pin(Waiting { answer: Box::pin(inner.call(request)), over: Some(Over::new(self.over.clone())) })
    }
}

fn status() -> Status {
    Status::unavailable("the server ends, and the time for open calls is over: call again")
}

/// The end of the time, as a task waits for it. Costs nothing before somebody has to wait.
struct Over {
    over: watch::Receiver<bool>,
    wait: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
}

impl fmt::Debug for Over {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Over").field("over", &self.over).finish_non_exhaustive()
    }
}

impl Over {
    fn new(over: watch::Receiver<bool>) -> Self {
        Self { over, wait: None }
    }

    /// Whether it is over already.
    fn is_over(&self) -> bool {
        *self.over.borrow()
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let wait = self.wait.get_or_insert_with(|| {
            let mut over = self.over.clone();
            Box::pin(async move {
                // Nobody is left to say it.
                if over.wait_for(|over| *over).await.is_err() {
                    pending::<()>().await;
                }
            })
        });
        wait.as_mut().poll(cx)
    }
}

/// A call that has no answer yet.
struct Waiting<F> {
    answer: Pin<Box<F>>,
    /// Until there is one.
    over: Option<Over>,
}

impl<F, E> Future for Waiting<F>
where
    F: Future<Output = Result<Response<Body>, E>>,
{
    type Output = Result<Response<Body>, E>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if let Poll::Ready(answer) = self.answer.as_mut().poll(cx) {
            let over = self.over.take();
            return Poll::Ready(answer.map(|response| {
                response.map(|inner| match over {
                    Some(over) => Body::new(Ending { inner, over, ended: false }),
                    None => inner,
                })
            }));
        }
        let Some(over) = &mut self.over else { return Poll::Pending };
        ready!(over.poll(cx));
        Poll::Ready(Ok(answer::trailers_only(status())))
    }
}

/// An answer that ends when the time is over.
struct Ending {
    inner: Body,
    over: Over,
    ended: bool,
}

impl http_body::Body for Ending {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let this = &mut *self;
        if this.ended {
            return Poll::Ready(None);
        }
        // One that always has more to say is never waited for.
        if !this.over.is_over() {
            match Pin::new(&mut this.inner).poll_frame(cx) {
                Poll::Ready(frame) => return Poll::Ready(frame),
                Poll::Pending => ready!(this.over.poll(cx)),
            }
        }
        this.ended = true;
        Poll::Ready(Some(Ok(Frame::trailers(answer::trailers(&status())))))
    }

    fn is_end_stream(&self) -> bool {
        self.ended || self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use http_body::Body as _;
    use tower::Layer as _;

    use super::*;
    use crate::testing::{Script, Scripted, request};

    #[tokio::test]
    async fn whatever_is_open_ends_with_a_status() {
        for script in [Script::Silent, Script::Endless, Script::Ok] {
            let (say, over) = watch::channel(false);
            let call = DrainLayer::new(over).layer(Scripted(script)).call(request());
            let call = tokio::spawn(async move {
                let mut response = call.await.unwrap();
                let mut code = Status::from_header_map(response.headers()).map(|status| status.code());
                while let Some(frame) =
                    std::future::poll_fn(|cx| Pin::new(response.body_mut()).poll_frame(cx)).await
                {
                    if let Ok(trailers) = frame.unwrap().into_trailers() {
                        code = Status::from_header_map(&trailers).map(|status| status.code());
                    }
                }
                code
            });
            if matches!(script, Script::Ok) {
                assert_eq!(call.await.unwrap(), Some(tonic::Code::Ok));
                continue;
            }
            tokio::task::yield_now().await;
            assert!(!call.is_finished(), "{script:?}");
            say.send_replace(true);
            assert_eq!(call.await.unwrap(), Some(tonic::Code::Unavailable), "{script:?}");
        }
    }

    #[tokio::test]
    async fn without_anybody_to_say_it_a_call_goes_on() {
        let (say, over) = watch::channel(false);
        drop(say);
        let call = tokio::spawn(DrainLayer::new(over).layer(Scripted(Script::Silent)).call(request()));
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
        assert!(!call.is_finished());
    }
}
