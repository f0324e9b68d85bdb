//! The event that EC2 never sent: pure, from a task and what became of it. Its JSON is a contract.

mod detail;
mod outcome;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::place::Place;
use crate::task::{Failure, Kind, Subject, Task, TaskKey};

pub use detail::Detail;
pub use outcome::Outcome;

/// The namespace of event ids. Changing it would make every repeat look like news.
const ID_NAMESPACE: Uuid = Uuid::from_u128(0x5f2d_9a51_7d0c_5b0e_9a3e_6c1f_84b7_2d10);

/// One notification, shaped like an EventBridge event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Always `0`, as in EventBridge.
    pub version: String,
    /// The same ending always has the same id, on any machine, after any crash.
    pub id: Uuid,
    /// What kind of event it is, such as `EC2 AMI Store Task State Change`.
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

/// What the event of a change says beside the task itself.
#[derive(Debug, Clone, Copy)]
pub struct Transition<'a> {
    /// What the notification is about.
    pub outcome: Outcome,
    /// EC2's spelling of the state before.
    pub previous_state: Option<&'a str>,
    /// When the task was first seen.
    pub first_seen_at: Timestamp,
    /// When the change was seen.
    pub observed_at: Timestamp,
}

/// What the event of a target says.
#[derive(Debug, Clone)]
pub struct Sighting {
    /// `blind` or `seeing`.
    pub outcome: Outcome,
    /// Since when it could not be listed.
    pub since: Timestamp,
    /// Why not, as the last listing failed.
    pub failure: Option<String>,
    /// When that was seen.
    pub observed_at: Timestamp,
}

/// What all events of targets are called.
const TARGET_DETAIL_TYPE: &str = "amiwatch Target State Change";

impl Event {
    /// The event of a target that cannot be seen, or can be seen again.
    #[must_use]
    pub fn of_target(place: &Place, kind: Kind, sighting: Sighting) -> Self {
        let Sighting { outcome, since, failure, observed_at } = sighting;
        let target = format!("target/{kind}");
        Self {
            version: "0".into(),
            id: named(place, &format!("{target}/{outcome}/{since:.3}")),
            detail_type: TARGET_DETAIL_TYPE.into(),
            source: "amiwatch".into(),
            account: place.account.clone(),
            time: Timestamp::from_second(observed_at.as_second()).unwrap_or(observed_at),
            region: place.region.clone(),
            resources: Vec::new(),
            detail: Detail {
                kind,
                outcome,
                state: outcome.to_string(),
                previous_state: None,
                subject: Subject::default(),
                image_name: None,
                updated_at: None,
                progress_percent: None,
                started_at: None,
                first_seen_at: None,
                observed_at: Some(observed_at),
                duration_seconds: None,
                failure: failure.map(|message| Failure { code: None, message: Some(message) }),
                since: Some(since),
                task: named(place, &target),
            },
        }
    }

    /// The event of one change of one task.
    #[must_use]
    pub fn of(place: &Place, key: &TaskKey, task: &Task, change: Transition<'_>) -> Self {
        let Transition { outcome, previous_state, first_seen_at, observed_at } = change;
        Self {
            version: "0".into(),
            id: event_id(place, key, task, outcome),
            detail_type: task.kind.identity().detail_type.into(),
            source: "amiwatch".into(),
            account: place.account.clone(),
            time: Timestamp::from_second(observed_at.as_second()).unwrap_or(observed_at),
            region: place.region.clone(),
            resources: resources(place, task),
            detail: Detail {
                kind: task.kind,
                outcome,
                state: task.state.as_str().to_owned(),
                previous_state: previous_state.map(str::to_owned),
                subject: task.subject.clone(),
                image_name: None,
                updated_at: task.updated_at,
                progress_percent: task.progress_percent,
                started_at: task.started_at,
                first_seen_at: Some(first_seen_at),
                observed_at: Some(observed_at),
                duration_seconds: duration_seconds(task, change),
                failure: task.failure.clone(),
                since: None,
                task: named(place, key.as_str()),
            },
        }
    }

    /// Where it happened.
    #[must_use]
    pub fn place(&self) -> Place {
        Place::new(&self.account, &self.region)
    }
}

/// The id of what has this name in a place. The form of the name never changes: a repeat would look
/// like news.
fn named(place: &Place, name: &str) -> Uuid {
    let name = format!("{}/{}/{name}", place.account, place.region);
    Uuid::new_v5(&ID_NAMESPACE, name.as_bytes())
}

fn event_id(place: &Place, key: &TaskKey, task: &Task, outcome: Outcome) -> Uuid {
    let mut name = format!("{key}/{outcome}");
    if outcome == Outcome::Stalled {
        match task.progress_percent {
            Some(percent) => name.extend(["/", &percent.to_string()]),
            None => name.push_str("/-"),
        }
        name.extend(task.subject.status_message.iter().flat_map(|message| ["/", message]));
    }
    named(place, &name)
}

fn resources(place: &Place, task: &Task) -> Vec<String> {
    let subject = &task.subject;
    let identity = task.kind.identity();
    let mut arns = (identity.resources)(place, subject);
    if let (Some(bucket), Some(object)) = (&subject.bucket, (identity.objects)(subject)) {
        arns.push(place.object_arn(bucket, &object));
    }
    arns
}

/// Only an end has a duration: a task that is still running, or lost from sight, has none.
fn duration_seconds(task: &Task, change: Transition<'_>) -> Option<u64> {
    if !change.outcome.is_end() {
        return None;
    }
    let end = task.updated_at.unwrap_or(change.observed_at);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::task::{Failure, Kind, State, Subject};

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    fn store() -> Task {
        Task {
            progress_percent: Some(100),
            started_at: Some(at("2026-11-22T00:10:00.123Z")),
            ..Task::new(
                Kind::StoreImage,
                Subject {
                    image_id: Some("ami-0123456789abcdef0".into()),
                    object_key: Some("ami-0123456789abcdef0.bin".into()),
                    bucket: Some("my-bucket".into()),
                    ..Subject::default()
                },
                State::new("Completed"),
            )
        }
    }

    fn event(task: &Task, outcome: Outcome) -> Event {
        let change = Transition {
            outcome,
            previous_state: Some("InProgress"),
            first_seen_at: at("2026-11-22T00:10:30.5Z"),
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
            kind: Kind::Bundle,
            subject: Subject {
                task_id: Some("bun-c1a540a8".into()),
                instance_id: Some("i-12345678".into()),
                prefix: Some("winami".into()),
                bucket: Some("my-bucket".into()),
                ..Subject::default()
            },
            state: State::new("failed"),
            updated_at: Some(at("2026-11-22T00:30:00.123Z")),
            failure: Some(Failure { code: Some("Client.Cancelled".into()), message: None }),
            ..store()
        };
        insta::assert_json_snapshot!(event(&task, Outcome::Failed));
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
