//! A store task of a scenario.

use std::time::Duration;

use serde::Deserialize;

use super::PART;
use super::plan::{StoreEnd, StorePlan};
use crate::room::TaskId;
use crate::scenario::check::{Problem, check_elements, check_image, check_percent, check_words};
use crate::scenario::course::{
    MomentSpec, StallSpec, check_bucket, check_end, check_stall, check_timeline, stall, timeline,
};
use crate::scenario::spec::TaskSpec;
use crate::scenario::text::{Span, When};
use crate::settings::Settings;
use crate::world::World;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
enum End {
    #[default]
    Completed,
    Failed,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StoreSpec {
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

impl TaskSpec for StoreSpec {
    fn check(&self, settings: &Settings) -> Result<(), Problem> {
        let duration = self.duration.map_or(settings.store_duration, |span| span.0);
        check_image("image_id", &self.image_id)?;
        check_bucket(&self.bucket)?;
        check_end(
            self.end == End::Failed,
            &[("reason", self.reason.is_some()), ("percent", self.percent.is_some())],
        )?;
        check_words("reason", self.reason.as_ref())?;
        check_percent("percent", self.percent)?;
        let last = if self.end == End::Failed { self.percent.unwrap_or(50) } else { 100 };
        check_stall(self.stall.as_ref(), duration, last)?;
        check_timeline(&self.timeline, false)?;
        check_elements("omit", &self.omit, PART.elements.iter().copied())
    }

    fn add(&self, world: &World, account: &str, region: &str) -> TaskId {
        world.add_store_task(account, region, self.plan(world))
    }
}

impl StoreSpec {
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
