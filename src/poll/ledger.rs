//! Saves what a poll knows of how far back everything is known.

use jiff::Timestamp;

use super::Step;
use super::summary::TargetSummary;
use super::target::Target;
use super::walk::Walk;
use crate::decide::Context;
use crate::ports::Saved;
use crate::record::{Ledger, Snapshot, Versioned};

/// How often a ledger is written anew over one that another poller wrote meanwhile.
const LEDGER_ROUNDS: u32 = 3;

impl Target<'_> {
    pub(super) async fn save_ledger(
        &mut self,
        mut next: Ledger,
        known: &mut Snapshot,
        now: Timestamp,
    ) {
        let (run, place) = (self.run, self.place);
        let mut expected = self.ledger_version();
        for _ in 0..LEDGER_ROUNDS {
            if !run.has_time(Step::Save) {
                self.summary
                    .failures
                    .push("out of time: the ledger is left to the next poll".into());
                return;
            }
            match run.poller.memory.save_ledger(place, &next, expected).await {
                Ok(Saved::Written) => {
                    let stored = Versioned { value: next, version: expected + 1 };
                    known.ledgers.insert(stored.value.kind, stored);
                    return;
                }
                Ok(Saved::Conflict) => {}
                Err(error) => return self.summary.failures.push(error.to_string()),
            }
            // Another poller moved it. What it says holds; only what this poll watches must stay in
            // sight.
            match run.poller.memory.read_ledger(place, next.kind).await {
                Ok(mut found) => match found.ledgers.remove(&next.kind) {
                    Some(theirs) => {
                        let mut merged = theirs.value.clone();
                        merged.watch_too(known, now);
                        if merged == theirs.value {
                            known.ledgers.insert(next.kind, theirs);
                            return;
                        }
                        (next, expected) = (merged, theirs.version);
                    }
                    None => expected = 0,
                },
                Err(error) => return self.summary.failures.push(error.to_string()),
            }
        }
        self.summary.failures.push("its ledger was changed by others again and again".into());
    }
}

/// What the ledger says after this poll. If anything that it vouches for was not saved, it does not
/// advance: the next poll reads and decides the same again.
pub(super) fn advance(
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
