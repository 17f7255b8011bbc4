//! Watches each call once for all who want to know: the log, the metrics, the spans. Changes nothing of it but
//! `x-request-id`, which every answer carries.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response};
use http_body::{Frame, SizeHint};
use tonic::Status;
use tonic::body::Body;
use tonic::transport::server::TcpConnectInfo;
use tower::Service;

use crate::call::{Call, Traffic};
use crate::ids;
use crate::methods::Methods;
use crate::peer::Peer;
use crate::prefix::Prefixes;
use crate::trace::TraceContext;
use crate::worn::{Answer, Around, wear};

/// Somebody who is told of calls. On the way of each, so it must neither wait nor panic.
pub trait Observer: Send + Sync + 'static {
    /// Whether [`Call::metadata`] is to be kept for it.
    fn reads_metadata(&self) -> bool {
        false
    }

    /// A call has come.
    fn began(&self, _: &Call) {}

    /// A message of this many bytes has come, or begins to.
    fn received(&self, _: &Call, _bytes: usize) {}

    /// A message of this many bytes goes out.
    fn sent(&self, _: &Call, _bytes: usize) {}

    /// The call is over, answered or not. Told once.
    fn ended(&self, _: &Call) {}
}

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The longest `x-request-id` that is taken from a client, in bytes.
const ID_LIMIT: usize = 128;

/// Tells observers of every call. Belongs outside of all layers that may answer one.
#[derive(Clone)]
pub struct ObserveLayer {
    methods: Arc<Methods>,
    observers: Arc<[Arc<dyn Observer>]>,
    metadata: bool,
}

impl ObserveLayer {
    /// Tells `observers` in this order of the calls to a server with these methods.
    pub fn new(methods: Arc<Methods>, observers: Vec<Arc<dyn Observer>>) -> Self {
        let metadata = observers.iter().any(|observer| observer.reads_metadata());
        Self { methods, observers: observers.into(), metadata }
    }

    /// What is known of a call by its head.
    fn call_of(&self, request: &Request<Body>) -> Call {
        let headers = request.headers();
        let trace = request.extensions().get::<TraceContext>().copied();
        let trace = trace.or_else(|| TraceContext::from_headers(headers)).unwrap_or_else(TraceContext::fresh);
        let uri = request.uri().clone();
        let method = self.methods.find(uri.path());
        Call {
            peer: Peer::addr_of(request.extensions()),
            metadata: self.metadata.then(|| headers.clone()),
            ..Call::new(uri, method, request_id(headers), trace)
        }
    }
}

impl std::fmt::Debug for ObserveLayer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ObserveLayer").field("methods", &self.methods).finish_non_exhaustive()
    }
}

/// The client's id, if it is one that can stand in a line of a log, or a new one.
fn request_id(headers: &HeaderMap) -> HeaderValue {
    if let Some(given) = headers.get(REQUEST_ID) {
        let bytes = given.as_bytes();
        if (1..=ID_LIMIT).contains(&bytes.len()) && bytes.iter().all(u8::is_ascii_graphic) {
            return given.clone();
        }
    }
    let mut text = [0; 32];
    let [high, low] = ids::fresh();
    ids::hex(high, &mut text[..16]);
    ids::hex(low, &mut text[16..]);
    HeaderValue::from_bytes(&text).unwrap_or_else(|_| HeaderValue::from_static("none"))
}

wear!(ObserveLayer);

impl<S> Around<S> for ObserveLayer
where
    S: Service<Request<Body>, Response = Response<Body>>,
    S::Future: Send + 'static,
{
    fn call(&self, inner: &mut S, mut request: Request<Body>) -> Answer<S::Error> {
        let call = Arc::new(self.call_of(&request));
        let watch = Watch { call: Arc::clone(&call), observers: Arc::clone(&self.observers) };
        watch.observers.iter().for_each(|observer| observer.began(&call));
        request.headers_mut().insert(REQUEST_ID, call.request_id.clone());
        request.extensions_mut().insert(call.trace);
        if let Some(peer) = request.extensions().get::<Peer>() {
            // Where `Request::remote_addr` of tonic looks.
            let tcp = TcpConnectInfo { local_addr: peer.local, remote_addr: peer.addr };
            request.extensions_mut().insert(tcp);
        }
        request.extensions_mut().insert(Arc::clone(&call));
        let request = request.map(|inner| {
            let prefixes = Prefixes::new(usize::MAX);
            Body::new(Received { inner, prefixes, call, observers: Arc::clone(&self.observers) })
        });
        let answer = inner.call(request);
        Box::pin(async move {
            let mut response = answer.await?;
            watch.call.answered(response.status(), response.headers());
            response.headers_mut().insert(REQUEST_ID, watch.call.request_id.clone());
            Ok(response.map(|inner| Body::new(Sent { inner, prefixes: Prefixes::new(usize::MAX), watch })))
        })
    }
}

/// Says that the call is over when it is dropped: also when the client goes away first.
struct Watch {
    call: Arc<Call>,
    observers: Arc<[Arc<dyn Observer>]>,
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.observers.iter().for_each(|observer| observer.ended(&self.call));
    }
}

/// Counts what passes.
fn count(traffic: &Traffic, prefixes: &mut Prefixes, piece: &[u8], mut each: impl FnMut(usize)) {
    traffic.bytes.fetch_add(piece.len() as u64, Ordering::Relaxed);
    // Only lengths above the limit are errors, and there is none above this one.
    let _ = prefixes.walk(piece, |length| {
        traffic.messages.fetch_add(1, Ordering::Relaxed);
        each(length);
    });
}

/// The request's body.
struct Received {
    inner: Body,
    prefixes: Prefixes,
    call: Arc<Call>,
    observers: Arc<[Arc<dyn Observer>]>,
}

impl http_body::Body for Received {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let this = &mut *self;
        let frame = std::task::ready!(Pin::new(&mut this.inner).poll_frame(cx));
        if let Some(Ok(frame)) = &frame
            && let Some(piece) = frame.data_ref()
        {
            let (call, observers) = (&this.call, &this.observers);
            count(&call.received, &mut this.prefixes, piece, |bytes| {
                observers.iter().for_each(|observer| observer.received(call, bytes));
            });
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// The answer's body.
struct Sent {
    inner: Body,
    prefixes: Prefixes,
    watch: Watch,
}

impl http_body::Body for Sent {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let this = &mut *self;
        let frame = std::task::ready!(Pin::new(&mut this.inner).poll_frame(cx));
        let Watch { call, observers } = &this.watch;
        match &frame {
            Some(Ok(frame)) => {
                if let Some(piece) = frame.data_ref() {
                    count(&call.sent, &mut this.prefixes, piece, |bytes| {
                        observers.iter().for_each(|observer| observer.sent(call, bytes));
                    });
                } else if let Some(trailers) = frame.trailers_ref() {
                    call.read(trailers);
                }
            }
            Some(Err(status)) => call.ended_with(status.code()),
            None => {}
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use tonic::Code;

    use super::*;
    use crate::methods::Kind;
    use crate::testing::{Script, call, request, request_of};

    /// Writes down what it is told.
    #[derive(Default)]
    struct Told(Mutex<Vec<String>>);

    impl Told {
        fn say(&self, text: String) {
            self.0.lock().unwrap().push(text);
        }
    }

    impl Observer for Told {
        fn began(&self, call: &Call) {
            self.say(format!("began {} {:?}", call.path(), call.method));
        }

        fn received(&self, _: &Call, bytes: usize) {
            self.say(format!("received {bytes}"));
        }

        fn sent(&self, _: &Call, bytes: usize) {
            self.say(format!("sent {bytes}"));
        }

        fn ended(&self, call: &Call) {
            let (received, sent) = (&call.received, &call.sent);
            self.say(format!("ended {:?} {}/{}", call.code(), received.bytes(), sent.bytes()));
        }
    }

    fn layer() -> (Arc<Told>, ObserveLayer) {
        let told = Arc::new(Told::default());
        let methods: Methods = [("/a.B/C", Kind::Unary)].into_iter().collect();
        (Arc::clone(&told), ObserveLayer::new(Arc::new(methods), vec![told]))
    }

    #[tokio::test]
    async fn a_call_is_told_from_its_first_byte_to_its_status() {
        let (told, layer) = layer();
        let answer = call(layer, Script::ReadThenOk, request_of(&[&[0, 0, 0, 0, 2], &[7, 7]])).await;
        assert_eq!(
            *told.0.lock().unwrap(),
            ["began /a.B/C Some(0)", "received 2", "sent 0", "ended Some(Ok) 7/5"]
        );
        assert_eq!(answer.status("x-request-id").len(), 32);
    }

    #[tokio::test]
    async fn a_status_in_the_headers_is_seen_and_a_call_that_nobody_waits_for_is_cancelled() {
        let (told, layer) = layer();
        call(layer.clone(), Script::ReadThen(Code::NotFound), request()).await;
        assert_eq!(told.0.lock().unwrap().pop().unwrap(), "ended Some(NotFound) 0/0");
        drop(tokio::time::timeout(std::time::Duration::ZERO, call(layer, Script::Silent, request())).await);
        assert_eq!(told.0.lock().unwrap().pop().unwrap(), "ended Some(Cancelled) 0/0");
    }

    #[tokio::test]
    async fn a_clients_id_is_kept_if_it_fits_into_a_line() {
        for (given, kept) in [("a-1", true), ("", false), ("two words", false), (&"x".repeat(129), false)] {
            let mut request = request();
            request.headers_mut().insert("x-request-id", given.parse().unwrap());
            let answer = call(layer().1, Script::Ok, request).await;
            assert_eq!(answer.status("x-request-id") == given, kept, "{given:?}");
        }
    }
}
