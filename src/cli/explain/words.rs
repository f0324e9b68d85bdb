//! What is known of a task, in words: pure.

use jiff::Timestamp;

use super::listing::{Listing, Reading};
use crate::place::Place;
use crate::record::{Closing, Ledger, Record};
use crate::render::story::time;
use crate::render::text::{duration, plain};
use crate::task::{Kind, Phase};

/// What EC2 lists of the task.
pub(super) fn listed_now(
    kind: Kind,
    listing: &Listing<'_>,
    place: &Place,
    now: Timestamp,
) -> String {
    let operation = kind.identity().operation;
    let Some(task) = listing.task else {
        return match listing.reading {
            Reading::Whole => format!("EC2 now: {operation} does not list it."),
            Reading::Part => format!("EC2 now: {operation} could not be read to its end."),
            Reading::NotAsked => format!(
                "EC2 now: not asked, as the credentials are of another account. Use those of account \
                 {account}, or name a role in it: --account {account} --role-name NAME.",
                account = place.account
            ),
        };
    };
    let mut parts = vec![format!("EC2 now: {operation} calls it {}", plain(task.state.as_str()))];
    parts.extend(task.progress_percent.map(|percent| format!("at {percent}%")));
    parts.extend(
        task.subject
            .status_message
            .as_deref()
            .map(|it| format!("with the message \"{}\"", plain(it))),
    );
    parts.extend(task.started_at.map(|at| format!("started {} ({} ago)", time(at), ago(at, now))));
    let mut text = parts.join(", ") + ".";
    let why = task.failure.as_ref().and_then(|it| it.message.as_deref());
    if let Some(why) = why.filter(|_| task.phase() != Phase::Running) {
        text.push_str("\n  Reason: ");
        text.push_str(&plain(why));
    }
    text
}

/// What a poller remembers of it.
pub(super) fn remembered_of(
    place: &Place,
    record: Option<&Record>,
    ledger: Option<&Ledger>,
    now: Timestamp,
) -> String {
    let account = &place.account;
    let Some(record) = record else {
        let why = match ledger {
            None => "no poll has looked at this kind of task yet",
            Some(ledger) if !ledger.baseline_done => "the baseline is still being taken",
            Some(_) => "it had ended before the baseline, or came after the last poll",
        };
        return format!("Remembered for account {account}: nothing; {why}.");
    };
    let mut lines = vec![format!(
        "Remembered for account {account}: first seen {} ({} ago), last as {}{}.",
        time(record.first_seen_at),
        ago(record.first_seen_at, now),
        plain(record.task.state.as_str()),
        record.task.progress_percent.map(|it| format!(" at {it}%")).unwrap_or_default(),
    )];
    lines.push(match record.closed {
        None if record.stalled => {
            format!(
                "  It runs, and has not moved since {}: told as stalled.",
                time(record.moved_at)
            )
        }
        None => format!("  It runs; it last moved {}.", time(record.moved_at)),
        Some(Closing::AgedOut) => {
            "  It ran on past the time for which EC2 lists it: closed without a word.".to_owned()
        }
        Some(closing) => format!("  It is closed: {}.", closed(closing)),
    });
    if record.missed > 0 && record.closed.is_none() {
        lines.push(format!(
            "  The last complete listing did not hold it ({} in a row).",
            record.missed
        ));
    }
    for told in &record.told {
        for (sink, at) in &told.sinks {
            lines.push(format!("  Told: {} to {sink}, {}.", told.outcome, time(*at)));
        }
    }
    for untold in &record.outbox {
        let sinks: Vec<String> = untold.sinks.iter().map(ToString::to_string).collect();
        let (outcome, sinks) = (untold.event.detail.outcome, sinks.join(", "));
        let tried = untold.tried_at.map(|at| format!("; tried in vain {}", time(at)));
        lines.push(format!(
            "  Waits to be told: {outcome} to {sinks}{}.",
            tried.unwrap_or_default()
        ));
    }
    if record.told.is_empty() && record.outbox.is_empty() && record.closed.is_some() {
        let why = if record.changed_at > record.first_seen_at {
            "its outcome is not told"
        } else {
            "it had ended before it was first seen"
        };
        lines.push(format!("  Nobody was told: {why}."));
    }
    if let Some(lease) = record.lease.as_ref().filter(|lease| lease.holds(now)) {
        lines.push(format!("  Another poll is telling it, until {}.", time(lease.until)));
    }
    lines.join("\n")
}

fn closed(closing: Closing) -> &'static str {
    match closing {
        Closing::Completed => "completed",
        Closing::Failed => "failed",
        Closing::Cancelled => "cancelled",
        Closing::Vanished => "vanished from two complete listings in a row",
        Closing::AgedOut => "unknown",
    }
}

fn ago(at: Timestamp, now: Timestamp) -> String {
    duration(u64::try_from(now.duration_since(at).as_secs()).unwrap_or(0))
}
