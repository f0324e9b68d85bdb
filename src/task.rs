//! A store-image task or a bundle task as EC2 lists it, in our own words: no SDK type, no secret.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Which of EC2's two listings a task comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// `CreateStoreImageTask`, listed by `DescribeStoreImageTasks`.
    StoreImage,
    /// `BundleInstance`, listed by `DescribeBundleTasks`.
    Bundle,
}

impl Kind {
    /// Both kinds, in the order in which they are polled and reported.
    pub const ALL: [Self; 2] = [Self::StoreImage, Self::Bundle];

    /// The name that events, configuration and the command line use.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::StoreImage => "store-image",
            Self::Bundle => "bundle",
        }
    }
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

impl std::str::FromStr for Kind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.name() == text)
            .ok_or_else(|| format!("\"{text}\" is not a kind of task: write store-image or bundle"))
    }
}

/// A task's state as EC2 spells it. A spelling outside EC2's documented list is kept by name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum State {
    /// Store: running.
    InProgress,
    /// Store: ended well.
    Completed,
    /// Store: ended badly.
    Failed,
    /// Bundle: not begun.
    Pending,
    /// Bundle: waits until the instance is shut down.
    WaitingForShutdown,
    /// Bundle: reads the volume.
    Bundling,
    /// Bundle: writes to S3.
    Storing,
    /// Bundle: being cancelled.
    Cancelling,
    /// Bundle: ended well.
    BundleComplete,
    /// Bundle: ended badly.
    BundleFailed,
    /// A state that EC2 did not document when this was written: treated as still running.
    Unknown(String),
}

/// What a state means for the watcher.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Not ended, as far as we know.
    Running,
    /// Ended well.
    Completed,
    /// Ended badly.
    Failed,
}

impl State {
    const STORE: [Self; 3] = [Self::InProgress, Self::Completed, Self::Failed];
    const BUNDLE: [Self; 7] = [
        Self::Pending,
        Self::WaitingForShutdown,
        Self::Bundling,
        Self::Storing,
        Self::Cancelling,
        Self::BundleComplete,
        Self::BundleFailed,
    ];

    /// Reads EC2's spelling; what is in no list becomes [`State::Unknown`].
    #[must_use]
    pub fn from_wire(kind: Kind, text: &str) -> Self {
        let known: &[Self] = match kind {
            Kind::StoreImage => &Self::STORE,
            Kind::Bundle => &Self::BUNDLE,
        };
        known
            .iter()
            .find(|state| state.as_wire() == text)
            .cloned()
            .unwrap_or_else(|| Self::Unknown(text.to_owned()))
    }

    /// EC2's spelling.
    #[must_use]
    pub fn as_wire(&self) -> &str {
        match self {
            Self::InProgress => "InProgress",
            Self::Completed => "Completed",
            Self::Failed => "Failed",
            Self::Pending => "pending",
            Self::WaitingForShutdown => "waiting-for-shutdown",
            Self::Bundling => "bundling",
            Self::Storing => "storing",
            Self::Cancelling => "cancelling",
            Self::BundleComplete => "complete",
            Self::BundleFailed => "failed",
            Self::Unknown(text) => text,
        }
    }

    /// Running, ended well, or ended badly.
    #[must_use]
    pub fn phase(&self) -> Phase {
        match self {
            Self::Completed | Self::BundleComplete => Phase::Completed,
            Self::Failed | Self::BundleFailed => Phase::Failed,
            Self::InProgress
            | Self::Pending
            | Self::WaitingForShutdown
            | Self::Bundling
            | Self::Storing
            | Self::Cancelling
            | Self::Unknown(_) => Phase::Running,
        }
    }
}

impl std::fmt::Display for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_wire())
    }
}

/// What tells a task from every other one of its account and Region, and orders store tasks by
/// their start. It is also the task's sort key in the table, so its form is part of the stored
/// format.
///
/// Store tasks have no id: the same AMI in two buckets is two tasks, and stored again it is a new
/// one, so image, bucket and start make the identity. (One AMI has one running store at a time, so
/// the object key adds nothing; EC2 may leave it out.) Bundle tasks have an id.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TaskKey(String);

/// DynamoDB takes sort keys of 1,024 bytes. No name that AWS allows comes near it.
const LONGEST_KEY: usize = 900;

/// The namespace of the names that stand for longer ones. A part of the stored format, too.
const KEY_NAMESPACE: Uuid = Uuid::from_u128(0x81c3_4b0e_6a57_5d92_b8f4_03de_7a1c_9e65);

/// Stands for names that are too long.
fn in_short(key: &str) -> Uuid {
    Uuid::new_v5(&KEY_NAMESPACE, key.as_bytes())
}

impl TaskKey {
    /// The identity of a store-image task.
    #[must_use]
    pub fn store_image(image_id: &str, bucket: &str, started_at: Timestamp) -> Self {
        let key = format!("t#{started_at:.3}#{image_id}#{bucket}");
        if key.len() <= LONGEST_KEY {
            return Self(key);
        }
        Self(format!("t#{started_at:.3}#~{}", in_short(&key)))
    }

    /// The identity of a bundle task.
    #[must_use]
    pub fn bundle(bundle_id: &str) -> Self {
        let key = format!("u#{bundle_id}");
        if key.len() <= LONGEST_KEY { Self(key) } else { Self(format!("u#~{}", in_short(&key))) }
    }

    /// The lowest key that a store task started at `from` can have.
    #[must_use]
    pub fn lowest_at(from: Timestamp) -> Self {
        Self(format!("t#{from:.3}#"))
    }

    /// A key behind those of all store tasks started at `to`: `$` follows `#`.
    #[must_use]
    pub fn behind_all_at(to: Timestamp) -> Self {
        Self(format!("t#{to:.3}$"))
    }

    /// Reads a key back from the table; `None` where it is not one of ours.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        (text.starts_with("t#") || text.starts_with("u#")).then(|| Self(text.to_owned()))
    }

    /// The key as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Which listing the task comes from.
    #[must_use]
    pub fn kind(&self) -> Kind {
        if self.0.starts_with("u#") { Kind::Bundle } else { Kind::StoreImage }
    }
}

impl std::fmt::Display for TaskKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why a task failed, in EC2's words. A store task has a message only.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Failure {
    /// EC2's error code (bundle tasks).
    pub code: Option<String>,
    /// EC2's reason.
    pub message: Option<String>,
}

/// What only one kind of task has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum Subject {
    /// A store-image task.
    StoreImage {
        /// The AMI being stored.
        image_id: String,
        /// The object that will hold it, usually `<ami-id>.bin`.
        object_key: Option<String>,
    },
    /// A bundle task.
    Bundle {
        /// The bundle task's id, such as `bun-c1a540a8`.
        bundle_id: String,
        /// The instance being bundled.
        instance_id: Option<String>,
        /// The beginning of the objects' names.
        prefix: Option<String>,
    },
}

/// One task as listed, without the secrets that EC2 lists with a bundle task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Task {
    /// What only this kind has.
    #[serde(flatten)]
    pub subject: Subject,
    /// The bucket. Always there for a store task, as a part of its identity.
    pub bucket: Option<String>,
    /// EC2's state.
    pub state: State,
    /// 0 to 100, where EC2 gave it.
    pub progress_percent: Option<u8>,
    /// When the task started. Always there for a store task.
    pub started_at: Option<Timestamp>,
    /// When EC2 last changed it (bundle tasks).
    pub updated_at: Option<Timestamp>,
    /// Why it failed.
    pub failure: Option<Failure>,
}

impl Task {
    /// Which listing the task comes from.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self.subject {
            Subject::StoreImage { .. } => Kind::StoreImage,
            Subject::Bundle { .. } => Kind::Bundle,
        }
    }

    /// The task's identity; `None` for a store task without bucket or start, which the edge never
    /// lets in.
    #[must_use]
    pub fn key(&self) -> Option<TaskKey> {
        match &self.subject {
            Subject::StoreImage { image_id, .. } => {
                Some(TaskKey::store_image(image_id, self.bucket.as_deref()?, self.started_at?))
            }
            Subject::Bundle { bundle_id, .. } => Some(TaskKey::bundle(bundle_id)),
        }
    }

    /// The AMI's or the bundle task's id: what a person calls the task.
    #[must_use]
    pub fn name(&self) -> &str {
        match &self.subject {
            Subject::StoreImage { image_id, .. } => image_id,
            Subject::Bundle { bundle_id, .. } => bundle_id,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    #[test]
    fn every_documented_state_reads_back_as_it_was_written() {
        for (kind, states) in
            [(Kind::StoreImage, &State::STORE[..]), (Kind::Bundle, &State::BUNDLE[..])]
        {
            for state in states {
                assert_eq!(&State::from_wire(kind, state.as_wire()), state);
            }
        }
    }

    #[test]
    fn a_state_of_the_other_kind_is_unknown_and_running() {
        let state = State::from_wire(Kind::StoreImage, "failed");
        assert_eq!(state, State::Unknown("failed".into()));
        assert_eq!(state.phase(), Phase::Running);
        let stored = serde_json::to_string(&state).expect("serializes");
        assert_eq!(serde_json::from_str::<State>(&stored).expect("reads"), state);
    }

    #[test]
    fn the_same_ami_in_two_buckets_or_stored_again_is_another_task() {
        let start = at("2026-11-22T00:10:00.123Z");
        let again = at("2026-11-22T00:10:00.124Z");
        let key = TaskKey::store_image("ami-1", "a", start);
        assert_ne!(key, TaskKey::store_image("ami-1", "b", start));
        assert_ne!(key, TaskKey::store_image("ami-1", "a", again));
        assert_eq!(key.as_str(), "t#2026-11-22T00:10:00.123Z#ami-1#a");
    }

    #[test]
    fn a_key_is_never_longer_than_a_table_takes_and_long_names_stay_apart() {
        let start = at("2026-11-22T00:10:00.123Z");
        let long = "b".repeat(2_000);
        let key = TaskKey::store_image("ami-1", &long, start);
        assert!(key.as_str().len() <= LONGEST_KEY && key > TaskKey::lowest_at(start));
        assert!(key < TaskKey::behind_all_at(start));
        assert_ne!(key, TaskKey::store_image("ami-1", &format!("{long}b"), start));
        assert_ne!(key, TaskKey::store_image("ami-2", &long, start));
        assert_eq!(key, TaskKey::store_image("ami-1", &long, start));
        assert_eq!(TaskKey::bundle(&long).kind(), Kind::Bundle);
        assert!(TaskKey::bundle(&long).as_str().len() <= LONGEST_KEY);
    }

    #[test]
    fn store_keys_sort_by_start_and_below_bundle_keys() {
        let old = TaskKey::store_image("ami-9", "z", at("2026-11-22T00:10:00Z"));
        let new = TaskKey::store_image("ami-1", "a", at("2026-11-22T00:10:00.001Z"));
        assert!(old < new && new < TaskKey::bundle("bun-1"));
        assert!(TaskKey::lowest_at(at("2026-11-22T00:10:00Z")) < old);
    }
}
