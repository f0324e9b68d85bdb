//! From the first page of a listing to what is saved of it.

use std::collections::BTreeSet;

use futures_util::{StreamExt, stream};
use jiff::Timestamp;

use super::Run;
use super::summary::TargetSummary;
use super::walk::{Bounds, Walk};
use crate::decide::Context;
use crate::decide::listing::{self, Change, Decisions, Listed};
use crate::ports::{Clock, Known, Notifier, Page, Saved, StateStore, TaskSource};
use crate::record::{Ledger, Record, Versioned};
use crate::task::{Kind, TaskKey};

impl<S, T, N, C> Run<'_, S, T, N, C>
where
    S: TaskSource + Sync,
    T: StateStore + Sync,
    N: Notifier + Sync,
    C: Clock + Sync,
{
    /// Lists on where needed, decides and saves. Afterwards `known` holds what the store holds.
    pub(super) async fn judge_target(
        &self,
        kind: Kind,
        first: Page,
        known: &mut Known,
        context: &Context<'_>,
        summary: &mut TargetSummary,
    ) {
        let stored = known.ledgers.get(&kind).cloned();
        let stored_ledger = stored.as_ref().map(|stored| &stored.value);
        let open = open_tasks(known, kind);
        let bounds = Bounds {
            place: context.place,
            stored: stored_ledger,
            open: &open,
            now: context.now,
            calls_max: if kind == Kind::Bundle { 1 } else { self.poller.limits.listing_calls },
            has_time: &|| self.has_time(),
        };
        let walk = match kind {
            Kind::StoreImage => Walk::from_first_page(&self.poller.source, first, &bounds).await,
            Kind::Bundle => Walk::of_one_page(first, open.clone()),
        };
        summary.listing_calls = walk.calls;
        summary.listed = walk.tasks.len();
        summary.out_of_order = walk.disordered;
        summary.baseline = stored_ledger.is_none_or(|ledger| !ledger.baseline_done);
        note(&walk, context, summary);

        let ledger = stored_ledger
            .cloned()
            .unwrap_or_else(|| Ledger::baseline(kind, walk.newest, context.now));
        let looked_up = self.look_up(&walk, stored_ledger, known, context, summary).await;
        let listed = Listed { tasks: walk.tasks, absent: walk.absent, looked_up };
        let decisions = listing::judge(&listed, known, stored_ledger, &ledger, context);
        for (key, state) in &decisions.unknown_states {
            tracing::warn!(
                account = context.place.account,
                region = context.place.region,
                task = key.as_str(),
                "EC2 lists {key} in the state \"{state}\", which it does not document; it is taken to be running"
            );
        }
        summary.listed_late = decisions.late.len();
        if !decisions.late.is_empty() {
            tracing::warn!(
                account = context.place.account,
                region = context.place.region,
                late = decisions.late.len(),
                "EC2 listed {} tasks later than the order of its listing promises; for a day no listing stops early",
                decisions.late.len()
            );
        }

        let mut next = ledger.clone();
        next.sweep = walk.sweep;
        if walk.disordered > 0 || !decisions.late.is_empty() {
            next.distrusted_at = Some(context.now);
        }
        if walk.complete {
            next.baseline_done = true;
            if next.is_sweep_due(context.place, context.now) {
                next.swept_at = Some(context.now);
            }
        }
        let expected = stored.as_ref().map_or(0, |stored| stored.version);
        let wrote = !decisions.settled.is_empty() || !decisions.changes.is_empty();
        let all_saved = self.save(kind, expected, decisions, known, context, summary).await;
        if wrote || stored_ledger != Some(&next) {
            next.move_window(&known.records, walk.newest);
        }
        if all_saved && stored_ledger != Some(&next) {
            self.save_ledger(next, expected, known, context, summary).await;
        }
    }

    /// Reads the records of tasks below the window, where a sweep listed any. Returns whether the
    /// records of all that was listed are known now.
    async fn look_up(
        &self,
        walk: &Walk,
        stored: Option<&Ledger>,
        known: &mut Known,
        context: &Context<'_>,
        summary: &mut TargetSummary,
    ) -> bool {
        let Some(ledger) = stored.filter(|ledger| ledger.baseline_done && walk.deep) else {
            return false;
        };
        let below = |start: &Timestamp| *start >= ledger.cutoff && *start < ledger.window_from;
        let starts = || {
            walk.tasks
                .iter()
                .filter(|(key, _)| !known.records.contains_key(key))
                .filter_map(|(_, task)| task.started_at)
                .filter(below)
        };
        let (Some(from), Some(to)) = (starts().min(), starts().max()) else { return true };
        match self.poller.store.read_between(context.place, from, to).await {
            Ok(found) => {
                known.records.extend(found.records);
                known.unreadable.extend(found.unreadable);
                true
            }
            Err(error) => {
                summary.failures.push(error.to_string());
                false
            }
        }
    }

    /// Saves decisions; returns whether nothing failed.
    async fn save(
        &self,
        kind: Kind,
        expected_ledger: u64,
        decisions: Decisions,
        known: &mut Known,
        context: &Context<'_>,
        summary: &mut TargetSummary,
    ) -> bool {
        let place = context.place;
        if !decisions.settled.is_empty() {
            let settled = decisions.settled;
            let count = settled.len();
            match self.poller.store.save_settled(place, kind, expected_ledger, settled).await {
                Ok(Saved::Written) => summary.saved += count,
                // Another poller finished the first listing: what this one saw is judged anew.
                Ok(Saved::Conflict) => return false,
                Err(error) => {
                    summary.failures.push(error.to_string());
                    return false;
                }
            }
        }
        let mut changes = decisions.changes;
        changes.sort_by_key(|change| change.record.untold.first().map(|untold| untold.event.time));
        let results: Vec<_> = stream::iter(changes)
            .map(|change| async move {
                if !self.has_time() {
                    return (change, None);
                }
                let Change { key, record, expected } = &change;
                let saved = self.poller.store.save(place, key, record, *expected).await;
                (change, Some(saved))
            })
            .buffered(self.poller.limits.saves_at_once.max(1))
            .collect()
            .await;
        let mut left = 0_usize;
        let mut failed = false;
        for (change, result) in results {
            match result {
                Some(Ok(Saved::Written)) => {
                    summary.saved += 1;
                    let known_untold =
                        known.records.get(&change.key).map_or(0, |k| k.value.untold.len());
                    summary.decided += change.record.untold.len().saturating_sub(known_untold);
                    log_change(&change, context);
                    let version = change.expected + 1;
                    known.records.insert(change.key, Versioned { value: change.record, version });
                }
                // Another poller was first; the next poll reads what it wrote. The record is open or
                // untold as far as this poll knows, which keeps it in sight.
                Some(Ok(Saved::Conflict)) => {
                    known.conflicts.insert(change.key.clone());
                    known
                        .records
                        .entry(change.key)
                        .or_insert(Versioned { value: change.record, version: 0 });
                }
                Some(Err(error)) => {
                    failed = true;
                    summary.failures.push(error.to_string());
                }
                None => left += 1,
            }
        }
        if left > 0 {
            summary.failures.push(format!("out of time: {left} changes left to the next poll"));
        }
        !failed && left == 0
    }

    async fn save_ledger(
        &self,
        next: Ledger,
        expected: u64,
        known: &mut Known,
        context: &Context<'_>,
        summary: &mut TargetSummary,
    ) {
        if !self.has_time() {
            summary.failures.push("out of time: the ledger is left to the next poll".into());
            return;
        }
        match self.poller.store.save_ledger(context.place, &next, expected).await {
            Ok(Saved::Written) => {
                known.ledgers.insert(next.kind, Versioned { value: next, version: expected + 1 });
            }
            // Another poller moved it; nothing of what it says is lost.
            Ok(Saved::Conflict) => {}
            Err(error) => summary.failures.push(error.to_string()),
        }
    }
}

/// Reports what was wrong with the listing.
fn note(walk: &Walk, context: &Context<'_>, summary: &mut TargetSummary) {
    if let Some(error) = &walk.error {
        summary.failures.push(error.to_string());
    }
    for rejected in &walk.rejected {
        summary.failures.push(format!("{}: {}", rejected.item, rejected.reason));
    }
    if walk.disordered > 0 {
        tracing::warn!(
            account = context.place.account,
            region = context.place.region,
            disordered = walk.disordered,
            "EC2 listed {} tasks out of order; for a day no listing stops early",
            walk.disordered
        );
    }
}

fn open_tasks(known: &Known, kind: Kind) -> BTreeSet<TaskKey> {
    let is_open = |record: &Record| record.closed.is_none();
    known
        .records
        .iter()
        .filter(|(key, record)| key.kind() == kind && is_open(&record.value))
        .map(|(key, _)| key.clone())
        .collect()
}

fn log_change(change: &Change, context: &Context<'_>) {
    let Change { key, record, .. } = change;
    tracing::info!(
        account = context.place.account,
        region = context.place.region,
        task = key.as_str(),
        state = record.task.state.as_wire(),
        progress_percent = record.task.progress_percent,
        untold = record.untold.len(),
        "{} is {}",
        record.task.name(),
        record.task.state
    );
}
