//! Image imports: disk files in S3 become an AMI.

use super::transfer;
use crate::task::identity::{Identity, Listing, Parameters};

/// What an image import is.
pub(super) const IDENTITY: Identity = Identity {
    name: "import-image",
    operation: "DescribeImportImageTasks",
    detail_type: "EC2 Image Import Task State Change",
    is_watched_by_default: false,
    listing: Listing::Whole,
    key_prefix: "u#import-image#",
    id_prefix: "import-ami-",
    parameters: Parameters { filters: &["task-state"], has_pages: true, has_dry_run: true },
    gives_starts: false,
    states: transfer::STATES,
    cancelled: Some(transfer::says_cancelled),
    id_name: Some("importTaskId"),
    fields: &[
        "importTaskId",
        "imageId",
        "snapshotIds",
        "objectKey",
        "description",
        "statusMessage",
    ],
    resources: |place, subject| {
        let images = subject.image_id.iter().map(|id| place.image_arn(id));
        images.chain(subject.snapshot_ids.iter().map(|id| place.snapshot_arn(id))).collect()
    },
    objects: |subject| subject.object_key.clone(),
};
