//! What a kind of task is by itself, as values.

use jiff::SignedDuration;

use super::state::Phase;
use super::subject::Subject;
use crate::place::Place;

/// What a kind of task is by itself.
#[derive(Debug)]
pub struct Identity {
    /// The name that events, configuration and the command line use.
    pub name: &'static str,
    /// EC2's operation that lists it.
    pub operation: &'static str,
    /// The `detail-type` of its events.
    pub detail_type: &'static str,
    /// Whether it is watched unless somebody says otherwise.
    pub is_watched_by_default: bool,
    /// What its listing guarantees.
    pub listing: Listing,
    /// How its keys begin. A part of the stored format. Those of a kind that is listed by start sort
    /// before all others, and a ledger's (`~`) behind them.
    pub key_prefix: &'static str,
    /// How EC2's ids of its tasks begin; for a kind without ids those of the AMIs.
    pub id_prefix: &'static str,
    /// What its listing can be asked for.
    pub parameters: Parameters,
    /// Whether EC2 says when its tasks started.
    pub gives_starts: bool,
    /// The states that EC2 documents, as it spells them.
    pub states: &'static [(&'static str, Phase)],
    /// Tells by state and reason a failed task that somebody cancelled, where EC2 says so much.
    pub cancelled: Option<fn(state: &str, reason: Option<&str>) -> bool>,
    /// What events call EC2's id of the task.
    pub id_name: Option<&'static str>,
    /// The fields of its events that not all kinds have, in their order, as events call them.
    pub fields: &'static [&'static str],
    /// The ARNs of what a task is about, but for its objects.
    pub resources: fn(&Place, &Subject) -> Vec<String>,
    /// The key of its object in the bucket, or the pattern of several, with a `*` at its end.
    pub objects: fn(&Subject) -> Option<String>,
}

/// What a listing can be asked for.
#[derive(Debug)]
pub struct Parameters {
    /// The filters; none where EC2 does not name them.
    pub filters: &'static [&'static str],
    /// Whether it comes in pages.
    pub has_pages: bool,
    /// Whether there is a dry run of it.
    pub has_dry_run: bool,
}

/// What EC2 guarantees of a listing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listing {
    /// Page after page, the newest start first, each task for so long after its start. A page may
    /// be read without those behind it.
    NewestFirst {
        /// For how long a task is listed.
        listed_for: SignedDuration,
    },
    /// In any order: only the whole of it says anything.
    Whole,
}

impl Identity {
    /// Whether its listing begins with the newest start.
    #[must_use]
    pub fn is_newest_first(&self) -> bool {
        matches!(self.listing, Listing::NewestFirst { .. })
    }

    /// What a documented state means; `None` for one that is not documented. Not all of EC2's own
    /// documents spell states alike.
    #[must_use]
    pub fn documented(&self, state: &str) -> Option<Phase> {
        let mut states = self.states.iter();
        states.find(|(name, _)| name.eq_ignore_ascii_case(state)).map(|(_, phase)| *phase)
    }

    /// Whether a failed task was cancelled by somebody, as far as EC2 says so.
    #[must_use]
    pub fn says_cancelled(&self, state: &str, reason: Option<&str>) -> bool {
        self.cancelled.is_some_and(|cancelled| cancelled(state, reason))
    }
}

#[cfg(test)]
mod tests {
    use crate::task::{Kind, Phase, State, Subject, Task};

    #[test]
    fn every_kind_has_running_states_and_both_ends() {
        for kind in Kind::ALL {
            let phases: Vec<Phase> =
                kind.identity().states.iter().map(|(_, phase)| *phase).collect();
            for phase in [Phase::Running, Phase::Completed, Phase::Failed] {
                assert!(phases.contains(&phase), "{kind} {phase:?}");
            }
        }
    }

    #[test]
    fn a_state_of_another_kind_is_not_documented_and_running() {
        let task = Task::new(Kind::StoreImage, Subject::default(), State::new("complete"));
        assert_eq!(Kind::StoreImage.identity().documented("complete"), None);
        assert_eq!(task.phase(), Phase::Running);
    }
}
