//! How far back everything of a target is known, so that a poll need read no further.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use crate::place::Place;
use crate::ports::Known;
use crate::record::Ledger;
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

/// While a listing stays out of order, that is noted this often.
const DISTRUST_RENEWED_EVERY: SignedDuration = SignedDuration::from_hours(1);

/// The window is moved up when it holds more settled records than this: they are what a quiet
/// poll reads for nothing.
const SETTLED_IN_WINDOW_MAX: usize = 20;

/// A ledger names no more tasks than this one by one: it is one item, of 400 KB at most, and a key
/// takes about a hundred bytes. What is more stays in the window.
const STRAGGLERS_MAX: usize = 1_000;

impl Ledger {
    /// The ledger of a target that is listed for the first time.
    #[must_use]
    pub fn baseline(kind: Kind, newest_start: Option<Timestamp>, now: Timestamp) -> Self {
        // No task starts later than now; one that claims to would make everything old.
        let baseline_top = newest_start.map_or(now, |newest| newest.min(now));
        let cutoff = before(baseline_top, LISTED_WITHIN);
        Self {
            kind,
            baseline_began_at: now,
            baseline_top,
            baseline_done: false,
            cutoff,
            window_from: cutoff,
            stragglers: BTreeSet::new(),
            sweep: None,
            swept_at: None,
            distrusted_at: None,
        }
    }

    /// Notes that the first listing held an item that could not be read. It may be any task, and is
    /// old news when it can be read: nothing that started before is news.
    pub fn baseline_was_torn(&mut self) {
        if !self.baseline_done {
            self.baseline_top = self.baseline_began_at;
            self.cutoff = self.baseline_began_at;
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

    /// Whether the listing has to be read to its end for its own sake: the first time, once a day,
    /// and while its order is not trusted.
    #[must_use]
    pub fn is_check_due(&self, place: &Place, now: Timestamp) -> bool {
        !self.baseline_done || self.is_sweep_due(place, now) || !self.trusts_order(now)
    }

    /// Down to where the head of the listing must be read.
    #[must_use]
    pub fn head_floor(&self) -> Timestamp {
        if self.baseline_done { before(self.window_from, OVERLAP) } else { Timestamp::MAX }
    }

    /// Notes that EC2 listed out of order or late. Not at every poll in which it does.
    pub fn distrust(&mut self, now: Timestamp) {
        if self.distrusted_at.is_none_or(|at| now.duration_since(at) >= DISTRUST_RENEWED_EVERY) {
            self.distrusted_at = Some(now);
        }
    }

    /// Lists as stragglers what every poll has to look at below the window. Where that is more than
    /// a ledger can name, the window moves down to hold the rest.
    ///
    /// `known` is what the store holds after this poll.
    pub fn watch(&mut self, known: &Known, now: Timestamp) {
        if self.kind != Kind::StoreImage {
            return;
        }
        let watched = watched_before(self.window_from, known, now);
        if let Some(first_of_the_rest) = watched.iter().nth(STRAGGLERS_MAX) {
            let task = known.records.get(first_of_the_rest).map(|known| &known.value.task);
            let start = task.and_then(|task| task.started_at);
            self.window_from = start.unwrap_or(self.window_from);
        }
        self.stragglers = watched.into_iter().take(STRAGGLERS_MAX).collect();
    }

    /// Adds to the stragglers of a ledger that another poll wrote what this poll watches, too.
    pub fn watch_too(&mut self, known: &Known, now: Timestamp) {
        if self.kind == Kind::StoreImage {
            self.stragglers.extend(watched_before(self.window_from, known, now));
        }
    }

    /// Moves the window up past settled records, where it holds too many of them.
    ///
    /// `known` is what the store holds after this poll.
    pub fn move_window(&mut self, known: &Known, newest_start: Option<Timestamp>, now: Timestamp) {
        if self.kind != Kind::StoreImage {
            return;
        }
        let starts: Vec<Timestamp> = known
            .records
            .values()
            .filter(|known| known.value.task.kind() == Kind::StoreImage && known.value.is_settled())
            .filter_map(|known| known.value.task.started_at)
            .filter(|start| *start >= self.window_from)
            .collect();
        // Keys sort by start, so that the starts are in order.
        let keep_from = starts.iter().rev().nth(SETTLED_IN_WINDOW_MAX / 2);
        if let (Some(newest), Some(keep_from)) = (newest_start, keep_from)
            && starts.len() > SETTLED_IN_WINDOW_MAX
        {
            let from = before(newest, LISTED_WITHIN).min(*keep_from).max(self.window_from);
            // Where so much waits to be told, the window stays, and grows.
            if watched_before(from, known, now).len() <= STRAGGLERS_MAX {
                self.window_from = from;
            }
        }
    }
}

/// The store tasks that started before a time and that every poll has to look at, oldest first. What
/// is stored of a task and cannot be understood is looked at, too, until it can be.
fn watched_before(time: Timestamp, known: &Known, now: Timestamp) -> BTreeSet<TaskKey> {
    let watched = known.records.iter().filter(|(_, known)| {
        known.value.task.kind() == Kind::StoreImage
            && known.value.is_watched(now)
            && known.value.task.started_at.is_some_and(|start| start < time)
    });
    let lowest = TaskKey::lowest_at(time);
    let unreadable = known.unreadable.iter().filter_map(|item| TaskKey::parse(&item.key));
    watched
        .map(|(key, _)| key.clone())
        .chain(unreadable.filter(|key| key.kind() == Kind::StoreImage && *key < lowest))
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
