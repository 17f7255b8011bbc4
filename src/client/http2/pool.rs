//! Which connection a call goes over: opens, shares, retires. Makes no calls.

use std::{
    ops::Deref,
    pin::pin,
    sync::{Arc, Mutex, PoisonError, atomic::Ordering::Relaxed},
    time::Duration,
};

use h2::Ping;
use tokio::{
    sync::{Mutex as AsyncMutex, Notify},
    time::Instant,
};

use super::{Options, connection::Connection};
use crate::client::{CallError, Target};

/// Between two attempts to reach a server that is still starting.
const RETRY: Duration = Duration::from_millis(20);
/// What the last attempt may take, when the time for all of them is nearly up.
const LEAST: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(super) struct Pool {
    pub target: Target,
    pub options: Options,
    /// A std mutex: it is never held across an await.
    connections: Mutex<Vec<Arc<Connection>>>,
    /// Held by whoever connects; remembers the last failure, so that those who queued behind it share it.
    connecting: AsyncMutex<Option<(Instant, CallError)>>,
    /// A call is over, or the server has said how many it allows.
    freed: Arc<Notify>,
}

/// A place for one call on a connection; dropping it frees the place.
#[derive(Debug)]
pub(super) struct Lease {
    connection: Arc<Connection>,
    pool: Arc<Pool>,
}

impl Pool {
    pub fn new(target: Target, options: Options) -> Self {
        Pool {
            target,
            options,
            connections: Mutex::default(),
            connecting: AsyncMutex::default(),
            freed: Arc::default(),
        }
    }

    /// Finds or makes a connection with a free stream; waits for one for as long as the call itself may last.
    pub async fn lease(self: &Arc<Self>, patience: Duration) -> Result<Lease, CallError> {
        if let Some(lease) = self.take() {
            return Ok(lease);
        }
        let limit = patience.saturating_add(self.options.connect_timeout);
        tokio::time::timeout(limit, self.wait())
            .await
            .unwrap_or_else(|_| Err(CallError::busy(self.target.authority().as_str())))
    }

    async fn wait(self: &Arc<Self>) -> Result<Lease, CallError> {
        loop {
            let mut freed = pin!(self.freed.notified());
            // Listen before looking, or a place freed in between is missed.
            freed.as_mut().enable();
            if let Some(lease) = self.take() {
                // One notice wakes one waiter, but a change of the server's limit can make room for many.
                self.freed.notify_one();
                return Ok(lease);
            }
            if self.has_room() {
                self.connect().await?;
            } else {
                freed.await;
            }
        }
    }

    fn has_room(&self) -> bool {
        self.lock().len() < self.options.connections.max(1)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Arc<Connection>>> {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(self: &Arc<Self>) -> Option<Lease> {
        let mut connections = self.lock();
        connections.retain(|connection| connection.is_usable());
        let connection = connections.iter().find(|connection| connection.has_free_stream())?;
        connection.in_flight.fetch_add(1, Relaxed);
        Some(Lease { connection: connection.clone(), pool: self.clone() })
    }

    async fn connect(&self) -> Result<(), CallError> {
        let asked = Instant::now();
        let mut last_failure = self.connecting.lock().await;
        match &*last_failure {
            Some((at, error)) if *at > asked => return Err(error.clone()),
            // Somebody else was faster.
            _ if !self.has_room() => return Ok(()),
            _ => {}
        }
        match Connection::open(&self.target, &self.options, self.options.connect_timeout).await {
            Ok((connection, ping)) => {
                self.lock().push(Arc::new(connection));
                let freed = self.freed.clone();
                tokio::spawn(async move {
                    // Answered or failed, those who wait should look again: its SETTINGS came before.
                    if let Some(mut ping) = ping {
                        let _ = ping.ping(Ping::opaque()).await;
                    }
                    freed.notify_one();
                });
                Ok(())
            }
            Err(error) => {
                *last_failure = Some((Instant::now(), error.clone()));
                Err(error)
            }
        }
    }

    /// Connects again and again until a PING is answered; keeps that connection.
    pub async fn ready(&self, within: Duration) -> Result<(), CallError> {
        let started = Instant::now();
        loop {
            let left = within.saturating_sub(started.elapsed()).max(LEAST);
            let error = match self.probe(left.min(self.options.connect_timeout)).await {
                Ok(()) => return Ok(()),
                Err(error) => error,
            };
            let hopeless = error.is_not_http2() || error.is_bad_tls() || error.tls_problem().is_some();
            if hopeless || started.elapsed() + RETRY >= within {
                return Err(error);
            }
            tokio::time::sleep(RETRY).await;
        }
    }

    async fn probe(&self, timeout: Duration) -> Result<(), CallError> {
        let (connection, ping) = Connection::open(&self.target, &self.options, timeout).await?;
        if let Some(mut ping) = ping {
            match tokio::time::timeout(timeout, ping.ping(Ping::opaque())).await {
                Ok(Ok(_)) => {}
                Ok(Err(error)) => return Err(connection.unreachable(&error, &self.target).await),
                Err(_) => return Err(CallError::timeout(self.target.authority().as_str(), timeout)),
            }
        }
        let mut connections = self.lock();
        connections.retain(|connection| connection.is_usable());
        if connections.len() < self.options.connections.max(1) {
            connections.push(Arc::new(connection));
        }
        Ok(())
    }
}

impl Lease {
    /// Notes that this call leaves a reset behind.
    pub fn count_reset(&self) {
        self.connection.resets.fetch_add(1, Relaxed);
    }
}

impl Deref for Lease {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.connection
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.connection.in_flight.fetch_sub(1, Relaxed);
        self.pool.freed.notify_one();
    }
}
