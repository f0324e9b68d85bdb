//! From the first page of a listing to what is saved of it.

use std::collections::BTreeSet;

use futures_util::{StreamExt, stream};

use super::summary::TargetSummary;
use super::walk::{Bounds, Walk};
use super::{Phase, Run};
use crate::decide::Context;
use crate::decide::listing::{self, Decisions, Listed};
use crate::place::Place;
use crate::ports::{Clock, Known, Notifier, Page, Saved, StateStore, TaskSource};
use crate::record::{Ledger, Versioned};
use crate::task::{Kind, TaskKey};

/// How often a ledger is written anew over one that another poller wrote meanwhile.
const LEDGER_ROUNDS: u32 = 3;

/// Items that could not be read, named one by one; of more the number is enough.
const REJECTED_NAMED: usize = 20;

/// What is known of the records below the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LookedUp {
    /// Nobody asked: nothing below the window is judged.
    No,
    /// All of them that were listed.
    Yes,
    /// The store did not answer: the next poll lists the same pages again.
    Failed,
}

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
        summary: &mut TargetSummary,
    ) {
        let place = summary.place();
        let stored = known.ledgers.get(&kind).cloned();
        let stored_ledger = stored.as_ref().map(|stored| &stored.value);
        let mut walk = self.walk(kind, first, stored_ledger, known, &place).await;
        let claim = self.claim();
        let context = Context {
            place: &place,
            now: self.poller.clock.now(),
            policy: &self.poller.policy,
            sinks: self.sinks,
            claim: &claim,
        };
        summary.listing_calls = walk.calls;
        summary.listed = walk.tasks.len();
        summary.out_of_order = walk.disordered;
        summary.baseline = stored_ledger.is_none_or(|ledger| !ledger.baseline_done);
        note(&walk, &context, summary);

        let mut ledger = stored_ledger
            .cloned()
            .unwrap_or_else(|| Ledger::baseline(kind, walk.newest, context.now));
        if !walk.rejected.is_empty() {
            ledger.baseline_was_torn();
        }
        let looked_up = self.look_up(&walk, stored_ledger, known, &context, summary).await;
        let listed = Listed {
            tasks: std::mem::take(&mut walk.tasks),
            absent: std::mem::take(&mut walk.absent),
            looked_up: looked_up == LookedUp::Yes,
        };
        let mut decisions = listing::judge(&listed, known, stored_ledger, &ledger, &context);
        note_states(&decisions, &context);
        let expected = stored.as_ref().map_or(0, |stored| stored.version);
        let late = std::mem::take(&mut decisions.late);
        let saved = self.save(kind, expected, decisions, &listed, known, &context, summary).await;
        // What the store held after all is no news.
        let is_new = |key: &&TaskKey| known.records.get(*key).is_some_and(|it| it.version == 1);
        summary.listed_late = late.iter().filter(is_new).count();
        note_late(&context, summary);

        let next = advance(
            ledger,
            &walk,
            saved && looked_up != LookedUp::Failed,
            known,
            &context,
            summary,
        );
        if stored_ledger != Some(&next) {
            self.save_ledger(next, expected, known, &context, summary).await;
        }
    }

    async fn walk(
        &self,
        kind: Kind,
        first: Page,
        stored: Option<&Ledger>,
        known: &Known,
        place: &Place,
    ) -> Walk {
        let open = open_tasks(known, kind);
        match kind {
            Kind::Bundle => Walk::of_one_page(first, open),
            Kind::StoreImage => {
                let bounds = Bounds {
                    place,
                    stored,
                    open: &open,
                    now: self.poller.clock.now(),
                    calls_max: self.poller.limits.listing_calls,
                    has_time: &|| self.has_time(Phase::List),
                };
                Walk::from_first_page(&self.poller.source, first, &bounds).await
            }
        }
    }

    /// Reads the records of tasks below the window, where a check listed any.
    async fn look_up(
        &self,
        walk: &Walk,
        stored: Option<&Ledger>,
        known: &mut Known,
        context: &Context<'_>,
        summary: &mut TargetSummary,
    ) -> LookedUp {
        let Some(ledger) = stored.filter(|ledger| ledger.baseline_done && walk.checks) else {
            return LookedUp::No;
        };
        let starts = || {
            walk.tasks
                .iter()
                .filter(|(key, _)| !known.records.contains_key(key))
                .filter_map(|(_, task)| task.started_at)
                .filter(|start| *start < ledger.window_from)
        };
        let (Some(from), Some(to)) = (starts().min(), starts().max()) else {
            return LookedUp::Yes;
        };
        match self.poller.store.read_between(context.place, from, to).await {
            Ok(found) => {
                known.records.extend(found.records);
                for item in found.unreadable {
                    if !known.unreadable.contains(&item) {
                        summary.failures.push(item.to_string());
                        known.unreadable.push(item);
                    }
                }
                LookedUp::Yes
            }
            Err(error) => {
                summary.failures.push(error.to_string());
                LookedUp::Failed
            }
        }
    }

    /// Saves decisions; returns whether all that can be written was.
    #[expect(clippy::too_many_arguments, reason = "what a save needs, passed through once")]
    async fn save(
        &self,
        kind: Kind,
        expected_ledger: u64,
        decisions: Decisions,
        listed: &Listed,
        known: &mut Known,
        context: &Context<'_>,
        summary: &mut TargetSummary,
    ) -> bool {
        let mut all = true;
        if !decisions.settled.is_empty() {
            let settled = decisions.settled;
            let count = settled.len();
            match self
                .poller
                .store
                .save_settled(context.place, kind, expected_ledger, settled)
                .await
            {
                Ok(Saved::Written) => summary.saved += count,
                // Another poller finished the first listing: what this one saw is judged anew.
                Ok(Saved::Conflict) => all = false,
                Err(error) => {
                    summary.failures.push(error.to_string());
                    all = false;
                }
            }
        }
        let mut changes = decisions.changes;
        changes.sort_by_key(|change| change.record.untold.first().map(|untold| untold.event.time));
        let results: Vec<_> = stream::iter(changes)
            .map(|change| async move {
                let key = change.key.clone();
                let untold = change.record.untold.len();
                if !self.has_time(Phase::Save) {
                    return (key, untold, None);
                }
                (key, untold, Some(self.save_change(change, listed, context).await))
            })
            .buffered(self.poller.limits.saves_at_once.max(1))
            .collect()
            .await;
        let mut left = 0_usize;
        for (key, untold, result) in results {
            match result {
                Some(Ok((stored, written))) => {
                    if written {
                        let before = known.records.get(&key).map_or(0, |k| k.value.untold.len());
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
                None => left += 1,
            }
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
        known: &mut Known,
        context: &Context<'_>,
        summary: &mut TargetSummary,
    ) {
        for _ in 0..LEDGER_ROUNDS {
            if !self.has_time(Phase::Save) {
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

/// What the ledger says after this poll. Where something was not saved it does not get on: the next
/// poll reads and decides the same again.
fn advance(
    ledger: Ledger,
    walk: &Walk,
    all_saved: bool,
    known: &Known,
    context: &Context<'_>,
    summary: &TargetSummary,
) -> Ledger {
    let mut next = ledger;
    if walk.disordered > 0 || summary.listed_late > 0 {
        next.distrust(context.now);
    }
    if all_saved {
        next.sweep.clone_from(&walk.sweep);
        if walk.complete {
            next.baseline_done = true;
            if walk.checks && next.is_sweep_due(context.place, context.now) {
                next.swept_at = Some(context.now);
            }
        }
        if walk.is_token_refused() {
            // Begins anew, whether one is due or not.
            next.sweep = None;
            next.swept_at = None;
        }
        if walk.gapless {
            next.move_window(known, walk.newest, context.now);
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

fn open_tasks(known: &Known, kind: Kind) -> BTreeSet<TaskKey> {
    known
        .records
        .iter()
        .filter(|(key, record)| key.kind() == kind && record.value.closed.is_none())
        .map(|(key, _)| key.clone())
        .collect()
}
