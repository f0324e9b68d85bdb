//! What bounds a walk through a listing, and how a run of its pages is read.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::decide::ledger::{TOKEN_BYTES_MAX, as_many_as_fit};
use crate::place::Place;
use crate::ports::PageAt;
use crate::record::{Cursor, Ledger, Scan};
use crate::task::{Kind, Task, TaskKey};

/// Tasks in the first page of a quiet poll: more than twice what the window holds then. Reading an
/// answer is most of what such a poll costs, and that grows with the page.
pub(super) const HEAD_SIZE: i32 = 50;

/// The same as a number of tasks.
pub(super) const HEAD: usize = HEAD_SIZE.unsigned_abs() as usize;

/// A head of [`HEAD`] tasks is asked for where the window holds no more records than this: the rest
/// is for what is new.
pub(super) const RECORDS_IN_HEAD: usize = 40;

/// What bounds a walk, and what it looks for.
pub(super) struct Bounds<'a> {
    pub(super) place: &'a Place,
    pub(super) kind: Kind,
    pub(super) stored: Option<&'a Ledger>,
    /// The open tasks of the kind that are known.
    pub(super) open: &'a BTreeSet<TaskKey>,
    /// Records of what the head of a listing by start is expected to show.
    pub(super) records: usize,
    pub(super) now: Timestamp,
    pub(super) calls_max: u32,
    /// Whether there is time to begin another call.
    pub(super) has_time: &'a (dyn Fn() -> bool + Sync),
}

impl Bounds<'_> {
    pub(super) fn is_resync_due(&self) -> bool {
        self.stored.is_none_or(|ledger| ledger.is_resync_due(self.place, self.now))
    }

    pub(super) fn may_hunt(&self) -> bool {
        self.stored.is_none_or(|ledger| ledger.may_hunt(self.now))
    }

    /// The scan to go on with. A search gives way to a check, which meets all that it looks for.
    pub(super) fn earlier(&self) -> Option<Scan> {
        let scan = self.stored.and_then(|ledger| ledger.scan.clone());
        scan.filter(|scan| scan.checks || !self.is_resync_due())
    }

    /// Whether all that is newer than the window was read by what has come down to here.
    pub(super) fn is_below_watermark(&self, oldest: Timestamp) -> bool {
        self.stored.is_some_and(|ledger| ledger.baseline_done && oldest < ledger.watermark)
    }

    /// A head is enough where it holds the window and nothing is read below it.
    pub(super) fn is_head_enough(&self) -> bool {
        let ledger = self.stored.filter(|ledger| ledger.baseline_done && ledger.scan.is_none());
        ledger.is_some_and(|ledger| {
            let searches = self.may_hunt()
                && self
                    .open
                    .first()
                    .is_some_and(|key| *key < TaskKey::lowest_at(ledger.kind, ledger.head_floor()));
            self.records <= RECORDS_IN_HEAD && !self.is_resync_due() && !searches
        })
    }
}

/// How a run of pages is read.
pub(super) struct Head {
    /// Down to where.
    pub(super) floor: Timestamp,
    /// The size of its first page.
    pub(super) page_size: i32,
    pub(super) calls_max: u32,
    /// Whether the records of what it lists have to be looked up.
    pub(super) checks: bool,
}

impl Head {
    /// The head above a scan under way; else the one that a scan begins with.
    pub(super) fn above(scan: Option<&Scan>, checks: bool, bounds: &Bounds<'_>) -> Self {
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

    pub(super) fn of(scan: &Scan) -> Self {
        Self {
            floor: Timestamp::MIN,
            page_size: scan.from.page_size,
            calls_max: 0,
            checks: scan.checks,
        }
    }
}

/// What is wrong with a token: with it the listing would never end.
pub(super) fn fault_of(next: &Cursor, asked: &Cursor) -> Option<String> {
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
pub(super) fn chosen(
    open: &BTreeSet<TaskKey>,
    listed: &BTreeMap<TaskKey, Task>,
    now: Timestamp,
) -> BTreeSet<TaskKey> {
    let unseen: Vec<&TaskKey> = open.iter().filter(|key| !listed.contains_key(*key)).collect();
    let count = i64::try_from(unseen.len()).unwrap_or(i64::MAX).max(1);
    let first = usize::try_from(now.as_millisecond().rem_euclid(count)).unwrap_or(0);
    as_many_as_fit(unseen.iter().skip(first).chain(unseen.iter().take(first)).copied())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_that_gets_nowhere_or_is_too_long_to_keep_is_a_fault() {
        let cursor = |token: String| Cursor { token, page_size: 200 };
        let asked = cursor("a".into());
        assert_eq!(fault_of(&cursor("b".repeat(16 * 1_024)), &asked), None);
        let long = fault_of(&cursor("b".repeat(16 * 1_024 + 1)), &asked).unwrap();
        assert!(long.contains("16385 bytes, more than the 16384"), "{long}");
        assert!(fault_of(&asked, &asked).unwrap().contains("gets no further"));
    }
}
