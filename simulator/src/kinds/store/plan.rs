//! What a store task will do: its state is a pure function of its plan and the time.

use std::time::Duration;

use jiff::Timestamp;

use crate::clock::{elapsed, later};
use crate::curve::{Curve, Stall};
use crate::room::Held;
use crate::status::{Moment, TaskStatus, moment_at};

/// How a store task ends.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoreEnd {
    /// `Completed`, at 100 percent, with the object in the bucket.
    Completed,
    /// `Failed`.
    Failed {
        /// `StoreTaskFailureReason`.
        reason: Option<String>,
        /// The progress at which it fails.
        percent: u8,
    },
}

/// A store task, from its start to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct StorePlan {
    /// The AMI.
    pub image_id: String,
    /// The bucket.
    pub bucket: String,
    /// The object, `<ami-id>.bin` on AWS.
    pub object_key: String,
    /// `TaskStartTime`. Before it the task does not exist.
    pub start: Timestamp,
    /// From the start to the end.
    pub duration: Duration,
    /// How much of it is spent waiting at a low percentage.
    pub queued: Duration,
    /// How it ends.
    pub end: StoreEnd,
    /// Progress that stands still for a while.
    pub stall: Option<Stall>,
    /// States that hold in place of those of the plan.
    pub timeline: Vec<Moment>,
    /// Elements left out of this task's item in every listing, by their XML names.
    pub omit: Vec<String>,
    /// A state set by hand: wins over everything.
    pub(crate) fixed: Option<TaskStatus>,
    pub(crate) object_deleted: bool,
}

impl StorePlan {
    /// A task that completes after `duration`, stored as `<ami-id>.bin`.
    #[must_use]
    pub fn new(
        image_id: impl Into<String>,
        bucket: impl Into<String>,
        start: Timestamp,
        duration: Duration,
    ) -> Self {
        let image_id = image_id.into();
        Self {
            object_key: format!("{image_id}.bin"),
            image_id,
            bucket: bucket.into(),
            start,
            duration,
            queued: Duration::ZERO,
            end: StoreEnd::Completed,
            stall: None,
            timeline: Vec::new(),
            omit: Vec::new(),
            fixed: None,
            object_deleted: false,
        }
    }

    /// Makes it fail at its end, for this reason, at 50 percent.
    #[must_use]
    pub fn failing(mut self, reason: impl Into<String>) -> Self {
        self.end = StoreEnd::Failed { reason: Some(reason.into()), percent: 50 };
        self
    }

    /// Makes its progress stand still from one time to another.
    #[must_use]
    pub fn stalling(mut self, stall: Stall) -> Self {
        self.stall = Some(stall);
        self
    }

    /// When it ends by its plan.
    #[must_use]
    pub fn ends_at(&self) -> Timestamp {
        later(self.start, self.duration)
    }

    /// What EC2 says of it at `now`.
    #[must_use]
    pub fn status(&self, now: Timestamp) -> TaskStatus {
        if let Some(fixed) = &self.fixed {
            return fixed.clone();
        }
        let elapsed = elapsed(self.start, now);
        if let Some(moment) = moment_at(&self.timeline, elapsed) {
            return moment.status.clone();
        }
        match &self.end {
            StoreEnd::Completed if elapsed >= self.duration => TaskStatus::new("Completed", 100),
            StoreEnd::Failed { reason, percent } if elapsed >= self.duration => TaskStatus {
                message: reason.clone(),
                ..TaskStatus::new("Failed", (*percent).min(100))
            },
            end => {
                let last = match end {
                    StoreEnd::Completed => 100,
                    StoreEnd::Failed { percent, .. } => *percent,
                };
                let curve = Curve::new(self.duration, self.queued, self.stall, last);
                TaskStatus::new("InProgress", curve.percent(elapsed).min(99))
            }
        }
    }
}

impl Held for StorePlan {
    fn fix(&mut self, status: Option<TaskStatus>, _now: Timestamp) {
        self.fixed = status;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start() -> Timestamp {
        "2026-11-22T00:10:00.123Z".parse().unwrap()
    }

    fn plan() -> StorePlan {
        StorePlan::new("ami-12345678", "b", start(), Duration::from_secs(1000))
    }

    fn after(plan: &StorePlan, seconds: u64) -> TaskStatus {
        plan.status(later(start(), Duration::from_secs(seconds)))
    }

    #[test]
    fn a_store_runs_to_its_end_and_stays_there() {
        assert_eq!(after(&plan(), 0), TaskStatus::new("InProgress", 0));
        assert_eq!(after(&plan(), 500), TaskStatus::new("InProgress", 50));
        assert_eq!(after(&plan(), 999), TaskStatus::new("InProgress", 99));
        assert_eq!(after(&plan(), 1000), TaskStatus::new("Completed", 100));
        assert_eq!(after(&plan(), 1_000_000), TaskStatus::new("Completed", 100));
    }

    #[test]
    fn a_failing_store_never_gets_past_the_point_where_it_fails() {
        let plan = plan().failing("The snapshot was deleted.");
        assert_eq!(after(&plan, 999), TaskStatus::new("InProgress", 49));
        let end = after(&plan, 1000);
        assert_eq!((end.state.as_str(), end.progress), ("Failed", Some(50)));
        assert_eq!(end.message.as_deref(), Some("The snapshot was deleted."));
    }

    #[test]
    fn a_timeline_wins_over_the_plan_and_a_state_set_by_hand_over_both() {
        let moment = |after, state: &str| Moment {
            after: Duration::from_secs(after),
            status: TaskStatus::new(state, None),
        };
        let mut plan = plan();
        plan.timeline = vec![moment(300, "Completed"), moment(100, "Verifying")];
        assert_eq!(after(&plan, 50).state, "InProgress");
        assert_eq!(after(&plan, 299).state, "Verifying");
        assert_eq!(after(&plan, 300).state, "Completed");
        plan.fixed = Some(TaskStatus::new("Failed", 3));
        assert_eq!(after(&plan, 300).state, "Failed");
    }
}
