//! Reads as much of a store-image listing as this poll needs and may read.
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

use crate::decide::ledger::{TOKEN_BYTES_MAX, as_many_as_fit};
use crate::place::Place;
use crate::ports::{ListError, Page, PageAt, Rejected, TaskSource};
use crate::record::{Below, Cursor, Ledger, Scan};
use crate::task::{Kind, Phase, Task, TaskKey};

/// Tasks in the first page of a quiet poll: more than twice what the window holds then. Reading an
/// answer is most of what such a poll costs, and that grows with the page.
const HEAD_SIZE: i32 = 50;

/// The same as a number of tasks.
const HEAD: usize = HEAD_SIZE.unsigned_abs() as usize;

/// A head of [`HEAD`] tasks is asked for where the window holds no more records than this: the rest
/// is for what is new.
const RECORDS_IN_HEAD: usize = 40;

/// A scan that gets no further in so many polls in a row is given up and begins anew.
const STUCK_POLLS_MAX: u32 = 10;

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
    top: Option<Timestamp>,
    /// The oldest start of that range.
    low: Option<Timestamp>,
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
    /// Records of the window.
    pub(super) records: usize,
    pub(super) now: Timestamp,
    pub(super) calls_max: u32,
    /// Whether there is time to begin another call.
    pub(super) has_time: &'a (dyn Fn() -> bool + Sync),
}

impl Bounds<'_> {
    fn is_resync_due(&self) -> bool {
        self.stored.is_none_or(|ledger| ledger.is_resync_due(self.place, self.now))
    }

    fn may_hunt(&self) -> bool {
        self.stored.is_none_or(|ledger| ledger.may_hunt(self.now))
    }

    /// The scan to go on with. A search gives way to a check, which meets all that it looks for.
    fn earlier(&self) -> Option<Scan> {
        let scan = self.stored.and_then(|ledger| ledger.scan.clone());
        scan.filter(|scan| scan.checks || !self.is_resync_due())
    }

    /// Whether all that is newer than the window was read by what has come down to here.
    fn is_below_watermark(&self, oldest: Timestamp) -> bool {
        self.stored.is_some_and(|ledger| ledger.baseline_done && oldest < ledger.watermark)
    }

    /// A head is enough where it holds the window and nothing is read below it.
    fn is_head_enough(&self) -> bool {
        let ledger = self.stored.filter(|ledger| ledger.baseline_done && ledger.scan.is_none());
        ledger.is_some_and(|ledger| {
            let searches = self.may_hunt()
                && self
                    .open
                    .first()
                    .is_some_and(|key| *key < TaskKey::lowest_at(ledger.head_floor()));
            self.records <= RECORDS_IN_HEAD && !self.is_resync_due() && !searches
        })
    }
}

impl Walk {
    /// Reads from the first page on.
    ///
    /// # Errors
    /// The first page could not be read. What fails later is in the walk.
    pub(super) async fn read<S: TaskSource>(
        source: &S,
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

    /// A listing that EC2 gives whole in one answer.
    pub(super) fn of_one_page(page: Page, open: &BTreeSet<TaskKey>) -> Self {
        let mut walk = Self { calls: page.calls, ..Self::default() };
        walk.tasks = page.tasks.into_iter().filter_map(|task| Some((task.key()?, task))).collect();
        walk.rejected = page.rejected;
        walk.finish(open, false, false);
        walk
    }

    /// Reads from the newest task down to the floor, as far as the calls go.
    async fn read_head<S: TaskSource>(
        &mut self,
        source: &S,
        bounds: &Bounds<'_>,
        head: &Head,
    ) -> Result<Option<Cursor>, ListError> {
        let at = PageAt::First { page_size: head.page_size };
        let page = source.list(bounds.place, Kind::StoreImage, at, head.calls_max).await?;
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
            match source.list(bounds.place, Kind::StoreImage, PageAt::WHOLE, left).await {
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

    /// The scan of an earlier poll, below the head or below what came on top of it.
    fn go_on(&mut self, mut scan: Scan, from: Cursor, reached: bool, bounds: &Bounds<'_>) -> Scan {
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
    fn begin(
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

    async fn scan_on<S: TaskSource>(&mut self, mut scan: Scan, source: &S, bounds: &Bounds<'_>) {
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
    fn covering(mut self, bounds: &Bounds<'_>) -> Self {
        let is_below = self.low.is_some_and(|low| bounds.is_below_watermark(low));
        self.read_up_to = self.top.filter(|_| self.complete || is_below);
        self
    }

    fn finish(&mut self, wanted: &BTreeSet<TaskKey>, checks: bool, inconclusive: bool) {
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

    fn is_below(&self, floor: Timestamp) -> bool {
        self.oldest.is_some_and(|oldest| oldest < floor)
    }

    fn may_call(&self, bounds: &Bounds<'_>, calls_max: u32) -> bool {
        self.calls < calls_max && (bounds.has_time)()
    }

    /// Reads one more page and returns where the next one begins. `None`: that failed.
    async fn call<S: TaskSource>(
        &mut self,
        source: &S,
        bounds: &Bounds<'_>,
        from: &Cursor,
        head: &Head,
    ) -> Option<Option<Cursor>> {
        let left = head.calls_max.saturating_sub(self.calls);
        let at = PageAt::Next(from);
        match source.list(bounds.place, Kind::StoreImage, at, left).await {
            Ok(page) => {
                let next = self.take(page, head.checks);
                let fault = next.as_ref().and_then(|next| fault_of(next, from));
                if let Some(fault) = fault {
                    self.note(ListError {
                        operation: "DescribeStoreImageTasks",
                        region: bounds.place.region.clone(),
                        reason: fault,
                        token_refused: true,
                        calls: 0,
                    });
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

    fn note(&mut self, error: ListError) {
        self.calls += error.calls;
        self.error = Some(error);
    }

    /// Takes in a page and returns where the next one begins.
    fn take(&mut self, page: Page, checks: bool) -> Option<Cursor> {
        self.calls += page.calls;
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

/// How a run of pages is read.
struct Head {
    /// Down to where.
    floor: Timestamp,
    /// The size of its first page.
    page_size: i32,
    calls_max: u32,
    /// Whether the records of what it lists have to be looked up.
    checks: bool,
}

impl Head {
    /// The head above a scan under way; else the one that a scan begins with.
    fn above(scan: Option<&Scan>, checks: bool, bounds: &Bounds<'_>) -> Self {
        let page_size = if bounds.is_head_enough() { HEAD_SIZE } else { PageAt::LARGEST };
        match scan {
            // A call or more are left for the scan.
            Some(scan) => Self {
                floor: scan.top,
                page_size,
                calls_max: bounds.calls_max.div_ceil(2),
                checks: false,
            },
            None => Self {
                floor: bounds.stored.map_or(Timestamp::MAX, Ledger::head_floor),
                page_size,
                calls_max: bounds.calls_max,
                checks,
            },
        }
    }

    fn of(scan: &Scan) -> Self {
        Self {
            floor: Timestamp::MIN,
            page_size: scan.from.page_size,
            calls_max: 0,
            checks: scan.checks,
        }
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

/// What is wrong with a token: with it the listing would never end.
fn fault_of(next: &Cursor, asked: &Cursor) -> Option<String> {
    if next.token == asked.token {
        return Some(
            "it answered with the page token that it was asked with, so the listing gets no further; \
             it begins anew"
                .into(),
        );
    }
    let bytes = next.token.len();
    (bytes > TOKEN_BYTES_MAX).then(|| {
        format!("its page token has {bytes} bytes, more than the {TOKEN_BYTES_MAX} that are kept")
    })
}

/// The open tasks that were not listed, or as many of them as a ledger can name; at another time
/// others.
fn chosen(
    open: &BTreeSet<TaskKey>,
    listed: &BTreeMap<TaskKey, Task>,
    now: Timestamp,
) -> BTreeSet<TaskKey> {
    let unseen: Vec<&TaskKey> = open.iter().filter(|key| !listed.contains_key(*key)).collect();
    let count = i64::try_from(unseen.len()).unwrap_or(i64::MAX).max(1);
    let first = usize::try_from(now.as_millisecond().rem_euclid(count)).unwrap_or(0);
    as_many_as_fit(unseen.iter().skip(first).chain(unseen.iter().take(first)).copied())
}
