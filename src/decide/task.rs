//! Judges one task: from what is remembered and what is listed to what must be remembered and told.

use jiff::SignedDuration;

use super::Context;
use crate::event::{Event, Outcome, Transition};
use crate::record::{Closing, RECORD_RENEWED_BEFORE, Record, Unsent};
use crate::task::{Listing, Phase, Task, TaskKey};

/// How many complete listings in a row a task must be missing from before it counts as vanished.
const MISSED_UNTIL_VANISHED: u8 = 2;

/// A second absence counts from this long after the first. Two polls at the same moment are one look.
const MISSED_AGAIN_AFTER: SignedDuration = SignedDuration::from_secs(30);

/// A task's absence says nothing from so long before the end of the time for which EC2 lists it: the two
/// clocks may differ, and EC2 need not be exact.
const AGE_MARGIN: SignedDuration = SignedDuration::from_hours(1);

/// Judges a task of which nothing is remembered. `news` is false at the baseline.
#[must_use]
pub fn first_sight(key: &TaskKey, listed: &Task, news: bool, context: &Context<'_>) -> Record {
    let mut record = Record::first_seen(listed.clone(), context.now);
    record.closed = closing(listed.phase());
    let outcome = record.outcome().unwrap_or(Outcome::Started);
    if news {
        tell(&mut record, key, outcome, None, context);
    }
    record
}

/// Judges a listed task that is remembered. `None`: nothing to write.
///
/// A record whose events another poll is telling is left alone, but for its end: a bundle task may
/// be gone from the next listing. The other poll's lease stays; what it told it takes off by itself.
#[must_use]
pub fn seen_again(
    key: &TaskKey,
    known: &Record,
    listed: &Task,
    context: &Context<'_>,
) -> Option<Record> {
    // An end that was seen stays an end: EC2 may answer with an older state for a while.
    if matches!(known.closed, Some(Closing::Completed | Closing::Failed | Closing::Cancelled)) {
        return renewed(known, context);
    }
    let task = carried_on(&known.task, listed);
    let closed = closing(task.phase());
    if closed.is_none() && context.is_held_by_another(known.lease.as_ref()) {
        return None;
    }
    let mut next = known.clone();
    next.missed = 0;
    next.closed = closed;
    next.task = task;
    if has_moved(&known.task, &next.task) {
        next.moved_at = context.now;
        next.stalled = false;
    }
    if let Some(outcome) = next.outcome() {
        tell(&mut next, key, outcome, Some(known.task.state.as_str()), context);
        return Some(next);
    }
    if !next.stalled && context.now.duration_since(next.moved_at) >= context.policy.stalled_after {
        next.stalled = true;
        tell(&mut next, key, Outcome::Stalled, Some(known.task.state.as_str()), context);
    }
    let changed = next.stalled != known.stalled
        || next.missed != known.missed
        || next.closed != known.closed
        || next.task.state != known.task.state
        || has_moved(&known.task, &next.task);
    changed.then_some(Record { changed_at: context.now, ..next })
}

/// The listed task with what EC2 left out this time, which did not change: its progress, and why it
/// will fail or was cancelled, which EC2 may say only on the way. A task that completed has neither.
fn carried_on(before: &Task, listed: &Task) -> Task {
    let mut task = listed.clone();
    if listed.phase() != Phase::Completed {
        task.progress_percent = listed.progress_percent.or(before.progress_percent);
        task.failure = listed.failure.clone().or_else(|| before.failure.clone());
    }
    task
}

/// Whether a task has moved: its progress did, or what EC2 says that it is doing.
fn has_moved(before: &Task, now: &Task) -> bool {
    now.progress_percent != before.progress_percent
        || now.subject.status_message != before.subject.status_message
}

/// A record must not expire while EC2 lists its task: it would be news then.
fn renewed(known: &Record, context: &Context<'_>) -> Option<Record> {
    let left = known.expires_at()?.duration_since(context.now);
    (left < RECORD_RENEWED_BEFORE).then(|| Record { changed_at: context.now, ..known.clone() })
}

/// Judges a remembered, open task that a complete listing does not hold.
#[must_use]
pub fn absent(key: &TaskKey, known: &Record, context: &Context<'_>) -> Option<Record> {
    if known.closed.is_some() || context.is_held_by_another(known.lease.as_ref()) {
        return None;
    }
    let since = context.now.duration_since(known.changed_at);
    if known.missed > 0 && since < MISSED_AGAIN_AFTER {
        return None;
    }
    let mut next = Record { changed_at: context.now, ..known.clone() };
    if is_past_listing(&known.task, context) {
        next.closed = Some(Closing::AgedOut);
        return Some(next);
    }
    next.missed = known.missed.saturating_add(1);
    if next.missed >= MISSED_UNTIL_VANISHED {
        next.closed = Some(Closing::Vanished);
        tell(&mut next, key, Outcome::Vanished, Some(known.task.state.as_str()), context);
    }
    Some(next)
}

fn closing(phase: Phase) -> Option<Closing> {
    match phase {
        Phase::Running => None,
        Phase::Completed => Some(Closing::Completed),
        Phase::Failed => Some(Closing::Failed),
        Phase::Cancelled => Some(Closing::Cancelled),
    }
}

/// Some tasks are listed for a time after their start: later their absence says nothing.
fn is_past_listing(task: &Task, context: &Context<'_>) -> bool {
    match task.kind.identity().listing {
        Listing::NewestFirst { listed_for } => task.started_at.is_some_and(|start| {
            context.now.duration_since(start) >= listed_for.saturating_sub(AGE_MARGIN)
        }),
        Listing::Whole => false,
    }
}

/// Adds the event to what the record has to tell, and takes this poll's lease on it.
fn tell(
    record: &mut Record,
    key: &TaskKey,
    outcome: Outcome,
    previous_state: Option<&str>,
    context: &Context<'_>,
) {
    record.changed_at = context.now;
    if !context.policy.tell.contains(&outcome) || context.sinks.is_empty() {
        return;
    }
    let change = Transition {
        outcome,
        previous_state,
        first_seen_at: record.first_seen_at,
        observed_at: context.now,
    };
    let event = Event::of(context.place, key, &record.task, change);
    if !record.sent.insert(event.id) {
        return;
    }
    record.outbox.push(Unsent::new(event, context.sinks.clone()));
    if !context.is_held_by_another(record.lease.as_ref()) {
        record.lease = Some(context.lease.clone());
    }
}

#[cfg(test)]
mod tests;
