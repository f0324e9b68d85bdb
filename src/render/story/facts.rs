//! What is known of a task, as labels and values.

use jiff::Timestamp;

use super::words::Words;
use crate::event::{Event, Outcome};
use crate::render::text::{duration, plain, truncate};

/// Longer than any bucket and key together; a value beyond it is cut.
const LONGEST_VALUE: usize = 1_500;

/// One fact for a person to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// What it is.
    pub label: &'static str,
    /// One line of plain text.
    pub value: String,
    /// The value is in our own words: nothing in it came from outside.
    pub is_ours: bool,
}

/// The facts, in the order in which people look for them; ten at most.
pub(super) fn facts(event: &Event, words: &Words) -> Vec<Fact> {
    let detail = &event.detail;
    let (seen_label, seen) = seen(event);
    let common = [
        ("Region", Some(event.region.clone()), false),
        ("Account", Some(event.account.clone()), false),
        ("State", Some(state(event)), false),
        ("Progress", progress(event), true),
        ("Started", detail.started_at.map(time), false),
        (seen_label, Some(seen), false),
        ("Took", detail.duration_seconds.map(duration), true),
    ];
    let names = (words.names)(event).into_iter().map(|(label, value)| (label, value, false));
    names
        .chain(common)
        .filter_map(|(label, value, is_ours)| {
            let value = truncate(&plain(&value?), LONGEST_VALUE);
            (!value.is_empty()).then_some(Fact { label, value, is_ours })
        })
        .take(10)
        .collect()
}

/// `2026-11-22 00:10:00 UTC`
#[must_use]
pub fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

fn state(event: &Event) -> String {
    let state = truncate(&plain(&event.detail.state), 100);
    match &event.detail.previous_state {
        Some(before) if *before != event.detail.state => {
            format!("{state} (before: {})", truncate(&plain(before), 100))
        }
        _ => state,
    }
}

fn progress(event: &Event) -> Option<String> {
    let percent = event.detail.progress_percent?;
    Some(match event.detail.outcome {
        Outcome::Completed | Outcome::Started | Outcome::Blind | Outcome::Seeing => {
            format!("{percent}%")
        }
        Outcome::Failed | Outcome::Cancelled => format!("{percent}% when it stopped"),
        Outcome::Vanished => format!("{percent}% when last seen"),
        Outcome::Stalled => format!("{percent}%, not moving"),
    })
}

fn seen(event: &Event) -> (&'static str, String) {
    let detail = &event.detail;
    let observed = time(detail.observed_at.unwrap_or(event.time));
    match (detail.outcome.is_end(), detail.updated_at) {
        (true, Some(updated_at)) => ("Ended", time(updated_at)),
        // EC2 does not say when the task ended, only that it has.
        (true, None) => ("Ended", format!("{observed} (when amiwatch saw it)")),
        (false, _) => ("Noticed", observed),
    }
}
