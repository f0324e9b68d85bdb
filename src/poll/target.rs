//! From the listing of a target to what is saved of it.

use std::collections::BTreeSet;

use futures_util::{StreamExt, stream};
use jiff::Timestamp;

use super::summary::TargetSummary;
use super::walk::{Bounds, Walk};
use super::{Run, Step};
use crate::decide::Context;
use crate::decide::listing::{self, Change, Decisions, Listed, Weight};
use crate::place::Place;
use crate::ports::{Clock, ListError, PageAt, Saved, Snapshot, StateStore, TaskSource};
use crate::record::{Ledger, Record, Versioned};
use crate::task::{Kind, TaskKey};

/// How often a ledger is written anew over one that another poller wrote meanwhile.
const LEDGER_ROUNDS: u32 = 3;

/// At most this many items that could not be read are named; the rest are counted.
const REJECTED_NAMED: usize = 20;

/// Settled records of the baseline that are saved between two looks at the clock.
const SETTLED_AT_ONCE: usize = 99;

/// Records below the watermark that are read one by one at the same time.
const READS_AT_ONCE: usize = 16;

/// How many records more than listed tasks a range may hold: those that expire soon, or whose tasks
/// EC2 no longer lists.
const RECORDS_TO_SPARE: usize = 200;

impl<S, T, C> Run<'_, S, T, C>
where
    S: TaskSource + Sync,
    T: StateStore + Sync,
    C: Clock + Sync,
{
    /// Lists as much of a target as this poll needs and may read.
    pub(super) async fn list(
        &self,
        place: &Place,
        kind: Kind,
        known: &Snapshot,
        began: Timestamp,
    ) -> Result<Walk, ListError> {
        let source = &self.poller.source;
        let calls_max = self.poller.limits.listing_calls;
        let open = open_tasks(known, kind);
        let stored = known.ledgers.get(&kind).map(|stored| &stored.value);
        match kind {
            Kind::Bundle => {
                let page = source.list(place, kind, PageAt::WHOLE, calls_max).await?;
                Ok(Walk::of_one_page(page, &open))
            }
            Kind::StoreImage => {
                let floor = stored.map(|ledger| TaskKey::lowest_at(ledger.head_floor()));
                let records = floor.map_or(0, |floor| {
                    known.records.range(floor..).filter(|(key, _)| key.kind() == kind).count()
                });
                let bounds = Bounds {
                    place,
                    stored,
                    open: &open,
                    records,
                    now: began,
                    calls_max,
                    has_time: &|| self.has_time(Step::List),
                };
                Walk::read(source, &bounds).await
            }
        }
    }

    /// Decides on what was listed and saves it. Afterwards `known` holds what the store holds.
    pub(super) async fn settle_target(
        &self,
        kind: Kind,
        mut walk: Walk,
        began: Timestamp,
        known: &mut Snapshot,
        summary: &mut TargetSummary,
    ) {
        let place = summary.place();
        let stored = known.ledgers.get(&kind).cloned();
        let stored_ledger = stored.as_ref().map(|stored| &stored.value);
        let lease = self.lease();
        let context = Context {
            place: &place,
            now: self.poller.clock.now(),
            policy: &self.poller.policy,
            sinks: self.sinks,
            lease: &lease,
        };
        summary.listing_calls = walk.calls;
        summary.listed = walk.tasks.len();
        summary.out_of_order = walk.disordered;
        summary.baseline = stored_ledger.is_none_or(|ledger| !ledger.baseline_done);
        note(&walk, &context, summary);

        let mut ledger =
            stored_ledger.cloned().unwrap_or_else(|| Ledger::baseline(kind, walk.newest, began));
        ledger.note_torn(&walk.rejected);
        let looked_up = self.look_up(&mut walk, stored_ledger, known, &context, summary).await;
        let listed = Listed {
            tasks: std::mem::take(&mut walk.tasks),
            absent: std::mem::take(&mut walk.absent),
            looked_up: looked_up.clone().unwrap_or_default(),
        };
        let mut decisions = listing::diff(&listed, known, stored_ledger, &ledger, &context);
        note_states(&decisions, &context);
        let expected = stored.as_ref().map_or(0, |stored| stored.version);
        let late = std::mem::take(&mut decisions.late);
        let saved = self.save(kind, expected, decisions, &listed, known, &context, summary).await;
        // What the store held after all is no news.
        let is_new = |key: &&TaskKey| known.records.get(*key).is_some_and(|it| it.version == 1);
        summary.listed_late = late.iter().filter(is_new).count();
        note_late(&context, summary);

        let next = advance(ledger, &walk, saved && looked_up.is_some(), known, &context, summary);
        if stored_ledger != Some(&next) {
            self.save_ledger(next, expected, known, &context, summary).await;
        }
    }

    /// Reads the records of what a check listed below the watermark, each once. Returns the tasks whose
    /// records were asked for; none where the store did not answer, and the next poll lists the same
    /// pages again.
    async fn look_up(
        &self,
        walk: &mut Walk,
        stored: Option<&Ledger>,
        known: &mut Snapshot,
        context: &Context<'_>,
        summary: &mut TargetSummary,
    ) -> Option<BTreeSet<TaskKey>> {
        let mut wanted = std::mem::take(&mut walk.to_look_up);
        let Some(ledger) = stored.filter(|ledger| ledger.baseline_done) else {
            return Some(BTreeSet::new());
        };
        let window = TaskKey::lowest_at(ledger.watermark);
        wanted.retain(|key| *key < window && !known.records.contains_key(key));
        let starts = || wanted.iter().filter_map(|key| walk.tasks.get(key)?.started_at);
        let (Some(from), Some(to)) = (starts().min(), starts().max()) else {
            return Some(wanted);
        };
        let store = &self.poller.store;
        // A range costs least. Where the listing is out of order it may hold far more than was
        // listed; the records that it did not come to are read one by one then.
        let records_max = 2 * wanted.len() + RECORDS_TO_SPARE;
        let mut answers = vec![store.read_between(context.place, from, to, records_max).await];
        let is_cut = answers.iter().flatten().any(|found| found.records.len() > records_max);
        if is_cut {
            let found = answers.iter().flatten().flat_map(|found| found.records.keys());
            let found: BTreeSet<&TaskKey> = found.collect();
            let rest: Vec<&TaskKey> = wanted.iter().filter(|key| !found.contains(key)).collect();
            let rest: Vec<_> = stream::iter(rest)
                .map(|key| store.read_one(context.place, key))
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
                            summary.failures.push(item.to_string());
                            known.unreadable.push(item);
                        }
                    }
                }
                Err(error) => {
                    summary.failures.push(error.to_string());
                    return None;
                }
            }
        }
        Some(wanted)
    }

    /// Saves decisions, those with something to tell first; returns whether all that the ledger
    /// vouches for was saved.
    #[expect(clippy::too_many_arguments, reason = "what a save needs, passed through once")]
    async fn save(
        &self,
        kind: Kind,
        expected_ledger: u64,
        decisions: Decisions,
        listed: &Listed,
        known: &mut Snapshot,
        context: &Context<'_>,
        summary: &mut TargetSummary,
    ) -> bool {
        let mut changes = decisions.changes;
        let first_event = |change: &Change| change.record.outbox.first().map(|it| it.event.time);
        changes.sort_by_key(|change| (change.weight, first_event(change)));
        let rest = changes.split_off(changes.partition_point(|it| it.weight == Weight::Tells));
        let mut all = self.save_changes(changes, listed, known, context, summary).await;
        all &= self.save_settled(kind, expected_ledger, decisions.settled, context, summary).await;
        all & self.save_changes(rest, listed, known, context, summary).await
    }

    /// Saves the records of the baseline that nothing is expected of.
    async fn save_settled(
        &self,
        kind: Kind,
        expected_ledger: u64,
        settled: Vec<(TaskKey, Record)>,
        context: &Context<'_>,
        summary: &mut TargetSummary,
    ) -> bool {
        let mut left = settled.len();
        for some in settled.chunks(SETTLED_AT_ONCE) {
            if !self.has_time(Step::Save) {
                summary.failures.push(format!(
                    "out of time: {left} records of the baseline left to the next poll"
                ));
                return false;
            }
            let store = &self.poller.store;
            match store.save_settled(context.place, kind, expected_ledger, some.to_vec()).await {
                Ok(Saved::Written) => summary.saved += some.len(),
                // Another poller finished the first listing: what this one saw is judged anew.
                Ok(Saved::Conflict) => return false,
                Err(error) => {
                    summary.failures.push(error.to_string());
                    return false;
                }
            }
            left -= some.len();
        }
        true
    }

    async fn save_changes(
        &self,
        changes: Vec<Change>,
        listed: &Listed,
        known: &mut Snapshot,
        context: &Context<'_>,
        summary: &mut TargetSummary,
    ) -> bool {
        let mut all = true;
        let results: Vec<_> = stream::iter(changes)
            .map(|change| async move {
                let (key, weight) = (change.key.clone(), change.weight);
                let untold = change.record.outbox.len();
                if !self.has_time(Step::Save) {
                    return (key, weight, untold, None);
                }
                (key, weight, untold, Some(self.save_change(change, listed, context).await))
            })
            // A slow write holds its own slot and no other.
            .buffer_unordered(self.poller.limits.saves_at_once.max(1))
            .collect()
            .await;
        let (mut left, mut unmoved) = (0_usize, 0_usize);
        for (key, weight, untold, result) in results {
            match result {
                Some(Ok((stored, written))) => {
                    if written {
                        let before = known.records.get(&key).map_or(0, |k| k.value.outbox.len());
                        summary.saved += 1;
                        summary.decided += untold.saturating_sub(before);
                    }
                    known.records.insert(key, stored);
                }
                Some(Err(error)) => {
                    // What the store will never take holds nothing else up.
                    all &= error.refused;
                    summary.failures.push(error.to_string());
                }
                None if weight == Weight::Moves => unmoved += 1,
                None => left += 1,
            }
        }
        if unmoved > 0 {
            let Place { account, region } = context.place;
            tracing::warn!(
                account,
                region,
                unmoved,
                "Out of time: the progress of {unmoved} tasks is left to the next poll"
            );
        }
        if left > 0 {
            summary.failures.push(format!("out of time: {left} changes left to the next poll"));
        }
        all && left == 0
    }

    async fn save_ledger(
        &self,
        mut next: Ledger,
        mut expected: u64,
        known: &mut Snapshot,
        context: &Context<'_>,
        summary: &mut TargetSummary,
    ) {
        for _ in 0..LEDGER_ROUNDS {
            if !self.has_time(Step::Save) {
                summary.failures.push("out of time: the ledger is left to the next poll".into());
                return;
            }
            match self.poller.store.save_ledger(context.place, &next, expected).await {
                Ok(Saved::Written) => {
                    let stored = Versioned { value: next, version: expected + 1 };
                    known.ledgers.insert(stored.value.kind, stored);
                    return;
                }
                Ok(Saved::Conflict) => {}
                Err(error) => return summary.failures.push(error.to_string()),
            }
            // Another poller moved it. What it says holds; only what this poll watches must stay in
            // sight.
            match self.poller.store.read_ledger(context.place, next.kind).await {
                Ok(mut found) => match found.ledgers.remove(&next.kind) {
                    Some(theirs) => {
                        let mut merged = theirs.value.clone();
                        merged.watch_too(known, context.now);
                        if merged == theirs.value {
                            known.ledgers.insert(next.kind, theirs);
                            return;
                        }
                        (next, expected) = (merged, theirs.version);
                    }
                    None => expected = 0,
                },
                Err(error) => return summary.failures.push(error.to_string()),
            }
        }
        summary.failures.push("its ledger was changed by others again and again".into());
    }
}

/// What the ledger says after this poll. If anything that it vouches for was not saved, it does not
/// advance: the next poll reads and decides the same again.
fn advance(
    ledger: Ledger,
    walk: &Walk,
    all_saved: bool,
    known: &Snapshot,
    context: &Context<'_>,
    summary: &TargetSummary,
) -> Ledger {
    let mut next = ledger;
    if walk.disordered > 0 || summary.listed_late > 0 {
        next.distrust(context.now);
    }
    if all_saved {
        next.scan.clone_from(&walk.scan);
        if walk.complete {
            next.baseline_done = true;
            if walk.checked && next.is_daily_resync_due(context.place, context.now) {
                next.resynced_at = Some(context.now);
            }
        }
        if walk.is_token_refused() || walk.gave_up {
            // Begins anew, whether one is due or not.
            next.scan = None;
            next.resynced_at = None;
        }
        if let Some(calls) = walk.hunted {
            next.rest_after_hunt(calls, context.now);
        }
        if walk.read_up_to.is_some() {
            next.raise_watermark(known, walk.read_up_to, context.now);
        }
    }
    next.watch(known, context.now);
    next
}

/// Reports what was wrong with the listing.
fn note(walk: &Walk, context: &Context<'_>, summary: &mut TargetSummary) {
    if let Some(error) = &walk.error {
        summary.failures.push(error.to_string());
    }
    if walk.gave_up {
        summary.failures.push(
            "the listing got no further in ten polls, and begins anew; if this goes on, its older \
             tasks are not seen"
                .into(),
        );
    }
    let named = walk.rejected.iter().take(REJECTED_NAMED);
    summary
        .failures
        .extend(named.map(|rejected| format!("{}: {}", rejected.item, rejected.reason)));
    if walk.rejected.len() > REJECTED_NAMED {
        let more = walk.rejected.len() - REJECTED_NAMED;
        summary.failures.push(format!("{more} more items that could not be read"));
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

fn note_states(decisions: &Decisions, context: &Context<'_>) {
    for (key, state) in &decisions.unknown_states {
        tracing::warn!(
            account = context.place.account,
            region = context.place.region,
            task = key.as_str(),
            "EC2 lists {key} in the state \"{state}\", which it does not document; it is taken to be running"
        );
    }
}

fn note_late(context: &Context<'_>, summary: &TargetSummary) {
    if summary.listed_late > 0 {
        tracing::warn!(
            account = context.place.account,
            region = context.place.region,
            late = summary.listed_late,
            "EC2 listed {} tasks later than the order of its listing promises; for a day no listing stops early",
            summary.listed_late
        );
    }
}

fn open_tasks(known: &Snapshot, kind: Kind) -> BTreeSet<TaskKey> {
    known
        .records
        .iter()
        .filter(|(key, record)| key.kind() == kind && record.value.closed.is_none())
        .map(|(key, _)| key.clone())
        .collect()
}
