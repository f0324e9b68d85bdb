//! What is remembered of a task, as it is shown: pure.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use crate::event::Outcome;
use crate::place::Place;
use crate::record::{Closing, Record};
use crate::render::text::duration;
use crate::task::Kind;

/// The past of a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::cli) struct Past {
    pub(in crate::cli) account: String,
    pub(in crate::cli) region: String,
    pub(in crate::cli) kind: Kind,
    /// EC2's id, or for a store that of the AMI.
    pub(in crate::cli) task: String,
    pub(in crate::cli) image_id: Option<String>,
    pub(in crate::cli) bucket: Option<String>,
    /// EC2's state when it was last seen.
    pub(in crate::cli) state: String,
    pub(in crate::cli) outcome: Option<Outcome>,
    /// It was closed without anything to tell: nothing more can be learned.
    pub(in crate::cli) aged_out: bool,
    /// When it started; where EC2 does not say, when it was first seen.
    pub(in crate::cli) began_at: Timestamp,
    pub(in crate::cli) first_seen_at: Timestamp,
    pub(in crate::cli) ended_at: Option<Timestamp>,
    pub(in crate::cli) duration_seconds: Option<u64>,
    pub(in crate::cli) reason: Option<String>,
    /// What was told: by outcome, which sink took it when.
    pub(in crate::cli) told: Vec<ToldOf>,
    /// What waits to be told, with the sinks that it waits for.
    pub(in crate::cli) untold: Vec<UntoldOf>,
}

/// An event that was told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::cli) struct ToldOf {
    pub(in crate::cli) outcome: Outcome,
    pub(in crate::cli) observed_at: Timestamp,
    pub(in crate::cli) sinks: BTreeMap<String, Timestamp>,
}

/// An event that waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::cli) struct UntoldOf {
    pub(in crate::cli) outcome: Outcome,
    pub(in crate::cli) sinks: Vec<String>,
}

/// What is remembered of a task.
pub(in crate::cli) fn past(place: &Place, record: &Record, now: Timestamp) -> Past {
    let task = &record.task;
    let told: Vec<ToldOf> = record
        .told
        .iter()
        .map(|told| ToldOf {
            outcome: told.outcome,
            observed_at: told.observed_at,
            sinks: told.sinks.iter().map(|(sink, at)| (sink.to_string(), *at)).collect(),
        })
        .collect();
    let untold = record
        .outbox
        .iter()
        .map(|untold| UntoldOf {
            outcome: untold.event.detail.outcome,
            sinks: untold.sinks.iter().map(ToString::to_string).collect(),
        })
        .collect();
    let began_at = task.started_at.unwrap_or(record.first_seen_at);
    let ended_at = record.closed.map(|_| ended_at(record));
    let seconds =
        |end: Timestamp| u64::try_from(end.duration_since(task.started_at?).as_secs()).ok();
    // What had ended before it was first seen has no known end.
    let is_known = record.closed.is_none() || ended_at.is_some_and(|at| at > record.first_seen_at);
    let failure = task.failure.as_ref();
    Past {
        account: place.account.clone(),
        region: place.region.clone(),
        kind: task.kind,
        task: task.name().to_owned(),
        image_id: task.subject.image_id.clone(),
        bucket: task.subject.bucket.clone(),
        state: task.state.to_string(),
        outcome: record.outcome(),
        aged_out: record.closed == Some(Closing::AgedOut),
        began_at: began_at.min(now),
        first_seen_at: record.first_seen_at,
        ended_at,
        duration_seconds: ended_at.filter(|_| is_known).and_then(seconds),
        reason: failure.and_then(|it| it.message.clone().or_else(|| it.code.clone())),
        told,
        untold,
    }
}

/// EC2's time of the end where it gives one, else when it was seen.
fn ended_at(record: &Record) -> Timestamp {
    let is_end = |outcome: &Outcome| Some(*outcome) == record.outcome();
    let told = record.told.iter().find(|told| is_end(&told.outcome)).map(|told| told.observed_at);
    let waits = record.outbox.iter().find(|untold| is_end(&untold.event.detail.outcome));
    let seen = told.or(waits.and_then(|untold| untold.event.detail.observed_at));
    record.task.updated_at.or(seen).unwrap_or(record.first_seen_at)
}

impl Past {
    /// How it ended, in a word.
    pub(in crate::cli) fn said(&self) -> String {
        match (self.outcome, self.aged_out) {
            (Some(outcome), _) => outcome.to_string(),
            (None, true) => "unknown".to_owned(),
            (None, false) => "running".to_owned(),
        }
    }

    /// To whom it was told and how soon, or why to nobody. Its own outcome goes without saying.
    pub(in crate::cli) fn told_in_words(&self) -> String {
        let of = |outcome: Outcome, words: String| {
            if Some(outcome) == self.outcome { words } else { format!("{outcome}: {words}") }
        };
        let mut parts: Vec<String> = self
            .told
            .iter()
            .map(|told| {
                let sinks: Vec<String> = told
                    .sinks
                    .iter()
                    .map(|(sink, at)| format!("{sink} {}", later(told.observed_at, *at)))
                    .collect();
                of(told.outcome, sinks.join(", "))
            })
            .collect();
        parts.extend(
            self.untold
                .iter()
                .map(|it| of(it.outcome, format!("waits for {}", it.sinks.join(", ")))),
        );
        if parts.is_empty() && self.ended_at.is_some() {
            return "no: it had ended before it was first seen".to_owned();
        }
        parts.join("; ")
    }
}

/// How soon after it was seen an event was told.
fn later(seen: Timestamp, told: Timestamp) -> String {
    match u64::try_from(told.duration_since(seen).as_secs()) {
        Ok(0) | Err(_) => "at once".to_owned(),
        Ok(seconds) => format!("{} later", duration(seconds)),
    }
}
