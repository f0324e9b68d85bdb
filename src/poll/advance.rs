//! How far back everything is known after a poll.

use super::summary::TargetSummary;
use super::walk::Walk;
use crate::decide::Context;
use crate::record::{Ledger, Snapshot};

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
