//! Objects of stored AMIs that S3 said were created: their tasks are about to be listed as completed.

use std::time::Duration;

use serde::Deserialize;

use crate::poll::Summary;

/// What follows the key of a stored AMI's object, which begins with the AMI's id.
const SUFFIX: &str = ".bin";

/// Pauses before the listings that follow the first one, where EC2 still calls a task running whose object
/// is there. Together they are so short that what the last listing shows can still be told within the function's
/// time.
pub(super) const PAUSES: [Duration; 4] = [
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
    Duration::from_secs(6),
];

/// An object that S3 created.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Stored {
    /// Its key.
    pub object_key: String,
    /// Its bucket.
    pub bucket: String,
}

impl Stored {
    /// The AMI; none where the key is that of no stored AMI.
    fn image(&self) -> Option<&str> {
        self.object_key.strip_suffix(SUFFIX).filter(|image| !image.contains('/'))
    }

    /// Whether EC2 still calls the store of this object running.
    pub(super) fn is_running(&self, summary: &Summary) -> bool {
        self.image().is_some_and(|image| {
            let running = summary.targets.iter().flat_map(|target| &target.running);
            running.into_iter().any(|(id, bucket)| id == image && *bucket == self.bucket)
        })
    }
}
