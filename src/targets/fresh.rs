//! For how long what was found out of targets counts.

use jiff::{SignedDuration, Timestamp};

/// For how long the Regions of an account count as known: few are ever enabled.
pub const REGIONS_KNOWN_FOR: SignedDuration = SignedDuration::from_hours(1);

/// Whether what was found out then still counts. What seems to come from the future does not: the clock was
/// set back.
#[must_use]
pub fn is_fresh(since: Timestamp, kept_for: SignedDuration, now: Timestamp) -> bool {
    (SignedDuration::ZERO..kept_for).contains(&now.duration_since(since))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_old_or_from_the_future_does_not_count() {
        let now: Timestamp = "2026-11-26T12:00:00Z".parse().unwrap();
        let hour = SignedDuration::from_hours(1);
        let is_fresh = |seconds: i64| is_fresh(now - SignedDuration::from_secs(seconds), hour, now);
        assert_eq!([-1, 0, 3_599, 3_600].map(is_fresh), [false, true, true, false]);
    }
}
