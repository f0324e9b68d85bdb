//! The tasks of one account and Region, as a scenario or the admin surface describes them.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::check::{Problem, check_each, check_image, check_text, check_words};
use super::spec::TaskSpec;
use super::text::Account;
use crate::kinds::bundle::spec::BundleSpec;
use crate::kinds::export_image::spec::ExportImageSpec;
use crate::kinds::export_instance::spec::ExportInstanceSpec;
use crate::kinds::import_image::spec::ImportImageSpec;
use crate::kinds::import_snapshot::spec::ImportSnapshotSpec;
use crate::kinds::store::generate::GenerateSpec;
use crate::kinds::store::spec::StoreSpec;
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
    image_names: BTreeMap<String, String>,
    #[serde(default)]
    store_tasks: Vec<StoreSpec>,
    #[serde(default)]
    bundle_tasks: Vec<BundleSpec>,
    #[serde(default)]
    import_snapshot_tasks: Vec<ImportSnapshotSpec>,
    #[serde(default)]
    import_image_tasks: Vec<ImportImageSpec>,
    #[serde(default)]
    export_instance_tasks: Vec<ExportInstanceSpec>,
    #[serde(default)]
    export_image_tasks: Vec<ExportImageSpec>,
    #[serde(default)]
    generate: Vec<GenerateSpec>,
}

/// The ids of what was added, by list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub(crate) struct Added(BTreeMap<&'static str, Vec<u64>>);

fn default_region() -> String {
    "us-east-1".to_owned()
}

fn all<T: TaskSpec>(tasks: &[T]) -> Vec<&dyn TaskSpec> {
    tasks.iter().map(|task| task as &dyn TaskSpec).collect()
}

impl PlaceSpec {
    /// Its lists of tasks, by their fields.
    fn lists(&self) -> Vec<(&'static str, Vec<&dyn TaskSpec>)> {
        vec![
            ("store_tasks", all(&self.store_tasks)),
            ("bundle_tasks", all(&self.bundle_tasks)),
            ("import_snapshot_tasks", all(&self.import_snapshot_tasks)),
            ("import_image_tasks", all(&self.import_image_tasks)),
            ("export_instance_tasks", all(&self.export_instance_tasks)),
            ("export_image_tasks", all(&self.export_image_tasks)),
        ]
    }

    /// Finds what the shape alone does not forbid.
    pub(crate) fn check(&self, settings: &Settings) -> Result<(), Problem> {
        check_text("region", &self.region, is_region_code, "Region code", "us-east-1")?;
        for (index, image) in self.images.iter().flatten().enumerate() {
            check_image(&format!("images[{index}]"), image)?;
        }
        for (image, name) in &self.image_names {
            check_image("image_names", image)?;
            check_words(&format!("image_names.{image}"), Some(name))?;
        }
        for (list, tasks) in self.lists() {
            let mut ids = BTreeSet::new();
            check_each(list, &tasks, |task| {
                task.check(settings)?;
                match task.id() {
                    Some((field, id)) if !ids.insert(id.to_owned()) => {
                        let rule = format!("another task is called {id}, too");
                        Err(Problem::new(field, rule, "give each task an id of its own"))
                    }
                    _ => Ok(()),
                }
            })?;
        }
        check_each("generate", &self.generate, GenerateSpec::check)
    }

    /// Adds its tasks; relative times count from now.
    pub(crate) fn apply(&self, world: &World) -> Added {
        let account = self.account.as_ref().map_or(DEFAULT_ACCOUNT, |account| account.0.as_str());
        let region = self.region.as_str();
        if let Some(images) = &self.images {
            world.set_images(account, region, images.iter().cloned());
        }
        for (image, name) in &self.image_names {
            world.name_image(account, region, image, name);
        }
        let mut added = Added::default();
        for (list, tasks) in self.lists() {
            let ids = tasks.iter().map(|task| task.add(world, account, region).0).collect();
            added.0.insert(list, ids);
        }
        let mut generated = Vec::new();
        for generate in &self.generate {
            let set = world.state().next_generated();
            let plans = generate.plans(world, set);
            generated.extend(plans.map(|plan| world.add_store_task(account, region, plan).0));
        }
        added.0.insert("generated", generated);
        added
    }
}
