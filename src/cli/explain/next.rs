//! What the next poll does about a task, out of what it would decide: pure.

use std::fmt;

use serde::Serialize;

use crate::decide::listing::Decisions;
use crate::event::Outcome;
use crate::record::{Ledger, Record};
use crate::task::Task;

/// What the next poll does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "does", content = "outcomes")]
pub(super) enum Next {
    /// It tells these outcomes.
    Tells(Vec<Outcome>),
    /// It tells what waits, and notes how far the task is.
    TellsWhatWaits,
    /// It notes that the task is missing for the first time.
    NotesThatItIsMissing,
    /// It notes how far the task is.
    NotesProgress,
    /// It sees the task for the first time, and it runs.
    Remembers,
    /// It takes the baseline, in which the task has ended.
    TakesBaseline,
    /// The story is over.
    NothingIsLeft,
    /// Nothing has changed.
    NothingChanged,
    /// It had ended before the baseline.
    OldNews,
    /// Neither EC2 nor a record knows of it.
    NothingToSee,
}

/// What the next poll does, as it would decide.
pub(super) fn next(
    decisions: &Decisions,
    record: Option<&Record>,
    ledger: Option<&Ledger>,
    task: Option<&Task>,
) -> Next {
    let waits = record.is_some_and(|record| !record.outbox.is_empty());
    if let Some(change) = decisions.changes.first() {
        let before = record.map_or(0, |record| record.outbox.len());
        let news = change.record.outbox.iter().skip(before);
        let news: Vec<Outcome> = news.map(|unsent| unsent.event.detail.outcome).collect();
        return if !news.is_empty() {
            Next::Tells(news)
        } else if change.record.missed > record.map_or(0, |record| record.missed) {
            Next::NotesThatItIsMissing
        } else if waits {
            Next::TellsWhatWaits
        } else {
            Next::NotesProgress
        };
    }
    if !decisions.first_sights.is_empty() {
        return Next::Remembers;
    }
    if !decisions.settled.is_empty() {
        return Next::TakesBaseline;
    }
    match (record, task, ledger) {
        _ if waits => Next::TellsWhatWaits,
        (Some(record), _, _) if record.closed.is_some() => Next::NothingIsLeft,
        (Some(_), _, _) => Next::NothingChanged,
        (None, Some(_), Some(_)) => Next::OldNews,
        (None, _, _) => Next::NothingToSee,
    }
}

impl fmt::Display for Next {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let does = match self {
            Self::Tells(outcomes) => {
                let outcomes: Vec<String> = outcomes.iter().map(ToString::to_string).collect();
                return write!(f, "The next poll tells it as {}.", outcomes.join(", "));
            }
            Self::TellsWhatWaits => "tells what waits",
            Self::NotesThatItIsMissing => {
                "notes that it is missing; the one after it tells that it vanished, if EC2 still does \
                 not list it"
            }
            Self::NotesProgress => "notes how far it is, and tells nothing",
            Self::Remembers => "remembers it as running, and tells when it ends",
            Self::TakesBaseline => {
                "takes the baseline: it has ended already, so it is old news and is not told"
            }
            Self::NothingIsLeft => "does nothing: it has ended, and nothing is left to tell",
            Self::NothingChanged => "does nothing: nothing has changed",
            Self::OldNews => "does nothing: it had ended before the baseline, so it is old news",
            Self::NothingToSee => "does nothing: there is nothing to see",
        };
        write!(f, "The next poll {does}.")
    }
}
