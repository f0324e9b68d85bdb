//! An export-instance task of a scenario.

use super::PART;
use super::plan::{ExportInstancePlan, KIND};
use crate::room::TaskId;
use crate::scenario::check::{Problem, check_instance, check_words};
use crate::scenario::spec::TaskSpec;
use crate::settings::Settings;
use crate::transfer::spec::transfer_spec;
use crate::transfer::target_spec::TargetSpec;
use crate::world::World;

transfer_spec! {
    /// An entry of `export_instance_tasks`.
    ExportInstanceSpec {
        instance_id: String,
        target: TargetSpec,
        environment: Option<String>,
        #[serde(default)]
        shows_source: bool,
    }
}

impl TaskSpec for ExportInstanceSpec {
    fn check(&self, settings: &Settings) -> Result<(), Problem> {
        self.common().check(settings, &KIND, PART.elements)?;
        check_instance(&self.instance_id)?;
        check_words("environment", self.environment.as_ref())?;
        self.target.check().map_err(|problem| problem.under("target."))
    }

    fn id(&self) -> Option<(&'static str, &str)> {
        Some(("task_id", &self.task_id))
    }

    fn add(&self, world: &World, account: &str, region: &str) -> TaskId {
        let transfer = self.common().transfer(world);
        let instance = self.instance_id.as_str();
        let mut plan = ExportInstancePlan::new(transfer, instance, self.target.target());
        if let Some(environment) = &self.environment {
            plan.environment.clone_from(environment);
        }
        plan.shows_source = self.shows_source;
        world.add_export_instance_task(account, region, plan)
    }
}
