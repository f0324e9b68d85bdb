//! Image exports: an AMI is written to S3 as one disk file.

use super::transfer;
use crate::task::identity::{Identity, Listing, Parameters};

/// What an image export is.
pub(super) const IDENTITY: Identity = Identity {
    name: "export-image",
    operation: "DescribeExportImageTasks",
    detail_type: "EC2 Image Export Task State Change",
    is_watched_by_default: false,
    listing: Listing::Whole,
    key_prefix: "u#export-image#",
    id_prefix: "export-ami-",
    parameters: Parameters { filters: &["task-state"], has_pages: true, has_dry_run: true },
    gives_starts: false,
    states: transfer::STATES,
    cancelled: Some(transfer::says_cancelled),
    id_name: Some("exportImageTaskId"),
    fields: &["exportImageTaskId", "imageId", "prefix", "description", "statusMessage"],
    resources: |place, subject| subject.image_id.iter().map(|id| place.image_arn(id)).collect(),
    // The file is named by the task; EC2 does not list its format, which is the ending.
    objects: |subject| {
        let prefix = subject.prefix.as_deref().unwrap_or_default();
        subject.task_id.as_ref().map(|id| format!("{prefix}{id}.*"))
    },
};
