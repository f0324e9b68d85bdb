//! One look at the listings of the tasks that are waited for.

use std::collections::{BTreeSet, HashSet};
use std::time::Duration;

use jiff::Timestamp;

use super::course::{Course, Look};
use super::kinds;
use super::wanted::Wanted;
use crate::aws::clients::ATTEMPTS;
use crate::aws::ec2::Ec2Tasks;
use crate::cli::list::{PAGES_MAX, all_pages};
use crate::place::Place;
use crate::ports::{Clock, ListError, Page, PageAt, TaskSource};
use crate::task::{Kind, Phase, Task};

/// Pages of a look that are read at once.
const PAGES_AT_ONCE: usize = 5;

/// The pause before each further one: five `wait`s at once take what EC2 refills.
const PAUSE: Duration = Duration::from_secs(10);

/// Where to look.
pub(super) struct Looking<'a> {
    pub(super) source: &'a Ec2Tasks,
    pub(super) regions: &'a [String],
    pub(super) clock: &'a dyn Clock,
}

/// What a look came to, beside what it showed.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// The most calls of one listing.
    pub(super) calls: u32,
    /// The first thing that went wrong.
    pub(super) failure: Option<String>,
}

impl Looking<'_> {
    /// Looks for all that has not ended.
    pub(super) async fn look(
        &self,
        courses: &mut [Course],
        not_before: Option<Timestamp>,
    ) -> Found {
        let mut found = Found::default();
        let open = || |course: &&Course| course.outcome.is_none();
        for region in self.regions {
            for kind in kinds(courses.iter().filter(open())) {
                let of_kind = |course: &&Course| course.wanted.kind == kind;
                let wanted: Vec<Course> = courses
                    .iter()
                    .filter(open())
                    .filter(of_kind)
                    .filter(|it| it.region.as_ref().is_none_or(|known| known == region))
                    .cloned()
                    .collect();
                if wanted.is_empty() {
                    continue;
                }
                let (tasks, is_complete) = match self.read(region, kind, &wanted, &mut found).await
                {
                    Ok(read) => read,
                    Err((tasks, error)) => {
                        found.failure.get_or_insert(error.to_string());
                        (tasks, false)
                    }
                };
                let now = self.clock.now();
                let look = Look { region, tasks: &tasks, is_complete, not_before, now };
                for course in courses.iter_mut().filter(|it| it.wanted.kind == kind) {
                    course.note(&look);
                }
            }
        }
        found
    }

    /// Reads a listing until it has shown all that is wanted, or to its end.
    async fn read(
        &self,
        region: &str,
        kind: Kind,
        wanted: &[Course],
        found: &mut Found,
    ) -> Result<(Vec<Task>, bool), (Vec<Task>, ListError)> {
        let place = Place::new("", region);
        let (mut tasks, mut from, mut calls) = (Vec::new(), None, 0);
        let mut tokens = HashSet::new();
        for number in 0..PAGES_MAX {
            if number >= PAGES_AT_ONCE {
                tokio::time::sleep(PAUSE).await;
            }
            let at = from.as_ref().map_or(PageAt::WHOLE, PageAt::Next);
            let page = match self.source.list(&place, kind, at, ATTEMPTS).await {
                Ok(page) => page,
                Err(error) => {
                    found.calls = found.calls.max(calls + error.calls);
                    return Err((tasks, error));
                }
            };
            let Page { tasks: more, next, calls: made, .. } = page;
            tasks.extend(more);
            calls += made;
            found.calls = found.calls.max(calls);
            let Some(next) = next else { return Ok((tasks, true)) };
            // The newest come first: what stands further back is another one.
            let is_enough = kind.identity().is_newest_first()
                && wanted.iter().all(|it| match it.task {
                    Some(_) => it.is_among(&tasks),
                    None => it.wanted.newest(&tasks).is_some(),
                });
            if is_enough || !tokens.insert(next.token.clone()) {
                return Ok((tasks, false));
            }
            from = Some(next);
        }
        Ok((tasks, false))
    }

    /// All that runs now.
    pub(super) async fn all_running(&self, kinds: &BTreeSet<Kind>) -> Result<Vec<Course>, String> {
        let mut courses = Vec::new();
        for region in self.regions {
            for kind in kinds {
                let listing = all_pages(self.source, &Place::new("", region), *kind).await;
                if let Some(failure) = listing.failure {
                    return Err(failure);
                }
                let running = listing.tasks.iter().filter(|task| task.phase() == Phase::Running);
                for task in running {
                    let mut course = Course::new(Wanted::of(task));
                    let (tasks, now) = (std::slice::from_ref(task), self.clock.now());
                    course.note(&Look { region, tasks, is_complete: true, not_before: None, now });
                    courses.push(course);
                }
            }
        }
        Ok(courses)
    }
}
