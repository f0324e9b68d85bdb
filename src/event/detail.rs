//! The `detail` of an event. Each kind of task has fields of its own in it.

use jiff::Timestamp;
use serde::de::Error as _;
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::Outcome;
use crate::task::{Failure, Kind, Subject, named_fields};

/// The `detail` of an event. A field that EC2 did not give is null.
///
/// The event of a target says only what kind of task it is that cannot be seen, since when, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detail {
    /// Which listing the task comes from.
    pub kind: Kind,
    /// What the notification is about.
    pub outcome: Outcome,
    /// The state as EC2 spells it.
    pub state: String,
    /// The state before; null where the task was first seen as it is now.
    pub previous_state: Option<String>,
    /// What the task works on and makes.
    pub subject: Subject,
    /// What the AMI is called, where it could be learned.
    pub image_name: Option<String>,
    /// When EC2 last changed the task.
    pub updated_at: Option<Timestamp>,
    /// 0 to 100.
    pub progress_percent: Option<u8>,
    /// When the task started.
    pub started_at: Option<Timestamp>,
    /// When amiwatch first saw the task.
    pub first_seen_at: Option<Timestamp>,
    /// When amiwatch saw what is told.
    pub observed_at: Option<Timestamp>,
    /// Whole seconds from the start to the first sight of the end, or to `updatedAt` where EC2 gives
    /// it; null for what has not ended.
    pub duration_seconds: Option<u64>,
    /// Why it failed.
    pub failure: Option<Failure>,
    /// Since when a target has not been seen.
    pub since: Option<Timestamp>,
    /// The same in all events of one task, or of one target.
    pub task: Uuid,
}

/// The fields that all kinds have.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Common {
    kind: Kind,
    outcome: Outcome,
    state: Option<String>,
    previous_state: Option<String>,
    #[serde(default)]
    image_name: Option<String>,
    progress_percent: Option<u8>,
    started_at: Option<Timestamp>,
    #[serde(default)]
    first_seen_at: Option<Timestamp>,
    observed_at: Option<Timestamp>,
    duration_seconds: Option<u64>,
    failure: Option<Failure>,
    since: Option<Timestamp>,
    #[serde(default, alias = "target")]
    task: Uuid,
}

/// `2026-11-22T00:40:10.456Z`, or null.
struct Millis(Option<Timestamp>);

impl Serialize for Millis {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Some(time) => to.collect_str(&format_args!("{time:.3}")),
            None => to.serialize_none(),
        }
    }
}

/// What a subject calls the id, which each kind of event calls otherwise.
const TASK_ID: &str = "taskId";

const UPDATED_AT: &str = "updatedAt";

impl Serialize for Detail {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(None)?;
        map.serialize_entry("kind", &self.kind)?;
        map.serialize_entry("outcome", &self.outcome)?;
        if self.outcome.is_of_target() {
            map.serialize_entry("since", &Millis(self.since))?;
            map.serialize_entry("observedAt", &Millis(self.observed_at))?;
            map.serialize_entry("failure", &self.failure)?;
            map.serialize_entry("target", &self.task)?;
            return map.end();
        }
        map.serialize_entry("state", &self.state)?;
        map.serialize_entry("previousState", &self.previous_state)?;
        for (name, value) in named_fields(self.kind, &self.subject, self.updated_at) {
            map.serialize_entry(name, &value)?;
        }
        map.serialize_entry("bucket", &self.subject.bucket)?;
        map.serialize_entry("imageName", &self.image_name)?;
        map.serialize_entry("progressPercent", &self.progress_percent)?;
        map.serialize_entry("startedAt", &Millis(self.started_at))?;
        map.serialize_entry("firstSeenAt", &Millis(self.first_seen_at))?;
        map.serialize_entry("observedAt", &Millis(self.observed_at))?;
        map.serialize_entry("durationSeconds", &self.duration_seconds)?;
        map.serialize_entry("failure", &self.failure)?;
        map.serialize_entry("task", &self.task)?;
        map.end()
    }
}

impl<'de> Deserialize<'de> for Detail {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let mut all = Map::deserialize(from)?;
        // What is null is what is not there: a list has no null.
        all.retain(|_, value| !value.is_null());
        let updated_at = all.remove(UPDATED_AT);
        let updated_at = updated_at.map(Timestamp::deserialize).transpose();
        let common = Common::deserialize(Value::Object(all.clone())).map_err(D::Error::custom)?;
        if let Some(id) = common.kind.identity().id_name.and_then(|name| all.remove(name)) {
            all.insert(TASK_ID.into(), id);
        }
        let subject = Subject::deserialize(Value::Object(all)).map_err(D::Error::custom)?;
        let of_target = || common.outcome.is_of_target().then(|| common.outcome.to_string());
        let state = common.state.or_else(of_target);
        Ok(Self {
            kind: common.kind,
            outcome: common.outcome,
            state: state.ok_or_else(|| D::Error::missing_field("state"))?,
            previous_state: common.previous_state,
            subject,
            image_name: common.image_name,
            updated_at: updated_at.map_err(D::Error::custom)?,
            progress_percent: common.progress_percent,
            started_at: common.started_at,
            first_seen_at: common.first_seen_at,
            observed_at: common.observed_at,
            duration_seconds: common.duration_seconds,
            failure: common.failure,
            since: common.since,
            task: common.task,
        })
    }
}
