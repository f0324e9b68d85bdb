//! An image task as EC2 lists it, in our own words: no SDK type, no secret.
//!
//! What one kind of task is by itself stands in a room of its own, as an [`Identity`]: its names,
//! its states, what its listing guarantees, the form of its keys. Everything else asks those values.

mod identity;
mod key;
mod kind;
mod state;
mod subject;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use identity::{Identity, Listing, Parameters};
pub use key::TaskKey;
pub use kind::{Choice, Kind};
pub use state::{Phase, State};
pub use subject::{Failure, Subject};

/// One task as listed, without the secrets that EC2 lists with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Task {
    /// Which of EC2's listings it comes from.
    pub kind: Kind,
    /// What it works on and makes.
    #[serde(flatten)]
    pub subject: Subject,
    /// EC2's state.
    pub state: State,
    /// 0 to 100, where EC2 gave it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub progress_percent: Option<u8>,
    /// When the task started, where EC2 says so. Always there for a kind that is listed by its start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Timestamp>,
    /// When EC2 last changed it, where EC2 says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Timestamp>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
}

impl Task {
    /// A task in this state of which nothing else is known.
    #[must_use]
    pub fn new(kind: Kind, subject: Subject, state: State) -> Self {
        Self {
            kind,
            subject,
            state,
            progress_percent: None,
            started_at: None,
            updated_at: None,
            failure: None,
        }
    }

    /// The task's identity; `None` where it lacks what its kind is known by, which the edge never
    /// lets in.
    #[must_use]
    pub fn key(&self) -> Option<TaskKey> {
        TaskKey::of(self.kind, &self.subject, self.started_at)
    }

    /// What a person calls the task: its id, or where it has none the AMI's.
    #[must_use]
    pub fn name(&self) -> &str {
        self.subject.name()
    }

    /// Running, ended well, ended badly, or cancelled. A state that EC2 did not document when this was
    /// written is taken to be running.
    #[must_use]
    pub fn phase(&self) -> Phase {
        let identity = self.kind.identity();
        let reason = self.failure.as_ref().and_then(|failure| failure.message.as_deref());
        match identity.documented(self.state.as_str()) {
            None => Phase::Running,
            Some(Phase::Failed) if identity.says_cancelled(self.state.as_str(), reason) => {
                Phase::Cancelled
            }
            Some(phase) => phase,
        }
    }

    /// The fields that not all kinds have, in their order and as events call them. What EC2 did not give
    /// is null.
    pub fn named_fields(&self) -> impl Iterator<Item = (&'static str, Value)> {
        named_fields(self.kind, &self.subject, self.updated_at)
    }
}

/// The fields of a task that not all kinds have, in their order and as events call them. What EC2 did
/// not give is null.
pub fn named_fields(
    kind: Kind,
    subject: &Subject,
    updated_at: Option<Timestamp>,
) -> impl Iterator<Item = (&'static str, Value)> {
    let identity = kind.identity();
    // Strings and lists of them: JSON can always hold them.
    let mut given = serde_json::to_value(subject).unwrap_or_default();
    identity.fields.iter().map(move |name| {
        let value = match *name {
            "updatedAt" => updated_at.map(|time| format!("{time:.3}").into()),
            id if Some(id) == identity.id_name => given.get_mut("taskId").map(Value::take),
            name => given.get_mut(name).map(Value::take),
        };
        (*name, value.unwrap_or_default())
    })
}
