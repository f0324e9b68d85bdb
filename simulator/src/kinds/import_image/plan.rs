//! What an import-image task will do, and what EC2 shows of it.

use jiff::Timestamp;

use crate::status::TaskStatus;
use crate::transfer::cancel::CANCEL_IMPORT;
use crate::transfer::disk::Disk;
use crate::transfer::elements::{course, given, labels};
use crate::transfer::ids::{made_id, unknown_import};
use crate::transfer::kind::{Paging, TransferKind, Transferred};
use crate::transfer::plan::{Standing, Transfer};
use crate::transfer::words::{CANCELLED_BY_USER, Words};
use crate::xml::Element;

/// The progress from which on the disk images are read, and their sizes known.
const READ_FROM: u8 = 15;
/// The progress from which on their snapshots are there and `completed`, long before the task's end
/// and whatever that is.
const SNAPSHOTS_FROM: u8 = 40;

pub(crate) static KIND: TransferKind = TransferKind {
    prefix: "import-ami-",
    listing: "DescribeImportImageTasks",
    set: "importImageTaskSet",
    ids: "ImportTaskId",
    filters: "Filters",
    filter_names: &["task-state"],
    paging: Paging::Pages(None),
    unknown: unknown_import,
    cancel: CANCEL_IMPORT,
    resource: "import-image-task",
    words: Words {
        ending: "deleting",
        ended: "deleted",
        by_user: Some(CANCELLED_BY_USER),
        steps: &[
            (0, "pending"),
            (4, "validating"),
            (READ_FROM, "validated"),
            (20, "converting"),
            (35, "updating"),
            (SNAPSHOTS_FROM, "updated"),
            (50, "preparing to boot"),
            (55, "booting"),
            (70, "booted"),
            (80, "preparing ami"),
        ],
        progress_from: Some(2),
        expires: false,
    },
};

/// An import-image task, from its start to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ImportImagePlan {
    /// What it has in common with other imports and exports.
    pub transfer: Transfer,
    /// The disk images.
    pub disks: Vec<Disk>,
    /// The AMI that it makes. EC2 gives that the task's id for a name.
    pub image_id: String,
    /// Whether the AMI's snapshots are encrypted.
    pub encrypted: bool,
    /// The key that encrypts them.
    pub kms_key_id: Option<String>,
    /// Elements that EC2 shows as they were given, such as `architecture` and `platform`.
    pub given: Vec<(String, String)>,
    /// `licenseSpecifications`: the ARNs of license configurations.
    pub licenses: Vec<String>,
}

impl ImportImagePlan {
    /// A task that makes an unencrypted AMI of `disks`, whose id follows from the task's.
    #[must_use]
    pub fn new(transfer: Transfer, disks: Vec<Disk>) -> Self {
        let image_id = made_id("ami-", &transfer.task_id, 0);
        let (given, licenses) = (Vec::new(), Vec::new());
        Self { transfer, disks, image_id, encrypted: false, kms_key_id: None, given, licenses }
    }

    /// What EC2 says of it at `now`.
    #[must_use]
    pub fn status(&self, now: Timestamp) -> TaskStatus {
        self.at(now).status
    }

    fn snapshot(&self, index: usize, disk: &Disk, percent: u8) -> Element {
        let is_done = percent >= SNAPSHOTS_FROM;
        let id = match &disk.snapshot_id {
            Some(read) => read.clone(),
            None if is_done => made_id("snap-", &self.transfer.task_id, index),
            // EC2 sends the element empty while there is no snapshot, and does not leave it out.
            None => String::new(),
        };
        let mut fields = disk.fields(percent >= READ_FROM);
        fields.push(Element::text("snapshotId", id));
        fields.push(Element::text("status", if is_done { "completed" } else { "active" }));
        Element::parent("item", fields)
    }
}

impl Transferred for ImportImagePlan {
    fn kind(&self) -> &'static TransferKind {
        &KIND
    }

    fn transfer(&self) -> &Transfer {
        &self.transfer
    }

    fn transfer_mut(&mut self) -> &mut Transfer {
        &mut self.transfer
    }

    fn image_made(&self, at: &Standing) -> Option<&str> {
        at.is_completed().then_some(self.image_id.as_str())
    }

    fn fields(&self, at: &Standing) -> Vec<Element> {
        let disks = self.disks.iter().enumerate();
        let snapshots = disks.map(|(index, disk)| self.snapshot(index, disk, at.percent)).collect();
        let mut fields = vec![
            Element::text("importTaskId", self.transfer.task_id.as_str()),
            Element::text("encrypted", self.encrypted.to_string()),
            Element::parent("snapshotDetailSet", snapshots),
            Element::text("status", at.status.state.as_str()),
        ];
        fields.extend(given("kmsKeyId", self.kms_key_id.as_deref()));
        fields.extend(given("imageId", self.image_made(at)));
        fields.extend(self.given.iter().map(|(name, text)| Element::text(name, text.as_str())));
        fields.extend(course(at));
        if !self.licenses.is_empty() {
            let license = |arn: &String| {
                let arn = Element::text("licenseConfigurationArn", arn.as_str());
                Element::parent("item", vec![arn])
            };
            let licenses = self.licenses.iter().map(license).collect();
            fields.push(Element::parent("licenseSpecifications", licenses));
        }
        fields.extend(labels(&self.transfer));
        fields
    }
}
