//! How far back everything of a target is known, so that a poll need read no further.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use crate::place::Place;
use crate::record::{Ledger, Record, Versioned};
use crate::task::{Kind, TaskKey};

/// How long after its start a task may first be listed, at the latest that we provide for. What
/// started this long before the newest task is still read by every poll.
pub const LISTED_WITHIN: SignedDuration = SignedDuration::from_hours(1);

/// How far below its floor the head of a listing is read: pages shift while they are read, and
/// tasks may share a start.
pub const OVERLAP: SignedDuration = SignedDuration::from_mins(5);

/// A listing is read to its end this often, to check what the order of the listing lets us skip.
const SWEEP_EVERY: SignedDuration = SignedDuration::from_hours(24);

/// For how long no listing stops early after one was seen out of order.
const DISTRUST_FOR: SignedDuration = SignedDuration::from_hours(24);

/// The window is moved up when it holds more settled records than this: they are what a quiet
/// poll reads for nothing.
const SETTLED_IN_WINDOW_MAX: usize = 40;

/// A ledger names no more tasks than this one by one: it is one item, of 400 KB at most, and a key
/// takes about a hundred bytes.
const STRAGGLERS_MAX: usize = 1_000;

impl Ledger {
    /// The ledger of a target that is listed for the first time.
    #[must_use]
    pub fn baseline(kind: Kind, newest_start: Option<Timestamp>, now: Timestamp) -> Self {
        let cutoff =
            newest_start.map_or(Timestamp::UNIX_EPOCH, |newest| before(newest, LISTED_WITHIN));
        Self {
            kind,
            baseline_began_at: now,
            baseline_done: false,
            cutoff,
            window_from: cutoff,
            stragglers: BTreeSet::new(),
            sweep: None,
            swept_at: None,
            distrusted_at: None,
        }
    }

    /// Whether EC2's order is relied on at the moment.
    #[must_use]
    pub fn trusts_order(&self, now: Timestamp) -> bool {
        self.distrusted_at.is_none_or(|at| now.duration_since(at) >= DISTRUST_FOR)
    }

    /// Whether a listing should be read to its end again. Spread over hours by place, so that
    /// many Regions do not do it at once.
    #[must_use]
    pub fn is_sweep_due(&self, place: &Place, now: Timestamp) -> bool {
        self.swept_at.is_none_or(|at| now.duration_since(at) >= SWEEP_EVERY + spread(place))
    }

    /// Down to where the head of the listing must be read; `None`: to its end.
    #[must_use]
    pub fn head_floor(&self, now: Timestamp) -> Option<Timestamp> {
        match &self.sweep {
            Some(sweep) => Some(before(sweep.top, OVERLAP)),
            None if self.baseline_done && self.trusts_order(now) => {
                Some(before(self.window_from, OVERLAP))
            }
            None => None,
        }
    }

    /// Moves the window up past settled records, where it holds too many of them, and lists as
    /// stragglers what is still open or untold below it.
    ///
    /// `records` is what the store holds after this poll; a straggler that it does not hold could
    /// not be read and stays one.
    pub fn move_window(
        &mut self,
        records: &BTreeMap<TaskKey, Versioned<Record>>,
        newest_start: Option<Timestamp>,
    ) {
        if self.kind != Kind::StoreImage {
            return;
        }
        let starts: Vec<Timestamp> = records
            .values()
            .filter(|known| known.value.task.kind() == Kind::StoreImage && known.value.is_settled())
            .filter_map(|known| known.value.task.started_at)
            .filter(|start| *start >= self.window_from)
            .collect();
        self.stragglers
            .retain(|key| records.get(key).is_none_or(|known| !known.value.is_settled()));
        // Keys sort by start, so that the starts are in order.
        let keep_from = starts.iter().rev().nth(SETTLED_IN_WINDOW_MAX / 2);
        if let (Some(newest), Some(keep_from)) = (newest_start, keep_from)
            && starts.len() > SETTLED_IN_WINDOW_MAX
        {
            let from = before(newest, LISTED_WITHIN).min(*keep_from).max(self.window_from);
            let left_behind = unsettled_before(from, records);
            let stragglers: BTreeSet<_> = self.stragglers.union(&left_behind).cloned().collect();
            // Where so much waits to be told, the window stays and grows: the ledger is one item.
            if stragglers.len() <= STRAGGLERS_MAX {
                self.window_from = from;
            }
        }
        self.stragglers.extend(unsettled_before(self.window_from, records));
    }
}

/// The store tasks that started before a time and are open or untold.
fn unsettled_before(
    time: Timestamp,
    records: &BTreeMap<TaskKey, Versioned<Record>>,
) -> BTreeSet<TaskKey> {
    records
        .iter()
        .filter(|(_, known)| {
            known.value.task.kind() == Kind::StoreImage
                && !known.value.is_settled()
                && known.value.task.started_at.is_some_and(|start| start < time)
        })
        .map(|(key, _)| key.clone())
        .collect()
}

/// A time minus a duration, at the least the beginning of time.
pub(crate) fn before(time: Timestamp, by: SignedDuration) -> Timestamp {
    time.saturating_sub(by).unwrap_or(Timestamp::MIN)
}

/// Up to four hours, by place.
fn spread(place: &Place) -> SignedDuration {
    let sum = place
        .account
        .bytes()
        .chain(place.region.bytes())
        .fold(0_i64, |sum, byte| (sum * 31 + i64::from(byte)) % 240);
    SignedDuration::from_mins(sum)
}

#[cfg(test)]
mod tests;
