//! What an import-snapshot task will do, and what EC2 shows of it.

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

/// The progress from which on the disk image is read, and its size known.
const READ_FROM: u8 = 10;

pub(crate) static KIND: TransferKind = TransferKind {
    prefix: "import-snap-",
    listing: "DescribeImportSnapshotTasks",
    set: "importSnapshotTaskSet",
    ids: "ImportTaskId",
    filters: "Filters",
    filter_names: &["task-state"],
    paging: Paging::Pages(None),
    unknown: unknown_import,
    cancel: CANCEL_IMPORT,
    resource: "import-snapshot-task",
    words: Words {
        ending: "deleting",
        ended: "deleted",
        by_user: Some(CANCELLED_BY_USER),
        steps: &[(0, "pending"), (READ_FROM, "downloading/converting")],
        progress_from: Some(3),
        expires: false,
    },
};

/// An import-snapshot task, from its start to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ImportSnapshotPlan {
    /// What it has in common with other imports and exports.
    pub transfer: Transfer,
    /// The disk image.
    pub disk: Disk,
    /// The snapshot that it makes.
    pub snapshot_id: String,
    /// Whether the snapshot is encrypted.
    pub encrypted: bool,
    /// The key that encrypts it.
    pub kms_key_id: Option<String>,
}

impl ImportSnapshotPlan {
    /// A task that makes an unencrypted snapshot of `disk`, whose id follows from the task's.
    #[must_use]
    pub fn new(transfer: Transfer, disk: Disk) -> Self {
        let snapshot_id = made_id("snap-", &transfer.task_id, 0);
        Self { transfer, disk, snapshot_id, encrypted: false, kms_key_id: None }
    }

    /// What EC2 says of it at `now`.
    #[must_use]
    pub fn status(&self, now: Timestamp) -> TaskStatus {
        self.at(now).status
    }
}

impl Transferred for ImportSnapshotPlan {
    fn kind(&self) -> &'static TransferKind {
        &KIND
    }

    fn transfer(&self) -> &Transfer {
        &self.transfer
    }

    fn transfer_mut(&mut self) -> &mut Transfer {
        &mut self.transfer
    }

    fn fields(&self, at: &Standing) -> Vec<Element> {
        let mut detail = self.disk.fields(at.percent >= READ_FROM);
        detail.push(Element::text("encrypted", self.encrypted.to_string()));
        detail.extend(given("kmsKeyId", self.kms_key_id.as_deref()));
        detail.extend(course(at));
        // EC2 sends the element empty while there is no snapshot, and does not leave it out.
        let snapshot = if at.is_completed() { self.snapshot_id.as_str() } else { "" };
        detail.push(Element::text("snapshotId", snapshot));
        detail.push(Element::text("status", at.status.state.as_str()));
        let mut fields = vec![
            Element::text("importTaskId", self.transfer.task_id.as_str()),
            Element::parent("snapshotTaskDetail", detail),
        ];
        fields.extend(labels(&self.transfer));
        fields
    }
}
