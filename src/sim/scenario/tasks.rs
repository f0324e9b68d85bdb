//! The tasks of one account and Region, as a scenario or the admin surface describes them.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::text::When;
use super::{Account, Problem, Span};
use crate::sim::bundle::{BundleEnd, BundlePlan};
use crate::sim::clock::earlier;
use crate::sim::curve::Stall;
use crate::sim::plan::{Moment, StoreEnd, StorePlan, TaskStatus};
use crate::sim::request::DEFAULT_ACCOUNT;
use crate::sim::settings::Settings;
use crate::sim::world::World;

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
struct StoreSpec {
    image_id: String,
    bucket: String,
    object_key: Option<String>,
    start: Option<When>,
    duration: Option<Span>,
    queued: Option<Span>,
    #[serde(default)]
    end: End,
    reason: Option<String>,
    percent: Option<u8>,
    stall: Option<StallSpec>,
    #[serde(default)]
    timeline: Vec<MomentSpec>,
    #[serde(default)]
    omit: Vec<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct BundleSpec {
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

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct StallSpec {
    percent: u8,
    from: Span,
    until: Span,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct MomentSpec {
    after: Span,
    state: String,
    progress: Option<u8>,
    code: Option<String>,
    message: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct GenerateSpec {
    count: u32,
    bucket: String,
    #[serde(default = "When::yesterday")]
    newest: When,
    every: Option<Span>,
    duration: Option<Span>,
    failed_every: Option<u32>,
    reason: Option<String>,
}

fn default_region() -> String {
    "us-east-1".to_owned()
}

impl When {
    fn yesterday() -> Self {
        Self::Ago(Duration::from_hours(24))
    }
}

impl PlaceSpec {
    /// Finds what the shape alone does not forbid.
    pub(crate) fn check(&self, settings: &Settings) -> Result<(), Problem> {
        for (index, task) in self.store_tasks.iter().enumerate() {
            let duration = task.duration.map_or(settings.store_duration, |span| span.0);
            task.check(duration)
                .map_err(|problem| problem.under(&format!("store_tasks[{index}].")))?;
        }
        for (index, task) in self.bundle_tasks.iter().enumerate() {
            let duration = task.duration.map_or(settings.bundle_duration, |span| span.0);
            task.check(duration)
                .map_err(|problem| problem.under(&format!("bundle_tasks[{index}].")))?;
        }
        for (index, generate) in self.generate.iter().enumerate() {
            if generate.failed_every == Some(0) {
                let field = format!("generate[{index}].failed_every");
                return Err(Problem::new(
                    field,
                    "0 is not a step",
                    "write 1 or more, or leave it out",
                ));
            }
        }
        Ok(())
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
        for (set, generate) in (0_u32..).zip(&self.generate) {
            let plans = generate.plans(world, set);
            let ids = plans.map(|plan| world.add_store_task(account, region, plan).0);
            added.generated.extend(ids);
        }
        added
    }
}

fn check_end(end: End, given: &[(&str, bool)]) -> Result<(), Problem> {
    match given.iter().find(|(_, is_given)| *is_given) {
        Some((field, _)) if end == End::Completed => {
            let way_out = "add end: Failed, or take it out";
            Err(Problem::new(*field, "is only for a task that fails", way_out))
        }
        _ => Ok(()),
    }
}

fn check_stall(stall: Option<&StallSpec>, duration: Duration) -> Result<(), Problem> {
    let Some(stall) = stall else { return Ok(()) };
    if stall.percent > 100 {
        let rule = format!("{} is not a percentage", stall.percent);
        return Err(Problem::new("stall.percent", rule, "write 0 to 100"));
    }
    if stall.from.0 < stall.until.0 && stall.until.0 <= duration {
        return Ok(());
    }
    let rule = format!("from must be before until, and until within the duration of {duration:?}");
    Err(Problem::new("stall", rule, "write times counted from the task's start, or set duration"))
}

fn timeline(moments: &[MomentSpec]) -> Vec<Moment> {
    let moment = |spec: &MomentSpec| Moment {
        after: spec.after.0,
        status: TaskStatus {
            state: spec.state.clone(),
            progress: spec.progress,
            code: spec.code.clone(),
            message: spec.message.clone(),
        },
    };
    moments.iter().map(moment).collect()
}

fn stall(spec: Option<&StallSpec>) -> Option<Stall> {
    spec.map(|stall| Stall { percent: stall.percent, from: stall.from.0, until: stall.until.0 })
}

impl StoreSpec {
    fn check(&self, duration: Duration) -> Result<(), Problem> {
        check_end(
            self.end,
            &[("reason", self.reason.is_some()), ("percent", self.percent.is_some())],
        )?;
        check_stall(self.stall.as_ref(), duration)
    }

    fn plan(&self, world: &World) -> StorePlan {
        let duration = self.duration.map_or(world.settings().store_duration, |span| span.0);
        let start = self.start.unwrap_or(When::NOW).resolve(world.now());
        let mut plan =
            StorePlan::new(self.image_id.as_str(), self.bucket.as_str(), start, duration);
        if let Some(key) = &self.object_key {
            plan.object_key.clone_from(key);
        }
        if self.end == End::Failed {
            let percent = self.percent.unwrap_or(50);
            plan.end = StoreEnd::Failed { reason: self.reason.clone(), percent };
        }
        plan.queued = self.queued.map_or(Duration::ZERO, |span| span.0);
        plan.stall = stall(self.stall.as_ref());
        plan.timeline = timeline(&self.timeline);
        plan.omit.clone_from(&self.omit);
        plan
    }
}

impl BundleSpec {
    fn check(&self, duration: Duration) -> Result<(), Problem> {
        check_end(self.end, &[("code", self.code.is_some()), ("message", self.message.is_some())])?;
        check_stall(self.stall.as_ref(), duration)
    }

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

impl GenerateSpec {
    /// Tasks that go back in even steps, each of its own AMI. `set` keeps the AMIs of several
    /// sets apart.
    fn plans<'a>(&'a self, world: &World, set: u32) -> impl Iterator<Item = StorePlan> + use<'a> {
        let duration = self.duration.map_or(world.settings().store_duration, |span| span.0);
        let every = self.every.map_or(Duration::from_mins(1), |span| span.0);
        let newest = self.newest.resolve(world.now());
        (0..self.count).map(move |index| {
            let image = format!("ami-{set:04x}{index:013x}");
            let start = earlier(newest, every.saturating_mul(index));
            let plan = StorePlan::new(image, self.bucket.as_str(), start, duration);
            match self.failed_every {
                Some(step) if (index + 1).is_multiple_of(step) => {
                    let default = "An internal error has occurred.";
                    plan.failing(self.reason.as_deref().unwrap_or(default))
                }
                _ => plan,
            }
        })
    }
}
