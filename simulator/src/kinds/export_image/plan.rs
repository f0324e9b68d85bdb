//! What an export-image task will do, and what EC2 shows of it.

use jiff::Timestamp;

use crate::kinds::export_instance;
use crate::status::TaskStatus;
use crate::transfer::cancel::CANCEL_EXPORT;
use crate::transfer::elements::{course, given, labels};
use crate::transfer::export::ExportTarget;
use crate::transfer::ids::unknown_export;
use crate::transfer::kind::{Paging, TransferKind, Transferred};
use crate::transfer::plan::{Standing, Transfer};
use crate::transfer::words::{CANCELLED_BY_USER, Words};
use crate::xml::Element;

pub(crate) static KIND: TransferKind = TransferKind {
    prefix: "export-ami-",
    listing: "DescribeExportImageTasks",
    set: "exportImageTaskSet",
    ids: "ExportImageTaskId",
    filters: "Filter",
    filter_names: &["task-state"],
    paging: Paging::Pages(Some(500)),
    unknown: unknown_export,
    cancel: CANCEL_EXPORT,
    resource: "export-image-task",
    words: Words {
        ending: "deleting",
        ended: "deleted",
        by_user: Some(CANCELLED_BY_USER),
        steps: &[(0, "validating"), (10, "converting"), (80, "updating")],
        progress_from: Some(0),
        expires: false,
    },
};

/// An export-image task, from its start to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ExportImagePlan {
    /// What it has in common with other imports and exports.
    pub transfer: Transfer,
    /// The AMI.
    pub image_id: String,
    /// Where the file goes. An AMI's file is never in a container.
    pub target: ExportTarget,
    /// The role that writes it.
    pub role_name: Option<String>,
    /// Whether listings name the AMI: the model has an element for it, which real ones lack.
    pub shows_source: bool,
}

impl ExportImagePlan {
    /// A task that exports an AMI with the default role.
    #[must_use]
    pub fn new(transfer: Transfer, image_id: impl Into<String>, target: ExportTarget) -> Self {
        let (image_id, role_name) = (image_id.into(), None);
        Self { transfer, image_id, target, role_name, shows_source: false }
    }

    /// What EC2 says of it at `now`.
    #[must_use]
    pub fn status(&self, now: Timestamp) -> TaskStatus {
        self.at(now).status
    }

    fn shown(&self, at: &Standing, with_source: bool) -> Vec<Element> {
        let prefix = Some(self.target.prefix.as_str()).filter(|prefix| !prefix.is_empty());
        let mut location = vec![Element::text("s3Bucket", self.target.bucket.as_str())];
        location.extend(given("s3Prefix", prefix));
        let mut fields = vec![
            Element::text("exportImageTaskId", self.transfer.task_id.as_str()),
            Element::parent("s3ExportLocation", location),
            Element::text("status", at.status.state.as_str()),
        ];
        fields.extend(given("imageId", with_source.then_some(self.image_id.as_str())));
        fields.extend(course(at));
        fields.extend(labels(&self.transfer));
        fields
    }

    /// As the listing of instance exports shows it, in the words of that. EC2 answers there for its
    /// id; that it also stands in the whole list, and that the words are these, is taken for likely.
    fn shown_among_instances(&self, at: &Standing) -> Vec<Element> {
        let (own, theirs) = (&KIND.words, &export_instance::plan::KIND.words);
        let state = match at.status.state.as_str() {
            state if state == own.ending => theirs.ending,
            state if state == own.ended => theirs.ended,
            state => state,
        };
        let task_id = self.transfer.task_id.as_str();
        let mut fields = vec![
            Element::text("exportTaskId", task_id),
            self.target.element(task_id),
            Element::text("state", state),
        ];
        fields.extend(given("statusMessage", at.status.message.as_deref()));
        fields.extend(labels(&self.transfer));
        fields
    }
}

impl Transferred for ExportImagePlan {
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
        self.shown(at, self.shows_source)
    }

    fn answer(&self, at: &Standing) -> Vec<Element> {
        let mut fields = self.shown(at, true);
        fields.push(Element::text("diskImageFormat", self.target.format.as_str()));
        fields.extend(given("roleName", self.role_name.as_deref()));
        fields
    }

    fn item_of(&self, listing: &str, at: &Standing) -> Option<Vec<Element>> {
        if listing == export_instance::plan::KIND.listing {
            return Some(self.shown_among_instances(at));
        }
        (listing == KIND.listing).then(|| self.fields(at))
    }
}
