//! Export-image tasks: an AMI becomes a file in a bucket.

pub(crate) mod plan;
pub(crate) mod spec;
mod start;

use crate::actions::part::{Action, DRY_RUN, FILTER_NAME, FILTER_VALUE, Part};
use crate::place::Place;
use crate::room::TaskId;
use crate::transfer::list;
use crate::transfer::start::{TAG_KEY, TAG_RESOURCE, TAG_VALUE};
use crate::world::World;
use plan::{ExportImagePlan, KIND};

/// The actions of export-image tasks, but for the one that cancels exports of every kind.
pub(crate) static PART: Part = Part {
    actions: &[
        Action {
            name: KIND.listing,
            parameters: &[
                DRY_RUN,
                "ExportImageTaskId.N",
                FILTER_NAME,
                FILTER_VALUE,
                "NextToken",
                "MaxResults",
            ],
            run: |context| list::describe(context, &KIND),
        },
        Action {
            name: "ExportImage",
            parameters: &[
                DRY_RUN,
                "ClientToken",
                "Description",
                "DiskImageFormat",
                "ImageId",
                "RoleName",
                "S3ExportLocation.S3Bucket",
                "S3ExportLocation.S3Prefix",
                TAG_RESOURCE,
                TAG_KEY,
                TAG_VALUE,
            ],
            run: start::start,
        },
    ],
    elements: &[
        "description",
        "diskImageFormat",
        "exportImageTaskId",
        "exportImageTaskSet",
        "imageId",
        "key",
        "nextToken",
        "progress",
        "roleName",
        "s3Bucket",
        "s3ExportLocation",
        "s3Prefix",
        "status",
        "statusMessage",
        "tagSet",
        "value",
    ],
};

impl World {
    /// Adds an export-image task. It is listed from its start on.
    pub fn add_export_image_task(
        &self,
        account: &str,
        region: &str,
        plan: ExportImagePlan,
    ) -> TaskId {
        let place = Place::new(account, region);
        self.state().add(&place, |room, id| room.transfers.insert(id, Box::new(plan)))
    }
}
