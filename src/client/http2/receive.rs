//! The receiving side of a call: everything that comes back, within a cap.

use std::{
    future::poll_fn,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use h2::{RecvStream, client::ResponseFuture};
use tokio::time::Instant;

use super::between::Between;
use crate::client::{End, Exchange, frame::Splitter, metadata};

/// What each message costs beside its bytes, its time included, so that a flood of empty ones meets the cap too.
const COST_OF_A_MESSAGE: usize = 64;

/// What has come back so far.
pub(super) struct Received {
    started: Instant,
    http_status: Option<u16>,
    headers: Vec<(String, Vec<u8>)>,
    messages: Vec<(u8, Bytes)>,
    body: Splitter,
    trailers: Vec<(String, Vec<u8>)>,
    t_headers: Option<Duration>,
    arrivals: Vec<Duration>,
    unread: usize,
}

impl Received {
    pub fn new(started: Instant) -> Self {
        Received {
            started,
            http_status: None,
            headers: Vec::new(),
            messages: Vec::new(),
            body: Splitter::default(),
            trailers: Vec::new(),
            t_headers: None,
            arrivals: Vec::new(),
            unread: 0,
        }
    }

    /// Collects until the stream ends. Gives the window back at once, unless the script says otherwise: what is
    /// kept is bounded by `cap`.
    ///
    /// # Errors
    /// Whatever h2 says when the stream breaks; what came before it is kept.
    pub async fn collect(
        &mut self,
        response: ResponseFuture,
        cap: usize,
        between: &Between,
    ) -> Result<End, h2::Error> {
        let (head, mut body) = response.await?.into_parts();
        self.t_headers = Some(self.started.elapsed());
        self.http_status = Some(head.status.as_u16());
        self.headers = metadata::pairs(&head.headers);
        if body.is_end_stream() {
            self.trailers = self.headers.clone();
            return Ok(End::TrailersOnly);
        }
        let mut cost = 0;
        let mut held = 0;
        while let Some(chunk) = poll_fn(|cx| poll_data(&mut body, &mut held, between, cx)).await {
            let chunk = chunk?;
            let read = between.read(chunk.len());
            body.flow_control().release_capacity(read)?;
            held += chunk.len() - read;
            self.unread += chunk.len() - read;
            cost += chunk.len();
            self.body.push(&chunk);
            while let Some(message) = self.body.next() {
                cost += COST_OF_A_MESSAGE;
                self.messages.push(message);
                self.arrivals.push(self.started.elapsed());
            }
            between.set_arrived(self.messages.len());
            if cost > cap {
                return Ok(End::OverCap);
            }
        }
        Ok(match body.trailers().await? {
            Some(trailers) => {
                self.trailers = metadata::pairs(&trailers);
                End::Trailers
            }
            None => End::NoTrailers,
        })
    }

    /// Nothing came, not even headers.
    pub fn is_empty(&self) -> bool {
        self.http_status.is_none()
    }

    pub fn finish(self, end: End, elapsed: Duration) -> Exchange {
        Exchange {
            http_status: self.http_status,
            headers: self.headers,
            messages: self.messages,
            leftover: self.body.leftover(),
            trailers: self.trailers,
            end,
            t_headers: self.t_headers,
            arrivals: self.arrivals,
            unread: self.unread,
            elapsed,
        }
    }
}

/// The next piece of the body. Opens the window by what was held back, as far as the script reads again.
fn poll_data(
    body: &mut RecvStream,
    held: &mut usize,
    between: &Between,
    cx: &mut Context<'_>,
) -> Poll<Option<Result<Bytes, h2::Error>>> {
    let read = between.read(*held);
    if read > 0 {
        *held -= read;
        if let Err(error) = body.flow_control().release_capacity(read) {
            return Poll::Ready(Some(Err(error)));
        }
    }
    body.poll_data(cx)
}
