//! Import-image tasks: the disk images of a virtual machine become an AMI.

pub(crate) mod plan;
pub(crate) mod spec;
mod start;

use crate::actions::part::{Action, DRY_RUN, Part};
use crate::place::Place;
use crate::room::TaskId;
use crate::transfer::list;
use crate::transfer::start::{TAG_KEY, TAG_RESOURCE, TAG_VALUE};
use crate::world::World;
use plan::{ImportImagePlan, KIND};

/// The actions of import-image tasks, but for the one that cancels imports of every kind.
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
            name: "ImportImage",
            parameters: &[
                DRY_RUN,
                "Architecture",
                "BootMode",
                "ClientData.Comment",
                "ClientData.UploadEnd",
                "ClientData.UploadSize",
                "ClientData.UploadStart",
                "ClientToken",
                "Description",
                "DiskContainer.N.Description",
                "DiskContainer.N.DeviceName",
                "DiskContainer.N.Format",
                "DiskContainer.N.SnapshotId",
                "DiskContainer.N.Url",
                "DiskContainer.N.UserBucket.S3Bucket",
                "DiskContainer.N.UserBucket.S3Key",
                "Encrypted",
                "Hypervisor",
                "KmsKeyId",
                "LicenseSpecifications.N.LicenseConfigurationArn",
                "LicenseType",
                "Platform",
                "RoleName",
                TAG_RESOURCE,
                TAG_KEY,
                TAG_VALUE,
                "UsageOperation",
            ],
            run: start::start,
        },
    ],
    elements: &[
        "architecture",
        "bootMode",
        "description",
        "deviceName",
        "diskImageSize",
        "encrypted",
        "format",
        "hypervisor",
        "imageId",
        "importImageTaskSet",
        "importTaskId",
        "key",
        "kmsKeyId",
        "licenseConfigurationArn",
        "licenseSpecifications",
        "licenseType",
        "nextToken",
        "platform",
        "progress",
        "s3Bucket",
        "s3Key",
        "snapshotDetailSet",
        "snapshotId",
        "status",
        "statusMessage",
        "tagSet",
        "url",
        "usageOperation",
        "userBucket",
        "value",
    ],
};

impl World {
    /// Adds an import-image task. It is listed from its start on.
    pub fn add_import_image_task(
        &self,
        account: &str,
        region: &str,
        plan: ImportImagePlan,
    ) -> TaskId {
        let place = Place::new(account, region);
        self.state().add(&place, |room, id| room.transfers.insert(id, Box::new(plan)))
    }
}
