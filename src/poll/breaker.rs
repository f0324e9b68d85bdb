//! Leaves a sink alone after a number of failures in a row, so that an outage costs a poll a few
//! calls and not one for each event that waits.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use crate::record::SinkName;

/// The breakers of a poll, one a sink.
pub(super) type Breakers = BTreeMap<SinkName, Breaker>;

/// The breaker of one sink.
#[derive(Debug)]
pub(super) struct Breaker {
    failures: AtomicU32,
    limit: u32,
    takes: AtomicBool,
}

impl Breaker {
    pub(super) fn new(limit: u32) -> Self {
        Self { failures: AtomicU32::new(0), limit: limit.max(1), takes: AtomicBool::new(false) }
    }

    /// Whether the sink is left alone.
    pub(super) fn is_open(&self) -> bool {
        self.failures.load(Ordering::Relaxed) >= self.limit
    }

    /// Lets one more call through, if the sink is left alone.
    pub(super) fn half_open(&self) {
        self.failures.fetch_min(self.limit - 1, Ordering::Relaxed);
    }

    /// Whether the sink took an event in this poll.
    pub(super) fn takes(&self) -> bool {
        self.takes.load(Ordering::Relaxed)
    }

    /// Notes whether the sink answered a call.
    pub(super) fn note(&self, available: bool) {
        if available {
            self.failures.store(0, Ordering::Relaxed);
            self.takes.store(true, Ordering::Relaxed);
        } else {
            self.failures.fetch_add(1, Ordering::Relaxed);
        }
    }
}
