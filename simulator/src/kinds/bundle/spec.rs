//! A bundle task of a scenario.

use serde::Deserialize;

use super::PART;
use super::plan::{BundleEnd, BundlePlan, FAILS_AT_PERCENT};
use crate::names::is_resource_id;
use crate::room::TaskId;
use crate::scenario::check::{Problem, check_elements, check_instance, check_text, check_words};
use crate::scenario::course::{
    MomentSpec, StallSpec, check_bucket, check_end, check_stall, check_timeline, stall, timeline,
};
use crate::scenario::spec::TaskSpec;
use crate::scenario::text::{Span, When};
use crate::settings::Settings;
use crate::world::World;

/// How it ends, as for store tasks, and as EC2 spells it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
enum End {
    #[default]
    #[serde(alias = "complete")]
    Completed,
    #[serde(alias = "failed")]
    Failed,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct BundleSpec {
    bundle_id: String,
    instance_id: String,
    bucket: String,
    prefix: Option<String>,
    start: Option<When>,
    duration: Option<Span>,
    #[serde(default)]
    end: End,
    code: Option<String>,
    message: Option<String>,
    stall: Option<StallSpec>,
    #[serde(default)]
    timeline: Vec<MomentSpec>,
    access_key_id: Option<String>,
    upload_policy: Option<String>,
    upload_policy_signature: Option<String>,
    #[serde(default)]
    omit: Vec<String>,
}

impl TaskSpec for BundleSpec {
    fn check(&self, settings: &Settings) -> Result<(), Problem> {
        let duration = self.duration.map_or(settings.bundle_duration, |span| span.0);
        let is_bundle = |text: &str| is_resource_id("bun-", text);
        check_text("bundle_id", &self.bundle_id, is_bundle, "bundle task id", "bun-c1a540a8")?;
        check_instance(&self.instance_id)?;
        check_bucket(&self.bucket)?;
        let fails = self.end == End::Failed;
        check_end(fails, &[("code", self.code.is_some()), ("message", self.message.is_some())])?;
        check_words("code", self.code.as_ref())?;
        check_words("message", self.message.as_ref())?;
        check_stall(self.stall.as_ref(), duration, if fails { FAILS_AT_PERCENT } else { 100 })?;
        check_timeline(&self.timeline, true)?;
        check_elements("omit", &self.omit, PART.elements.iter().copied())
    }

    fn id(&self) -> Option<(&'static str, &str)> {
        Some(("bundle_id", &self.bundle_id))
    }

    fn add(&self, world: &World, account: &str, region: &str) -> TaskId {
        world.add_bundle_task(account, region, self.plan(world))
    }
}

impl BundleSpec {
    fn plan(&self, world: &World) -> BundlePlan {
        let duration = self.duration.map_or(world.settings().bundle_duration, |span| span.0);
        let start = self.start.unwrap_or(When::NOW).resolve(world.now());
        let (id, instance) = (self.bundle_id.as_str(), self.instance_id.as_str());
        let mut plan = BundlePlan::new(id, instance, self.bucket.as_str(), start, duration);
        if let Some(prefix) = &self.prefix {
            plan.prefix.clone_from(prefix);
        }
        if self.end == End::Failed {
            let code = self.code.clone().unwrap_or_else(|| "Server.InternalError".to_owned());
            plan.end =
                BundleEnd::Failed { code, message: self.message.clone().unwrap_or_default() };
        }
        plan.stall = stall(self.stall.as_ref());
        plan.timeline = timeline(&self.timeline);
        plan.access_key_id.clone_from(&self.access_key_id);
        plan.upload_policy.clone_from(&self.upload_policy);
        plan.upload_policy_signature.clone_from(&self.upload_policy_signature);
        plan.omit.clone_from(&self.omit);
        plan
    }
}
