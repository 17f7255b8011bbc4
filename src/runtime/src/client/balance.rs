//! Which instance is called.

use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tonic::transport::Channel;

use crate::ids;

/// How long an instance is left out after its first failure.
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// The longest that it is left out.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// All instances of a service.
#[derive(Debug)]
pub struct Instances {
    all: Vec<Instance>,
    /// What the moments below count from.
    started: Instant,
}

/// One of them.
#[derive(Debug)]
pub struct Instance {
    pub channel: Channel,
    under_way: AtomicUsize,
    /// Milliseconds until which it is left out.
    out_until: AtomicU64,
    failures: AtomicU32,
}

impl Instances {
    pub fn new(channels: Vec<Channel>) -> Self {
        let instance = |channel| Instance {
            channel,
            under_way: AtomicUsize::new(0),
            out_until: AtomicU64::new(0),
            failures: AtomicU32::new(0),
        };
        Self { all: channels.into_iter().map(instance).collect(), started: Instant::now() }
    }

    /// The better of two that are not left out; of all where all are. Another than `last`, which failed, where there is
    /// one. `None` without instances.
    pub fn pick(&self, last: Option<usize>) -> Option<usize> {
        let now = self.now();
        let is_in = |at: &usize| self.all[*at].out_until.load(Ordering::Relaxed) <= now;
        let others = || (0..self.all.len()).filter(|at| Some(*at) != last);
        let mut choice: Vec<usize> = others().filter(is_in).collect();
        if choice.is_empty() {
            choice = others().collect();
        }
        if choice.is_empty() {
            return last;
        }
        let [first, second] = ids::fresh().map(|number| choice[place(number, choice.len())]);
        let load = |at: usize| self.all[at].under_way.load(Ordering::Relaxed);
        Some(if load(second) < load(first) { second } else { first })
    }

    pub fn get(&self, at: usize) -> &Instance {
        &self.all[at]
    }

    pub fn begin(&self, at: usize) {
        self.all[at].under_way.fetch_add(1, Ordering::Relaxed);
    }

    pub fn end(&self, at: usize) {
        self.all[at].under_way.fetch_sub(1, Ordering::Relaxed);
    }

    /// It answered.
    pub fn succeeded(&self, at: usize) {
        let instance = &self.all[at];
        if instance.failures.load(Ordering::Relaxed) > 0 {
            instance.failures.store(0, Ordering::Relaxed);
            instance.out_until.store(0, Ordering::Relaxed);
        }
    }

    /// It could not be reached, or said that it cannot serve.
    pub fn failed(&self, at: usize) {
        let instance = &self.all[at];
        let before = instance.failures.fetch_add(1, Ordering::Relaxed);
        let pause = FIRST_PAUSE.saturating_mul(1 << before.min(10)).min(LONGEST_PAUSE);
        let until = self.now().saturating_add(u64::try_from(pause.as_millis()).unwrap_or(u64::MAX));
        instance.out_until.fetch_max(until, Ordering::Relaxed);
    }

    fn now(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

/// A place among so many, by a random number.
fn place(number: u64, of: usize) -> usize {
    usize::try_from(number % of as u64).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use tonic::transport::Endpoint;

    use super::*;

    fn instances(number: usize) -> Instances {
        let channel = |_| Endpoint::from_static("http://127.0.0.1:1").connect_lazy();
        Instances::new((0..number).map(channel).collect())
    }

    #[tokio::test]
    async fn calls_go_where_fewer_are_and_not_where_they_fail() {
        let all = instances(3);
        (0..30).for_each(|_| all.begin(all.pick(None).unwrap()));
        let counts: Vec<usize> = all.all.iter().map(|it| it.under_way.load(Ordering::Relaxed)).collect();
        assert!(counts.iter().all(|count| (6..=14).contains(count)), "{counts:?}");

        all.failed(1);
        assert!((0..100).all(|_| all.pick(None) != Some(1)));
        all.succeeded(1);
        assert!((0..1000).any(|_| all.pick(None) == Some(1)));
        (0..3).for_each(|at| all.failed(at));
        assert!((0..100).all(|_| all.pick(Some(2)) != Some(2)), "all fail: any other");
        assert_eq!((instances(1).pick(Some(0)), instances(0).pick(None)), (Some(0), None));
    }
}
