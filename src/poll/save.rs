//! Saves what was decided, also where another poller changed the same record meanwhile.

use futures_util::{StreamExt, stream};

use super::target::Target;
use super::{Poller, Run, Step};
use crate::decide::Context;
use crate::decide::listing::{Change, Decisions, Listed, Weight, diff_known};
use crate::ports::{Saved, StoreError};
use crate::record::{Record, Snapshot, Unreadable, Versioned};
use crate::task::TaskKey;

/// New records that are saved between two looks at the clock: a transaction of DynamoDB.
const NEW_AT_ONCE: usize = 99;

/// How often a change is judged anew on what another poller wrote.
const ROUNDS: u32 = 4;

impl Target<'_> {
    /// Saves decisions, those with something to tell first; returns whether all that the ledger
    /// vouches for was saved.
    pub(super) async fn save(
        &mut self,
        decisions: Decisions,
        listed: &Listed,
        known: &mut Snapshot,
        context: &Context<'_>,
    ) -> bool {
        let mut changes = decisions.changes;
        let first_event = |change: &Change| change.record.outbox.first().map(|it| it.event.time);
        changes.sort_by_key(|change| (change.weight, first_event(change)));
        let rest = changes.split_off(changes.partition_point(|it| it.weight == Weight::Tells));
        let mut all = self.save_changes(changes, listed, known, context).await;
        all &= self.save_settled(decisions.settled).await;
        let left = self.save_first_sights(decisions.first_sights, known).await;
        let single = left.into_iter().map(|(key, record)| Change {
            key,
            record,
            expected: 0,
            weight: Weight::Remembers,
        });
        let rest = single.chain(rest).collect();
        all & self.save_changes(rest, listed, known, context).await
    }

    /// Saves first sights in batches, where they are many. Returns those that are still to be saved one
    /// by one: another poller is at work, so that each has to be judged by what that one wrote.
    ///
    /// Of a record that another poller wrote since the state was read, `known` then says less than the
    /// store holds. The next poll reads that.
    async fn save_first_sights(
        &mut self,
        mut left: Vec<(TaskKey, Record)>,
        known: &mut Snapshot,
    ) -> Vec<(TaskKey, Record)> {
        let (place, kind, expected) = (self.place, self.kind, self.ledger_version());
        let Poller { memory, limits, .. } = self.run.poller;
        while left.len() >= limits.first_sights_min.max(1) && self.run.has_time(Step::Save) {
            let rest = left.split_off(left.len().min(NEW_AT_ONCE));
            match memory.save_new(place, kind, expected, &left).await {
                Ok(Saved::Written) => {}
                Ok(Saved::Conflict) => {
                    left.extend(rest);
                    break;
                }
                // What is wrong with one of them is told of that one. What is wrong with writing them
                // together costs calls in each poll that sees many, so it is not passed over.
                Err(error) => {
                    tracing::warn!("{error}; first sights are written one by one");
                    left.extend(rest);
                    break;
                }
            }
            self.summary.saved += left.len();
            tracing::info!("{} tasks are seen for the first time, and run", left.len());
            let written = left.drain(..);
            let written = written.map(|(key, value)| (key, Versioned { value, version: 1 }));
            known.records.extend(written);
            left = rest;
        }
        left
    }

    /// Saves the records of the baseline that nothing is expected of.
    async fn save_settled(&mut self, settled: Vec<(TaskKey, Record)>) -> bool {
        let (place, kind, expected) = (self.place, self.kind, self.ledger_version());
        let mut left = settled.len();
        for some in settled.chunks(NEW_AT_ONCE) {
            if !self.run.has_time(Step::Save) {
                self.summary.failures.push(format!(
                    "out of time: {left} records of the baseline left to the next poll"
                ));
                return false;
            }
            let memory = &self.run.poller.memory;
            match memory.save_new(place, kind, expected, some).await {
                Ok(Saved::Written) => self.summary.saved += some.len(),
                // Another poller finished the first listing: what this one saw is judged anew.
                Ok(Saved::Conflict) => return false,
                Err(error) => {
                    self.summary.failures.push(error.to_string());
                    return false;
                }
            }
            left -= some.len();
        }
        true
    }

    async fn save_changes(
        &mut self,
        changes: Vec<Change>,
        listed: &Listed,
        known: &mut Snapshot,
        context: &Context<'_>,
    ) -> bool {
        let mut all = true;
        let run = self.run;
        let results: Vec<_> = stream::iter(changes)
            .map(|change| async move {
                let (key, weight) = (change.key.clone(), change.weight);
                let untold = change.record.outbox.len();
                if !run.has_time(Step::Save) {
                    return (key, weight, untold, None);
                }
                (key, weight, untold, Some(run.save_change(change, listed, context).await))
            })
            // A slow write holds its own slot and no other.
            .buffer_unordered(run.poller.limits.saves_at_once.max(1))
            .collect()
            .await;
        let (mut left, mut unmoved) = (0_usize, 0_usize);
        for (key, weight, untold, result) in results {
            match result {
                Some(Ok((stored, written))) => {
                    if written {
                        let before = known.records.get(&key).map_or(0, |k| k.value.outbox.len());
                        self.summary.saved += 1;
                        self.summary.decided += untold.saturating_sub(before);
                    }
                    known.records.insert(key, stored);
                }
                Some(Err(error)) => {
                    // What the store will never take holds nothing else up.
                    all &= error.refused;
                    self.summary.failures.push(error.to_string());
                }
                None if weight == Weight::Moves => unmoved += 1,
                None => left += 1,
            }
        }
        if unmoved > 0 {
            tracing::warn!(
                unmoved,
                "Out of time: the progress of {unmoved} tasks is left to the next poll"
            );
        }
        if left > 0 {
            self.summary
                .failures
                .push(format!("out of time: {left} changes left to the next poll"));
        }
        all && left == 0
    }
}

impl Run<'_> {
    /// Returns what the store holds then, and whether this poll wrote it.
    ///
    /// Where another poller was first, its record is read and judged by the same listing: a bundle
    /// task that ended may be gone from the next one.
    async fn save_change(
        &self,
        change: Change,
        listed: &Listed,
        context: &Context<'_>,
    ) -> Result<(Versioned<Record>, bool), StoreError> {
        let Change { key, mut record, mut expected, .. } = change;
        for _ in 0..ROUNDS {
            match self.poller.memory.save(context.place, &key, &record, expected).await? {
                Saved::Written => {
                    log(&key, &record);
                    return Ok((Versioned { value: record, version: expected + 1 }, true));
                }
                Saved::Conflict => {}
            }
            let mut found = self.poller.memory.read_one(context.place, &key).await?;
            let Some(stored) = found.records.remove(&key) else {
                return Err(gone(&key, found.unreadable.first()));
            };
            match diff_known(&key, listed, &stored.value, context) {
                None => return Ok((stored, false)),
                Some(next) => (record, expected) = (next, stored.version),
            }
        }
        Err(StoreError {
            operation: format!("save {key}"),
            store: "the store".into(),
            reason: format!("other pollers changed it {ROUNDS} times meanwhile"),
            refused: false,
            source: None,
        })
    }
}

/// A record that was there and is not, or cannot be understood.
fn gone(key: &TaskKey, unreadable: Option<&Unreadable>) -> StoreError {
    StoreError {
        operation: format!("save {key}"),
        store: "the store".into(),
        reason: unreadable
            .map_or_else(|| "it was deleted meanwhile".to_owned(), |item| item.reason.clone()),
        // What cannot be understood stays so until somebody mends it.
        refused: unreadable.is_some(),
        source: None,
    }
}

fn log(key: &TaskKey, record: &Record) {
    tracing::info!(
        task = key.as_str(),
        state = record.task.state.as_str(),
        progress_percent = record.task.progress_percent,
        untold = record.outbox.len(),
        "{} is {}",
        record.task.name(),
        record.task.state
    );
}
