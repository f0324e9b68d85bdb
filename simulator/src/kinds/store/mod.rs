//! Store tasks: an AMI is copied into a bucket.

mod create;
pub(crate) mod generate;
mod list;
pub(crate) mod plan;
pub(crate) mod room;
pub(crate) mod spec;

use crate::actions::part::{Action, DRY_RUN, FILTER_NAME, FILTER_VALUE, Part};
use crate::place::Place;
use crate::room::TaskId;
use crate::world::World;
use plan::StorePlan;

/// The actions of store tasks.
pub(crate) static PART: Part = Part {
    actions: &[
        Action {
            name: "DescribeStoreImageTasks",
            parameters: &[
                DRY_RUN,
                "ImageId.N",
                FILTER_NAME,
                FILTER_VALUE,
                "NextToken",
                "MaxResults",
            ],
            run: list::describe,
        },
        Action {
            name: "CreateStoreImageTask",
            parameters: &[DRY_RUN, "ImageId", "Bucket", "S3ObjectTag.N.Key", "S3ObjectTag.N.Value"],
            run: create::create,
        },
    ],
    elements: &[
        "amiId",
        "bucket",
        "nextToken",
        "objectKey",
        "progressPercentage",
        "s3objectKey",
        "storeImageTaskResultSet",
        "storeTaskFailureReason",
        "storeTaskState",
        "taskStartTime",
    ],
};

impl World {
    /// Adds a store task. It is listed from its start on.
    pub fn add_store_task(&self, account: &str, region: &str, plan: StorePlan) -> TaskId {
        let place = Place::new(account, region);
        self.state().add(&place, |room, id| room.stores.insert(id, plan))
    }

    /// Deletes a stored object, so that its AMI can be stored there again; false where there is
    /// none.
    pub fn delete_object(&self, account: &str, region: &str, bucket: &str, key: &str) -> bool {
        let now = self.now();
        let mut state = self.state();
        let known = state.known_mut(&Place::new(account, region));
        known.is_some_and(|place| place.stores.delete_object(bucket, key, now))
    }
}
