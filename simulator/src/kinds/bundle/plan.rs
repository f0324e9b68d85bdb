//! What a bundle task will do, in the same way as a store task.

use std::time::Duration;

use jiff::Timestamp;

use crate::clock::{elapsed, later};
use crate::curve::{Curve, Stall};
use crate::room::Held;
use crate::status::{Moment, TaskStatus, moment_at};

/// The progress at which a bundle task fails: most failures are of the upload.
pub(crate) const FAILS_AT_PERCENT: u8 = 90;

/// How a bundle task ends.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum BundleEnd {
    /// `complete`.
    Complete,
    /// `failed`, with EC2's error.
    Failed {
        /// Such as `Client.S3Error`.
        code: String,
        /// EC2's sentence.
        message: String,
    },
}

/// A bundle task, from its start to its end. Each running state has its share of the duration.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct BundlePlan {
    /// Such as `bun-c1a540a8`.
    pub bundle_id: String,
    /// The instance being bundled.
    pub instance_id: String,
    /// The bucket.
    pub bucket: String,
    /// The beginning of the objects' names.
    pub prefix: String,
    /// When it starts. Before, the task does not exist.
    pub start: Timestamp,
    /// From the start to the end.
    pub duration: Duration,
    /// How it ends.
    pub end: BundleEnd,
    /// Progress that stands still for a while.
    pub stall: Option<Stall>,
    /// States that hold in place of those of the plan.
    pub timeline: Vec<Moment>,
    /// `AWSAccessKeyId`, as the caller of `BundleInstance` gave it.
    pub access_key_id: Option<String>,
    /// `uploadPolicy`, base64.
    pub upload_policy: Option<String>,
    /// `uploadPolicySignature`.
    pub upload_policy_signature: Option<String>,
    /// Elements left out of this task's item in every listing, by their XML names.
    pub omit: Vec<String>,
    /// A state set by hand, and since when: wins over everything.
    pub(crate) fixed: Option<(TaskStatus, Timestamp)>,
    /// When its cancellation was asked for, and how long that takes.
    pub(crate) cancelled: Option<(Timestamp, Duration)>,
}

impl BundlePlan {
    /// A task that completes after `duration`.
    #[must_use]
    pub fn new(
        bundle_id: impl Into<String>,
        instance_id: impl Into<String>,
        bucket: impl Into<String>,
        start: Timestamp,
        duration: Duration,
    ) -> Self {
        Self {
            bundle_id: bundle_id.into(),
            instance_id: instance_id.into(),
            bucket: bucket.into(),
            prefix: "image".to_owned(),
            start,
            duration,
            end: BundleEnd::Complete,
            stall: None,
            timeline: Vec::new(),
            access_key_id: None,
            upload_policy: None,
            upload_policy_signature: None,
            omit: Vec::new(),
            fixed: None,
            cancelled: None,
        }
    }

    /// Makes it fail at its end.
    #[must_use]
    pub fn failing(mut self, code: impl Into<String>, message: impl Into<String>) -> Self {
        self.end = BundleEnd::Failed { code: code.into(), message: message.into() };
        self
    }

    /// What EC2 says of it at `now`, and since when.
    #[must_use]
    pub fn status(&self, now: Timestamp) -> (TaskStatus, Timestamp) {
        if let Some(fixed) = &self.fixed {
            return fixed.clone();
        }
        if let Some((asked, takes)) = self.cancelled
            && asked <= now
        {
            let (before, _) = self.planned(asked);
            let ended = later(asked, takes);
            if now < ended {
                return (TaskStatus::new("cancelling", before.progress), asked);
            }
            return (failed(before.progress, "Client.Cancelled", "The task was cancelled."), ended);
        }
        self.planned(now)
    }

    fn planned(&self, now: Timestamp) -> (TaskStatus, Timestamp) {
        let elapsed = elapsed(self.start, now);
        if let Some(moment) = moment_at(&self.timeline, elapsed) {
            return (moment.status.clone(), later(self.start, moment.after));
        }
        let last = match &self.end {
            BundleEnd::Complete => 100,
            BundleEnd::Failed { .. } => FAILS_AT_PERCENT,
        };
        let curve = Curve::new(self.duration, Duration::ZERO, self.stall, last);
        if elapsed >= self.duration {
            let status = match &self.end {
                BundleEnd::Complete => TaskStatus::new("complete", last),
                BundleEnd::Failed { code, message } => failed(Some(last), code, message),
            };
            return (status, later(self.start, self.duration));
        }
        let percent = curve.percent(elapsed).min(99);
        let state = match percent {
            0..5 => "pending",
            5..20 => "waiting-for-shutdown",
            20..80 => "bundling",
            _ => "storing",
        };
        (TaskStatus::new(state, percent), later(self.start, curve.reached(percent)))
    }
}

impl Held for BundlePlan {
    fn fix(&mut self, status: Option<TaskStatus>, now: Timestamp) {
        self.fixed = status.map(|status| (status, now));
    }
}

fn failed(progress: Option<u8>, code: &str, message: &str) -> TaskStatus {
    TaskStatus {
        state: "failed".to_owned(),
        progress,
        code: Some(code.to_owned()),
        message: Some(message.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start() -> Timestamp {
        "2026-11-22T00:10:00Z".parse().unwrap()
    }

    fn at(seconds: u64) -> Timestamp {
        later(start(), Duration::from_secs(seconds))
    }

    fn plan() -> BundlePlan {
        BundlePlan::new("bun-1", "i-1", "b", start(), Duration::from_secs(1000))
    }

    #[test]
    fn a_bundle_passes_through_every_state() {
        let states: Vec<String> =
            [0, 50, 200, 800, 1000].map(|seconds| plan().status(at(seconds)).0.state).to_vec();
        assert_eq!(states, ["pending", "waiting-for-shutdown", "bundling", "storing", "complete"]);
    }

    #[test]
    fn its_update_time_is_that_of_its_last_step() {
        assert_eq!(plan().status(at(505)).1, at(500));
        assert_eq!(plan().status(at(9000)).1, at(1000));
    }

    #[test]
    fn a_cancelled_bundle_ends_as_failed() {
        let mut plan = plan();
        plan.cancelled = Some((at(300), Duration::from_secs(30)));
        assert_eq!(plan.status(at(299)).0.state, "bundling");
        assert_eq!(plan.status(at(310)).0.state, "cancelling");
        let (status, updated) = plan.status(at(2000));
        assert_eq!((status.state.as_str(), updated), ("failed", at(330)));
        assert_eq!(status.code.as_deref(), Some("Client.Cancelled"));
        assert_eq!(status.progress, Some(30));
    }
}
