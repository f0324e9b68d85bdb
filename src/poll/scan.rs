//! The scan: the rest of a listing below its head, read over as many polls as it needs.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::bounds::{Bounds, Head, chosen};
use super::walk::Walk;
use crate::ports::TaskSource;
use crate::record::{Below, Cursor, Scan};

/// A scan that gets no further in so many polls in a row is given up and begins anew.
pub(super) const STUCK_POLLS_MAX: u32 = 10;

impl Walk {
    /// The scan of an earlier poll, below the head or below what came on top of it.
    pub(super) fn go_on(
        &mut self,
        mut scan: Scan,
        from: Cursor,
        reached: bool,
        bounds: &Bounds<'_>,
    ) -> Scan {
        scan.unseen.retain(|key| !self.tasks.contains_key(key));
        scan.inconclusive |= !self.rejected.is_empty();
        if !reached && scan.below.is_none() && self.error.is_none() {
            let below = Below { from: scan.from, top: scan.top, oldest: scan.oldest };
            return Scan {
                from,
                top: self.newest.unwrap_or(bounds.now),
                oldest: self.oldest.unwrap_or(bounds.now),
                below: Some(below),
                ..scan
            };
        }
        // It goes on where an earlier poll left it, not where the head ends.
        self.last = None;
        self.low = Some(scan.oldest);
        if !reached {
            // What lies between waits until the scan has ended.
            self.top = Some(scan.top);
        }
        scan
    }

    /// A scan that begins where the head ends, if there is anything to read on for.
    pub(super) fn begin(
        &self,
        from: Cursor,
        reached: bool,
        checks: bool,
        bounds: &Bounds<'_>,
    ) -> Option<Scan> {
        if self.is_token_refused() {
            return None;
        }
        let unseen = if checks || bounds.may_hunt() {
            chosen(bounds.open, &self.tasks, bounds.now)
        } else {
            BTreeSet::new()
        };
        (checks || !unseen.is_empty() || !reached).then(|| Scan {
            from,
            top: self.newest.unwrap_or(bounds.now),
            oldest: self.oldest.unwrap_or(bounds.now),
            checks,
            unseen,
            inconclusive: !self.rejected.is_empty(),
            calls: 0,
            stuck: 0,
            below: None,
        })
    }

    pub(super) async fn scan_on(
        &mut self,
        mut scan: Scan,
        source: &dyn TaskSource,
        bounds: &Bounds<'_>,
    ) {
        let begun_now = scan.calls == 0;
        let searches = !scan.checks && !scan.unseen.is_empty();
        let before = (scan.oldest, scan.below.is_some());
        let calls_before = self.calls;
        let all = Head { floor: Timestamp::MIN, calls_max: bounds.calls_max, ..Head::of(&scan) };
        loop {
            if scan.merge() {
                self.last = None;
            }
            self.low = Some(scan.oldest);
            let used = scan.calls + (self.calls - calls_before);
            if scan.has_met_all() && bounds.is_below_watermark(scan.oldest) {
                self.hunted = searches.then_some(used);
                return;
            }
            if self.error.is_some() || !self.may_call(bounds, bounds.calls_max) {
                break;
            }
            let next = self.call(source, bounds, &scan.from, &all).await;
            let Some(next) = next else {
                if self.is_token_refused() {
                    return;
                }
                break;
            };
            scan.unseen.retain(|key| !self.tasks.contains_key(key));
            scan.oldest = self.oldest.map_or(scan.oldest, |oldest| oldest.min(scan.oldest));
            scan.inconclusive |= !self.rejected.is_empty();
            let Some(from) = next else {
                // A listing that ended in the poll in which it began is whole by itself.
                let wanted = if begun_now { bounds.open } else { &scan.unseen };
                self.finish(wanted, scan.checks, scan.inconclusive);
                let used = scan.calls + (self.calls - calls_before);
                self.hunted = (searches && self.absent.is_empty()).then_some(used);
                return;
            };
            scan.from = from;
        }
        let moved = before != (scan.oldest, scan.below.is_some());
        scan.stuck = if moved || begun_now { 0 } else { scan.stuck.saturating_add(1) };
        scan.calls = (scan.calls + (self.calls - calls_before)).max(1);
        self.gave_up = scan.stuck >= STUCK_POLLS_MAX;
        self.scan = (!self.gave_up).then_some(scan);
    }

    /// Notes up to which start all was read, from the window on.
    pub(super) fn covering(mut self, bounds: &Bounds<'_>) -> Self {
        let is_below = self.low.is_some_and(|low| bounds.is_below_watermark(low));
        self.read_up_to = self.top.filter(|_| self.complete || is_below);
        self
    }
}

impl Scan {
    /// A search ends when all that it looks for was met and nothing is left to be read.
    fn has_met_all(&self) -> bool {
        !self.checks && self.unseen.is_empty() && self.below.is_none()
    }

    /// Goes on below what was read before a burst came on top of it, once the burst is read.
    fn merge(&mut self) -> bool {
        match self.below.take() {
            Some(below) if self.oldest < below.top => {
                self.from = below.from;
                self.oldest = self.oldest.min(below.oldest);
                true
            }
            below => {
                self.below = below;
                false
            }
        }
    }
}
