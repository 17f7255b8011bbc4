//! The receiving side of a call: everything that comes back, within a cap.

use std::{
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
    time::Duration,
};

use bytes::Bytes;
use h2::client::ResponseFuture;

use crate::client::{End, Exchange, frame::Splitter, metadata};

/// What each message costs beside its bytes, so that a flood of empty ones meets the cap too.
const COST_OF_A_MESSAGE: usize = 64;

/// What has come back so far.
#[derive(Default)]
pub(super) struct Received {
    http_status: Option<u16>,
    headers: Vec<(String, Vec<u8>)>,
    messages: Vec<(u8, Bytes)>,
    body: Splitter,
    trailers: Vec<(String, Vec<u8>)>,
}

impl Received {
    /// Collects until the stream ends. Gives the window back at once: what is kept is bounded by `cap`.
    ///
    /// # Errors
    /// Whatever h2 says when the stream breaks; what came before it is kept.
    pub async fn collect(
        &mut self,
        response: ResponseFuture,
        cap: usize,
        arrived: &AtomicUsize,
    ) -> Result<End, h2::Error> {
        let (head, mut body) = response.await?.into_parts();
        self.http_status = Some(head.status.as_u16());
        self.headers = metadata::pairs(&head.headers);
        if body.is_end_stream() {
            self.trailers = self.headers.clone();
            return Ok(End::TrailersOnly);
        }
        let mut cost = 0;
        while let Some(chunk) = body.data().await {
            let chunk = chunk?;
            body.flow_control().release_capacity(chunk.len())?;
            cost += chunk.len();
            self.body.push(&chunk);
            while let Some(message) = self.body.next() {
                cost += COST_OF_A_MESSAGE;
                self.messages.push(message);
            }
            arrived.store(self.messages.len(), Relaxed);
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
            elapsed,
        }
    }
}
