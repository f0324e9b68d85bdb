//! What an export-instance task will do, and what EC2 shows of it.

use jiff::Timestamp;

use crate::status::TaskStatus;
use crate::transfer::cancel::CANCEL_EXPORT;
use crate::transfer::elements::{given, labels};
use crate::transfer::export::ExportTarget;
use crate::transfer::ids::unknown_export;
use crate::transfer::kind::{Paging, TransferKind, Transferred};
use crate::transfer::plan::{Standing, Transfer};
use crate::transfer::words::Words;
use crate::xml::Element;

pub(crate) static KIND: TransferKind = TransferKind {
    prefix: "export-i-",
    listing: "DescribeExportTasks",
    set: "exportTaskSet",
    ids: "ExportTaskId",
    filters: "Filter",
    // There is a parameter for filters, and no filter that is documented.
    filter_names: &[],
    paging: Paging::None,
    unknown: unknown_export,
    cancel: CANCEL_EXPORT,
    resource: "export-instance-task",
    words: Words {
        ending: "cancelling",
        ended: "cancelled",
        by_user: None,
        steps: &[],
        progress_from: None,
        expires: true,
    },
};

/// An export-instance task, from its start to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ExportInstancePlan {
    /// What it has in common with other imports and exports.
    pub transfer: Transfer,
    /// The instance.
    pub instance_id: String,
    /// `vmware`, `citrix` or `microsoft`.
    pub environment: String,
    /// Where the file goes.
    pub target: ExportTarget,
    /// Whether listings name the instance: the model has an element for it, which real ones lack.
    pub shows_source: bool,
}

impl ExportInstancePlan {
    /// A task that exports an instance for `vmware`.
    #[must_use]
    pub fn new(transfer: Transfer, instance_id: impl Into<String>, target: ExportTarget) -> Self {
        let (instance_id, environment) = (instance_id.into(), "vmware".to_owned());
        Self { transfer, instance_id, environment, target, shows_source: false }
    }

    /// What EC2 says of it at `now`.
    #[must_use]
    pub fn status(&self, now: Timestamp) -> TaskStatus {
        self.at(now).status
    }

    fn shown(&self, at: &Standing, with_source: bool) -> Vec<Element> {
        let task_id = self.transfer.task_id.as_str();
        let source = with_source.then_some(self.instance_id.as_str());
        let mut instance: Vec<Element> = given("instanceId", source).into_iter().collect();
        instance.push(Element::text("targetEnvironment", self.environment.as_str()));
        let mut fields = vec![
            Element::text("exportTaskId", task_id),
            self.target.element(task_id),
            Element::parent("instanceExport", instance),
            Element::text("state", at.status.state.as_str()),
        ];
        fields.extend(given("statusMessage", at.status.message.as_deref()));
        fields.extend(labels(&self.transfer));
        fields
    }
}

impl Transferred for ExportInstancePlan {
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
        vec![Element::parent("exportTask", self.shown(at, true))]
    }
}
