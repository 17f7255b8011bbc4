//! The HTTP/2 transport: `h2` underneath, because it shows reset codes and lets us send what we like.

mod between;
mod connection;
mod overheard;
mod pool;
mod receive;
mod script;

use std::{io, pin::pin, sync::Arc, time::Duration};

use tokio::time::Instant;

use self::{between::Between, connection::Lost, pool::Pool, receive::Received};
use super::{Call, CallError, End, Exchange, Greeting, Step, Target, Tls, Transport, greet, metadata};

/// How often a call is made again that no server has looked at.
const RETRIES: usize = 3;

/// How connections are made and how much of a reply is kept.
#[derive(Debug, Clone)]
pub struct Options {
    /// Connections kept open at most (at least 1). A second one is opened when the first has no free stream.
    pub connections: usize,
    /// How long making one connection may take.
    pub connect_timeout: Duration,
    /// How much one reply may take in memory, in bytes; past it the call ends with [`End::OverCap`].
    pub reply_cap: usize,
    /// How much a server may send on one stream before we must have read it, in bytes (HTTP/2's
    /// SETTINGS_INITIAL_WINDOW_SIZE).
    pub window: u32,
    /// How a target of TLS is called; nothing for the system's roots and no certificate of our own.
    pub tls: Option<Tls>,
}

impl Default for Options {
    /// One connection, 5 s to connect, 64 MiB for a reply, a window of 2 MiB.
    fn default() -> Self {
        // Large enough that a unary call of a few MiB is one burst, small enough to bound what a flood can park in h2.
        Options {
            connections: 1,
            connect_timeout: Duration::from_secs(5),
            reply_cap: 64 << 20,
            window: 2 << 20,
            tls: None,
        }
    }
}

/// Calls one server over pooled connections. Clones share the connections.
///
/// Connects with the first call, and again after the server sent GOAWAY or the connection was lost. Must be used
/// inside a tokio runtime: each connection is driven by a task of its own, which ends with the last clone.
#[derive(Debug, Clone)]
pub struct H2Transport {
    pool: Arc<Pool>,
}

impl H2Transport {
    /// A transport with the default [`Options`]; opens no connection yet.
    pub fn new(target: Target) -> Self {
        Self::with(target, Options::default())
    }

    /// A transport with these options; opens no connection yet.
    pub fn with(target: Target, options: Options) -> Self {
        H2Transport { pool: Arc::new(Pool::new(target, options)) }
    }

    /// A [`fresh`](Self::fresh) transport with a stream window of its own.
    pub fn fresh_with_window(&self, window: u32) -> Self {
        Self::with(self.pool.target.clone(), Options { window, ..self.pool.options.clone() })
    }

    /// A transport to the same server with connections of its own, so that a call that kills its connection
    /// disturbs nobody.
    pub fn fresh(&self) -> Self {
        Self::with(self.pool.target.clone(), self.pool.options.clone())
    }

    /// A transport to another server, with the same options.
    pub fn elsewhere(&self, target: Target) -> Self {
        Self::with(target, self.pool.options.clone())
    }

    /// The server this transport calls.
    pub fn target(&self) -> &Target {
        &self.pool.target
    }

    /// Waits until the server answers an HTTP/2 PING, trying again while it is still starting; once, without time
    /// to wait.
    ///
    /// # Errors
    /// The last failure, when `within` has passed; at once, when something else than HTTP/2 answers.
    pub async fn ready(&self, within: Duration) -> Result<(), CallError> {
        self.pool.ready(within).await
    }
}

impl Transport for H2Transport {
    async fn call_through_window(&self, call: &Call, window: u32) -> Result<Exchange, CallError> {
        self.fresh_with_window(window).call(call).await
    }

    async fn call(&self, call: &Call) -> Result<Exchange, CallError> {
        script::check(call)?;
        let request = metadata::request(&self.pool.target, call)?;
        // A connection can be closed between being chosen and being used. The server has not looked at the call
        // then, so that it is safe to make it again.
        for _ in 0..RETRIES {
            if let Some(exchange) = self.attempt(call, request.clone()).await? {
                return Ok(exchange);
            }
        }
        let text = io::Error::other("the server takes connections and gives each of them up at once");
        Err(CallError::connect(self.pool.target.authority().as_str(), &text))
    }

    async fn greet(&self, within: Duration) -> Option<Result<Greeting, CallError>> {
        Some(greet::greet(&self.pool.target, self.pool.options.tls.as_ref(), within).await)
    }
}

impl H2Transport {
    /// Makes the call on one connection. `None`: the server will not look at it.
    async fn attempt(&self, call: &Call, request: http::Request<()>) -> Result<Option<Exchange>, CallError> {
        let lease = self.pool.lease(patience(call.deadline)).await?;
        let started = Instant::now();
        let opened =
            lease.open_stream(request).await.map_err(|problem| CallError::call(&call.path, problem))?;
        let Some((response, mut stream)) = opened else {
            return lease.never_spoken(&self.pool.target).map_or(Ok(None), Err);
        };

        let between = Between::new();
        let mut received = Received::new(started);
        let mut playing = true;
        let end = {
            let mut receive = pin!(received.collect(response, self.pool.options.reply_cap, &between));
            let mut script = pin!(script::play(&mut stream, &call.script, &between));
            let mut hang = pin!(tokio::time::sleep(patience(call.deadline)));
            loop {
                // Replies first: `Await` looks at what has arrived, and is woken by nothing but the replies.
                tokio::select! {
                    biased;
                    end = &mut receive => break end,
                    cancelled = &mut script, if playing => {
                        if cancelled {
                            break Ok(End::Cancelled);
                        }
                        playing = false;
                    }
                    () = &mut hang => break Ok(End::Hang),
                }
            }
        };
        let elapsed = started.elapsed();
        let end = match end {
            Ok(end) => end,
            Err(error) => match lease.explain(&error, &self.pool.target).await {
                // Half of the time gone, another attempt could outlast the call.
                Lost::Refused if received.is_empty() && elapsed < call.deadline / 2 => return Ok(None),
                Lost::Refused => End::GoAway(0),
                Lost::NeverSpoken(error) => return Err(error),
                Lost::End(end) => end,
            },
        };
        if leaves_a_reset(&end, !playing && call.script.contains(&Step::HalfClose)) {
            lease.count_reset();
        }
        Ok(Some(received.finish(end, elapsed)))
    }
}

/// The deadline and its grace: 10 % more, at least 500 ms.
fn patience(deadline: Duration) -> Duration {
    deadline.saturating_add((deadline / 10).max(Duration::from_millis(500)))
}

/// Whether giving up the stream sends RST_STREAM: we end it, or the server ended and we have not.
fn leaves_a_reset(end: &End, half_closed: bool) -> bool {
    match end {
        End::Trailers | End::TrailersOnly | End::NoTrailers => !half_closed,
        End::Reset(_) | End::GoAway(_) | End::Closed(_) => false,
        End::Cancelled | End::Violation(_) | End::OverCap | End::Hang => true,
    }
}
