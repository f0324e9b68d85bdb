//! One look at the listings of the tasks that are waited for.

use std::time::Duration;

use jiff::Timestamp;

use super::course::{Course, Look};
use super::kinds;
use super::wanted::Wanted;
use crate::aws::ec2::Ec2Tasks;
use crate::cli::pages::{Extent, Listing, pages};
use crate::cli::reach::{named, unreadable};
use crate::place::Place;
use crate::poll::PlaceToPoll;
use crate::ports::Clock;
use crate::task::{Kind, Phase, Task};

/// Pages of a look that are read at once.
const PAGES_AT_ONCE: usize = 5;

/// The pause before each further one: five `wait`s at once take what EC2 refills.
const PAUSE: Duration = Duration::from_secs(10);

/// Where to look.
pub(super) struct Looking<'a> {
    pub(super) source: &'a Ec2Tasks,
    pub(super) places: &'a [PlaceToPoll],
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
    /// The places by name, for what there is to say of all of them.
    pub(super) fn named(&self) -> String {
        self.places.iter().map(|it| named(&it.place)).collect::<Vec<_>>().join(", ")
    }

    /// Looks for all that has not ended.
    pub(super) async fn look(
        &self,
        courses: &mut [Course],
        not_before: Option<Timestamp>,
    ) -> Found {
        let mut found = Found::default();
        let open = || |course: &&Course| course.outcome.is_none();
        for PlaceToPoll { place, .. } in self.places {
            for kind in kinds(courses.iter().filter(open())) {
                let of_kind = |course: &&Course| course.wanted.kind == kind;
                let wanted: Vec<Course> = courses
                    .iter()
                    .filter(open())
                    .filter(of_kind)
                    .filter(|it| it.place.as_ref().is_none_or(|known| known == place))
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
                let listing = self.read(place, kind, &is_enough).await;
                found.calls = found.calls.max(listing.calls);
                found.failure = found.failure.or(listing.failure);
                // An item that could not be read may be the task that is missing.
                let is_complete = listing.is_complete && listing.rejected.is_empty();
                let (now, tasks) = (self.clock.now(), &listing.tasks);
                let look = Look { place, tasks, is_complete, not_before, now };
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
        place: &Place,
        kind: Kind,
        is_enough: &(dyn Fn(&[Task]) -> bool + Send + Sync),
    ) -> Listing {
        let extent = Extent { is_enough, pace: Some((PAGES_AT_ONCE, PAUSE)), ..Extent::default() };
        pages(self.source, place, kind, extent).await
    }

    /// All that runs now, and what is to be said of items that cannot be read, which may run as well.
    pub(super) async fn all_running(&self) -> Result<(Vec<Course>, Vec<String>), String> {
        let (mut courses, mut faults) = (Vec::new(), Vec::new());
        for PlaceToPoll { place, kinds } in self.places {
            for kind in kinds {
                let listing = self.read(place, *kind, &|_| false).await;
                if let Some(failure) = listing.failure {
                    return Err(failure);
                }
                faults.extend(listing.rejected.iter().map(|it| unreadable(place, *kind, it)));
                let running = listing.tasks.iter().filter(|task| task.phase() == Phase::Running);
                for task in running {
                    let mut course = Course::new(Wanted::of(task));
                    let (tasks, now) = (std::slice::from_ref(task), self.clock.now());
                    course.note(&Look { place, tasks, is_complete: true, not_before: None, now });
                    courses.push(course);
                }
            }
        }
        Ok((courses, faults))
    }
}
