//! Bundle tasks: a Windows instance with an instance store is copied into a bucket.

mod actions;
pub(crate) mod plan;
pub(crate) mod spec;

use crate::actions::part::{Action, DRY_RUN, FILTER_NAME, FILTER_VALUE, Part};
use crate::place::Place;
use crate::room::TaskId;
use crate::world::World;
use plan::BundlePlan;

/// The actions of bundle tasks.
pub(crate) static PART: Part = Part {
    actions: &[
        Action {
            name: "DescribeBundleTasks",
            parameters: &[DRY_RUN, "BundleId.N", FILTER_NAME, FILTER_VALUE],
            run: actions::describe,
        },
        Action {
            name: "BundleInstance",
            parameters: &[
                DRY_RUN,
                "InstanceId",
                "Storage.S3.AWSAccessKeyId",
                "Storage.S3.Bucket",
                "Storage.S3.Prefix",
                "Storage.S3.UploadPolicy",
                "Storage.S3.UploadPolicySignature",
            ],
            run: actions::create,
        },
        Action {
            name: "CancelBundleTask",
            parameters: &[DRY_RUN, "BundleId"],
            run: actions::cancel,
        },
    ],
    elements: &[
        "AWSAccessKeyId",
        "bucket",
        "bundleId",
        "bundleInstanceTask",
        "bundleInstanceTasksSet",
        "code",
        "error",
        "instanceId",
        "message",
        "prefix",
        "progress",
        "S3",
        "startTime",
        "state",
        "storage",
        "updateTime",
        "uploadPolicy",
        "uploadPolicySignature",
    ],
};

impl World {
    /// Adds a bundle task. It is listed from its start on.
    pub fn add_bundle_task(&self, account: &str, region: &str, plan: BundlePlan) -> TaskId {
        let place = Place::new(account, region);
        self.state().add(&place, |room, id| room.bundles.insert(id, plan))
    }
}
