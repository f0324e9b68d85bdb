//! An import-image task of a scenario.

use super::PART;
use super::plan::{ImportImagePlan, KIND};
use crate::room::TaskId;
use crate::scenario::check::{Problem, check_each, check_words};
use crate::scenario::spec::TaskSpec;
use crate::settings::Settings;
use crate::transfer::disk_spec::DiskSpec;
use crate::transfer::spec::{check_made, transfer_spec};
use crate::world::World;

transfer_spec! {
    /// An entry of `import_image_tasks`.
    ImportImageSpec {
        disks: Vec<DiskSpec>,
        image_id: Option<String>,
        #[serde(default)]
        encrypted: bool,
        kms_key_id: Option<String>,
        architecture: Option<String>,
        platform: Option<String>,
        license_type: Option<String>,
        boot_mode: Option<String>,
    }
}

impl ImportImageSpec {
    /// The elements that EC2 shows as they were given.
    fn given(&self) -> impl Iterator<Item = (&'static str, &String)> {
        let all = [
            ("architecture", &self.architecture),
            ("platform", &self.platform),
            ("licenseType", &self.license_type),
            ("bootMode", &self.boot_mode),
        ];
        all.into_iter().filter_map(|(name, text)| Some((name, text.as_ref()?)))
    }
}

impl TaskSpec for ImportImageSpec {
    fn check(&self, settings: &Settings) -> Result<(), Problem> {
        self.common().check(settings, &KIND, PART.elements)?;
        check_each("disks", &self.disks, DiskSpec::check)?;
        check_made("image_id", self.image_id.as_deref(), "ami-", "AMI id")?;
        for (field, text) in [
            ("kms_key_id", &self.kms_key_id),
            ("architecture", &self.architecture),
            ("platform", &self.platform),
            ("license_type", &self.license_type),
            ("boot_mode", &self.boot_mode),
        ] {
            check_words(field, text.as_ref())?;
        }
        Ok(())
    }

    fn id(&self) -> Option<(&'static str, &str)> {
        Some(("task_id", &self.task_id))
    }

    fn add(&self, world: &World, account: &str, region: &str) -> TaskId {
        let disks = self.disks.iter().map(DiskSpec::disk).collect();
        let mut plan = ImportImagePlan::new(self.common().transfer(world), disks);
        if let Some(image) = &self.image_id {
            plan.image_id.clone_from(image);
        }
        plan.encrypted = self.encrypted;
        plan.kms_key_id.clone_from(&self.kms_key_id);
        plan.given = self.given().map(|(name, text)| (name.to_owned(), text.clone())).collect();
        world.add_import_image_task(account, region, plan)
    }
}
