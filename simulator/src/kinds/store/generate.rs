//! Many store tasks of a scenario at once.

use std::time::Duration;

use serde::Deserialize;

use super::plan::StorePlan;
use crate::clock::earlier;
use crate::scenario::check::{Problem, check_words};
use crate::scenario::course::check_bucket;
use crate::scenario::text::{Span, When};
use crate::world::World;

/// More store tasks than EC2 lists in any account, and as many as fit into memory with ease.
const MOST_GENERATED: u32 = 1_000_000;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct GenerateSpec {
    count: u32,
    bucket: String,
    #[serde(default = "When::yesterday")]
    newest: When,
    every: Option<Span>,
    duration: Option<Span>,
    failed_every: Option<u32>,
    reason: Option<String>,
}

impl When {
    fn yesterday() -> Self {
        Self::Ago(Duration::from_hours(24))
    }
}

impl GenerateSpec {
    pub(crate) fn check(&self) -> Result<(), Problem> {
        check_bucket(&self.bucket)?;
        check_words("reason", self.reason.as_ref())?;
        if self.count > MOST_GENERATED {
            let rule = format!("{} are more than {MOST_GENERATED}", self.count);
            return Err(Problem::new("count", rule, "write less"));
        }
        if self.failed_every == Some(0) {
            let way_out = "write 1 or more, or leave it out";
            return Err(Problem::new("failed_every", "0 is not a step", way_out));
        }
        if self.reason.is_some() && self.failed_every.is_none() {
            let rule = "is only for tasks that fail";
            return Err(Problem::new("reason", rule, "add failed_every, or take it out"));
        }
        Ok(())
    }

    /// Tasks that go back in even steps, each of its own AMI. `set` keeps the AMIs of several
    /// sets apart.
    pub(crate) fn plans<'a>(
        &'a self,
        world: &World,
        set: u32,
    ) -> impl Iterator<Item = StorePlan> + use<'a> {
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
