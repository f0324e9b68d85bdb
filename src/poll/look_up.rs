//! Reads the records of what a check listed below the watermark, each once.

use std::collections::BTreeSet;

use futures_util::{StreamExt, stream};

use super::target::Target;
use super::walk::Walk;
use crate::record::Snapshot;
use crate::task::TaskKey;

/// Records below the watermark that are read one by one at the same time.
const READS_AT_ONCE: usize = 16;

/// How many records more than listed tasks a range may hold: those that expire soon, or whose tasks
/// EC2 no longer lists.
const RECORDS_TO_SPARE: usize = 200;

impl Target<'_> {
    /// Reads the records of what a check listed below the watermark, each once. Returns the tasks whose
    /// records were asked for; none where the store did not answer, and the next poll lists the same
    /// pages again.
    pub(super) async fn look_up(
        &mut self,
        walk: &mut Walk,
        known: &mut Snapshot,
    ) -> Option<BTreeSet<TaskKey>> {
        let mut wanted = std::mem::take(&mut walk.to_look_up);
        let Some(ledger) = self.ledger().filter(|ledger| ledger.baseline_done) else {
            return Some(BTreeSet::new());
        };
        let window = TaskKey::lowest_at(ledger.kind, ledger.watermark);
        wanted.retain(|key| *key < window && !known.records.contains_key(key));
        let starts = || wanted.iter().filter_map(|key| walk.tasks.get(key)?.started_at);
        let (Some(from), Some(to)) = (starts().min(), starts().max()) else {
            return Some(wanted);
        };
        let memory = &self.run.poller.memory;
        // A range costs least. Where the listing is out of order it may hold far more than was
        // listed; the records that it did not come to are read one by one then.
        let records_max = 2 * wanted.len() + RECORDS_TO_SPARE;
        let kind = ledger.kind;
        let mut answers = vec![memory.read_between(self.place, kind, from, to, records_max).await];
        let is_cut = answers.iter().flatten().any(|found| found.records.len() > records_max);
        if is_cut {
            let found = answers.iter().flatten().flat_map(|found| found.records.keys());
            let found: BTreeSet<&TaskKey> = found.collect();
            let rest: Vec<&TaskKey> = wanted.iter().filter(|key| !found.contains(key)).collect();
            let rest: Vec<_> = stream::iter(rest)
                .map(|key| memory.read_one(self.place, key))
                .buffer_unordered(READS_AT_ONCE)
                .collect()
                .await;
            answers.extend(rest);
        }
        for answer in answers {
            match answer {
                Ok(found) => {
                    let asked = found.records.into_iter();
                    known.records.extend(asked.filter(|(key, _)| wanted.contains(key)));
                    for item in found.unreadable {
                        if !known.unreadable.contains(&item) {
                            self.summary.failures.push(item.to_string());
                            known.unreadable.push(item);
                        }
                    }
                }
                Err(error) => {
                    self.summary.failures.push(error.to_string());
                    return None;
                }
            }
        }
        Some(wanted)
    }
}
