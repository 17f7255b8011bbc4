//! Deadlines: the client's `grpc-timeout`, under the caps of the server and of the method.
//!
//! tonic answers a deadline with `CANCELLED`, counts it to the first byte of the answer only, and ignores a header
//! it cannot read. Its timer stands outside of all layers; ours begins earlier and is polled first, so it wins.

use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{Request, Response};
use http_body::{Frame, SizeHint};
use tokio::time::{Sleep, sleep, sleep_until};
use tonic::Status;
use tonic::body::Body;
use tower::Service;

use crate::glob::Glob;
use crate::worn::{Answer, Around, wear};
use crate::{answer, timeout};

/// Ends a call with `DEADLINE_EXCEEDED` at its deadline, be it silent or in the midst of a stream.
#[derive(Debug, Clone, Default)]
pub struct DeadlineLayer {
    /// The longest that any call may take. Without it, only the client limits its calls.
    pub cap: Option<Duration>,
    /// The longest that the calls to these methods may take. The first pattern that matches counts, beside `cap`.
    pub methods: MethodCaps,
}

/// Caps by the methods they are for.
pub type MethodCaps = Arc<[(Glob, Duration)]>;

impl DeadlineLayer {
    fn cap_of(&self, path: &str) -> Option<Duration> {
        self.methods.iter().find(|(glob, _)| glob.matches(path)).map(|(_, cap)| *cap)
    }
}

wear!(DeadlineLayer);

impl<S> Around<S> for DeadlineLayer
where
    S: Service<Request<Body>, Response = Response<Body>>,
    S::Future: Send + 'static,
    S::Error: Send + 'static,
{
    fn call(&self, inner: &mut S, mut request: Request<Body>) -> Answer<S::Error> {
        // Taken away, so that no timer further in acts on it.
        let asked = match request.headers_mut().remove("grpc-timeout") {
            None => None,
            Some(value) => match timeout::parse(value.as_bytes()) {
                Some(asked) => Some(asked),
                None => return Box::pin(async { Ok(answer::trailers_only(malformed())) }),
            },
        };
        let of_method = self.cap_of(request.uri().path());
        let Some(left) = asked.into_iter().chain(self.cap).chain(of_method).min() else {
            return Box::pin(inner.call(request));
        };
        if left.is_zero() {
            // The timer would take a millisecond, in which the handler might answer.
            return Box::pin(async { Ok(answer::trailers_only(passed())) });
        }
        // Here and not in the future below: the time counts from the call, and before tonic's.
        let mut timer = Box::pin(sleep(left));
        let ends_at = timer.deadline();
        request.extensions_mut().insert(EndsAt(ends_at.into_std()));
        let request = request.map(|inner| {
            Body::new(TimedRequest { inner: Some(inner), timer: Box::pin(sleep_until(ends_at)) })
        });
        let answered = inner.call(request);
        Box::pin(async move {
            tokio::select! {
                biased;
                // First, so that an answer that is there at once costs no timer; one that is late is none.
                answered = answered => answered.map(|response| {
                    if Instant::now() >= ends_at.into_std() {
                        return answer::trailers_only(passed());
                    }
                    response.map(|body| Body::new(Timed::new(body, timer)))
                }),
                () = &mut timer => Ok(answer::trailers_only(passed())),
            }
        })
    }
}

/// The deadline of a call, for a handler that has others to wait for: an extension of its request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EndsAt(pub Instant);

/// A request until the deadline. A handler may read it on a task of its own, which nothing else ends.
struct TimedRequest {
    inner: Option<Body>,
    timer: Pin<Box<Sleep>>,
}

impl http_body::Body for TimedRequest {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let this = &mut *self;
        let Some(inner) = &mut this.inner else { return Poll::Ready(None) };
        // What has come is read, however late.
        if let Poll::Ready(frame) = Pin::new(inner).poll_frame(cx) {
            return Poll::Ready(frame);
        }
        std::task::ready!(this.timer.as_mut().poll(cx));
        this.inner = None;
        Poll::Ready(Some(Err(passed())))
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.as_ref().map_or_else(SizeHint::default, http_body::Body::size_hint)
    }
}

/// A body until its deadline. The handler's stream is dropped there and then, by whoever the timer wakes: nobody polls a body
/// that the client does not read. That is no task, which would cost every call as much as its work.
struct Timed {
    held: Arc<Held>,
    /// Wakes `held` for as long as it is here.
    _timer: Pin<Box<Sleep>>,
    over: bool,
}

/// What the timer takes away.
struct Held {
    stream: Mutex<Stream>,
    /// Whether the time is up: who polls the stream at that moment drops it afterwards, so that the timer waits for nobody.
    is_late: AtomicBool,
}

/// A handler's stream.
struct Stream {
    /// `None` once its time is up.
    body: Option<Body>,
    /// Who waits for its next frame.
    reader: Option<Waker>,
}

impl Wake for Held {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.is_late.store(true, Ordering::SeqCst);
        let Ok(mut stream) = self.stream.try_lock() else { return };
        let (body, reader) = (stream.body.take(), stream.reader.take());
        drop(stream);
        drop(body);
        if let Some(reader) = reader {
            reader.wake();
        }
    }
}

impl Held {
    /// A stream that panicked while it was polled is left as it was; nobody polls it again.
    fn locked(&self) -> MutexGuard<'_, Stream> {
        self.stream.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Timed {
    fn new(body: Body, mut timer: Pin<Box<Sleep>>) -> Self {
        let stream = Mutex::new(Stream { body: Some(body), reader: None });
        let held = Arc::new(Held { stream, is_late: AtomicBool::new(false) });
        let alarm = Waker::from(Arc::clone(&held));
        if timer.as_mut().poll(&mut Context::from_waker(&alarm)).is_ready() {
            held.wake_by_ref();
        }
        Self { held, _timer: timer, over: false }
    }
}

impl http_body::Body for Timed {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let this = &mut *self;
        if this.over {
            return Poll::Ready(None);
        }
        let mut stream = this.held.locked();
        if let Some(body) = &mut stream.body {
            let polled = Pin::new(body).poll_frame(cx);
            if polled.is_pending() {
                stream.reader = Some(cx.waker().clone());
            }
            if !this.held.is_late.load(Ordering::SeqCst) {
                return polled;
            }
            stream.body = None;
        }
        drop(stream);
        this.over = true;
        Poll::Ready(Some(Ok(Frame::trailers(answer::trailers(&passed())))))
    }

    fn is_end_stream(&self) -> bool {
        self.over || self.held.locked().body.as_ref().is_some_and(http_body::Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        // Of the messages that are left, the deadline may let none through.
        let mut hint = SizeHint::new();
        let upper = self.held.locked().body.as_ref().and_then(|body| body.size_hint().upper());
        if let Some(upper) = upper {
            hint.set_upper(upper);
        }
        hint
    }
}

fn passed() -> Status {
    Status::deadline_exceeded("the deadline passed before the call ended")
}

fn malformed() -> Status {
    Status::invalid_argument("grpc-timeout is malformed: send 1 to 8 digits and one of H, M, S, m, u, n")
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;
    use crate::testing::{Script, call, request};

    const SOON: Option<Duration> = Some(Duration::from_millis(1));
    const LATER: Option<Duration> = Some(Duration::from_secs(3600));

    #[tokio::test]
    async fn the_shorter_deadline_ends_the_call() {
        for (script, asked, cap, code) in [
            (Script::Ok, Some("1H"), LATER, "0"),
            (Script::Ok, None, None, "0"),
            (Script::Silent, Some("1m"), None, "4"),
            (Script::Silent, Some("1H"), SOON, "4"),
            (Script::Endless, Some("20m"), LATER, "4"),
            (Script::Endless, None, SOON, "4"),
            (Script::Ok, Some("soon"), None, "3"),
            (Script::Ok, Some("0n"), None, "4"),
        ] {
            let mut request = request();
            if let Some(asked) = asked {
                request.headers_mut().insert("grpc-timeout", HeaderValue::from_static(asked));
            }
            let answer = call(DeadlineLayer { cap, ..Default::default() }, script, request).await;
            assert_eq!(answer.status("grpc-status"), code, "{script:?} {asked:?} {cap:?}");
        }
    }

    #[tokio::test]
    async fn messages_before_the_deadline_arrive() {
        let layer = DeadlineLayer { cap: Some(Duration::from_millis(50)), ..Default::default() };
        let answer = call(layer, Script::Endless, request()).await;
        assert_eq!((answer.status("grpc-status"), answer.data.len()), ("4", 5));
    }

    #[tokio::test]
    async fn a_method_may_have_a_cap_of_its_own() {
        let caps = |glob: &str| MethodCaps::from([(glob.parse().unwrap(), Duration::from_millis(1))]);
        for (glob, script, code) in
            [("/a.B/*", Script::Silent, "4"), ("/a.B/*", Script::Endless, "4"), ("/x.Y/*", Script::Ok, "0")]
        {
            let answer = call(DeadlineLayer { cap: None, methods: caps(glob) }, script, request()).await;
            assert_eq!(answer.status("grpc-status"), code, "{glob} {script:?}");
        }
    }

    /// A body that never goes on, and says when it is dropped.
    struct Quiet(Option<tokio::sync::oneshot::Sender<()>>);

    impl Drop for Quiet {
        fn drop(&mut self) {
            let _ = self.0.take().map(|dropped| dropped.send(()));
        }
    }

    impl http_body::Body for Quiet {
        type Data = Bytes;
        type Error = Status;

        fn poll_frame(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
            Poll::Pending
        }
    }

    #[tokio::test]
    async fn a_stream_that_nobody_reads_is_dropped_at_the_deadline() {
        let (dropped, seen) = tokio::sync::oneshot::channel();
        let body = Timed::new(Body::new(Quiet(Some(dropped))), Box::pin(sleep(Duration::from_millis(1))));
        seen.await.unwrap();
        drop(body);
    }

    async fn next(body: &mut TimedRequest) -> Option<Result<Frame<Bytes>, Status>> {
        std::future::poll_fn(|cx| http_body::Body::poll_frame(Pin::new(&mut *body), cx)).await
    }

    #[tokio::test]
    async fn a_request_that_is_read_elsewhere_ends_at_the_deadline_once() {
        let mut body = TimedRequest {
            inner: Some(Body::new(Quiet(None))),
            timer: Box::pin(sleep(Duration::from_millis(1))),
        };
        let code = next(&mut body).await.unwrap().unwrap_err().code();
        assert_eq!(code, tonic::Code::DeadlineExceeded);
        assert!(next(&mut body).await.is_none());
    }

    /// Answers OK to a call that knows its deadline.
    struct Knows;

    impl Service<Request<Body>> for Knows {
        type Response = Response<Body>;
        type Error = std::convert::Infallible;
        type Future = std::future::Ready<Result<Response<Body>, std::convert::Infallible>>;

        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
            Poll::Ready(Ok(()))
        }

        fn call(&mut self, request: Request<Body>) -> Self::Future {
            let left = request.extensions().get::<EndsAt>().map(|ends| ends.0 - Instant::now());
            let knows = left.is_some_and(|left| left > Duration::from_secs(3500));
            let status = if knows { Status::ok("") } else { Status::internal("") };
            std::future::ready(Ok(answer::trailers_only(status)))
        }
    }

    #[tokio::test]
    async fn the_handler_knows_its_deadline() {
        let mut service = tower::Layer::layer(&DeadlineLayer { cap: LATER, ..Default::default() }, Knows);
        let answer = service.call(request()).await.unwrap();
        assert_eq!(answer.headers().get("grpc-status").unwrap(), "0");
    }
}
