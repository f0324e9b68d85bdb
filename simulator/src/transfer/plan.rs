//! What an import or export task will do: its state is a pure function of its plan and the time.

use std::time::Duration;

use jiff::Timestamp;

use super::words::Words;
use crate::clock::{elapsed, later};
use crate::curve::{Curve, Stall};
use crate::status::{Moment, TaskStatus, moment_at};

const ACTIVE: &str = "active";
const COMPLETED: &str = "completed";
/// What EC2 says where an export of an instance took too long.
const EXPIRED: &str = "Task expired and automatically canceled";

/// A task that ends without a success is on its way there for this part of its duration.
const ENDING_PART: u32 = 20;

/// How an import or export task ends.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum TransferEnd {
    /// `completed`.
    Completed,
    /// `deleted`, or `cancelled` for the export of an instance.
    Failed {
        /// `statusMessage`. Without it EC2 gives no reason.
        reason: Option<String>,
        /// The progress at which it fails.
        percent: u8,
    },
    /// As its user's cancellation ends it: in the same state, and with the words for that where the
    /// kind has any.
    Cancelled,
    /// As the export of an instance ends that took too long.
    Expired,
}

/// What every import and export task has.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Transfer {
    /// Such as `import-snap-247b055a00000000t`.
    pub task_id: String,
    /// When it starts. Before, the task does not exist.
    pub start: Timestamp,
    /// From the start to the end.
    pub duration: Duration,
    /// How it ends.
    pub end: TransferEnd,
    /// Progress that stands still for a while.
    pub stall: Option<Stall>,
    /// Whether the status message goes on with the time while the progress stands still.
    pub message_moves: bool,
    /// States that hold in place of those of the plan.
    pub timeline: Vec<Moment>,
    /// `description`.
    pub description: Option<String>,
    /// `tagSet`: keys and values.
    pub tags: Vec<(String, String)>,
    /// Elements left out of this task's item in every listing, by their XML names.
    pub omit: Vec<String>,
    /// A state set by hand, and since when: wins over everything.
    pub(crate) fixed: Option<(TaskStatus, Timestamp)>,
    /// When its cancellation was asked for, and how long that takes.
    pub(crate) cancelled: Option<(Timestamp, Duration)>,
    pub(crate) client_token: Option<String>,
}

/// What EC2 says of a task, since when, and how far the task really is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) status: TaskStatus,
    pub(crate) since: Timestamp,
    /// Also where the status shows no progress.
    pub(crate) percent: u8,
}

impl Standing {
    pub(crate) fn is_completed(&self) -> bool {
        self.status.state == COMPLETED
    }
}

impl Transfer {
    /// A task that completes after `duration`.
    #[must_use]
    pub fn new(task_id: impl Into<String>, start: Timestamp, duration: Duration) -> Self {
        Self {
            task_id: task_id.into(),
            start,
            duration,
            end: TransferEnd::Completed,
            stall: None,
            message_moves: false,
            timeline: Vec::new(),
            description: None,
            tags: Vec::new(),
            omit: Vec::new(),
            fixed: None,
            cancelled: None,
            client_token: None,
        }
    }

    /// Makes it end in this way.
    #[must_use]
    pub fn ending(mut self, end: TransferEnd) -> Self {
        self.end = end;
        self
    }

    /// Makes it fail at its end, for this reason, at 50 percent.
    #[must_use]
    pub fn failing(self, reason: impl Into<String>) -> Self {
        self.ending(TransferEnd::Failed { reason: Some(reason.into()), percent: 50 })
    }

    /// Makes its progress stand still from one time to another.
    #[must_use]
    pub fn stalling(mut self, stall: Stall) -> Self {
        self.stall = Some(stall);
        self
    }

    /// What EC2 says of it at `now`, in the words of its kind.
    pub(crate) fn at(&self, words: &Words, now: Timestamp) -> Standing {
        if let Some((status, since)) = &self.fixed {
            let percent = status.progress.unwrap_or_else(|| self.curve().percent(self.age(now)));
            return Standing { status: status.clone(), since: *since, percent };
        }
        let Some((asked, takes)) = self.cancelled.filter(|(asked, _)| *asked <= now) else {
            return self.planned(words, now);
        };
        let before = self.planned(words, asked);
        let ended = later(asked, takes);
        let message = words.by_user.map(str::to_owned);
        if now < ended {
            let status = said(words.ending, before.status.progress, message);
            return Standing { status, since: asked, ..before };
        }
        Standing { status: said(words.ended, None, message), since: ended, ..before }
    }

    fn planned(&self, words: &Words, now: Timestamp) -> Standing {
        let age = self.age(now);
        let percent = self.curve().percent(age);
        if let Some(moment) = moment_at(&self.timeline, age) {
            let percent = moment.status.progress.unwrap_or(percent);
            let since = later(self.start, moment.after);
            return Standing { status: moment.status.clone(), since, percent };
        }
        let is_over = age >= self.duration;
        let ending = self.duration.saturating_sub(self.duration / ENDING_PART);
        let shown = words.progress_from.filter(|from| *from <= percent).map(|_| percent.min(99));
        let succeeds = self.end == TransferEnd::Completed;
        let (status, since) = if is_over && succeeds {
            (said(COMPLETED, None, None), self.duration)
        } else if is_over {
            (said(words.ended, None, self.reason(words)), self.duration)
        } else if age >= ending && !succeeds {
            (said(words.ending, shown, self.reason(words)), ending)
        } else {
            (said(ACTIVE, shown, self.message(words, age, percent)), Duration::ZERO)
        };
        Standing { status, since: later(self.start, since), percent }
    }

    fn age(&self, now: Timestamp) -> Duration {
        elapsed(self.start, now)
    }

    fn curve(&self) -> Curve {
        let last = match self.end {
            TransferEnd::Completed => 100,
            TransferEnd::Failed { percent, .. } => percent,
            TransferEnd::Cancelled | TransferEnd::Expired => 50,
        };
        Curve::new(self.duration, Duration::ZERO, self.stall, last)
    }

    /// What stands beside an end that is no success.
    fn reason(&self, words: &Words) -> Option<String> {
        match &self.end {
            TransferEnd::Completed => None,
            TransferEnd::Failed { reason, .. } => reason.clone(),
            TransferEnd::Cancelled => words.by_user.map(str::to_owned),
            TransferEnd::Expired => Some(EXPIRED.to_owned()),
        }
    }

    /// The message of a task that runs: it goes with the progress, or with the time.
    fn message(&self, words: &Words, age: Duration, percent: u8) -> Option<String> {
        let done = if self.message_moves {
            Curve::new(self.duration, Duration::ZERO, None, 100).percent(age)
        } else {
            percent
        };
        let step = words.steps.iter().rev().find(|(from, _)| *from <= done);
        step.map(|(_, message)| (*message).to_owned())
    }
}

fn said(state: &str, progress: Option<u8>, message: Option<String>) -> TaskStatus {
    TaskStatus { message, ..TaskStatus::new(state, progress) }
}

#[cfg(test)]
mod tests {
    use super::*;

    static WORDS: Words = Words {
        ending: "deleting",
        ended: "deleted",
        by_user: Some("User initiated task cancelation"),
        steps: &[(0, "pending"), (20, "converting"), (60, "booting")],
        progress_from: Some(3),
        expires: false,
    };

    fn start() -> Timestamp {
        "2026-11-22T00:10:00Z".parse().unwrap()
    }

    fn plan() -> Transfer {
        Transfer::new("import-ami-1", start(), Duration::from_secs(1000))
    }

    fn after(plan: &Transfer, seconds: u64) -> (String, Option<u8>, Option<String>) {
        let status = plan.at(&WORDS, later(start(), Duration::from_secs(seconds))).status;
        (status.state, status.progress, status.message)
    }

    fn seen(
        state: &str,
        progress: Option<u8>,
        message: &str,
    ) -> (String, Option<u8>, Option<String>) {
        let message = (!message.is_empty()).then(|| message.to_owned());
        (state.to_owned(), progress, message)
    }

    #[test]
    fn progress_and_message_are_there_only_while_it_runs() {
        assert_eq!(after(&plan(), 0), seen("active", None, "pending"));
        assert_eq!(after(&plan(), 30), seen("active", Some(3), "pending"));
        assert_eq!(after(&plan(), 599), seen("active", Some(59), "converting"));
        assert_eq!(after(&plan(), 999), seen("active", Some(99), "booting"));
        assert_eq!(after(&plan(), 1000), seen("completed", None, ""));
    }

    #[test]
    fn what_ends_without_a_success_says_why_before_it_has_ended() {
        let reason = "ClientError: Disk validation failed [Unsupported specified file format]";
        let failing = plan().failing(reason);
        assert_eq!(after(&failing, 949), seen("active", Some(47), "converting"));
        assert_eq!(after(&failing, 950), seen("deleting", Some(47), reason));
        assert_eq!(after(&failing, 1000), seen("deleted", None, reason));
        let silent = plan().ending(TransferEnd::Failed { reason: None, percent: 20 });
        assert_eq!(after(&silent, 1000), seen("deleted", None, ""));
        let cancelled = plan().ending(TransferEnd::Cancelled);
        assert_eq!(after(&cancelled, 1000).2.as_deref(), WORDS.by_user);
        assert_eq!(after(&plan().ending(TransferEnd::Expired), 1000).2.as_deref(), Some(EXPIRED));
    }

    #[test]
    fn while_progress_stands_still_the_message_stands_or_goes_on() {
        let second = Duration::from_secs;
        let stall = Stall { percent: 39, from: second(300), until: second(900) };
        let mut stalled = plan().stalling(stall);
        assert_eq!(after(&stalled, 400), seen("active", Some(39), "converting"));
        assert_eq!(after(&stalled, 800), seen("active", Some(39), "converting"));
        stalled.message_moves = true;
        assert_eq!(after(&stalled, 400), seen("active", Some(39), "converting"));
        assert_eq!(after(&stalled, 800), seen("active", Some(39), "booting"));
    }

    #[test]
    fn a_cancelled_task_stays_where_it_was() {
        let mut plan = plan();
        let asked = later(start(), Duration::from_secs(300));
        plan.cancelled = Some((asked, Duration::from_secs(30)));
        assert_eq!(after(&plan, 299), seen("active", Some(29), "converting"));
        let message = "User initiated task cancelation";
        assert_eq!(after(&plan, 310), seen("deleting", Some(30), message));
        assert_eq!(after(&plan, 330), seen("deleted", None, message));
        let at = plan.at(&WORDS, later(start(), Duration::from_secs(5000)));
        assert_eq!((at.percent, at.since), (30, later(asked, Duration::from_secs(30))));
    }
}
