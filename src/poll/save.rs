//! Saves one change, also where another poller changed the same record meanwhile.

use super::Run;
use crate::decide::Context;
use crate::decide::listing::{Change, Listed, diff_known};
use crate::ports::{Clock, Saved, StateStore, StoreError, TaskSource, Unreadable};
use crate::record::{Record, Versioned};
use crate::task::TaskKey;

/// How often a change is judged anew on what another poller wrote.
const ROUNDS: u32 = 4;

impl<S, T, C> Run<'_, S, T, C>
where
    S: TaskSource + Sync,
    T: StateStore + Sync,
    C: Clock + Sync,
{
    /// Returns what the store holds then, and whether this poll wrote it.
    ///
    /// Where another poller was first, its record is read and judged by the same listing: a bundle
    /// task that ended may be gone from the next one.
    pub(super) async fn save_change(
        &self,
        change: Change,
        listed: &Listed,
        context: &Context<'_>,
    ) -> Result<(Versioned<Record>, bool), StoreError> {
        let Change { key, mut record, mut expected, .. } = change;
        for _ in 0..ROUNDS {
            match self.poller.store.save(context.place, &key, &record, expected).await? {
                Saved::Written => {
                    log(&key, &record, context);
                    return Ok((Versioned { value: record, version: expected + 1 }, true));
                }
                Saved::Conflict => {}
            }
            let mut found = self.poller.store.read_one(context.place, &key).await?;
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
    }
}

fn log(key: &TaskKey, record: &Record, context: &Context<'_>) {
    tracing::info!(
        account = context.place.account,
        region = context.place.region,
        task = key.as_str(),
        state = record.task.state.as_wire(),
        progress_percent = record.task.progress_percent,
        untold = record.outbox.len(),
        "{} is {}",
        record.task.name(),
        record.task.state
    );
}
