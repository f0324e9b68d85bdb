//! Snapshot imports: a disk file in S3 becomes a snapshot.

use super::transfer;
use crate::task::identity::{Identity, Listing, Parameters};

/// What a snapshot import is.
pub(super) const IDENTITY: Identity = Identity {
    name: "import-snapshot",
    operation: "DescribeImportSnapshotTasks",
    detail_type: "EC2 Snapshot Import Task State Change",
    is_watched_by_default: false,
    listing: Listing::Whole,
    key_prefix: "u#import-snapshot#",
    id_prefix: "import-snap-",
    parameters: Parameters { filters: &["task-state"], has_pages: true, has_dry_run: true },
    gives_starts: false,
    states: transfer::STATES,
    cancelled: Some(transfer::says_cancelled),
    id_name: Some("importTaskId"),
    fields: &["importTaskId", "snapshotId", "objectKey", "description", "statusMessage"],
    resources: |place, subject| {
        subject.snapshot_id.iter().map(|id| place.snapshot_arn(id)).collect()
    },
    objects: |subject| subject.object_key.clone(),
};
