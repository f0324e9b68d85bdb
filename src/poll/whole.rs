//! Reads a listing that says something only as a whole, over as many polls as it needs.

use super::bounds::{Bounds, fault_of};
use super::scan::STUCK_POLLS_MAX;
use super::walk::Walk;
use crate::decide::ledger::as_many_as_fit;
use crate::ports::{ListError, Page, PageAt, TaskSource};
use crate::record::{Cursor, Scan};

impl Walk {
    /// Reads from the first page on, or from where an earlier poll stopped.
    ///
    /// # Errors
    /// The first page could not be read. What fails later is in the walk.
    pub(super) async fn read_whole(
        source: &dyn TaskSource,
        bounds: &Bounds<'_>,
    ) -> Result<Self, ListError> {
        let mut walk = Self::default();
        let earlier = bounds.stored.and_then(|ledger| ledger.scan.clone());
        let (mut from, mut unseen, mut inconclusive, stuck_before) = match earlier {
            Some(scan) => {
                (Some(scan.from), scan.unseen, scan.inconclusive, scan.stuck.saturating_add(1))
            }
            None => (None, bounds.open.clone(), false, 0),
        };
        let mut moved = false;
        loop {
            let at = from.as_ref().map_or(PageAt::WHOLE, PageAt::Next);
            let left = bounds.calls_max.saturating_sub(walk.calls);
            let page = match source.list(bounds.place, bounds.kind, at, left).await {
                Ok(page) => page,
                Err(error) if from.is_none() => return Err(error),
                Err(error) => {
                    walk.note(error);
                    break;
                }
            };
            let next = walk.take_unordered(page);
            inconclusive |= !walk.rejected.is_empty();
            unseen.retain(|key| !walk.tasks.contains_key(key));
            let Some(next) = next else {
                walk.complete = true;
                // An item that could not be read may be any task.
                if !inconclusive {
                    walk.absent = unseen;
                }
                return Ok(walk);
            };
            if let Some(fault) = from.as_ref().and_then(|from| fault_of(&next, from)) {
                walk.note(ListError::of_token(bounds.kind, bounds.place, fault));
                return Ok(walk);
            }
            (from, moved) = (Some(next), true);
            if !walk.may_call(bounds, bounds.calls_max) {
                break;
            }
        }
        if walk.is_token_refused() {
            return Ok(walk);
        }
        let stuck = if moved { 0 } else { stuck_before };
        walk.gave_up = stuck >= STUCK_POLLS_MAX;
        walk.scan = from.filter(|_| !walk.gave_up).map(|from| Scan {
            from,
            top: bounds.now,
            oldest: bounds.now,
            checks: false,
            unseen: as_many_as_fit(unseen.iter()),
            inconclusive,
            calls: 1,
            stuck,
            below: None,
        });
        Ok(walk)
    }

    fn take_unordered(&mut self, page: Page) -> Option<Cursor> {
        self.calls += page.calls;
        self.throttled += page.throttled;
        self.rejected.extend(page.rejected);
        self.tasks.extend(page.tasks.into_iter().filter_map(|task| Some((task.key()?, task))));
        page.next
    }
}
