//! Reads as much of a store-image listing as this poll needs and may read.
//!
//! The **head** is read from the newest task down to where everything is known. On from there goes a
//! **sweep**, over as many polls as its pages need: a check of the whole listing (the first time,
//! once a day, and while its order is not trusted), or a hunt for open tasks that the head did not
//! hold.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::decide::ledger::{OVERLAP, before};
use crate::place::Place;
use crate::ports::{ListError, Page, Rejected, TaskSource};
use crate::record::{Cursor, Ledger, Sweep};
use crate::task::{Kind, Phase, Task, TaskKey};

/// What one poll read of a listing.
#[derive(Debug, Default)]
pub(super) struct Walk {
    pub(super) tasks: BTreeMap<TaskKey, Task>,
    pub(super) rejected: Vec<Rejected>,
    pub(super) calls: u32,
    /// The newest start.
    pub(super) newest: Option<Timestamp>,
    /// Tasks that stood out of EC2's documented order.
    pub(super) disordered: usize,
    /// The listing was read to its end, in this poll or by a sweep that ended in it.
    pub(super) complete: bool,
    /// Open tasks that the complete listing did not hold.
    pub(super) absent: BTreeSet<TaskKey>,
    /// The records of all that was listed have to be looked up.
    pub(super) checks: bool,
    /// All that is newer than the window was read, by this poll or the sweep that it goes on with.
    pub(super) gapless: bool,
    /// Where the next poll goes on.
    pub(super) sweep: Option<Sweep>,
    /// The call that cut the listing short.
    pub(super) error: Option<ListError>,
    /// The start of the last task on the last page.
    oldest: Option<Timestamp>,
    /// The start of the last task that was new to this poll, on the pages of one run.
    last: Option<Timestamp>,
}

/// What bounds a walk, and what it looks for.
pub(super) struct Bounds<'a> {
    pub(super) place: &'a Place,
    pub(super) stored: Option<&'a Ledger>,
    /// The open store-image tasks that are known.
    pub(super) open: &'a BTreeSet<TaskKey>,
    pub(super) now: Timestamp,
    pub(super) calls_max: u32,
    /// Whether there is time to begin another call.
    pub(super) has_time: &'a (dyn Fn() -> bool + Sync),
}

impl Bounds<'_> {
    fn is_check_due(&self) -> bool {
        self.stored.is_none_or(|ledger| ledger.is_check_due(self.place, self.now))
    }

    /// Whether all that is newer than the window was read by what has come down to here.
    fn is_below_window(&self, oldest: Timestamp) -> bool {
        self.stored.is_some_and(|ledger| ledger.baseline_done && oldest < ledger.window_from)
    }
}

impl Walk {
    /// Reads on from the first page.
    pub(super) async fn from_first_page<S: TaskSource>(
        source: &S,
        first: Page,
        bounds: &Bounds<'_>,
    ) -> Self {
        let mut walk = Self::default();
        let due = bounds.is_check_due();
        // A hunt gives way to a check, which meets all that it looks for.
        let earlier = bounds.stored.and_then(|ledger| ledger.sweep.clone());
        let earlier = earlier.filter(|sweep| sweep.checks || !due);
        let floor = match (&earlier, bounds.stored) {
            (Some(sweep), _) => before(sweep.top, OVERLAP),
            (None, Some(ledger)) => ledger.head_floor(),
            (None, None) => Timestamp::MAX,
        };
        let mut next = walk.take(first);
        while let Some(from) = next.clone() {
            if walk.is_below(floor) || !walk.may_call(bounds) {
                break;
            }
            match walk.call(source, bounds, &from).await {
                Some(page) => next = walk.take(page),
                None => break,
            }
        }
        walk.checks = due || earlier.as_ref().is_some_and(|sweep| sweep.checks);
        let reached = walk.is_below(floor);
        match next {
            None => walk.finish(bounds.open.clone(), false),
            Some(from) => {
                if reached && earlier.is_some() {
                    // The sweep goes on where an earlier poll left it, not where the head ends.
                    walk.last = None;
                }
                walk.sweep = walk.next_sweep(from, reached, earlier, bounds);
                walk.sweep_on(source, bounds).await;
            }
        }
        walk.gapless = walk.complete
            || match &walk.sweep {
                None => reached,
                Some(sweep) => {
                    walk.is_below(before(sweep.top, OVERLAP))
                        && bounds.is_below_window(sweep.oldest)
                }
            };
        walk
    }

    /// A listing that EC2 gives whole in one answer.
    pub(super) fn of_one_page(page: Page, open: BTreeSet<TaskKey>) -> Self {
        let mut walk = Self { calls: page.calls, gapless: true, ..Self::default() };
        walk.tasks = page.tasks.into_iter().filter_map(|task| Some((task.key()?, task))).collect();
        walk.rejected = page.rejected;
        walk.finish(open, false);
        walk
    }

    /// Which sweep, if any, this poll has to go on with once the head is read.
    fn next_sweep(
        &self,
        from: Cursor,
        reached: bool,
        earlier: Option<Sweep>,
        bounds: &Bounds<'_>,
    ) -> Option<Sweep> {
        let unseen = |wanted: &BTreeSet<TaskKey>| -> BTreeSet<TaskKey> {
            wanted.iter().filter(|key| !self.tasks.contains_key(key)).cloned().collect()
        };
        let begun = |wanted: &BTreeSet<TaskKey>, inconclusive: bool| Sweep {
            from,
            top: self.newest.unwrap_or(bounds.now),
            oldest: self.oldest.unwrap_or(bounds.now),
            checks: self.checks,
            unseen: unseen(wanted),
            inconclusive: inconclusive || !self.rejected.is_empty(),
        };
        match (reached, earlier) {
            (true, Some(sweep)) => Some(Sweep {
                unseen: unseen(&sweep.unseen),
                inconclusive: sweep.inconclusive || !self.rejected.is_empty(),
                ..sweep
            }),
            (true, None) => {
                let sweep = begun(bounds.open, false);
                (sweep.checks || !sweep.unseen.is_empty()).then_some(sweep)
            }
            // The head could not be read down to the sweep: it will be by the next poll.
            (false, Some(sweep)) if self.error.is_some() => {
                Some(Sweep { unseen: unseen(&sweep.unseen), ..sweep })
            }
            (false, None) if self.is_token_refused() => None,
            (false, Some(sweep)) => Some(begun(&sweep.unseen, sweep.inconclusive)),
            (false, None) => Some(begun(bounds.open, false)),
        }
    }

    async fn sweep_on<S: TaskSource>(&mut self, source: &S, bounds: &Bounds<'_>) {
        while let Some(mut sweep) = self.sweep.take() {
            // A hunt ends when all that it looks for was met.
            if !sweep.checks && sweep.unseen.is_empty() && bounds.is_below_window(sweep.oldest) {
                return;
            }
            if self.error.is_some() || !self.may_call(bounds) {
                self.sweep = Some(sweep);
                return;
            }
            let Some(page) = self.call(source, bounds, &sweep.from).await else {
                self.sweep = (!self.is_token_refused()).then_some(sweep);
                return;
            };
            let next = self.take(page);
            sweep.unseen.retain(|key| !self.tasks.contains_key(key));
            sweep.oldest = self.oldest.map_or(sweep.oldest, |oldest| oldest.min(sweep.oldest));
            sweep.inconclusive |= !self.rejected.is_empty();
            match next {
                Some(from) => self.sweep = Some(Sweep { from, ..sweep }),
                None => self.finish(sweep.unseen, sweep.inconclusive),
            }
        }
    }

    fn finish(&mut self, wanted: BTreeSet<TaskKey>, inconclusive: bool) {
        self.complete = true;
        self.sweep = None;
        // An item that could not be read may be any task.
        if !inconclusive && self.rejected.is_empty() {
            self.absent = wanted.into_iter().filter(|key| !self.tasks.contains_key(key)).collect();
        }
    }

    /// EC2 does not take a page token any more: the listing begins anew.
    pub(super) fn is_token_refused(&self) -> bool {
        self.error.as_ref().is_some_and(|error| error.token_refused)
    }

    fn is_below(&self, floor: Timestamp) -> bool {
        self.oldest.is_some_and(|oldest| oldest < floor)
    }

    fn may_call(&self, bounds: &Bounds<'_>) -> bool {
        self.calls < bounds.calls_max && (bounds.has_time)()
    }

    async fn call<S: TaskSource>(
        &mut self,
        source: &S,
        bounds: &Bounds<'_>,
        from: &Cursor,
    ) -> Option<Page> {
        let left = bounds.calls_max.saturating_sub(self.calls);
        match source.list(bounds.place, Kind::StoreImage, Some(from), left).await {
            Ok(page) => Some(page),
            Err(error) => {
                self.calls += error.calls;
                self.error = Some(error);
                None
            }
        }
    }

    /// Takes in a page and returns where the next one begins.
    fn take(&mut self, page: Page) -> Option<Cursor> {
        self.calls += page.calls;
        self.rejected.extend(page.rejected);
        for task in page.tasks {
            let (Some(key), Some(start)) = (task.key(), task.started_at) else { continue };
            self.newest = self.newest.max(Some(start));
            self.oldest = Some(start);
            // Pages shift while they are read: what was seen before is not out of order, and may come
            // from an older view of EC2 than its end.
            match self.tasks.get(&key) {
                None if self.last.is_some_and(|last| start > last) => self.disordered += 1,
                Some(seen) if seen.state.phase() != Phase::Running => continue,
                _ => {}
            }
            if !self.tasks.contains_key(&key) {
                self.last = Some(start);
            }
            self.tasks.insert(key, task);
        }
        page.next
    }
}
