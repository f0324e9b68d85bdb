//! Import-snapshot tasks: a disk image becomes a snapshot.

pub(crate) mod plan;
pub(crate) mod spec;
mod start;

use crate::actions::part::{Action, DRY_RUN, Part};
use crate::place::Place;
use crate::room::TaskId;
use crate::transfer::list;
use crate::transfer::start::{TAG_KEY, TAG_RESOURCE, TAG_VALUE};
use crate::world::World;
use plan::{ImportSnapshotPlan, KIND};

/// The actions of import-snapshot tasks, but for the one that cancels imports of every kind.
pub(crate) static PART: Part = Part {
    actions: &[
        Action {
            name: KIND.listing,
            parameters: &[
                DRY_RUN,
                "ImportTaskId.N",
                // Not Filter, as in most other actions: the model gives it no shorter name.
                "Filters.N.Name",
                "Filters.N.Value.N",
                "NextToken",
                "MaxResults",
            ],
            run: |context| list::describe(context, &KIND),
        },
        Action {
            name: "ImportSnapshot",
            parameters: &[
                DRY_RUN,
                "ClientData.Comment",
                "ClientData.UploadEnd",
                "ClientData.UploadSize",
                "ClientData.UploadStart",
                "ClientToken",
                "Description",
                "DiskContainer.Description",
                "DiskContainer.Format",
                "DiskContainer.Url",
                "DiskContainer.UserBucket.S3Bucket",
                "DiskContainer.UserBucket.S3Key",
                "Encrypted",
                "KmsKeyId",
                "RoleName",
                TAG_RESOURCE,
                TAG_KEY,
                TAG_VALUE,
            ],
            run: start::start,
        },
    ],
    elements: &[
        "description",
        "diskImageSize",
        "encrypted",
        "format",
        "importSnapshotTaskSet",
        "importTaskId",
        "key",
        "kmsKeyId",
        "nextToken",
        "progress",
        "s3Bucket",
        "s3Key",
        "snapshotId",
        "snapshotTaskDetail",
        "status",
        "statusMessage",
        "tagSet",
        "url",
        "userBucket",
        "value",
    ],
};

impl World {
    /// Adds an import-snapshot task. It is listed from its start on.
    pub fn add_import_snapshot_task(
        &self,
        account: &str,
        region: &str,
        plan: ImportSnapshotPlan,
    ) -> TaskId {
        let place = Place::new(account, region);
        self.state().add(&place, |room, id| room.transfers.insert(id, Box::new(plan)))
    }
}
