//! What is known of a task, as labels and values, and in one sentence.

use jiff::Timestamp;

use super::text::{duration, plain, truncate};
use crate::event::{Event, EventSubject, Outcome};
use crate::task::Kind;

/// Longer than any bucket and key together; a value beyond it is cut.
const LONGEST_VALUE: usize = 1_500;

/// One fact for a person to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// What it is.
    pub label: &'static str,
    /// One line of plain text.
    pub value: String,
}

/// The facts, in the order in which people look for them; ten at most.
#[must_use]
pub fn facts(event: &Event) -> Vec<Fact> {
    let detail = &event.detail;
    let mut facts = Vec::with_capacity(10);
    let mut add = |label, value: Option<String>| {
        let value = value.map(|value| truncate(&plain(&value), LONGEST_VALUE));
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            facts.push(Fact { label, value });
        }
    };
    match &detail.subject {
        EventSubject::StoreImage { image_id, .. } => add("AMI", Some(image_id.clone())),
        EventSubject::Bundle { bundle_id, instance_id, .. } => {
            add("Bundle task", Some(bundle_id.clone()));
            add("Instance", instance_id.clone());
        }
    }
    let (label, uri) = location(event);
    add(label, uri);
    add("Region", Some(event.region.clone()));
    add("Account", Some(event.account.clone()));
    add("State", Some(state(event)));
    add("Progress", progress(event));
    add("Started", detail.started_at.map(time));
    let (label, moment) = seen(event);
    add(label, moment);
    add("Took", detail.duration_seconds.map(duration));
    facts
}

/// What happened, in a sentence; `name` renders each name in it.
#[must_use]
pub fn headline(event: &Event, name: impl Fn(&str) -> String) -> String {
    let detail = &event.detail;
    let bucket = detail.bucket.as_deref();
    let to = |joint: &str| {
        let bucket = bucket.map(|bucket| format!(" {joint} bucket {}", name(bucket)));
        format!("{} ({})", bucket.unwrap_or_default(), name(&event.region))
    };
    let percent = detail.progress_percent;
    let stopped = percent.map_or_else(String::new, |percent| format!(" It stopped at {percent}%."));
    let stuck = percent.map_or_else(
        || "shows no progress".to_owned(),
        |percent| format!("has not moved from {percent}%"),
    );
    match &detail.subject {
        EventSubject::StoreImage { image_id, .. } => {
            let ami = name(image_id);
            match detail.outcome {
                Outcome::Completed => format!("AMI {ami} is stored{}.", to("in")),
                Outcome::Failed => format!("AMI {ami} could not be stored{}.{stopped}", to("in")),
                Outcome::Vanished => format!(
                    "EC2 no longer lists the store of AMI {ami}{}. How it ended was not seen.",
                    to("to")
                ),
                Outcome::Stalled => format!("The store of AMI {ami}{} {stuck}.", to("to")),
                Outcome::Started => format!("EC2 is storing AMI {ami}{}.", to("in")),
            }
        }
        EventSubject::Bundle { bundle_id, instance_id, .. } => {
            let task = name(bundle_id);
            let machine = instance_id.as_deref().map_or_else(
                || "the instance".to_owned(),
                |instance| format!("instance {}", name(instance)),
            );
            match detail.outcome {
                Outcome::Completed => {
                    format!("Bundle task {task} of {machine} is complete{}.", to("in"))
                }
                Outcome::Failed => {
                    format!("Bundle task {task} of {machine}{} failed.{stopped}", to("to"))
                }
                Outcome::Vanished => format!(
                    "EC2 no longer lists bundle task {task} of {machine}{}. How it ended was not \
                     seen.",
                    to("to")
                ),
                Outcome::Stalled => {
                    format!("Bundle task {task} of {machine}{} {stuck}.", to("to"))
                }
                Outcome::Started => {
                    format!("EC2 is bundling {machine}{}, as bundle task {task}.", to("to"))
                }
            }
        }
    }
}

/// EC2's reason, its code first; `None` where EC2 gave none.
#[must_use]
pub fn reason(event: &Event) -> Option<String> {
    let failure = event.detail.failure.as_ref()?;
    let given = |text: &Option<String>| text.clone().filter(|text| !plain(text).is_empty());
    match (given(&failure.code), given(&failure.message)) {
        (Some(code), Some(message)) => Some(format!("{}: {message}", plain(&code))),
        (code, message) => code.or(message),
    }
}

/// `2026-11-22 00:10:00 UTC`
#[must_use]
pub fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

fn location(event: &Event) -> (&'static str, Option<String>) {
    let bucket = event.detail.bucket.as_deref();
    let uri = |rest: &str| bucket.map(|bucket| format!("s3://{bucket}/{rest}"));
    let stored = event.detail.outcome == Outcome::Completed;
    match &event.detail.subject {
        // Until a store completes there is no object.
        EventSubject::StoreImage { object_key: Some(key), .. } => {
            (if stored { "Object" } else { "Destination" }, uri(key))
        }
        EventSubject::Bundle { prefix: Some(prefix), .. } => {
            ("Objects", uri(&format!("{prefix}*")))
        }
        EventSubject::StoreImage { .. } | EventSubject::Bundle { .. } => ("Bucket", uri("")),
    }
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
        Outcome::Completed | Outcome::Started => format!("{percent}%"),
        Outcome::Failed => format!("{percent}% when it stopped"),
        Outcome::Vanished => format!("{percent}% when last seen"),
        Outcome::Stalled => format!("{percent}%, not moving"),
    })
}

fn seen(event: &Event) -> (&'static str, Option<String>) {
    let observed = event.detail.observed_at.unwrap_or(event.time);
    let updated = match &event.detail.subject {
        EventSubject::Bundle { updated_at, .. } => *updated_at,
        EventSubject::StoreImage { .. } => None,
    };
    match (event.detail.outcome, event.detail.kind, updated) {
        (Outcome::Completed | Outcome::Failed, Kind::Bundle, Some(updated)) => {
            ("Ended", Some(time(updated)))
        }
        // EC2 does not say when a store ended, only that it has.
        (Outcome::Completed | Outcome::Failed, ..) => {
            ("Ended", Some(format!("{} (when amiwatch saw it)", time(observed))))
        }
        (Outcome::Vanished | Outcome::Stalled | Outcome::Started, ..) => {
            ("Noticed", Some(time(observed)))
        }
    }
}
