//! Reads as much of a listing, newest first, as this poll needs and may read.
//!
//! The **head** is read from the newest task down to where everything is known. On from there goes a
//! **scan**, over as many polls as its pages need: a check of the whole listing (the first time,
//! once a day, and while its order is not trusted), a search for open tasks that the head did not
//! hold, or the rest of a head that was too long for one poll.
//!
//! While a scan is under way, the head is read down to where it began, with at most half of the
//! poll's calls: however much comes on top, the scan goes on. If the head does not get down there,
//! what lies between is read first, and the scan goes on below it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::bounds::{Bounds, HEAD, Head, fault_of};
use crate::ports::{ListError, Page, PageAt, Rejected, TaskSource};
use crate::record::{Cursor, Scan};
use crate::task::{Phase, Task, TaskKey};

/// What one poll read of a listing.
#[derive(Debug, Default)]
pub(super) struct Walk {
    pub(super) tasks: BTreeMap<TaskKey, Task>,
    pub(super) rejected: Vec<Rejected>,
    pub(super) calls: u32,
    /// The calls that EC2 put off.
    pub(super) throttled: u32,
    /// The newest start.
    pub(super) newest: Option<Timestamp>,
    /// Tasks that stood out of EC2's documented order.
    pub(super) disordered: usize,
    /// The listing was read to its end, in this poll or by a scan that ended in it.
    pub(super) complete: bool,
    /// Open tasks that the complete listing did not hold.
    pub(super) absent: BTreeSet<TaskKey>,
    /// The listing that was read to its end was a check.
    pub(super) checked: bool,
    /// Tasks on the pages that this poll read for a check: their records have to be looked up.
    pub(super) to_look_up: BTreeSet<TaskKey>,
    /// All that started from the window on and up to this time was read, by this poll or the scan
    /// that it goes on with.
    pub(super) read_up_to: Option<Timestamp>,
    /// Where the next poll goes on.
    pub(super) scan: Option<Scan>,
    /// The calls of a search for open tasks that ended in this poll, where nothing was missing.
    pub(super) hunted: Option<u32>,
    /// The call that cut the listing short.
    pub(super) error: Option<ListError>,
    /// A scan was given up, as it got no further.
    pub(super) gave_up: bool,
    /// The newest start of the range that was read without a gap; not that of the head where a gap
    /// lies below it.
    pub(super) top: Option<Timestamp>,
    /// The oldest start of that range.
    pub(super) low: Option<Timestamp>,
    /// The start of the last task on the last page.
    pub(super) oldest: Option<Timestamp>,
    /// The start of the last task that was new to this poll, on the pages of one run.
    pub(super) last: Option<Timestamp>,
}

impl Walk {
    /// Reads from the first page on.
    ///
    /// # Errors
    /// The first page could not be read. What fails later is in the walk.
    pub(super) async fn read(
        source: &dyn TaskSource,
        bounds: &Bounds<'_>,
    ) -> Result<Self, ListError> {
        let mut walk = Self::default();
        let earlier = bounds.earlier();
        let checks = earlier.as_ref().map_or_else(|| bounds.is_resync_due(), |scan| scan.checks);
        let head = Head::above(earlier.as_ref(), checks, bounds);
        let next = walk.read_head(source, bounds, &head).await?;
        let reached = walk.is_below(head.floor);
        (walk.top, walk.low) = (walk.newest, walk.oldest);
        let Some(from) = next else {
            walk.finish(bounds.open, checks, false);
            return Ok(walk.covering(bounds));
        };
        let scan = match earlier {
            Some(scan) => Some(walk.go_on(scan, from, reached, bounds)),
            None => walk.begin(from, reached, checks, bounds),
        };
        if let Some(scan) = scan {
            walk.scan_on(scan, source, bounds).await;
        }
        Ok(walk.covering(bounds))
    }

    /// Reads from the newest task down to the floor, as far as the calls go.
    async fn read_head(
        &mut self,
        source: &dyn TaskSource,
        bounds: &Bounds<'_>,
        head: &Head,
    ) -> Result<Option<Cursor>, ListError> {
        let at = PageAt::First { page_size: head.page_size };
        let page = source.list(bounds.place, bounds.kind, at, head.calls_max).await?;
        let is_full = page.tasks.len() + page.rejected.len() >= HEAD;
        let mut next = self.take(page, head.checks);
        if head.page_size < PageAt::LARGEST
            && is_full
            && next.is_some()
            && !self.is_below(head.floor)
            && self.may_call(bounds, head.calls_max)
        {
            // Too small. EC2 may hold a token against the page size that it was given for, so the
            // listing begins anew.
            (self.oldest, self.last) = (None, None);
            let left = head.calls_max.saturating_sub(self.calls);
            match source.list(bounds.place, bounds.kind, PageAt::WHOLE, left).await {
                Ok(page) => next = self.take(page, head.checks),
                Err(error) => self.note(error),
            }
        }
        while let Some(from) = next.take() {
            let goes_on = self.error.is_none() && !self.is_below(head.floor);
            if !goes_on || !self.may_call(bounds, head.calls_max) {
                return Ok(Some(from));
            }
            match self.call(source, bounds, &from, head).await {
                Some(page) => next = page,
                None => return Ok(Some(from)),
            }
        }
        Ok(None)
    }

    pub(super) fn finish(&mut self, wanted: &BTreeSet<TaskKey>, checks: bool, inconclusive: bool) {
        self.complete = true;
        self.checked = checks;
        // An item that could not be read may be any task.
        if !inconclusive && self.rejected.is_empty() {
            self.absent =
                wanted.iter().filter(|key| !self.tasks.contains_key(*key)).cloned().collect();
        }
    }

    /// EC2 does not take a page token any more: the listing begins anew.
    pub(super) fn is_token_refused(&self) -> bool {
        self.error.as_ref().is_some_and(|error| error.token_refused)
    }

    pub(super) fn is_below(&self, floor: Timestamp) -> bool {
        self.oldest.is_some_and(|oldest| oldest < floor)
    }

    pub(super) fn may_call(&self, bounds: &Bounds<'_>, calls_max: u32) -> bool {
        self.calls < calls_max && (bounds.has_time)()
    }

    /// Reads one more page and returns where the next one begins. `None`: that failed.
    pub(super) async fn call(
        &mut self,
        source: &dyn TaskSource,
        bounds: &Bounds<'_>,
        from: &Cursor,
        head: &Head,
    ) -> Option<Option<Cursor>> {
        let left = head.calls_max.saturating_sub(self.calls);
        let at = PageAt::Next(from);
        match source.list(bounds.place, bounds.kind, at, left).await {
            Ok(page) => {
                let next = self.take(page, head.checks);
                let fault = next.as_ref().and_then(|next| fault_of(next, from));
                if let Some(fault) = fault {
                    self.note(ListError::of_token(bounds.kind, bounds.place, fault));
                    return None;
                }
                Some(next)
            }
            Err(error) => {
                self.note(error);
                None
            }
        }
    }

    pub(super) fn note(&mut self, error: ListError) {
        self.calls += error.calls;
        self.throttled += error.throttled;
        self.error = Some(error);
    }

    /// Takes in a page and returns where the next one begins.
    pub(super) fn take(&mut self, page: Page, checks: bool) -> Option<Cursor> {
        self.calls += page.calls;
        self.throttled += page.throttled;
        self.rejected.extend(page.rejected);
        for task in page.tasks {
            let (Some(key), Some(start)) = (task.key(), task.started_at) else { continue };
            self.newest = self.newest.max(Some(start));
            self.oldest = Some(start);
            if checks {
                self.to_look_up.insert(key.clone());
            }
            // Pages shift while they are read: what was seen before is not out of order, and may come
            // from an older view of EC2 than its end.
            match self.tasks.get(&key) {
                None if self.last.is_some_and(|last| start > last) => self.disordered += 1,
                Some(seen) if seen.phase() != Phase::Running => continue,
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
