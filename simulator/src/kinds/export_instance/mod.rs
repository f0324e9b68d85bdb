//! Export-instance tasks: an instance's disk is written into a bucket.

pub(crate) mod plan;
pub(crate) mod spec;
mod start;

use crate::actions::part::{Action, FILTER_NAME, FILTER_VALUE, Part};
use crate::place::Place;
use crate::room::TaskId;
use crate::transfer::list;
use crate::transfer::start::{TAG_KEY, TAG_RESOURCE, TAG_VALUE};
use crate::world::World;
use plan::{ExportInstancePlan, KIND};

/// The actions of export-instance tasks, but for the one that cancels exports of every kind. None of
/// them has a dry run.
pub(crate) static PART: Part = Part {
    actions: &[
        Action {
            name: KIND.listing,
            parameters: &["ExportTaskId.N", FILTER_NAME, FILTER_VALUE],
            run: |context| list::describe(context, &KIND),
        },
        Action {
            name: "CreateInstanceExportTask",
            parameters: &[
                "Description",
                "ExportToS3.ContainerFormat",
                "ExportToS3.DiskImageFormat",
                "ExportToS3.S3Bucket",
                "ExportToS3.S3Prefix",
                "InstanceId",
                TAG_RESOURCE,
                TAG_KEY,
                TAG_VALUE,
                "TargetEnvironment",
            ],
            run: start::start,
        },
    ],
    elements: &[
        "containerFormat",
        "description",
        "diskImageFormat",
        "exportTask",
        "exportTaskId",
        "exportTaskSet",
        "exportToS3",
        "instanceExport",
        "instanceId",
        "key",
        "s3Bucket",
        "s3Key",
        "state",
        "statusMessage",
        "tagSet",
        "targetEnvironment",
        "value",
    ],
};

impl World {
    /// Adds an export-instance task. It is listed from its start on.
    pub fn add_export_instance_task(
        &self,
        account: &str,
        region: &str,
        plan: ExportInstancePlan,
    ) -> TaskId {
        let place = Place::new(account, region);
        self.state().add(&place, |room, id| room.transfers.insert(id, Box::new(plan)))
    }
}
