//! Bundle tasks: an instance-store Windows instance is written to S3 in parts.

use crate::task::identity::{Identity, Listing, Parameters};
use crate::task::state::Phase;

/// What a bundle task is.
pub(super) const IDENTITY: Identity = Identity {
    name: "bundle",
    operation: "DescribeBundleTasks",
    detail_type: "EC2 Bundle Task State Change",
    is_watched_by_default: true,
    listing: Listing::Whole,
    key_prefix: "u#bundle#",
    id_prefix: "bun-",
    parameters: Parameters { filters: &[
        "bundle-id",
        "error-code",
        "error-message",
        "instance-id",
        "progress",
        "s3-bucket",
        "s3-prefix",
        "start-time",
        "state",
        "update-time",
    ], has_pages: false, has_dry_run: true },
    gives_starts: true,
    states: &[
        ("pending", Phase::Running),
        ("waiting-for-shutdown", Phase::Running),
        ("bundling", Phase::Running),
        ("storing", Phase::Running),
        ("cancelling", Phase::Running),
        ("complete", Phase::Completed),
        // Also of a task that somebody cancelled: EC2 says so in the reason.
        ("failed", Phase::Failed),
    ],
    cancelled: None,
    id_name: Some("bundleId"),
    fields: &["bundleId", "instanceId", "prefix", "updatedAt"],
    resources: |place, subject| {
        subject.instance_id.iter().map(|id| place.instance_arn(id)).collect()
    },
    objects: |subject| subject.prefix.as_ref().map(|prefix| format!("{prefix}*")),
};
