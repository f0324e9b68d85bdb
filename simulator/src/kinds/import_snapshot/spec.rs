//! An import-snapshot task of a scenario.

use super::PART;
use super::plan::{ImportSnapshotPlan, KIND};
use crate::room::TaskId;
use crate::scenario::check::{Problem, check_words};
use crate::scenario::spec::TaskSpec;
use crate::settings::Settings;
use crate::transfer::disk_spec::DiskSpec;
use crate::transfer::spec::{check_made, transfer_spec};
use crate::world::World;

transfer_spec! {
    /// An entry of `import_snapshot_tasks`.
    ImportSnapshotSpec {
        disk: DiskSpec,
        snapshot_id: Option<String>,
        #[serde(default)]
        encrypted: bool,
        kms_key_id: Option<String>,
    }
}

impl TaskSpec for ImportSnapshotSpec {
    fn check(&self, settings: &Settings) -> Result<(), Problem> {
        self.common().check(settings, &KIND, PART.elements)?;
        self.disk.check().map_err(|problem| problem.under("disk."))?;
        check_made("snapshot_id", self.snapshot_id.as_deref(), "snap-", "snapshot id")?;
        check_words("kms_key_id", self.kms_key_id.as_ref())
    }

    fn id(&self) -> Option<(&'static str, &str)> {
        Some(("task_id", &self.task_id))
    }

    fn add(&self, world: &World, account: &str, region: &str) -> TaskId {
        let mut plan = ImportSnapshotPlan::new(self.common().transfer(world), self.disk.disk());
        if let Some(snapshot) = &self.snapshot_id {
            plan.snapshot_id.clone_from(snapshot);
        }
        plan.encrypted = self.encrypted;
        plan.kms_key_id.clone_from(&self.kms_key_id);
        world.add_import_snapshot_task(account, region, plan)
    }
}
