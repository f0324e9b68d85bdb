//! Store-image tasks: an AMI is written to S3 as one object.

use jiff::SignedDuration;

use crate::task::identity::{Identity, Listing, Parameters};
use crate::task::state::Phase;

/// What a store-image task is.
pub(super) const IDENTITY: Identity = Identity {
    name: "store-image",
    operation: "DescribeStoreImageTasks",
    detail_type: "EC2 AMI Store Task State Change",
    is_watched_by_default: true,
    listing: Listing::NewestFirst { listed_for: SignedDuration::from_hours(31 * 24) },
    key_prefix: "t#",
    id_prefix: "ami-",
    parameters: Parameters { filters: &["bucket", "task-state"], has_pages: true, has_dry_run: true },
    gives_starts: true,
    states: &[
        ("InProgress", Phase::Running),
        ("Completed", Phase::Completed),
        ("Failed", Phase::Failed),
    ],
    cancelled: None,
    // The same AMI in two buckets is two tasks, and stored again it is a new one.
    id_name: None,
    fields: &["imageId", "objectKey"],
    resources: |place, subject| {
        subject.image_id.iter().map(|image_id| place.image_arn(image_id)).collect()
    },
    objects: |subject| subject.object_key.clone(),
};
