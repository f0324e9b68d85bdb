//! The system's clock: the only place that reads it.

use jiff::Timestamp;

use crate::ports::Clock;

/// The system's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    // Everything else takes the time as an argument.
    #[allow(clippy::disallowed_methods)]
    fn now(&self) -> Timestamp {
        let now = Timestamp::now();
        // Events and records hold milliseconds, and are to be read back as they were written.
        Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
    }
}
