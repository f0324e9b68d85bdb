//! The tasks of one account and Region, as a scenario or the admin surface describes them.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::bundle::BundleSpec;
use super::check::{Problem, check_each, check_text};
use super::generate::GenerateSpec;
use super::store::{StoreSpec, check_image};
use super::text::Account;
use crate::names::is_region_code;
use crate::place::DEFAULT_ACCOUNT;
use crate::settings::Settings;
use crate::world::World;

/// One account in one Region.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PlaceSpec {
    account: Option<Account>,
    #[serde(default = "default_region")]
    region: String,
    images: Option<Vec<String>>,
    #[serde(default)]
    store_tasks: Vec<StoreSpec>,
    #[serde(default)]
    bundle_tasks: Vec<BundleSpec>,
    #[serde(default)]
    generate: Vec<GenerateSpec>,
}

/// The ids of what was added.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Added {
    store_tasks: Vec<u64>,
    bundle_tasks: Vec<u64>,
    generated: Vec<u64>,
}

fn default_region() -> String {
    "us-east-1".to_owned()
}

impl PlaceSpec {
    /// Finds what the shape alone does not forbid.
    pub(crate) fn check(&self, settings: &Settings) -> Result<(), Problem> {
        check_text("region", &self.region, is_region_code, "Region code", "us-east-1")?;
        for (index, image) in self.images.iter().flatten().enumerate() {
            check_image(&format!("images[{index}]"), image)?;
        }
        check_each("store_tasks", &self.store_tasks, |task| task.check(settings))?;
        let mut ids = BTreeSet::new();
        check_each("bundle_tasks", &self.bundle_tasks, |task| {
            task.check(settings, !ids.insert(task.bundle_id.clone()))
        })?;
        check_each("generate", &self.generate, GenerateSpec::check)
    }

    /// Adds its tasks; relative times count from now.
    pub(crate) fn apply(&self, world: &World) -> Added {
        let account = self.account.as_ref().map_or(DEFAULT_ACCOUNT, |account| account.0.as_str());
        let region = self.region.as_str();
        if let Some(images) = &self.images {
            world.set_images(account, region, images.iter().cloned());
        }
        let mut added = Added::default();
        for task in &self.store_tasks {
            added.store_tasks.push(world.add_store_task(account, region, task.plan(world)).0);
        }
        for task in &self.bundle_tasks {
            added.bundle_tasks.push(world.add_bundle_task(account, region, task.plan(world)).0);
        }
        for generate in &self.generate {
            let set = world.state().next_generated();
            let plans = generate.plans(world, set);
            let ids = plans.map(|plan| world.add_store_task(account, region, plan).0);
            added.generated.extend(ids);
        }
        added
    }
}
