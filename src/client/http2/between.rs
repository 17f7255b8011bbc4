//! What the two sides of a call tell each other: how many replies there are, and how much may still be read.
//! Both sides are polled in one task, so that nothing here wakes anybody.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// More bytes than any reply has.
const ALL: usize = usize::MAX;

#[derive(Debug)]
pub(super) struct Between {
    arrived: AtomicUsize,
    /// Bytes whose window is still given back.
    allowance: AtomicUsize,
}

impl Between {
    pub fn new() -> Self {
        Between { arrived: AtomicUsize::new(0), allowance: AtomicUsize::new(ALL) }
    }

    pub fn arrived(&self) -> usize {
        self.arrived.load(Relaxed)
    }

    pub fn set_arrived(&self, count: usize) {
        self.arrived.store(count, Relaxed);
    }

    /// Only this many more bytes are read.
    pub fn stop_reading_after(&self, bytes: usize) {
        self.allowance.store(bytes, Relaxed);
    }

    pub fn resume(&self) {
        self.allowance.store(ALL, Relaxed);
    }

    /// How much of this many bytes is read; the rest waits.
    pub fn read(&self, bytes: usize) -> usize {
        match self.allowance.load(Relaxed) {
            ALL => bytes,
            left => {
                let read = bytes.min(left);
                self.allowance.store(left - read, Relaxed);
                read
            }
        }
    }
}
