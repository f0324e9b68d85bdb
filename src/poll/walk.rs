//! Reads as much of a store-image listing as this poll needs and may read.
//!
//! The head is read from the newest task down to where everything is known. Where that is not
//! enough (the first listing, the daily check, an open task that the head does not hold) the
//! listing is read on to its end: a sweep, spread over as many polls as its pages need.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::place::Place;
use crate::ports::{ListError, Page, Rejected, TaskSource};
use crate::record::{Ledger, Sweep};
use crate::task::{Kind, Task, TaskKey};

/// What one poll read of a listing.
#[derive(Debug, Default)]
pub(super) struct Walk {
    pub(super) tasks: BTreeMap<TaskKey, Task>,
    pub(super) rejected: Vec<Rejected>,
    pub(super) calls: u32,
    /// The newest start, also of former polls of a sweep that is under way.
    pub(super) newest: Option<Timestamp>,
    /// Tasks that stood out of EC2's documented order.
    pub(super) disordered: usize,
    /// The listing was read to its end, in this poll or by a sweep that ended in it.
    pub(super) complete: bool,
    /// Open tasks that the complete listing did not hold.
    pub(super) absent: BTreeSet<TaskKey>,
    /// Pages below the head were read.
    pub(super) deep: bool,
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

impl Walk {
    /// Reads on from the first page.
    pub(super) async fn from_first_page<S: TaskSource>(
        source: &S,
        first: Page,
        bounds: &Bounds<'_>,
    ) -> Self {
        let mut walk = Self::default();
        let floor = bounds.stored.and_then(|ledger| ledger.head_floor(bounds.now));
        let earlier = bounds.stored.and_then(|ledger| ledger.sweep.clone());
        let mut token = walk.take(first);
        let mut reached = false;
        while let Some(next) = token.clone() {
            reached = floor.is_some_and(|floor| walk.oldest.is_some_and(|oldest| oldest < floor));
            if reached || !walk.may_call(bounds) {
                break;
            }
            match walk.call(source, bounds, &next).await {
                Some(page) => token = walk.take(page),
                None => break,
            }
        }
        let Some(token) = token else {
            walk.finish(bounds.open.clone());
            return walk;
        };
        walk.sweep = walk.next_sweep(token, reached, earlier, bounds);
        walk.deep = bounds.stored.is_none_or(|ledger| !ledger.baseline_done)
            || floor.is_none()
            || walk.sweep.is_some();
        walk.sweep_on(source, bounds).await;
        walk
    }

    /// A listing that EC2 gives whole in one answer.
    pub(super) fn of_one_page(page: Page, open: BTreeSet<TaskKey>) -> Self {
        let mut walk = Self { calls: page.calls, complete: true, ..Self::default() };
        walk.rejected = page.rejected;
        walk.tasks = page.tasks.into_iter().filter_map(|task| Some((task.key()?, task))).collect();
        if walk.rejected.is_empty() {
            walk.absent = open.into_iter().filter(|key| !walk.tasks.contains_key(key)).collect();
        }
        walk
    }

    /// Which sweep, if any, this poll has to go on with once the head is read.
    fn next_sweep(
        &self,
        token: String,
        reached: bool,
        earlier: Option<Sweep>,
        bounds: &Bounds<'_>,
    ) -> Option<Sweep> {
        let unseen = |wanted: &BTreeSet<TaskKey>| -> BTreeSet<TaskKey> {
            if !self.rejected.is_empty() {
                // An item that could not be read may be any of them.
                return BTreeSet::new();
            }
            wanted.iter().filter(|key| !self.tasks.contains_key(key)).cloned().collect()
        };
        let top = self.newest.unwrap_or(bounds.now);
        match (reached, earlier) {
            (true, Some(sweep)) => Some(Sweep { unseen: unseen(&sweep.unseen), ..sweep }),
            (true, None) => {
                let unseen = unseen(bounds.open);
                let due = bounds.stored.is_none_or(|ledger| {
                    ledger.is_sweep_due(bounds.place, bounds.now)
                        || !ledger.trusts_order(bounds.now)
                });
                (due || !unseen.is_empty()).then_some(Sweep { token, top, unseen })
            }
            // The head could not be read down to the sweep: it will be by the next poll.
            (false, Some(sweep)) if self.error.is_some() => {
                Some(Sweep { unseen: unseen(&sweep.unseen), ..sweep })
            }
            (false, Some(sweep)) => Some(Sweep { token, top, unseen: unseen(&sweep.unseen) }),
            (false, None) => {
                if self.error.as_ref().is_some_and(|error| error.token_refused) {
                    return None;
                }
                Some(Sweep { token, top, unseen: unseen(bounds.open) })
            }
        }
    }

    async fn sweep_on<S: TaskSource>(&mut self, source: &S, bounds: &Bounds<'_>) {
        // A sweep goes on where an earlier poll left it, not where the head ended.
        self.last = None;
        while let Some(mut sweep) = self.sweep.take() {
            if self.error.is_some() || !self.may_call(bounds) {
                self.sweep = Some(sweep);
                return;
            }
            let Some(page) = self.call(source, bounds, &sweep.token).await else {
                let refused = self.error.as_ref().is_some_and(|error| error.token_refused);
                self.sweep = (!refused).then_some(sweep);
                return;
            };
            let next = self.take(page);
            sweep.unseen.retain(|key| !self.tasks.contains_key(key));
            if !self.rejected.is_empty() {
                // An item that could not be read may be any of them.
                sweep.unseen.clear();
            }
            match next {
                // Begun for open tasks that the head did not hold, and all of them are met.
                Some(_) if sweep.unseen.is_empty() && self.may_stop_early(bounds) => return,
                Some(token) => self.sweep = Some(Sweep { token, ..sweep }),
                None => self.finish(sweep.unseen),
            }
        }
    }

    /// Whether nothing but open tasks makes this poll read on: all that is newer than the window
    /// was read, and the listing is not to be read to its end for its own sake.
    fn may_stop_early(&self, bounds: &Bounds<'_>) -> bool {
        bounds.stored.is_some_and(|ledger| {
            ledger.baseline_done
                && ledger.trusts_order(bounds.now)
                && !ledger.is_sweep_due(bounds.place, bounds.now)
                && self.oldest.is_some_and(|oldest| oldest < ledger.window_from)
        })
    }

    fn finish(&mut self, wanted: BTreeSet<TaskKey>) {
        self.complete = true;
        self.sweep = None;
        if self.rejected.is_empty() {
            self.absent = wanted.into_iter().filter(|key| !self.tasks.contains_key(key)).collect();
        }
    }

    fn may_call(&self, bounds: &Bounds<'_>) -> bool {
        self.calls < bounds.calls_max && (bounds.has_time)()
    }

    async fn call<S: TaskSource>(
        &mut self,
        source: &S,
        bounds: &Bounds<'_>,
        token: &str,
    ) -> Option<Page> {
        let left = bounds.calls_max.saturating_sub(self.calls);
        match source.list(bounds.place, Kind::StoreImage, Some(token), left).await {
            Ok(page) => Some(page),
            Err(error) => {
                self.calls += error.calls;
                self.error = Some(error);
                None
            }
        }
    }

    /// Takes in a page and returns the token of the next one.
    fn take(&mut self, page: Page) -> Option<String> {
        self.calls += page.calls;
        self.rejected.extend(page.rejected);
        for task in page.tasks {
            let (Some(key), Some(start)) = (task.key(), task.started_at) else { continue };
            self.newest = self.newest.max(Some(start));
            // Pages shift while they are read: what was seen before is not out of order.
            if !self.tasks.contains_key(&key) {
                if self.last.is_some_and(|last| start > last) {
                    self.disordered += 1;
                }
                self.last = Some(start);
            }
            self.oldest = Some(start);
            self.tasks.insert(key, task);
        }
        page.next.filter(|token| !token.is_empty())
    }
}
