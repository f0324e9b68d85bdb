//! One look at the listings of the tasks that are waited for.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;

use super::course::{Course, Look};
use super::kinds;
use super::wanted::Wanted;
use crate::aws::ec2::Ec2Tasks;
use crate::cli::pages::{Extent, Listing, pages};
use crate::place::Place;
use crate::ports::Clock;
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
                // The newest come first: what stands further back is another one.
                let is_enough = |tasks: &[Task]| {
                    kind.identity().is_newest_first()
                        && wanted.iter().all(|it| match it.task {
                            Some(_) => it.is_among(tasks),
                            None => it.wanted.newest(tasks).is_some(),
                        })
                };
                let listing = self.read(region, kind, &is_enough).await;
                found.calls = found.calls.max(listing.calls);
                found.failure = found.failure.or(listing.failure);
                let (now, tasks, is_complete) =
                    (self.clock.now(), &listing.tasks, listing.is_complete);
                let look = Look { region, tasks, is_complete, not_before, now };
                for course in courses.iter_mut().filter(|it| it.wanted.kind == kind) {
                    course.note(&look);
                }
            }
        }
        found
    }

    /// Reads a listing at a pace that leaves some of EC2's calls to others.
    async fn read(
        &self,
        region: &str,
        kind: Kind,
        is_enough: &(dyn Fn(&[Task]) -> bool + Send + Sync),
    ) -> Listing {
        let extent = Extent { is_enough, pace: Some((PAGES_AT_ONCE, PAUSE)), ..Extent::default() };
        pages(self.source, &Place::new("", region), kind, extent).await
    }

    /// All that runs now.
    pub(super) async fn all_running(&self, kinds: &BTreeSet<Kind>) -> Result<Vec<Course>, String> {
        let mut courses = Vec::new();
        for region in self.regions {
            for kind in kinds {
                let listing = self.read(region, *kind, &|_| false).await;
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
