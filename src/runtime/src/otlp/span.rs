//! One span per call, in the trace of its caller, as OpenTelemetry's conventions for gRPC name its attributes
//! (<https://opentelemetry.io/docs/specs/semconv/rpc/grpc/>). What the handler does is within it.

use std::pin::Pin;
use std::str::FromStr;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body::{Frame, SizeHint};
use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState};
use tonic::body::Body;
use tonic::{Code, Status};
use tower::Service;
use tracing::{Instrument as _, Span, field};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

use crate::call::code_name;
use crate::methods::Methods;
use crate::peer::Peer;
use crate::trace::TraceContext;
use crate::worn::{Answer, Around, wear};

/// Begins a span for every call. Belongs outside of the layer that tells observers, so that the log has its trace.
#[derive(Debug, Clone)]
pub struct SpanLayer {
    methods: Arc<Methods>,
}

impl SpanLayer {
    /// Names spans by these methods; what else a client asks for is `_OTHER`.
    #[must_use]
    pub fn new(methods: Arc<Methods>) -> Self {
        Self { methods }
    }

    fn span(&self, request: &Request<Body>) -> Span {
        let path = request.uri().path();
        // Without its slash: the fully-qualified name.
        let name = if self.methods.find(path).is_some() { path.trim_start_matches('/') } else { "_OTHER" };
        let span = tracing::info_span!(
            "call",
            otel.name = name,
            otel.kind = "server",
            otel.status_code = field::Empty,
            rpc.system.name = "grpc",
            rpc.method = name,
            rpc.response.status_code = field::Empty,
            error.r#type = field::Empty,
            client.address = field::Empty,
            client.port = field::Empty,
        );
        if let Some(addr) = Peer::addr_of(request.extensions()) {
            span.record("client.address", addr.ip().to_string());
            span.record("client.port", addr.port());
        }
        if let Some(parent) = parent(request.headers()) {
            // Fails only where no subscriber sends spans.
            let _ = span.set_parent(opentelemetry::Context::new().with_remote_span_context(parent));
        }
        span
    }
}

/// The span of the caller, with the `tracestate` that goes along (W3C Trace Context, 3.3).
fn parent(headers: &HeaderMap) -> Option<SpanContext> {
    let TraceContext { trace_id, span_id, sampled } = TraceContext::from_headers(headers)?;
    let states: Vec<&str> =
        headers.get_all("tracestate").iter().filter_map(|value| value.to_str().ok()).collect();
    // A state that is malformed is left out; the trace goes on.
    let state = TraceState::from_str(&states.join(",")).unwrap_or_default();
    let flags = if sampled { TraceFlags::SAMPLED } else { TraceFlags::default() };
    Some(SpanContext::new(TraceId::from(trace_id), SpanId::from(span_id), flags, true, state))
}

wear!(SpanLayer);

impl<S> Around<S> for SpanLayer
where
    S: Service<Request<Body>, Response = Response<Body>>,
    S::Future: Send + 'static,
{
    fn call(&self, inner: &mut S, mut request: Request<Body>) -> Answer<S::Error> {
        let span = self.span(&request);
        let context = span.context();
        let ours = context.span().span_context().clone();
        if ours.is_valid() {
            request.extensions_mut().insert(TraceContext {
                trace_id: u128::from_be_bytes(ours.trace_id().to_bytes()),
                span_id: u64::from_be_bytes(ours.span_id().to_bytes()),
                sampled: ours.is_sampled(),
            });
        }
        let answer = span.in_scope(|| inner.call(request));
        let end = End { span: span.clone(), seen: false };
        let future = async move {
            let (mut end, answer) = (end, answer.await);
            answer.map(|response| {
                end.read(response.headers());
                response.map(|inner| Body::new(Traced { inner, end }))
            })
        };
        Box::pin(future.instrument(span))
    }
}

/// Says how the call ended; `CANCELLED` when nobody waited for its status.
struct End {
    span: Span,
    seen: bool,
}

impl End {
    fn read(&mut self, headers: &HeaderMap) {
        if let Some(value) = headers.get(Status::GRPC_STATUS) {
            self.is(Code::from_bytes(value.as_bytes()));
        }
    }

    fn is(&mut self, code: Code) {
        self.seen = true;
        let name = code_name(code);
        self.span.record("rpc.response.status_code", name);
        // The codes that are the server's own fault; the others are answers.
        let failed = matches!(
            code,
            Code::Unknown
                | Code::DeadlineExceeded
                | Code::Unimplemented
                | Code::Internal
                | Code::Unavailable
                | Code::DataLoss
        );
        if failed {
            self.span.record("error.type", name);
            self.span.record("otel.status_code", "ERROR");
        }
    }
}

impl Drop for End {
    fn drop(&mut self) {
        if !self.seen {
            self.is(Code::Cancelled);
        }
    }
}

/// The answer's body, polled within the span.
struct Traced {
    inner: Body,
    end: End,
}

impl http_body::Body for Traced {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let this = &mut *self;
        let frame = {
            let _within = this.end.span.enter();
            std::task::ready!(Pin::new(&mut this.inner).poll_frame(cx))
        };
        match &frame {
            Some(Ok(frame)) => {
                if let Some(trailers) = frame.trailers_ref() {
                    this.end.read(trailers);
                }
            }
            Some(Err(status)) => this.end.is(status.code()),
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
