//! Watches every write and every publish, and knows which repeats are excused.

use std::collections::{BTreeMap, BTreeSet};

use amiwatch::event::{Event, Outcome};
use amiwatch::record::{Record, SinkName};
use amiwatch::task::TaskKey;
use jiff::Timestamp;
use uuid::Uuid;

use super::world::End;

/// One event at one sink: each acks for itself.
pub(crate) type Told = (SinkName, Uuid);

/// One event as a subscriber got it.
#[derive(Debug, Clone)]
pub(crate) struct Arrived {
    pub(crate) sink: SinkName,
    pub(crate) at: Timestamp,
    pub(crate) key: TaskKey,
    pub(crate) outcome: Outcome,
    pub(crate) event: Event,
}

#[derive(Debug, Default)]
pub(crate) struct Audit {
    pub(crate) arrived: Vec<Arrived>,
    /// Repeats are only counted: the store is not one that tells the audit of its writes.
    pub(crate) lenient: bool,
    count: BTreeMap<Told, usize>,
    acked: BTreeSet<Told>,
    /// How many repeats of an event are excused: its answer or its ack was lost.
    excused: BTreeMap<Told, usize>,
    /// What each poll has published and not acked.
    unacked: BTreeMap<u64, BTreeSet<Told>>,
    pub(crate) repeats: usize,
    /// Events of targets, which are no endings.
    pub(crate) of_targets: usize,
}

impl Audit {
    /// A sink took an event. `is_late`: after the caller had given up on it.
    pub(crate) fn published(
        &mut self,
        run: u64,
        sink: SinkName,
        event: &Event,
        at: Timestamp,
        is_late: bool,
    ) {
        let id = (sink.clone(), event.id);
        if event.detail.outcome.is_of_target() {
            self.of_targets += 1;
            return;
        }
        let (key, outcome) = (key_of(event), event.detail.outcome);
        let count = self.count.entry(id.clone()).or_default();
        *count += 1;
        if *count > 1 {
            if !self.lenient {
                assert!(
                    is_late || !self.acked.contains(&id),
                    "{key} was told {sink} after it was acked"
                );
                let excuse = self.excused.get_mut(&id).filter(|left| **left > 0);
                *excuse.unwrap_or_else(|| {
                    panic!("{key} {outcome} was told {sink} twice without a reason")
                }) -= 1;
            }
            self.repeats += 1;
        }
        self.unacked.entry(run).or_default().insert(id);
        self.arrived.push(Arrived { sink, at, key, outcome, event: event.clone() });
    }

    /// The answer to a publish was lost.
    pub(crate) fn answer_lost(&mut self, sink: SinkName, event: &Event) {
        *self.excused.entry((sink, event.id)).or_default() += 1;
    }

    /// A write of a record was done.
    pub(crate) fn saved(&mut self, run: u64, before: Option<&Record>, after: &Record) {
        let still = waiting(after);
        for id in before.map(waiting).unwrap_or_default() {
            if still.contains(&id) {
                continue;
            }
            assert!(self.count.contains_key(&id), "{id:?} was taken off without having been told");
            self.acked.insert(id.clone());
            if let Some(open) = self.unacked.get_mut(&run) {
                open.remove(&id);
            }
        }
    }

    /// A write of a record was lost, or its answer: what the poll has published of it may come again.
    pub(crate) fn save_lost(&mut self, run: u64, stored: Option<&Record>) {
        let Some(open) = self.unacked.get_mut(&run) else { return };
        for id in stored.map(waiting).unwrap_or_default() {
            if open.remove(&id) {
                *self.excused.entry(id).or_default() += 1;
            }
        }
    }

    /// A poll died.
    pub(crate) fn killed(&mut self, run: u64) {
        for id in self.unacked.remove(&run).unwrap_or_default() {
            if !self.acked.contains(&id) {
                *self.excused.entry(id).or_default() += 1;
            }
        }
    }

    /// A poll ended.
    pub(crate) fn ended(&mut self, run: u64) {
        self.unacked.remove(&run);
    }
}

/// What a record has still to tell.
fn waiting(record: &Record) -> BTreeSet<Told> {
    let each = record.outbox.iter();
    each.flat_map(|it| it.sinks.iter().map(|sink| (sink.clone(), it.event.id))).collect()
}

pub(crate) fn outcome_of(end: End) -> Outcome {
    match end {
        End::Completed => Outcome::Completed,
        End::Failed => Outcome::Failed,
        End::Vanished => Outcome::Vanished,
    }
}

pub(crate) fn key_of(event: &Event) -> TaskKey {
    let detail = &event.detail;
    TaskKey::of(detail.kind, &detail.subject, detail.started_at).unwrap()
}
