//! An export-image task of a scenario.

use super::PART;
use super::plan::{ExportImagePlan, KIND};
use crate::room::TaskId;
use crate::scenario::check::{Problem, check_image};
use crate::scenario::spec::TaskSpec;
use crate::settings::Settings;
use crate::transfer::spec::transfer_spec;
use crate::transfer::target_spec::TargetSpec;
use crate::world::World;

transfer_spec! {
    /// An entry of `export_image_tasks`.
    ExportImageSpec {
        image_id: String,
        target: TargetSpec,
        #[serde(default)]
        shows_source: bool,
    }
}

impl TaskSpec for ExportImageSpec {
    fn check(&self, settings: &Settings) -> Result<(), Problem> {
        self.common().check(settings, &KIND, PART.elements)?;
        check_image("image_id", &self.image_id)?;
        self.target.check().map_err(|problem| problem.under("target."))?;
        if self.target.target().container.is_some() {
            let rule = "is only for the export of an instance";
            return Err(Problem::new("target.container", rule, "take it out"));
        }
        Ok(())
    }

    fn id(&self) -> Option<(&'static str, &str)> {
        Some(("task_id", &self.task_id))
    }

    fn add(&self, world: &World, account: &str, region: &str) -> TaskId {
        let transfer = self.common().transfer(world);
        let image = self.image_id.as_str();
        let mut plan = ExportImagePlan::new(transfer, image, self.target.target());
        plan.shows_source = self.shows_source;
        world.add_export_image_task(account, region, plan)
    }
}
