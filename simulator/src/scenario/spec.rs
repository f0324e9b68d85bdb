//! What a task of a scenario is to those who do not know its kind.

use super::check::Problem;
use crate::room::TaskId;
use crate::settings::Settings;
use crate::world::World;

/// A task, as a scenario or the admin surface describes it.
pub(crate) trait TaskSpec {
    /// Finds what the shape alone does not forbid.
    fn check(&self, settings: &Settings) -> Result<(), Problem>;

    /// The field that holds the task's id, and the id: no other of its list has it.
    fn id(&self) -> Option<(&'static str, &str)> {
        None
    }

    /// Adds the task; relative times count from now.
    fn add(&self, world: &World, account: &str, region: &str) -> TaskId;
}
