//! What a task works on, what it makes, and why it failed.

use serde::{Deserialize, Serialize};

/// What a task works on and what it makes, as far as EC2 names it. Which of these a kind of task
/// has, its identity says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Subject {
    /// EC2's id of the task; a store task has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task_id: Option<String>,
    /// The AMI.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_id: Option<String>,
    /// The instance.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance_id: Option<String>,
    /// The snapshot.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub snapshot_id: Option<String>,
    /// The snapshots, where there may be several.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub snapshot_ids: Vec<String>,
    /// The bucket.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bucket: Option<String>,
    /// The object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object_key: Option<String>,
    /// The beginning of the objects' names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prefix: Option<String>,
    /// What the user wrote beside the task.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What EC2 is doing, or why it stopped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status_message: Option<String>,
}

/// Why a task failed, in EC2's words. Only bundle tasks have a code.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Failure {
    /// EC2's error code.
    pub code: Option<String>,
    /// EC2's reason.
    pub message: Option<String>,
}

impl Subject {
    /// An AMI on its way to a bucket.
    #[must_use]
    pub fn image(image_id: impl Into<String>, bucket: impl Into<String>) -> Self {
        let (image_id, bucket) = (Some(image_id.into()), Some(bucket.into()));
        Self { image_id, bucket, ..Self::default() }
    }

    /// What a task works on of which only EC2's id is known.
    #[must_use]
    pub fn of_task(id: impl Into<String>) -> Self {
        Self { task_id: Some(id.into()), ..Self::default() }
    }

    /// What a person calls the task: its id, or where it has none the AMI's.
    #[must_use]
    pub fn name(&self) -> &str {
        self.task_id.as_deref().or(self.image_id.as_deref()).unwrap_or_default()
    }

    /// Every text, for those who have to change them.
    pub fn texts(&mut self) -> impl Iterator<Item = &mut String> {
        [
            &mut self.task_id,
            &mut self.image_id,
            &mut self.instance_id,
            &mut self.snapshot_id,
            &mut self.bucket,
            &mut self.object_key,
            &mut self.prefix,
            &mut self.description,
            &mut self.status_message,
        ]
        .into_iter()
        .flatten()
        .chain(&mut self.snapshot_ids)
    }

    /// The S3 URI of something in the bucket.
    #[must_use]
    pub fn uri(&self, key: &str) -> Option<String> {
        self.bucket.as_ref().map(|bucket| format!("s3://{bucket}/{key}"))
    }
}
