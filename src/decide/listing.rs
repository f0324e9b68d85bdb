//! Judges what was listed of one target against what is known of it.

use std::collections::{BTreeMap, BTreeSet};

use super::{Context, task};
use crate::record::{Ledger, Record, Snapshot, Versioned};
use crate::task::{Phase, Task, TaskKey};

/// What was listed of one target in one poll.
#[derive(Debug, Default)]
pub struct Listed {
    /// The tasks, each once.
    pub tasks: BTreeMap<TaskKey, Task>,
    /// Open tasks that a complete listing did not hold.
    pub absent: BTreeSet<TaskKey>,
    /// Listed tasks below the watermark whose records the store was asked for. Any other that ended and
    /// is not known is taken to be settled.
    pub looked_up: BTreeSet<TaskKey>,
}

/// What a change is good for: the order in which changes are saved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// It has something to tell.
    Tells,
    /// A task is seen for the first time, is missing, or closed without anything to tell.
    Remembers,
    /// Only progress or state moved. Where it is not saved, the next listing shows it again.
    Moves,
}

/// A record to be written where its stored version is still `expected`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The task.
    pub key: TaskKey,
    /// What to remember of it.
    pub record: Record,
    /// The version under which it was read; 0 where it was not there.
    pub expected: u64,
    /// What it is good for.
    pub weight: Weight,
}

/// What follows from a listing.
#[derive(Debug, Default)]
pub struct Decisions {
    /// Records of tasks that ended before the baseline: written in batches, nothing is told.
    pub settled: Vec<(TaskKey, Record)>,
    /// Records of tasks that are seen for the first time and run, of which the store holds none unless
    /// another poller was faster: written in batches where they are many, nothing is told.
    pub first_sights: Vec<(TaskKey, Record)>,
    /// Records to write one by one.
    pub changes: Vec<Change>,
    /// News from below the watermark: EC2 listed them later than we provide for, or out of order. If
    /// the store turns out to hold their records, they are none.
    pub late: Vec<TaskKey>,
    /// Tasks in a state that EC2 did not document.
    pub unknown_states: Vec<(TaskKey, String)>,
}

/// Judges a listing.
///
/// `stored` is the ledger as it is in the store; none at the very first listing of the target.
#[must_use]
pub fn diff(
    listed: &Listed,
    known: &Snapshot,
    stored: Option<&Ledger>,
    ledger: &Ledger,
    context: &Context<'_>,
) -> Decisions {
    let mut decisions = Decisions::default();
    for (key, found) in &listed.tasks {
        if found.kind.identity().documented(found.state.as_str()).is_none() {
            decisions.unknown_states.push((key.clone(), found.state.to_string()));
        }
        if let Some(known) = known.records.get(key) {
            let record = diff_known(key, listed, &known.value, context);
            decisions.change(key, record, known);
            continue;
        }
        if known.is_unreadable(key) {
            continue;
        }
        match novelty(found, stored, ledger, listed.looked_up.contains(key)) {
            Novelty::Settled => {}
            Novelty::AtBaseline => {
                let record = task::first_sight(key, found, false, context);
                if !record.is_settled() {
                    decisions.news(key, record, is_all_read(found, stored));
                } else if !is_listed_by_start(found) || is_from(found, ledger.cutoff) {
                    // Where a listing has no order to tell old from new by, each task is remembered.
                    decisions.settled.push((key.clone(), record));
                }
            }
            Novelty::News => {
                if !is_from(found, ledger.watermark) {
                    decisions.late.push(key.clone());
                }
                let record = task::first_sight(key, found, true, context);
                decisions.news(key, record, is_all_read(found, stored));
            }
        }
    }
    for key in &listed.absent {
        if let Some(known) = known.records.get(key) {
            let record = diff_known(key, listed, &known.value, context);
            decisions.change(key, record, known);
        }
    }
    decisions
}

/// Judges a task of which this is known. `None`: nothing to write.
#[must_use]
pub fn diff_known(
    key: &TaskKey,
    listed: &Listed,
    known: &Record,
    context: &Context<'_>,
) -> Option<Record> {
    match listed.tasks.get(key) {
        Some(found) => task::seen_again(key, known, found, context),
        None if listed.absent.contains(key) => task::absent(key, known, context),
        None => None,
    }
}

impl Decisions {
    /// A task without a known record; `is_all_read`: there was none when the state was read.
    fn news(&mut self, key: &TaskKey, record: Record, is_all_read: bool) {
        let weight = if record.outbox.is_empty() { Weight::Remembers } else { Weight::Tells };
        if weight == Weight::Remembers && is_all_read {
            self.first_sights.push((key.clone(), record));
            return;
        }
        self.changes.push(Change { key: key.clone(), record, expected: 0, weight });
    }

    fn change(&mut self, key: &TaskKey, record: Option<Record>, known: &Versioned<Record>) {
        let Some(record) = record else { return };
        let Versioned { value: before, version } = known;
        let weight = if record.outbox.len() > before.outbox.len() {
            Weight::Tells
        } else if record.closed != before.closed || record.missed != before.missed {
            Weight::Remembers
        } else {
            Weight::Moves
        };
        self.changes.push(Change { key: key.clone(), record, expected: *version, weight });
    }
}

/// What a task without a record is.
enum Novelty {
    /// It ended before the baseline, or its record is below the watermark and was not asked for.
    Settled,
    /// It was there before the baseline was taken.
    AtBaseline,
    /// It came after the baseline.
    News,
}

fn novelty(found: &Task, stored: Option<&Ledger>, ledger: &Ledger, looked_up: bool) -> Novelty {
    let Some(stored) = stored else {
        return Novelty::AtBaseline;
    };
    if !is_listed_by_start(found) {
        return if stored.baseline_done && !ended_before_baseline(found, stored) {
            Novelty::News
        } else {
            Novelty::AtBaseline
        };
    }
    if !stored.baseline_done {
        // The first listing is still being read: what started after it began is news already.
        let is_new = found.started_at.is_some_and(|start| start > stored.baseline_top);
        return if is_new { Novelty::News } else { Novelty::AtBaseline };
    }
    // What runs is watched from now on, wherever it stands: its record was lost, or is one that
    // was not asked for, such as that of a task that had vanished. The write finds that out.
    let runs = found.phase() == Phase::Running;
    if !is_from(found, ledger.cutoff) {
        return if runs {
            Novelty::AtBaseline
        } else if stored.may_have_been_torn(found) {
            Novelty::News
        } else {
            Novelty::Settled
        };
    }
    if runs || looked_up || is_from(found, stored.watermark) {
        Novelty::News
    } else {
        Novelty::Settled
    }
}

/// Whether a record of the task would have been read with the state: while there is no baseline, and
/// from the watermark on, all that run are.
fn is_all_read(found: &Task, stored: Option<&Ledger>) -> bool {
    stored.is_none_or(|stored| !stored.baseline_done || is_from(found, stored.watermark))
}

fn is_listed_by_start(found: &Task) -> bool {
    found.kind.identity().is_newest_first()
}

/// Whether a task without a record ended before the baseline: it could not be read then.
fn ended_before_baseline(found: &Task, stored: &Ledger) -> bool {
    let began_at = stored.baseline_began_at;
    if !stored.was_torn() || found.phase() == Phase::Running {
        return false;
    }
    match (found.updated_at, found.started_at) {
        (Some(ended_at), _) => ended_at < began_at,
        (None, Some(start)) => start < began_at && !stored.may_have_been_torn(found),
        (None, None) => false,
    }
}

fn is_from(found: &Task, time: jiff::Timestamp) -> bool {
    found.started_at.is_none_or(|start| start >= time)
}

#[cfg(test)]
mod tests;
