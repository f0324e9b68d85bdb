//! What becomes of a task that is waited for: pure, from one look at its listing to the next.

use jiff::Timestamp;

use super::wanted::{Wanted, same};
use crate::event::Outcome;
use crate::place::Place;
use crate::task::{Phase, Task, TaskKey};

/// Absent from so many complete listings in a row, a task has vanished.
const MISSED_MAX: u8 = 2;

/// What is known of a task that is waited for.
#[derive(Debug, Clone)]
pub(super) struct Course {
    pub(super) wanted: Wanted,
    /// Where it was found.
    pub(super) place: Option<Place>,
    /// As it was seen last.
    pub(super) task: Option<Task>,
    pub(super) first_seen_at: Option<Timestamp>,
    pub(super) previous_state: Option<String>,
    pub(super) outcome: Option<Outcome>,
    /// Other stores of the same AMI that are listed, too.
    pub(super) others: usize,
    missed: u8,
}

/// What one look at a place's listing of the task's kind showed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Look<'a> {
    pub(super) place: &'a Place,
    pub(super) tasks: &'a [Task],
    /// Whether the listing was read to its end, and each item of it could be read.
    pub(super) is_complete: bool,
    /// Only a task that started then or later is meant.
    pub(super) not_before: Option<Timestamp>,
    pub(super) now: Timestamp,
}

impl Course {
    pub(super) fn new(wanted: Wanted) -> Self {
        Self {
            wanted,
            place: None,
            task: None,
            first_seen_at: None,
            previous_state: None,
            outcome: None,
            others: 0,
            missed: 0,
        }
    }

    fn key(&self) -> Option<TaskKey> {
        self.task.as_ref()?.key()
    }

    /// Whether a page that holds these tasks holds the one that was found before.
    pub(super) fn is_among(&self, tasks: &[Task]) -> bool {
        self.key().is_some_and(|key| tasks.iter().any(|task| same(&key, task)))
    }

    /// Takes in what a look showed.
    pub(super) fn note(&mut self, look: &Look<'_>) {
        let elsewhere = self.place.as_ref().is_some_and(|place| place != look.place);
        if self.outcome.is_some() || elsewhere {
            return;
        }
        let is_late_enough = |task: &&Task| {
            look.not_before.is_none_or(|from| task.started_at.is_none_or(|start| start >= from))
        };
        let key = self.key();
        let found = match &key {
            Some(key) => look.tasks.iter().find(|task| same(key, task)),
            None => self.wanted.newest(look.tasks.iter().filter(is_late_enough)),
        };
        let Some(found) = found else {
            if key.is_some() && look.is_complete {
                self.missed += 1;
                self.outcome = (self.missed >= MISSED_MAX).then_some(Outcome::Vanished);
            }
            return;
        };
        self.missed = 0;
        if key.is_none() {
            self.place = Some(look.place.clone());
            self.first_seen_at = Some(look.now);
            self.others = look.tasks.iter().filter(|it| self.wanted.may_be(it)).count() - 1;
        }
        let before = self.task.replace(found.clone());
        if let Some(before) = before.filter(|before| before.state != found.state) {
            self.previous_state = Some(before.state.to_string());
        }
        self.outcome = match found.phase() {
            Phase::Running => None,
            Phase::Completed => Some(Outcome::Completed),
            Phase::Failed => Some(Outcome::Failed),
            Phase::Cancelled => Some(Outcome::Cancelled),
        };
    }
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use super::*;
    use crate::task::{Kind, State, Subject};

    fn minute(minutes: i64) -> Timestamp {
        let start: Timestamp = "2026-11-22T00:00:00Z".parse().unwrap();
        start + jiff::SignedDuration::from_mins(minutes)
    }

    fn store(bucket: &str, started: i64, state: &'static str) -> Task {
        Task {
            started_at: Some(minute(started)),
            ..Task::new(Kind::StoreImage, Subject::image("ami-1", bucket), State::new(state))
        }
    }

    fn course(id: &str) -> Course {
        Course::new(id.parse().unwrap())
    }

    fn look(tasks: &[Task]) -> Look<'_> {
        static HERE: LazyLock<Place> = LazyLock::new(|| Place::new("", "us-east-1"));
        let now = minute(60);
        Look { place: &HERE, tasks, is_complete: true, not_before: None, now }
    }

    #[test]
    fn of_several_stores_of_an_ami_the_newest_is_meant_and_stays_meant() {
        let mut one = course("ami-1");
        one.note(&look(&[store("a", 5, "InProgress"), store("b", 1, "Completed")]));
        assert_eq!((one.outcome, one.others), (None, 1));
        // Another store of the AMI starts and ends meanwhile: it is not the one.
        let again = store("c", 30, "Completed");
        one.note(&look(&[again.clone(), store("a", 5, "InProgress")]));
        assert_eq!(one.outcome, None);
        one.note(&look(&[again, store("a", 5, "Failed")]));
        assert_eq!(one.outcome, Some(Outcome::Failed));
        assert_eq!(one.previous_state.as_deref(), Some("InProgress"));
    }

    #[test]
    fn a_bucket_tells_one_store_from_another() {
        let mut one = course("ami-1@b");
        one.note(&look(&[store("a", 5, "InProgress"), store("b", 1, "Completed")]));
        assert_eq!((one.outcome, one.others), (Some(Outcome::Completed), 0));
    }

    #[test]
    fn a_task_has_vanished_only_after_two_complete_listings_in_a_row_without_it() {
        let mut one = course("ami-1");
        let running = [store("a", 5, "InProgress")];
        one.note(&look(&running));
        let none = look(&[]);
        one.note(&Look { is_complete: false, ..none });
        one.note(&Look { is_complete: false, ..none });
        one.note(&none);
        one.note(&look(&running));
        one.note(&none);
        assert_eq!(one.outcome, None);
        for place in [Place::new("", "eu-west-1"), Place::new("111122223333", "us-east-1")] {
            one.note(&Look { place: &place, ..none });
            assert_eq!(one.outcome, None, "another place says nothing of it");
        }
        one.note(&none);
        assert_eq!(one.outcome, Some(Outcome::Vanished));
    }

    #[test]
    fn what_was_never_seen_has_not_vanished() {
        let mut one = course("ami-1");
        for _ in 0..3 {
            one.note(&look(&[]));
        }
        assert!(one.outcome.is_none() && one.task.is_none());
    }

    #[test]
    fn a_store_that_began_before_the_one_that_is_to_appear_is_another() {
        let mut one = course("ami-1");
        let old = [store("a", 5, "Completed")];
        one.note(&Look { not_before: Some(minute(6)), ..look(&old) });
        assert!(one.task.is_none());
        let new = [store("a", 6, "InProgress"), store("a", 5, "Completed")];
        one.note(&Look { not_before: Some(minute(6)), ..look(&new) });
        assert_eq!(one.task.and_then(|task| task.started_at), Some(minute(6)));
    }

    #[test]
    fn an_end_stays_the_end() {
        let mut one = course("ami-1");
        one.note(&look(&[store("a", 5, "Completed")]));
        one.note(&look(&[store("a", 5, "InProgress")]));
        assert_eq!(one.outcome, Some(Outcome::Completed));
    }
}
