//! A store task of a scenario.

use std::time::Duration;

use serde::Deserialize;

use super::check::{Problem, check_elements, check_percent, check_text, check_words};
use super::course::{
    MomentSpec, StallSpec, check_bucket, check_end, check_stall, check_timeline, stall, timeline,
};
use super::text::{Span, When};
use crate::names::is_resource_id;
use crate::plan::{StoreEnd, StorePlan};
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
pub(super) struct StoreSpec {
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

pub(super) fn check_image(field: &str, image: &str) -> Result<(), Problem> {
    let is_right = |text: &str| is_resource_id("ami-", text);
    check_text(field, image, is_right, "AMI id", "ami-0123456789abcdef0")
}

impl StoreSpec {
    pub(super) fn check(&self, settings: &Settings) -> Result<(), Problem> {
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
        check_timeline(&self.timeline, true)?;
        check_elements("omit", &self.omit)
    }

    pub(super) fn plan(&self, world: &World) -> StorePlan {
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
