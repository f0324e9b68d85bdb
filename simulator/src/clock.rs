//! The simulator's clock: real time at any speed, or a clock that only moves when it is told to.

use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};

/// The speeds that a simulator takes, in simulated seconds per real one: at a slower one time stands
/// still, and a faster one leaves the range of time.
pub const SPEEDS: RangeInclusive<f64> = 0.001..=1_000_000.0;

/// Simulated time. Clones share one clock.
#[derive(Debug, Clone)]
pub struct SimClock(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    base: Mutex<Timestamp>,
    running: Option<Running>,
}

#[derive(Debug)]
struct Running {
    since: Instant,
    speed: f64,
}

impl SimClock {
    /// A clock that stands still at `at` until it is advanced.
    #[must_use]
    pub fn manual(at: Timestamp) -> Self {
        Self(Arc::new(Inner { base: Mutex::new(at), running: None }))
    }

    /// A clock that shows `start` now and then runs `speed` times as fast as real time. A speed
    /// that is not a positive number counts as 1.
    #[must_use]
    pub fn running(start: Timestamp, speed: f64) -> Self {
        let speed = if speed.is_finite() && speed > 0.0 { speed } else { 1.0 };
        let running = Running { since: Instant::now(), speed };
        Self(Arc::new(Inner { base: Mutex::new(start), running: Some(running) }))
    }

    /// A clock that starts at the present moment.
    #[must_use]
    // Simulated time has to begin somewhere; everything else takes it from the clock.
    #[allow(clippy::disallowed_methods)]
    pub fn from_now(speed: f64) -> Self {
        Self::running(Timestamp::now(), speed)
    }

    /// The simulated time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        let base = *self.0.base.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(running) = &self.0.running else { return base };
        let elapsed = running.since.elapsed().as_secs_f64() * running.speed;
        later(base, Duration::try_from_secs_f64(elapsed).unwrap_or(Duration::MAX))
    }

    /// Moves the clock forward, whether it runs or stands, and returns the new time.
    pub fn advance(&self, by: Duration) -> Timestamp {
        {
            let mut base = self.0.base.lock().unwrap_or_else(PoisonError::into_inner);
            *base = later(*base, by);
        }
        self.now()
    }
}

impl Default for SimClock {
    fn default() -> Self {
        Self::from_now(1.0)
    }
}

/// `by` after `at`; the end of time where that is past it.
pub(crate) fn later(at: Timestamp, by: Duration) -> Timestamp {
    SignedDuration::try_from(by)
        .ok()
        .and_then(|by| at.checked_add(by).ok())
        .unwrap_or(Timestamp::MAX)
}

/// `by` before `at`; the beginning of time where that is past it.
pub(crate) fn earlier(at: Timestamp, by: Duration) -> Timestamp {
    SignedDuration::try_from(by)
        .ok()
        .and_then(|by| at.checked_sub(by).ok())
        .unwrap_or(Timestamp::MIN)
}

/// How long `at` is past `start`; zero where it is not.
pub(crate) fn elapsed(start: Timestamp, at: Timestamp) -> Duration {
    Duration::try_from(at.duration_since(start)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_clock_moves_only_when_it_is_told_to() {
        let start: Timestamp = "2026-11-22T00:00:00Z".parse().unwrap();
        let clock = SimClock::manual(start);
        assert_eq!(clock.now(), start);
        let shared = clock.clone();
        assert_eq!(clock.advance(Duration::from_secs(600)), later(start, Duration::from_secs(600)));
        assert_eq!(shared.now(), clock.now());
    }

    #[test]
    fn a_running_clock_runs_at_its_speed() {
        let start: Timestamp = "2026-11-22T00:00:00Z".parse().unwrap();
        let clock = SimClock::running(start, 1e9);
        let first = clock.now();
        assert!(first >= start);
        while clock.now() <= first {}
        assert!(clock.advance(Duration::from_secs(1)) > first);
    }

    #[test]
    fn time_ends_rather_than_overflows() {
        assert_eq!(later(Timestamp::MAX, Duration::MAX), Timestamp::MAX);
        assert_eq!(earlier(Timestamp::MIN, Duration::MAX), Timestamp::MIN);
    }
}
