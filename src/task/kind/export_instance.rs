//! Instance exports: an instance is written to S3 as a virtual machine.

use super::transfer;
use crate::task::identity::{Identity, Listing, Parameters};

/// What an instance export is.
pub(super) const IDENTITY: Identity = Identity {
    name: "export-instance",
    operation: "DescribeExportTasks",
    detail_type: "EC2 Instance Export Task State Change",
    is_watched_by_default: false,
    listing: Listing::Whole,
    key_prefix: "u#export-instance#",
    id_prefix: "export-i-",
    parameters: Parameters { filters: &[], has_pages: false, has_dry_run: false },
    gives_starts: false,
    states: transfer::STATES,
    cancelled: Some(transfer::says_cancelled),
    id_name: Some("exportTaskId"),
    fields: &["exportTaskId", "instanceId", "objectKey", "description", "statusMessage"],
    resources: |place, subject| {
        subject.instance_id.iter().map(|id| place.instance_arn(id)).collect()
    },
    objects: |subject| subject.object_key.clone(),
};
