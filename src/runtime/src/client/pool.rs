//! The servers of a client: a connection to each, how many calls it has, and whether it answers.

use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use tonic::transport::Channel;

use crate::ids;

/// How long a server is left out after its first failure. Each further one doubles it.
const LEFT_OUT: Duration = Duration::from_millis(100);
/// And never longer than this.
const LEFT_OUT_MOST: Duration = Duration::from_secs(10);

/// One server.
pub(crate) struct Endpoint {
    pub(crate) channel: Channel,
    calls: AtomicUsize,
    /// Failures since the last answer.
    failures: AtomicU32,
    left_out_until: Mutex<Instant>,
}

impl Endpoint {
    pub(crate) fn new(channel: Channel) -> Self {
        Self {
            channel,
            calls: AtomicUsize::new(0),
            failures: AtomicU32::new(0),
            left_out_until: Mutex::new(Instant::now()),
        }
    }

    /// It has answered.
    pub(crate) fn answered(&self, now: Instant) {
        if self.failures.swap(0, Ordering::Relaxed) > 0 {
            *self.until() = now;
        }
    }

    /// It was not there, or said that it cannot answer.
    pub(crate) fn failed(&self, now: Instant) {
        let before = self.failures.load(Ordering::Relaxed);
        let mut until = self.until();
        // Many calls fail at once where one connection breaks: that is one failure.
        if before == 0 || *until <= now {
            self.failures.store(before.saturating_add(1), Ordering::Relaxed);
            *until = now + LEFT_OUT.saturating_mul(1 << before.min(16)).min(LEFT_OUT_MOST);
        }
    }

    fn until(&self) -> std::sync::MutexGuard<'_, Instant> {
        self.left_out_until.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A call that a server has, until this is dropped.
pub(crate) struct Held(pub(crate) Arc<Endpoint>);

impl Drop for Held {
    fn drop(&mut self) {
        self.0.calls.fetch_sub(1, Ordering::Relaxed);
    }
}

/// All servers.
pub(crate) struct Pool(Vec<Arc<Endpoint>>);

impl Pool {
    pub(crate) fn new(all: Vec<Endpoint>) -> Self {
        Self(all.into_iter().map(Arc::new).collect())
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// The server for a call, and its place: of two drawn at random the one with fewer calls, among those that answer and
    /// are not in `tried`; among those that answer, if all were tried; and else the one whose time comes first.
    pub(crate) fn pick(&self, now: Instant, tried: &[usize]) -> Option<(usize, Held)> {
        let fit = |fresh: bool| -> Vec<usize> {
            let all = self.0.iter().enumerate();
            let fit = all.filter(|(at, it)| *it.until() <= now && !(fresh && tried.contains(at)));
            fit.map(|(at, _)| at).collect()
        };
        let mut fit_now = fit(true);
        if fit_now.is_empty() {
            fit_now = fit(false);
        }
        let [one, other] = ids::fresh();
        let drawn =
            |number: u64, from: &[usize]| from.get((number % from.len().max(1) as u64) as usize).copied();
        let place = match drawn(one, &fit_now) {
            None => (0..self.0.len()).min_by_key(|at| *self.0[*at].until())?,
            Some(first) => {
                fit_now.retain(|at| *at != first);
                let second = drawn(other, &fit_now).unwrap_or(first);
                let calls = |at: usize| self.0[at].calls.load(Ordering::Relaxed);
                if calls(second) < calls(first) { second } else { first }
            }
        };
        let endpoint = Arc::clone(&self.0[place]);
        if endpoint.failures.load(Ordering::Relaxed) > 0 {
            // This call finds out; others wait for what it finds.
            let mut until = endpoint.until();
            *until = (*until).max(now + LEFT_OUT);
        }
        endpoint.calls.fetch_add(1, Ordering::Relaxed);
        Some((place, Held(endpoint)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pool(of: usize) -> Pool {
        let channel = || tonic::transport::Endpoint::from_static("http://127.0.0.1:1").connect_lazy();
        Pool::new((0..of).map(|_| Endpoint::new(channel())).collect())
    }

    #[tokio::test]
    async fn calls_go_to_all_evenly_and_not_to_those_that_failed() {
        let (pool, mut now) = (pool(3), Instant::now());
        let held: Vec<_> = (0..300).map(|_| pool.pick(now, &[]).unwrap()).collect();
        for at in 0..3 {
            let calls = held.iter().filter(|(place, _)| *place == at).count();
            assert!((80..=120).contains(&calls), "{at}: {calls}");
        }
        drop(held);
        assert_eq!(pool.0.iter().map(|it| it.calls.load(Ordering::Relaxed)).sum::<usize>(), 0);

        pool.0[1].failed(now);
        assert!((0..100).all(|_| pool.pick(now, &[]).unwrap().0 != 1));
        assert_eq!(pool.pick(now, &[0]).unwrap().0, 2);
        assert_ne!(
            pool.pick(now, &[0, 2]).unwrap().0,
            1,
            "one that fails is no better than one that was tried"
        );
        // Its time over, one call tries it, and no second one before that has ended.
        now += LEFT_OUT;
        assert_eq!(pool.pick(now, &[0, 2]).unwrap().0, 1);
        assert!((0..100).all(|_| pool.pick(now, &[]).unwrap().0 != 1));
        pool.0[1].answered(now);
        assert_eq!(pool.pick(now, &[0, 2]).unwrap().0, 1);
    }

    #[tokio::test]
    async fn where_all_failed_the_next_to_come_back_is_asked() {
        let (pool, mut now) = (pool(2), Instant::now());
        pool.0[1].failed(now);
        now += LEFT_OUT / 2;
        pool.0[0].failed(now);
        assert_eq!(pool.pick(now, &[]).unwrap().0, 1);
    }
}
