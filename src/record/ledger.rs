//! What is remembered of one target: how far back everything is known.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Scan;
use crate::task::{Kind, Task, TaskKey};

/// What is remembered of one target: how far back everything is known.
///
/// Of a target that is listed by start:
/// - a task that started before `cutoff` and has no record was there at the baseline: old news;
/// - a task that started before `watermark` is settled, unless it is among the `openBelow`;
/// - a task that started later has a record, or is news.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Ledger {
    /// Which listing.
    pub kind: Kind,
    /// When the first listing began.
    pub baseline_began_at: Timestamp,
    /// The newest start that it held then. What started later is news, also while it is read.
    pub baseline_top: Timestamp,
    /// Whether the first listing was read to its end.
    pub baseline_done: bool,
    /// Tasks that started before this were there at the baseline.
    pub cutoff: Timestamp,
    /// Only records of tasks that started since then are read by every poll.
    pub watermark: Timestamp,
    /// Tasks from before the window that every poll has to look at: they are open or untold, or vanished.
    pub open_below: BTreeSet<TaskKey>,
    /// Tasks that the first listing held and that could not be read then, unless they had ended:
    /// their end is news.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub torn: Vec<Torn>,
    /// A listing that is read to its end over several polls.
    pub scan: Option<Scan>,
    /// When a listing was last read to its end as a check.
    pub resynced_at: Option<Timestamp>,
    /// When EC2 was last seen to list out of order, or to list late. For a day after it no listing
    /// stops early.
    pub distrusted_at: Option<Timestamp>,
    /// Until then no open task is looked for below the head: the last search took many calls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hunt_rests_until: Option<Timestamp>,
}

/// What could be read of a task that could not be read as a whole.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Torn {
    /// The task's id, or where its kind has none the AMI's.
    pub id: String,
    /// The bucket.
    pub bucket: Option<String>,
    /// When it started.
    pub started_at: Option<Timestamp>,
}

impl Torn {
    /// Whether this may be the task: all that was read is the same.
    #[must_use]
    pub fn may_be(&self, task: &Task) -> bool {
        self.id == task.name()
            && (self.bucket.is_none() || self.bucket == task.subject.bucket)
            && (self.started_at.is_none() || self.started_at == task.started_at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::task::{State, Subject};

    #[test]
    fn a_torn_item_may_be_any_task_that_shares_all_that_could_be_read() {
        let at = |text: &str| text.parse::<Timestamp>().ok();
        let start = at("2026-11-22T00:10:00Z");
        let subject = Subject::image("ami-1", "a");
        let task = Task {
            started_at: start,
            ..Task::new(Kind::StoreImage, subject, State::new("Failed"))
        };
        let torn = |id: &str, bucket: Option<&str>, started_at| Torn {
            id: id.into(),
            bucket: bucket.map(str::to_owned),
            started_at,
        };
        for (torn, may_be) in [
            (torn("ami-1", None, None), true),
            (torn("ami-1", Some("a"), start), true),
            (torn("ami-2", None, None), false),
            (torn("ami-1", Some("b"), None), false),
            (torn("ami-1", Some("b"), start), false),
            (torn("ami-1", Some("a"), at("2026-11-22T00:10:01Z")), false),
            (torn("ami-1", None, at("2026-11-22T00:10:01Z")), false),
        ] {
            assert_eq!(torn.may_be(&task), may_be, "{torn:?}");
        }
    }
}
