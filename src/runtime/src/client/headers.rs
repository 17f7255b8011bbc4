//! What a call carries beside its message: its deadline, who calls, and what it is a part of.

use std::sync::Arc;
use std::time::{Duration, Instant};

use http::header::AUTHORIZATION;
use http::{Extensions, HeaderMap, HeaderValue, Request};
use tonic::body::Body;

use super::Options;
use crate::{Call, EndsAt, Kind, TraceContext, ids, timeout};

/// Makes the call with the extensions `to` a part of the one with the extensions `from`, which a handler answers: it has
/// its request id and trace, and ends when it ends.
///
/// ```
/// # fn call(incoming: &tonic::Request<()>) {
/// let mut outgoing = tonic::Request::new(());
/// protogate_runtime::client::pass_on(incoming.extensions(), outgoing.extensions_mut());
/// # }
/// ```
pub fn pass_on(from: &Extensions, to: &mut Extensions) {
    if let Some(call) = from.get::<Arc<Call>>() {
        to.insert(Arc::clone(call));
    }
    if let Some(ends) = from.get::<EndsAt>() {
        to.insert(*ends);
    }
}

/// Adds the headers that the caller left out, and the shortest of all deadlines.
pub(super) fn complete(request: &mut Request<Body>, kind: Kind, options: &Options) {
    let around = request.extensions().get::<Arc<Call>>().cloned();
    let ends = request.extensions().get::<EndsAt>().map(|ends| ends.0);
    let headers = request.headers_mut();
    if let Some(token) = &options.token {
        put(headers, AUTHORIZATION.as_str(), || Some(token.clone()));
    }
    put(headers, "x-request-id", || match &around {
        Some(call) => Some(call.request_id.clone()),
        None => HeaderValue::from_str(&TraceContext::fresh().to_string()).ok(),
    });
    put(headers, "traceparent", || {
        let trace = around.as_ref().map_or_else(TraceContext::fresh, |call| call.trace);
        let span = ids::fresh()[0].max(1);
        HeaderValue::from_str(&format!("00-{trace}-{span:016x}-{:02x}", u8::from(trace.sampled))).ok()
    });
    let asked = headers.get("grpc-timeout");
    // What cannot be read stays, and is refused.
    if asked.is_none_or(|value| timeout::parse(value.as_bytes()).is_some()) {
        let asked = asked.and_then(|value| timeout::parse(value.as_bytes()));
        let ours = options.deadline.filter(|_| matches!(kind, Kind::Unary | Kind::ClientStream));
        let left = ends.map(|ends| ends.saturating_duration_since(Instant::now()));
        set_deadline(headers, [asked, ours, left].into_iter().flatten().min());
    }
}

/// Writes how long a call may take from now.
pub(super) fn set_deadline(headers: &mut HeaderMap, left: Option<Duration>) {
    let value = left.and_then(|left| HeaderValue::from_str(&timeout::format(left)).ok());
    if let Some(value) = value {
        headers.insert("grpc-timeout", value);
    }
}

fn put(headers: &mut HeaderMap, name: &'static str, value: impl FnOnce() -> Option<HeaderValue>) {
    if !headers.contains_key(name)
        && let Some(value) = value()
    {
        headers.insert(name, value);
    }
}
