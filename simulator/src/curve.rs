//! How far a task is after how long: straight lines between points, in whole numbers.

use std::time::Duration;

/// Progress that stands still for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stall {
    /// The progress at which it stands.
    pub percent: u8,
    /// When it begins, counted from the task's start.
    pub from: Duration,
    /// When it ends, counted from the task's start.
    pub until: Duration,
}

/// A line through points in time; never falls.
#[derive(Debug, Clone)]
pub(crate) struct Curve(Vec<(Duration, u8)>);

/// Where a queued task stands: begun, hardly moved.
const QUEUED_PERCENT: u8 = 1;

impl Curve {
    /// From 0, past the queue and the stall, to `last` at the end of `duration`.
    pub(crate) fn new(
        duration: Duration,
        queued: Duration,
        stall: Option<Stall>,
        last: u8,
    ) -> Self {
        let mut points = vec![(Duration::ZERO, 0)];
        if !queued.is_zero() {
            points.push((Duration::ZERO, QUEUED_PERCENT));
            points.push((queued, QUEUED_PERCENT));
        }
        if let Some(stall) = stall {
            points.push((stall.from, stall.percent));
            points.push((stall.until, stall.percent));
        }
        points.push((duration, last));
        let mut before = (Duration::ZERO, 0);
        for point in &mut points {
            *point =
                (point.0.clamp(before.0, duration.max(before.0)), point.1.clamp(before.1, 100));
            before = *point;
        }
        Self(points)
    }

    /// The progress at a time after the start.
    pub(crate) fn percent(&self, elapsed: Duration) -> u8 {
        let mut before = (Duration::ZERO, 0_u8);
        for &(at, percent) in &self.0 {
            if elapsed < at {
                let done = elapsed.saturating_sub(before.0).as_millis();
                let whole = at.saturating_sub(before.0).as_millis().max(1);
                let rise = u128::from(percent.saturating_sub(before.1)) * done / whole;
                return before.1.saturating_add(u8::try_from(rise).unwrap_or(u8::MAX)).min(percent);
            }
            before = (at, percent);
        }
        before.1
    }

    /// The first time at which the progress is at least `percent`.
    pub(crate) fn reached(&self, percent: u8) -> Duration {
        let mut before = (Duration::ZERO, 0_u8);
        for &(at, there) in &self.0 {
            if there >= percent {
                let rise = u128::from(there.saturating_sub(before.1)).max(1);
                let wanted = u128::from(percent.saturating_sub(before.1));
                let whole = at.saturating_sub(before.0).as_millis();
                let millis = (wanted * whole).div_ceil(rise);
                let after = Duration::from_millis(u64::try_from(millis).unwrap_or(u64::MAX));
                return before.0.saturating_add(after).min(at);
            }
            before = (at, there);
        }
        before.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn minutes(count: u64) -> Duration {
        Duration::from_secs(count * 60)
    }

    #[test]
    fn progress_waits_in_the_queue_then_stands_still_for_the_stall() {
        let stall = Stall { percent: 40, from: minutes(20), until: minutes(50) };
        let curve = Curve::new(minutes(60), minutes(10), Some(stall), 100);
        let seen: Vec<u8> =
            [0, 9, 10, 15, 20, 35, 50, 55, 60, 99].map(|at| curve.percent(minutes(at))).to_vec();
        assert_eq!(seen, [1, 1, 1, 20, 40, 40, 40, 70, 100, 100]);
        assert_eq!(curve.reached(40), minutes(20));
    }

    proptest! {
        #[test]
        fn progress_never_falls_and_reached_is_its_inverse(
            length in 1_u64..100_000, queued in 0_u64..100_000, from in 0_u64..100_000,
            more in 0_u64..100_000, percent in 0_u8..=100, last in 0_u8..=100,
            a in 0_u64..120_000, b in 0_u64..120_000,
        ) {
            let second = Duration::from_secs;
            let stall = Stall { percent, from: second(from), until: second(from + more) };
            let curve = Curve::new(second(length), second(queued), Some(stall), last);
            let (early, late) = (a.min(b), a.max(b));
            prop_assert!(curve.percent(second(early)) <= curve.percent(second(late)));
            let now = curve.percent(second(late));
            prop_assert!(now <= 100);
            prop_assert!(curve.reached(now) <= second(late));
            prop_assert!(curve.percent(curve.reached(now)) >= now);
        }
    }
}
