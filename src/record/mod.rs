//! What amiwatch remembers: one record a task, one ledger a target, and its sight where it cannot be
//! listed. Stored state is a public format: see `docs/architecture.md`.

mod bearer;
mod ledger;
mod scan;
mod sight;
mod snapshot;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use bearer::{Bearer, BearerKey};
pub use ledger::{Ledger, Torn};
pub use scan::{Below, Cursor, Scan};
pub use sight::Sight;
pub use snapshot::{Snapshot, Unreadable, ledger_key, sight_key};

use crate::event::{Event, Outcome};
use crate::task::Task;

/// The longest that EC2 is known to list a task: a store task for so long after its start.
pub const EC2_LISTS_FOR: SignedDuration = SignedDuration::from_hours(31 * 24);

/// How long a settled record stays after its last change. Two weeks more than EC2 lists a task,
/// so that no record goes while its task can still be listed; DynamoDB deletes it some time later.
pub const RECORD_KEPT_FOR: SignedDuration = SignedDuration::from_hours(45 * 24);

/// The longest that a store may be told to keep settled records.
pub const RECORD_KEPT_FOR_MAX: SignedDuration = SignedDuration::from_hours(3653 * 24);
const _: () = assert!(
    RECORD_KEPT_FOR.as_secs() > EC2_LISTS_FOR.as_secs()
        && RECORD_KEPT_FOR_MAX.as_secs() >= RECORD_KEPT_FOR.as_secs()
);

/// A settled record whose task is still listed is written anew when it has no longer than this to
/// live. EC2 lists a store task for less; for how long it lists a bundle task it does not say.
pub const RECORD_RENEWED_BEFORE: SignedDuration = SignedDuration::from_hours(14 * 24);

/// How far ahead a lease may end: for how long a poller takes one, and as much again for clocks that differ.
/// What a crash left untold is told within three minutes.
pub const LEASE_LONGEST: SignedDuration = SignedDuration::from_mins(2);

/// The name of a sink, a place to which events go. Each sink acks for itself, so that one that is
/// down neither holds nor repeats the other.
///
/// A record may name a sink that this version does not know: another version wrote it. The name is
/// kept, and the event waits for it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SinkName(Cow<'static, str>);

impl SinkName {
    /// Names a sink. The name is a part of the stored format.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self(Cow::Borrowed(name))
    }
}

impl std::fmt::Display for SinkName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// How a task's story ended for the watcher.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Closing {
    /// Seen completed.
    Completed,
    /// Seen failed.
    Failed,
    /// Seen cancelled.
    Cancelled,
    /// Missing from two complete listings in a row. It may still come back.
    Vanished,
    /// Ran on past the time for which EC2 lists it: nothing more can be learned.
    AgedOut,
}

/// An event that is not yet acked by every sink.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Unsent {
    /// The event as it will be published, fixed when it was decided on.
    pub event: Event,
    /// The sinks that have not acked it.
    pub sinks: BTreeSet<SinkName>,
    /// Whether a sink has acked it: somebody was told.
    #[serde(default, skip_serializing_if = "is_false")]
    pub acked: bool,
    /// When its sink did not take it although it took others: it goes last, so that an event that is
    /// never taken keeps no others waiting.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tried_at: Option<Timestamp>,
}

impl Unsent {
    /// An event that nobody has been told yet.
    #[must_use]
    pub fn new(event: Event, sinks: BTreeSet<SinkName>) -> Self {
        Self { event, sinks, acked: false, tried_at: None }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature is serde's")]
fn is_false(flag: &bool) -> bool {
    !flag
}

/// So many of the last events are remembered as told: stalls may come again and again.
const TOLD_MAX: usize = 20;

/// An event that was told, when and to whom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Told {
    /// The event.
    pub id: Uuid,
    /// What it was about.
    pub outcome: Outcome,
    /// When that was seen.
    pub observed_at: Timestamp,
    /// When each sink took it.
    pub sinks: BTreeMap<SinkName, Timestamp>,
}

impl Told {
    /// Notes that a sink took an event.
    pub fn note(all: &mut Vec<Self>, event: &Event, sink: &SinkName, now: Timestamp) {
        let observed_at = event.detail.observed_at.unwrap_or(event.time);
        let (id, outcome) = (event.id, event.detail.outcome);
        if let Some(told) = all.iter_mut().find(|told| told.id == id) {
            told.sinks.insert(sink.clone(), now);
            return;
        }
        let sinks = [(sink.clone(), now)].into();
        all.push(Self { id, outcome, observed_at, sinks });
        if all.len() > TOLD_MAX {
            all.remove(0);
        }
    }
}

/// Who is telling a record's events at the moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Lease {
    /// The poll that holds it.
    pub by: Uuid,
    /// Until when nobody else may tell.
    pub until: Timestamp,
}

impl Lease {
    /// Whether it still keeps others from telling. No poller takes one for longer than
    /// [`LEASE_LONGEST`]: a lease that ends later was made by a wrong clock and counts for nothing.
    #[must_use]
    pub fn holds(&self, now: Timestamp) -> bool {
        self.until > now && self.until.duration_since(now) <= LEASE_LONGEST
    }

    /// Whether it keeps a poll from telling: it holds, and is another's.
    #[must_use]
    pub fn holds_against(&self, by: Uuid, now: Timestamp) -> bool {
        self.by != by && self.holds(now)
    }
}

/// What is remembered of one task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    /// The task as last seen.
    pub task: Task,
    /// When it was first seen.
    pub first_seen_at: Timestamp,
    /// When its progress or status message last moved, or when it was first seen.
    pub moved_at: Timestamp,
    /// Whether it was called stalled and has not moved since.
    pub stalled: bool,
    /// Complete listings in a row from which it was absent.
    pub missed: u8,
    /// How its story ended; none while it is open.
    pub closed: Option<Closing>,
    /// What is still to be told, oldest first.
    pub outbox: Vec<Unsent>,
    /// The ids of all that was to be told of the task: none is told a second time, such as of a task
    /// that vanished, came back and vanished again.
    #[serde(default)]
    pub sent: BTreeSet<Uuid>,
    /// What was told of it, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub told: Vec<Told>,
    /// Who is telling it.
    pub lease: Option<Lease>,
    /// When the record was last changed.
    pub changed_at: Timestamp,
}

impl Record {
    /// A record of a task that is seen for the first time.
    #[must_use]
    pub fn first_seen(task: Task, now: Timestamp) -> Self {
        Self {
            task,
            first_seen_at: now,
            moved_at: now,
            stalled: false,
            missed: 0,
            closed: None,
            outbox: Vec::new(),
            sent: BTreeSet::new(),
            told: Vec::new(),
            lease: None,
            changed_at: now,
        }
    }

    /// Nothing is expected of the task and nothing is left to tell.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.closed.is_some() && self.outbox.is_empty()
    }

    /// Whether every poll has to look at it, however old it is: something is expected of it, or is
    /// left to tell, or it vanished and may come back.
    #[must_use]
    pub fn is_watched(&self, now: Timestamp) -> bool {
        !self.is_settled()
            || (self.closed == Some(Closing::Vanished)
                && now.duration_since(self.changed_at) < EC2_LISTS_FOR)
    }

    /// When the store may forget the record; never while the task is open or untold.
    #[must_use]
    pub fn expires_at(&self) -> Option<Timestamp> {
        let latest =
            self.task.started_at.map_or(self.changed_at, |start| start.max(self.changed_at));
        self.is_settled().then(|| latest.saturating_add(RECORD_KEPT_FOR).unwrap_or(latest))
    }

    /// The outcome that ended the task, where one did.
    #[must_use]
    pub fn outcome(&self) -> Option<Outcome> {
        match self.closed? {
            Closing::Completed => Some(Outcome::Completed),
            Closing::Failed => Some(Outcome::Failed),
            Closing::Cancelled => Some(Outcome::Cancelled),
            Closing::Vanished => Some(Outcome::Vanished),
            Closing::AgedOut => None,
        }
    }
}

/// A stored value with the version under which it was read: what a conditional write compares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Versioned<T> {
    /// The value.
    pub value: T,
    /// Counts the writes; 0 where nothing is stored yet.
    pub version: u64,
}

impl<T> Versioned<T> {
    /// The same version of what is made of the value.
    pub fn map<U>(self, make: impl FnOnce(T) -> U) -> Versioned<U> {
        Versioned { value: make(self.value), version: self.version }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::sample;
    use crate::task::{Kind, Listing, State, Subject};

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn record(closed: Option<Closing>) -> Record {
        let subject = Subject::image("ami-1", "b");
        let task = Task {
            started_at: Some(at("2026-11-22T00:00:00Z")),
            ..Task::new(Kind::StoreImage, subject, State::new("InProgress"))
        };
        Record { closed, ..Record::first_seen(task, at("2026-11-22T01:00:00Z")) }
    }

    #[test]
    fn only_a_settled_record_expires_45_days_after_its_start_or_last_change() {
        assert_eq!(record(None).expires_at(), None);
        let settled = record(Some(Closing::Completed));
        assert_eq!(settled.expires_at(), Some(at("2027-01-06T01:00:00Z")));
        let late = Task { started_at: Some(at("2026-11-23T00:00:00Z")), ..settled.task.clone() };
        let late = Record { task: late, ..settled.clone() };
        assert_eq!(late.expires_at(), Some(at("2027-01-07T00:00:00Z")));
        let untold = vec![Unsent::new(sample::all().remove(0), BTreeSet::new())];
        assert_eq!(Record { outbox: untold, ..settled }.expires_at(), None);
    }

    #[test]
    fn no_kind_is_listed_longer_than_records_are_made_for() {
        for kind in Kind::ALL {
            if let Listing::NewestFirst { listed_for } = kind.identity().listing {
                assert!(listed_for <= EC2_LISTS_FOR, "{kind}");
            }
        }
    }

    #[test]
    fn a_vanished_task_is_looked_at_as_long_as_ec2_could_list_it_again() {
        let vanished = record(Some(Closing::Vanished));
        let end = vanished.changed_at + EC2_LISTS_FOR;
        assert!(vanished.is_watched(end - SignedDuration::from_secs(1)));
        assert!(!vanished.is_watched(end));
        assert!(!record(Some(Closing::Completed)).is_watched(vanished.changed_at));
        assert!(record(None).is_watched(end));
    }

    #[test]
    fn a_lease_counts_until_it_ends_unless_a_wrong_clock_made_it() {
        let now = at("2026-11-22T00:00:00Z");
        let lease =
            |seconds| Lease { by: Uuid::nil(), until: now + SignedDuration::from_secs(seconds) };
        assert_eq!(
            [-1, 0, 1, 120, 121].map(|it| lease(it).holds(now)),
            [false, false, true, true, false]
        );
        let (mine, other) = (Uuid::nil(), Uuid::from_u128(1));
        assert_eq!([mine, other].map(|by| lease(1).holds_against(by, now)), [false, true]);
        assert!(!lease(0).holds_against(other, now));
    }

    #[test]
    fn what_is_seldom_said_takes_no_room_in_an_item() {
        let untold = Unsent::new(sample::all().remove(0), BTreeSet::new());
        let text = serde_json::to_string(&untold).unwrap();
        assert!(!text.contains("acked") && !text.contains("triedAt"), "{text}");
        let told = serde_json::to_string(&Unsent { acked: true, ..untold }).unwrap();
        assert!(told.contains(r#""acked":true"#), "{told}");
        let now = at("2026-11-22T00:00:00Z");
        let from = Cursor { token: "t".into(), page_size: 200 };
        let scan = Scan {
            from,
            top: now,
            oldest: now,
            checks: true,
            unseen: BTreeSet::new(),
            inconclusive: false,
            calls: 0,
            stuck: 0,
            below: None,
        };
        let text = serde_json::to_string(&scan).unwrap();
        assert!(
            !text.contains("calls") && !text.contains("stuck") && !text.contains("below"),
            "{text}"
        );
        let text = serde_json::to_string(&Scan { calls: 3, stuck: 1, ..scan }).unwrap();
        assert!(text.contains(r#""calls":3,"stuck":1"#), "{text}");
    }
}
