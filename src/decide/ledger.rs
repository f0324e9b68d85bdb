//! How far back everything of a target is known, so that a poll need read no further.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use crate::place::Place;
use crate::ports::Rejected;
use crate::record::{Ledger, Snapshot};
use crate::task::{Kind, Task, TaskKey};

/// How long after its start a task may first be listed, at the latest that we provide for. What
/// started this long before the newest task is still read by every poll.
const LISTED_WITHIN: SignedDuration = SignedDuration::from_hours(1);

/// A ledger remembers no more tasks than this that could not be read at the baseline. More of them
/// are a fault of EC2 or ours, and telling them all would be a flood of old news.
const TORN_MAX: usize = 20;

/// How far below its floor the head of a listing is read: pages shift while they are read, and
/// tasks may share a start.
const OVERLAP: SignedDuration = SignedDuration::from_mins(5);

/// A listing is read to its end this often, to check what the order of the listing lets us skip.
const RESYNC_EVERY: SignedDuration = SignedDuration::from_hours(24);

/// For how long no listing stops early after one was seen out of order.
const DISTRUST_FOR: SignedDuration = SignedDuration::from_hours(24);

/// While a listing stays out of order, that is noted this often.
const DISTRUST_RENEWED_EVERY: SignedDuration = SignedDuration::from_hours(1);

/// The window is moved up when it holds more settled records than this: they are what a quiet
/// poll reads for nothing.
const SETTLED_IN_WINDOW_MAX: usize = 20;

/// A ledger names no more tasks than this one by one. What is more stays in the window.
const OPEN_BELOW_MAX: usize = 1_000;

/// Nor more than fit into so many bytes, for what is open below the watermark and for what a scan looks
/// for, each. A key takes about a hundred bytes.
const NAMED_BYTES_MAX: usize = 150_000;

/// A page token of more bytes than this is not kept: the listing begins anew.
pub const TOKEN_BYTES_MAX: usize = 16 * 1_024;

/// `DynamoDB` takes items of 400 KB at most. A ledger holds two sets of keys, at most two tokens, and
/// a few kilobytes more.
const _: () = assert!(2 * NAMED_BYTES_MAX + 2 * TOKEN_BYTES_MAX + 20_000 < 400_000);

/// How long a search for open tasks rests, for each call that the last one took. It then costs about
/// as much as the quiet polls between.
const REST_A_CALL: SignedDuration = SignedDuration::from_mins(1);

/// A search of so few calls needs no rest, and costs no write.
const CALLS_WITHOUT_REST: u32 = 2;

/// The longest rest: what ends deep in a listing is told no later.
const REST_LONGEST: SignedDuration = SignedDuration::from_mins(30);

impl Ledger {
    /// The ledger of a target that is listed for the first time.
    #[must_use]
    pub fn baseline(kind: Kind, newest_start: Option<Timestamp>, now: Timestamp) -> Self {
        // No task starts later than now; one that is said to would make everything old.
        let baseline_top = newest_start.map_or(now, |newest| newest.min(now));
        let cutoff = before(baseline_top, LISTED_WITHIN);
        Self {
            kind,
            baseline_began_at: now,
            baseline_top,
            baseline_done: false,
            cutoff,
            watermark: cutoff,
            open_below: BTreeSet::new(),
            torn: Vec::new(),
            hunt_rests_until: None,
            scan: None,
            resynced_at: None,
            distrusted_at: None,
        }
    }

    /// Notes items of the first listing that could not be read. What such an item was, and when it
    /// ended, nobody knows: what started before the baseline is not news. The end of a task that may
    /// have been running is: these are remembered.
    pub fn note_torn(&mut self, rejected: &[Rejected]) {
        if self.baseline_done || rejected.is_empty() {
            return;
        }
        self.baseline_top = self.baseline_began_at;
        self.cutoff = self.baseline_began_at;
        for torn in rejected.iter().filter_map(|item| item.may_run.as_ref()) {
            if self.torn.len() < TORN_MAX && !self.torn.contains(torn) {
                self.watermark = self.watermark.min(torn.started_at.unwrap_or(Timestamp::MAX));
                self.torn.push(torn.clone());
            }
        }
    }

    /// Whether the first listing held items that could not be read.
    #[must_use]
    pub fn was_torn(&self) -> bool {
        self.cutoff == self.baseline_began_at
    }

    /// Whether the task may be one that could not be read at the baseline, and may have run then.
    #[must_use]
    pub fn may_have_been_torn(&self, task: &Task) -> bool {
        self.torn.iter().any(|torn| torn.may_be(task))
    }

    /// Whether EC2's order is relied on at the moment.
    #[must_use]
    pub fn trusts_order(&self, now: Timestamp) -> bool {
        self.distrusted_at.is_none_or(|at| now.duration_since(at) >= DISTRUST_FOR)
    }

    /// Whether a listing should be read to its end again. Spread over hours by place, so that
    /// many Regions do not do it at once.
    #[must_use]
    pub fn is_daily_resync_due(&self, place: &Place, now: Timestamp) -> bool {
        self.resynced_at.is_none_or(|at| now.duration_since(at) >= RESYNC_EVERY + spread(place))
    }

    /// Whether the listing has to be read to its end for its own sake: the first time, once a day,
    /// and while its order is not trusted.
    #[must_use]
    pub fn is_resync_due(&self, place: &Place, now: Timestamp) -> bool {
        !self.baseline_done || self.is_daily_resync_due(place, now) || !self.trusts_order(now)
    }

    /// Down to where the head of the listing must be read.
    #[must_use]
    pub fn head_floor(&self) -> Timestamp {
        if self.baseline_done { before(self.watermark, OVERLAP) } else { Timestamp::MAX }
    }

    /// Notes that EC2 listed out of order or late. Not at every poll in which it does.
    pub fn distrust(&mut self, now: Timestamp) {
        if self.distrusted_at.is_none_or(|at| now.duration_since(at) >= DISTRUST_RENEWED_EVERY) {
            self.distrusted_at = Some(now);
        }
    }

    /// Names what every poll has to look at below the watermark. Where that is more than
    /// a ledger can name, the window moves down to hold the rest.
    ///
    /// `known` is what the store holds after this poll.
    pub fn watch(&mut self, known: &Snapshot, now: Timestamp) {
        if self.kind.identity().is_newest_first() {
            self.name(&watched_before(self.kind, self.watermark, known, now));
        }
    }

    /// Adds what this poll watches, too, to a ledger that another poll wrote. What only that poll
    /// knows stays named, or within the window.
    pub fn watch_too(&mut self, known: &Snapshot, now: Timestamp) {
        if self.kind.identity().is_newest_first() {
            let mut watched = watched_before(self.kind, self.watermark, known, now);
            watched.extend(std::mem::take(&mut self.open_below));
            self.name(&watched);
        }
    }

    fn name(&mut self, watched: &BTreeSet<TaskKey>) {
        let named = as_many_as_fit(watched.iter());
        // By the key, as there may be no record of the task that could be read.
        if let Some(start) = watched.iter().nth(named.len()).and_then(TaskKey::started_at) {
            self.watermark = self.watermark.min(start);
        }
        self.open_below = named;
    }

    /// Whether open tasks below the head may be looked for now.
    #[must_use]
    pub fn may_hunt(&self, now: Timestamp) -> bool {
        // A rest that ends later than any does was set by a wrong clock.
        self.hunt_rests_until
            .is_none_or(|until| until <= now || until.duration_since(now) > REST_LONGEST)
    }

    /// Lets the next search for open tasks wait, where the last one took many calls.
    pub fn rest_after_hunt(&mut self, calls: u32, now: Timestamp) {
        let needed = calls > CALLS_WITHOUT_REST;
        let calls = i32::try_from(calls).unwrap_or(i32::MAX);
        let rest = REST_A_CALL.saturating_mul(calls).min(REST_LONGEST);
        self.hunt_rests_until = needed.then(|| now.saturating_add(rest).unwrap_or(now));
    }

    /// Moves the window up past settled records, where it holds too many of them.
    ///
    /// `known` is what the store holds after this poll.
    pub fn raise_watermark(
        &mut self,
        known: &Snapshot,
        newest_start: Option<Timestamp>,
        now: Timestamp,
    ) {
        if !self.kind.identity().is_newest_first() {
            return;
        }
        let starts: Vec<Timestamp> = known
            .records
            .values()
            .filter(|known| known.value.task.kind == self.kind && known.value.is_settled())
            .filter_map(|known| known.value.task.started_at)
            .filter(|start| *start >= self.watermark)
            .collect();
        // Keys sort by start, so that the starts are in order.
        let keep_from = starts.iter().rev().nth(SETTLED_IN_WINDOW_MAX / 2);
        if let (Some(newest), Some(keep_from)) = (newest_start, keep_from)
            && starts.len() > SETTLED_IN_WINDOW_MAX
        {
            let from = before(newest, LISTED_WITHIN).min(*keep_from).max(self.watermark);
            // Where so much waits to be told, the window stays, and grows.
            let watched = watched_before(self.kind, from, known, now);
            if as_many_as_fit(watched.iter()).len() == watched.len() {
                self.watermark = from;
            }
        }
    }
}

/// As many keys, from the first, as a ledger may name.
#[must_use]
pub fn as_many_as_fit<'a>(keys: impl Iterator<Item = &'a TaskKey>) -> BTreeSet<TaskKey> {
    let mut bytes = 0;
    keys.take(OPEN_BELOW_MAX)
        .take_while(|key| {
            bytes += key.as_str().len() + 3;
            bytes <= NAMED_BYTES_MAX
        })
        .cloned()
        .collect()
}

/// The tasks of a kind that started before a time and that every poll has to look at, oldest first. What
/// is stored of a task and cannot be understood is looked at, too, until it can be.
fn watched_before(
    kind: Kind,
    time: Timestamp,
    known: &Snapshot,
    now: Timestamp,
) -> BTreeSet<TaskKey> {
    let watched = known.records.iter().filter(|(_, known)| {
        known.value.task.kind == kind
            && known.value.is_watched(now)
            && known.value.task.started_at.is_some_and(|start| start < time)
    });
    let lowest = TaskKey::lowest_at(kind, time);
    let unreadable = known.unreadable.iter().filter_map(|item| TaskKey::parse(&item.key));
    watched
        .map(|(key, _)| key.clone())
        .chain(unreadable.filter(|key| key.kind() == kind && *key < lowest))
        .collect()
}

/// A time minus a duration, at the least the beginning of time.
fn before(time: Timestamp, by: SignedDuration) -> Timestamp {
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
