//! One call, in as many attempts as it takes.

use std::convert::Infallible;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::request::Parts;
use http::{HeaderMap, HeaderValue, Response};
use tokio::time::{Instant, sleep, timeout_at};
use tonic::Status;
use tonic::body::Body;
use tower::Service;

use super::flight::{Answered, Request, Seat, passed};
use super::outcome::{Failure, Outcome, Pushback, is_late};
use super::{Balanced, Options, Shared};
use crate::{answer, ids, timeout};

impl Service<http::Request<Body>> for Balanced {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        // Which instance is called is not known yet; the call waits for it.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let shared = Arc::clone(&self.0);
        Box::pin(async move { Ok(shared.run(request).await.unwrap_or_else(answer::trailers_only)) })
    }
}

impl Shared {
    async fn run(self: &Arc<Self>, request: http::Request<Body>) -> Result<Response<Body>, Status> {
        let (mut head, body) = request.into_parts();
        let call = self.calls.find(head.uri.path());
        let asked = head.headers.get("grpc-timeout").and_then(|value| timeout::parse(value.as_bytes()));
        let ends_at = Instant::now() + asked.unwrap_or(self.options.deadline);
        name(&mut head.headers);
        let mut request = match call.has_one_request {
            true => timeout_at(ends_at, Request::keep(body, self.options.largest_request))
                .await
                .unwrap_or_else(|_| Err(passed()))?,
            false => Request::Once(Some(body)),
        };
        let mut last = None;
        for attempt in 1.. {
            let at = self
                .instances
                .pick(last)
                .ok_or_else(|| Status::unavailable("there is no instance to call"))?;
            let failure = match self.attempt(at, &head, request.body(), ends_at).await? {
                Outcome::Answered(response) => return Ok(response),
                Outcome::Failed(failure) => failure,
            };
            let is_other = last.replace(at) != Some(at);
            let may = request.is_kept() && (failure.never_left || call.is_idempotent);
            // Each failure costs, so that the budget knows how the service is.
            let has_budget = self.budget.take(may && attempt < self.options.attempts);
            let wait = wait(&failure, attempt, is_other, &self.options);
            let (true, true, Some(wait)) = (may && attempt < self.options.attempts, has_budget, wait) else {
                return Err(failure.status);
            };
            if Instant::now() + wait >= ends_at {
                return Err(failure.status);
            }
            sleep(wait).await;
        }
        Err(passed())
    }

    /// Sends the request to one instance.
    async fn attempt(
        self: &Arc<Self>,
        at: usize,
        head: &Parts,
        body: Body,
        ends_at: Instant,
    ) -> Result<Outcome, Status> {
        let seat = Seat::take(self, at);
        let left = ends_at.saturating_duration_since(Instant::now());
        let mut request = http::Request::new(body);
        *request.method_mut() = head.method.clone();
        *request.uri_mut() = head.uri.clone();
        *request.version_mut() = head.version;
        *request.headers_mut() = head.headers.clone();
        *request.extensions_mut() = head.extensions.clone();
        request.headers_mut().insert("grpc-timeout", timeout::header(left));
        let mut channel = self.instances.get(at).channel.clone();
        let answered = async {
            poll_fn(|cx| channel.poll_ready(cx)).await?;
            channel.call(request).await
        };
        let outcome = match timeout_at(ends_at, answered).await {
            Ok(Ok(response)) => Outcome::of(response),
            Ok(Err(error)) if is_late(&error) => return Err(passed()),
            Ok(Err(error)) => Outcome::of_error(error),
            Err(_) => return Err(passed()),
        };
        Ok(match outcome {
            Outcome::Answered(response) => {
                self.instances.succeeded(at);
                self.budget.give();
                Outcome::Answered(response.map(|body| Answered::new(body, ends_at, seat)))
            }
            Outcome::Failed(failure) => {
                if failure.is_of_instance {
                    self.instances.failed(at);
                }
                Outcome::Failed(failure)
            }
        })
    }
}

/// How long to wait before the next attempt; `None` where the server wants none.
fn wait(failure: &Failure, attempt: u32, is_other: bool, options: &Options) -> Option<Duration> {
    match failure.pushback {
        Pushback::Never => None,
        Pushback::Wait(wait) => Some(wait),
        // Nobody was bothered, and another instance may be well.
        Pushback::Silent if failure.never_left && attempt == 1 && is_other => Some(Duration::ZERO),
        Pushback::Silent => {
            let longest =
                options.backoff.saturating_mul(1 << (attempt - 1).min(20)).min(options.longest_backoff);
            let nanoseconds = u64::try_from(longest.as_nanos()).unwrap_or(u64::MAX).max(1);
            Some(Duration::from_nanos(ids::fresh()[0] % nanoseconds))
        }
    }
}

/// The names by which servers log a call, where the caller has given none.
fn name(headers: &mut HeaderMap) {
    let [first, second] = ids::fresh();
    let mut add = |header: &'static str, value: String| {
        // Digits and hyphens are a value of a header.
        if let (false, Ok(value)) = (headers.contains_key(header), HeaderValue::try_from(value)) {
            headers.insert(header, value);
        }
    };
    add("x-request-id", format!("{first:016x}"));
    let [parent, _] = ids::fresh();
    add("traceparent", format!("00-{first:016x}{:016x}-{:016x}-00", second.max(1), parent.max(1)));
}
