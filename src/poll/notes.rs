//! Reports what was wrong with a listing, in the summary and the log.

use super::summary::TargetSummary;
use super::walk::Walk;
use crate::decide::listing::Decisions;

/// At most this many items that could not be read are named; the rest are counted.
const REJECTED_NAMED: usize = 20;

/// Reports what was wrong with the listing.
pub(super) fn note(walk: &Walk, summary: &mut TargetSummary) {
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
            disordered = walk.disordered,
            "EC2 listed {} tasks out of order; for a day no listing stops early",
            walk.disordered
        );
    }
}

pub(super) fn note_states(decisions: &Decisions) {
    for (key, state) in &decisions.unknown_states {
        tracing::warn!(
            task = key.as_str(),
            "EC2 lists {key} in the state \"{state}\", which it does not document; it is taken to be running"
        );
    }
}

pub(super) fn note_late(summary: &TargetSummary) {
    if summary.listed_late > 0 {
        tracing::warn!(
            late = summary.listed_late,
            "EC2 listed {} tasks later than the order of its listing promises; for a day no listing stops early",
            summary.listed_late
        );
    }
}
