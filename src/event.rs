//! The event that EC2 never sent: pure, from a task and what became of it. Its JSON is a contract.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::place::Place;
use crate::task::{Failure, Kind, Subject, Task, TaskKey};

/// The namespace of event ids. Changing it would make every repeat look like news.
const ID_NAMESPACE: Uuid = Uuid::from_u128(0x5f2d_9a51_7d0c_5b0e_9a3e_6c1f_84b7_2d10);

/// What a notification is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// Moved to `Completed` / `complete`.
    Completed,
    /// Moved to `Failed` / `failed`.
    Failed,
    /// Absent from two complete listings in a row before an end state was seen.
    Vanished,
    /// Still running, and its progress has not moved for the set time.
    Stalled,
    /// First seen running, after the baseline.
    Started,
}

impl Outcome {
    /// All outcomes.
    pub const ALL: [Self; 5] =
        [Self::Completed, Self::Failed, Self::Vanished, Self::Stalled, Self::Started];

    /// The name that events and configuration use.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Vanished => "vanished",
            Self::Stalled => "stalled",
            Self::Started => "started",
        }
    }
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

impl std::str::FromStr for Outcome {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|outcome| outcome.name() == text).ok_or_else(|| {
            format!(
                "\"{text}\" is not an outcome: write completed, failed, vanished, stalled or started"
            )
        })
    }
}

/// One notification, shaped like an EventBridge event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Always `0`, as in EventBridge.
    pub version: String,
    /// The same ending always has the same id, on any machine, after any crash.
    pub id: Uuid,
    /// `EC2 AMI Store Task State Change` or `EC2 Bundle Task State Change`.
    #[serde(rename = "detail-type")]
    pub detail_type: String,
    /// Always `amiwatch`.
    pub source: String,
    /// The 12-digit account id.
    pub account: String,
    /// When amiwatch saw it, in whole seconds.
    #[serde(with = "whole_seconds")]
    pub time: Timestamp,
    /// The Region's code.
    pub region: String,
    /// ARNs of what the task is about, in the right partition.
    pub resources: Vec<String>,
    /// The task and what became of it.
    pub detail: Detail,
}

/// The `detail` of an [`Event`]. A field that EC2 did not give is null.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Detail {
    /// Which listing the task comes from.
    pub kind: Kind,
    /// What the notification is about.
    pub outcome: Outcome,
    /// The state as EC2 spells it.
    pub state: String,
    /// The state before; null where the task was first seen as it is now.
    pub previous_state: Option<String>,
    /// What only this kind of task has.
    #[serde(flatten)]
    pub subject: EventSubject,
    /// The bucket.
    pub bucket: Option<String>,
    /// 0 to 100.
    pub progress_percent: Option<u8>,
    /// When the task started.
    #[serde(with = "milliseconds")]
    pub started_at: Option<Timestamp>,
    /// When amiwatch saw it.
    #[serde(with = "milliseconds")]
    pub observed_at: Option<Timestamp>,
    /// Whole seconds from the start to the first sight of the end (bundle: to `updatedAt`);
    /// null for what has not ended.
    pub duration_seconds: Option<u64>,
    /// Why it failed.
    pub failure: Option<Failure>,
}

/// The fields of a [`Detail`] that only one kind of task has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, rename_all_fields = "camelCase")]
pub enum EventSubject {
    /// A store-image task.
    StoreImage {
        /// The AMI being stored.
        image_id: String,
        /// The object that holds it.
        object_key: Option<String>,
    },
    /// A bundle task.
    Bundle {
        /// The bundle task's id.
        bundle_id: String,
        /// The instance being bundled.
        instance_id: Option<String>,
        /// The beginning of the objects' names.
        prefix: Option<String>,
        /// When EC2 last changed the task.
        #[serde(with = "milliseconds")]
        updated_at: Option<Timestamp>,
    },
}

/// What the event of a change says beside the task itself.
#[derive(Debug, Clone, Copy)]
pub struct Transition<'a> {
    /// What the notification is about.
    pub outcome: Outcome,
    /// EC2's spelling of the state before.
    pub previous_state: Option<&'a str>,
    /// When it was seen.
    pub observed_at: Timestamp,
}

impl Event {
    /// The event of one change of one task.
    #[must_use]
    pub fn of(place: &Place, key: &TaskKey, task: &Task, change: Transition<'_>) -> Self {
        let Transition { outcome, previous_state, observed_at } = change;
        let kind = task.kind();
        Self {
            version: "0".into(),
            id: event_id(place, key, task, outcome),
            detail_type: detail_type(kind).into(),
            source: "amiwatch".into(),
            account: place.account.clone(),
            time: Timestamp::from_second(observed_at.as_second()).unwrap_or(observed_at),
            region: place.region.clone(),
            resources: resources(place, task),
            detail: Detail {
                kind,
                outcome,
                state: task.state.as_wire().to_owned(),
                previous_state: previous_state.map(str::to_owned),
                subject: EventSubject::of(task),
                bucket: task.bucket.clone(),
                progress_percent: task.progress_percent,
                started_at: task.started_at,
                observed_at: Some(observed_at),
                duration_seconds: duration_seconds(task, change),
                failure: task.failure.clone(),
            },
        }
    }

    /// Where it happened.
    #[must_use]
    pub fn place(&self) -> Place {
        Place::new(&self.account, &self.region)
    }
}

impl EventSubject {
    fn of(task: &Task) -> Self {
        match &task.subject {
            Subject::StoreImage { image_id, object_key } => {
                Self::StoreImage { image_id: image_id.clone(), object_key: object_key.clone() }
            }
            Subject::Bundle { bundle_id, instance_id, prefix } => Self::Bundle {
                bundle_id: bundle_id.clone(),
                instance_id: instance_id.clone(),
                prefix: prefix.clone(),
                updated_at: task.updated_at,
            },
        }
    }
}

fn detail_type(kind: Kind) -> &'static str {
    match kind {
        Kind::StoreImage => "EC2 AMI Store Task State Change",
        Kind::Bundle => "EC2 Bundle Task State Change",
    }
}

fn event_id(place: &Place, key: &TaskKey, task: &Task, outcome: Outcome) -> Uuid {
    let mut name = format!("{}/{}/{key}/{outcome}", place.account, place.region);
    if outcome == Outcome::Stalled {
        match task.progress_percent {
            Some(percent) => name.extend(["/", &percent.to_string()]),
            None => name.push_str("/-"),
        }
    }
    Uuid::new_v5(&ID_NAMESPACE, name.as_bytes())
}

fn resources(place: &Place, task: &Task) -> Vec<String> {
    let mut arns = Vec::with_capacity(2);
    let object = match &task.subject {
        Subject::StoreImage { image_id, object_key } => {
            arns.push(place.image_arn(image_id));
            object_key.clone()
        }
        Subject::Bundle { instance_id, prefix, .. } => {
            arns.extend(instance_id.as_deref().map(|id| place.instance_arn(id)));
            prefix.as_ref().map(|prefix| format!("{prefix}*"))
        }
    };
    if let (Some(bucket), Some(object)) = (&task.bucket, object) {
        arns.push(place.object_arn(bucket, &object));
    }
    arns
}

/// Only an end has a duration: a task that is still running, or lost from sight, has none.
fn duration_seconds(task: &Task, change: Transition<'_>) -> Option<u64> {
    let end = match (change.outcome, task.kind()) {
        (Outcome::Vanished | Outcome::Stalled | Outcome::Started, _) => return None,
        (Outcome::Completed | Outcome::Failed, Kind::StoreImage) => change.observed_at,
        (Outcome::Completed | Outcome::Failed, Kind::Bundle) => {
            task.updated_at.unwrap_or(change.observed_at)
        }
    };
    u64::try_from(end.duration_since(task.started_at?).as_secs()).ok()
}

/// `2026-11-22T00:40:10Z`
mod whole_seconds {
    use jiff::Timestamp;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(time: &Timestamp, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&format_args!("{time:.0}"))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Timestamp, D::Error> {
        Timestamp::deserialize(from)
    }
}

/// `2026-11-22T00:40:10.456Z`, or null.
mod milliseconds {
    use jiff::Timestamp;
    use serde::{Deserialize, Deserializer, Serializer};

    // The signature is serde's.
    #[allow(clippy::ref_option)]
    pub(super) fn serialize<S: Serializer>(
        time: &Option<Timestamp>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        match time {
            Some(time) => to.collect_str(&format_args!("{time:.3}")),
            None => to.serialize_none(),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<Timestamp>, D::Error> {
        Option::deserialize(from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::task::State;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    fn store() -> Task {
        Task {
            subject: Subject::StoreImage {
                image_id: "ami-0123456789abcdef0".into(),
                object_key: Some("ami-0123456789abcdef0.bin".into()),
            },
            bucket: Some("my-bucket".into()),
            state: State::Completed,
            progress_percent: Some(100),
            started_at: Some(at("2026-11-22T00:10:00.123Z")),
            updated_at: None,
            failure: None,
        }
    }

    fn event(task: &Task, outcome: Outcome) -> Event {
        let change = Transition {
            outcome,
            previous_state: Some("InProgress"),
            observed_at: at("2026-11-22T00:40:10.456Z"),
        };
        let key = task.key().expect("a key");
        Event::of(&Place::new("123456789012", "us-east-1"), &key, task, change)
    }

    #[test]
    fn the_event_has_the_shape_of_the_contract() {
        insta::assert_json_snapshot!(event(&store(), Outcome::Completed));
    }

    #[test]
    fn a_bundle_event_has_the_fields_of_a_bundle() {
        let task = Task {
            subject: Subject::Bundle {
                bundle_id: "bun-c1a540a8".into(),
                instance_id: Some("i-12345678".into()),
                prefix: Some("winami".into()),
            },
            state: State::BundleFailed,
            updated_at: Some(at("2026-11-22T00:30:00.123Z")),
            failure: Some(Failure { code: Some("Client.Cancelled".into()), message: None }),
            ..store()
        };
        insta::assert_json_snapshot!(event(&task, Outcome::Failed));
    }

    #[test]
    fn every_outcome_is_read_by_its_name_and_nothing_else_is() {
        for outcome in Outcome::ALL {
            assert_eq!(outcome.name().parse(), Ok(outcome));
        }
        assert!("Completed".parse::<Outcome>().unwrap_err().contains("write completed, failed"));
    }

    #[test]
    fn an_event_reads_back_as_it_was_written() {
        let event =
            Event { time: at("2026-11-22T00:40:10Z"), ..event(&store(), Outcome::Completed) };
        let text = serde_json::to_string(&event).expect("writes");
        assert_eq!(serde_json::from_str::<Event>(&text).expect("reads"), event);
    }

    #[test]
    fn two_stalls_of_one_task_have_two_ids_and_one_ending_has_one() {
        let stuck = |percent| Task { progress_percent: percent, ..store() };
        let id = |task: &Task, outcome| event(task, outcome).id;
        assert_ne!(id(&stuck(Some(5)), Outcome::Stalled), id(&stuck(Some(60)), Outcome::Stalled));
        assert_ne!(id(&stuck(Some(5)), Outcome::Stalled), id(&stuck(None), Outcome::Stalled));
        assert_eq!(
            id(&stuck(Some(5)), Outcome::Completed),
            id(&stuck(Some(9)), Outcome::Completed)
        );
    }
}
