//! One HTTP/2 connection and the task that drives it.

use std::{
    io,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
    time::Duration,
};

use bytes::Bytes;
use h2::{
    PingPong,
    client::{Builder, ResponseFuture, SendRequest},
};
use http::Request;
use tokio::sync::watch;

use super::{
    Options,
    overheard::{Heard, Overheard},
};
use crate::client::{CallError, End, Target, Tls, tls};

/// Room for a few streams that are not read.
const CONNECTION_WINDOW: u32 = 8 << 20;
const MAX_HEADER_LIST: u32 = 256 << 10;

/// Servers close a connection with too many resets (measured: tonic after about 100), so it is left before that.
const MOST_RESETS: usize = 50;

#[derive(Debug)]
pub(super) struct Connection {
    sender: SendRequest<Bytes>,
    heard: Heard,
    /// Of a target of TLS.
    tls: Option<Tls>,
    pub in_flight: AtomicUsize,
    pub resets: AtomicUsize,
    retired: AtomicBool,
    over: watch::Receiver<Option<End>>,
}

/// Why a stream broke, seen from the call.
pub(super) enum Lost {
    /// GOAWAY without an error, and the stream came after the last one the server will look at.
    Refused,
    /// The peer never spoke HTTP/2, or not with us.
    NeverSpoken(CallError),
    /// The call was made, and ended like this.
    End(End),
}

impl Connection {
    /// Connects and says hello; does not wait for the server's answer.
    pub async fn open(
        target: &Target,
        options: &Options,
        timeout: Duration,
    ) -> Result<(Self, Option<PingPong>), CallError> {
        let authority = target.authority().as_str();
        let failed = |error: io::Error| CallError::connect(authority, &error);
        let opening = async {
            let (io, heard) = Overheard::new(tls::connect(target, options.tls.as_ref()).await?);
            let tls = options.tls.clone().filter(|_| target.is_tls());
            let (sender, mut driver) = Builder::new()
                .initial_window_size(options.window)
                .initial_connection_window_size(CONNECTION_WINDOW.max(options.window))
                .max_header_list_size(MAX_HEADER_LIST)
                .enable_push(false)
                // What the server allows is known with its SETTINGS; until then a burst would be refused.
                .initial_max_send_streams(1)
                .handshake(io)
                .await
                .map_err(|error| {
                    let refused = never_spoken(&heard, target, tls.as_ref());
                    refused.unwrap_or_else(|| failed(io::Error::other(error)))
                })?;
            let ping = driver.ping_pong();
            let (tell, over) = watch::channel(None);
            tokio::spawn(async move {
                let end = match driver.await {
                    Ok(()) => End::Closed("the server closed the connection".to_owned()),
                    Err(error) => end_of(&error),
                };
                tell.send_replace(Some(end));
            });
            let connection = Connection {
                sender,
                heard,
                tls,
                in_flight: AtomicUsize::new(0),
                resets: AtomicUsize::new(0),
                retired: AtomicBool::new(false),
                over,
            };
            Ok((connection, ping))
        };
        tokio::time::timeout(timeout, opening)
            .await
            .unwrap_or_else(|_| Err(CallError::timeout(authority, timeout)))
    }

    /// Open, and not worn out.
    pub fn is_usable(&self) -> bool {
        !self.retired.load(Relaxed) && self.resets.load(Relaxed) < MOST_RESETS && self.over.borrow().is_none()
    }

    pub fn has_free_stream(&self) -> bool {
        self.in_flight.load(Relaxed) < self.sender.current_max_send_streams()
    }

    /// Opens a stream. `None`: the connection is gone and nothing was sent.
    ///
    /// # Errors
    /// The request breaks a rule of HTTP/2 that h2 insists on.
    pub async fn open_stream(
        &self,
        request: Request<()>,
    ) -> Result<Option<(ResponseFuture, h2::SendStream<Bytes>)>, String> {
        let opened = match self.sender.clone().ready().await {
            Ok(mut sender) => sender.send_request(request, false),
            Err(_) => return Ok(self.retire()),
        };
        match opened {
            Ok(stream) => Ok(Some(stream)),
            Err(error) if error.is_io() || error.is_go_away() => Ok(self.retire()),
            Err(error) => Err(error.to_string()),
        }
    }

    /// Why the first PING was not answered.
    pub async fn unreachable(&self, error: &h2::Error, target: &Target) -> CallError {
        match self.explain(error, target).await {
            Lost::NeverSpoken(error) => error,
            Lost::Refused => CallError::connect(target.authority().as_str(), &io::Error::other("GOAWAY")),
            // gRPC's C core does so when it meets plaintext where it expects TLS.
            Lost::End(End::Closed(_)) if self.tls.is_none() && self.heard.is_nothing() => {
                let text = "it closes connections without a word, as a server may that speaks TLS (https://)";
                CallError::connect(target.authority().as_str(), &io::Error::other(text))
            }
            Lost::End(end) => {
                CallError::connect(target.authority().as_str(), &io::Error::other(end.to_string()))
            }
        }
    }

    /// Why the connection, which is gone, never was one of HTTP/2.
    pub fn never_spoken(&self, target: &Target) -> Option<CallError> {
        never_spoken(&self.heard, target, self.tls.as_ref())
    }

    fn retire<T>(&self) -> Option<T> {
        self.retired.store(true, Relaxed);
        None
    }

    /// Finds out what a broken stream means.
    pub async fn explain(&self, error: &h2::Error, target: &Target) -> Lost {
        if let Some(error) = self.never_spoken(target) {
            return Lost::NeverSpoken(error);
        }
        match end_of(error) {
            End::GoAway(0) => {
                self.retire::<()>();
                Lost::Refused
            }
            // The stream only knows that the pipe broke. A GOAWAY that allowed it to finish is known to the
            // driver alone, which is about to end.
            End::Closed(text) => {
                let mut over = self.over.clone();
                let over = tokio::time::timeout(Duration::from_secs(1), over.wait_for(Option::is_some)).await;
                let end = over.ok().and_then(Result::ok).and_then(|end| end.clone());
                Lost::End(end.unwrap_or(End::Closed(text)))
            }
            end => Lost::End(end),
        }
    }
}

fn never_spoken(heard: &Heard, target: &Target, tls: Option<&Tls>) -> Option<CallError> {
    if let Some(heard) = heard.is_not_http2() {
        return Some(CallError::not_http2(target.authority().as_str(), heard));
    }
    let tls = tls.filter(|_| heard.is_nothing())?;
    tls::of_silence(heard.broke().as_ref(), target, tls)
}

fn end_of(error: &h2::Error) -> End {
    match error.reason().map(u32::from) {
        Some(code) if error.is_remote() && error.is_reset() => End::Reset(code),
        Some(code) if error.is_remote() => End::GoAway(code),
        Some(code) => End::Violation(code),
        None => End::Closed(error.to_string()),
    }
}
