//! The simulated world: a clock, settings, and the state of every account and Region.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

use crate::call::Call;
use crate::clock::SimClock;
use crate::faults::{FaultId, FaultRule};
use crate::place::Place;
use crate::room::TaskId;
use crate::settings::Settings;
use crate::state::State;
use crate::status::TaskStatus;

/// All that the simulator's callers see, and the handles to change it while it runs.
#[derive(Debug)]
pub struct World {
    clock: SimClock,
    settings: Settings,
    state: Mutex<State>,
}

impl World {
    /// An empty world.
    #[must_use]
    pub(crate) fn new(clock: SimClock, settings: Settings) -> Self {
        let state = Mutex::new(State::new(settings.seed));
        Self { clock, settings, state }
    }

    /// The clock.
    #[must_use]
    pub fn clock(&self) -> &SimClock {
        &self.clock
    }

    /// The settings.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The simulated time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Moves the clock forward.
    pub fn advance(&self, by: Duration) -> Timestamp {
        self.clock.advance(by)
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        // A panic elsewhere must not turn every later answer into another one.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a task out of the listings; false where there is no such task.
    pub fn remove_task(&self, id: TaskId) -> bool {
        self.state().remove(id)
    }

    /// Holds a task in a state, whatever its plan says; false where there is no such task.
    pub fn set_state(&self, id: TaskId, status: TaskStatus) -> bool {
        let now = self.now();
        self.state().fix(id, Some(status), now)
    }

    /// Gives a task whose state was set back to its plan; false where there is no such task.
    pub fn release_state(&self, id: TaskId) -> bool {
        let now = self.now();
        self.state().fix(id, None, now)
    }

    /// Says which AMIs exist in a place, in place of what was said before; without this, every
    /// well-formed id does.
    pub fn set_images(
        &self,
        account: &str,
        region: &str,
        images: impl IntoIterator<Item = impl Into<String>>,
    ) {
        let images = images.into_iter().map(Into::into);
        self.state().place_mut(&Place::new(account, region)).images.set(images);
    }

    /// Says what an AMI of a place is called; without this, one that an import made is called like
    /// its task, and any other after its id.
    pub fn name_image(
        &self,
        account: &str,
        region: &str,
        image: impl Into<String>,
        name: impl Into<String>,
    ) {
        let place = Place::new(account, region);
        self.state().place_mut(&place).images.name(image.into(), name.into());
    }

    /// Says which Regions an account has enabled, in place of what was said before. Without this,
    /// every account has those that need no opting in, and those in which it has something. Calls to
    /// others are answered all the same.
    pub fn set_regions(&self, account: &str, regions: impl IntoIterator<Item = impl Into<String>>) {
        let regions = regions.into_iter().map(Into::into).collect();
        self.state().enable(account, regions);
    }

    /// Puts a fault rule in force.
    pub fn add_fault(&self, rule: FaultRule) -> FaultId {
        self.state().faults.add(rule)
    }

    /// Ends a fault rule; false where there is no such rule.
    pub fn remove_fault(&self, id: FaultId) -> bool {
        self.state().faults.remove(id)
    }

    /// Ends all fault rules.
    pub fn clear_faults(&self) {
        self.state().faults.clear();
    }

    /// The calls so far, oldest first.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        self.state().calls.iter().cloned().collect()
    }

    /// Forgets the calls so far.
    pub fn reset_calls(&self) {
        self.state().calls.clear();
    }
}
