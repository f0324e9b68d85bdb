//! What the world holds: the tasks of every account and Region, kept in the order of listing.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use fastrand::Rng;
use jiff::Timestamp;

use crate::call::Call;
use crate::faults::Faults;
use crate::images::Images;
use crate::kinds::bundle::plan::BundlePlan;
use crate::kinds::store::room::Stores;
use crate::place::Place;
use crate::room::{Room, Shelf, TaskId};
use crate::status::TaskStatus;
use crate::throttle::Buckets;
use crate::transfer::kind::Transferred;

/// So many calls are kept in the record; of more the oldest are forgotten.
const MOST_CALLS: usize = 100_000;

/// One account in one Region: a room for each kind of task.
#[derive(Debug, Default)]
pub(crate) struct PlaceState {
    pub(crate) stores: Stores,
    pub(crate) bundles: Shelf<BundlePlan>,
    /// The import and export tasks of all kinds.
    pub(crate) transfers: Shelf<Box<dyn Transferred>>,
    pub(crate) images: Images,
}

impl PlaceState {
    fn rooms(&mut self) -> impl Iterator<Item = &mut dyn Room> {
        let rooms: [&mut dyn Room; 3] = [&mut self.stores, &mut self.bundles, &mut self.transfers];
        rooms.into_iter()
    }
}

/// Everything that changes.
#[derive(Debug)]
pub(crate) struct State {
    places: BTreeMap<Place, PlaceState>,
    /// What a place has of which nothing was said.
    untouched: PlaceState,
    homes: HashMap<TaskId, Place>,
    /// The Regions that an account has enabled, where that was said.
    enabled: HashMap<String, BTreeSet<String>>,
    added: u64,
    generated: u32,
    pub(crate) buckets: Buckets,
    pub(crate) faults: Faults,
    pub(crate) rng: Rng,
    pub(crate) calls: VecDeque<Call>,
}

impl State {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            places: BTreeMap::new(),
            untouched: PlaceState::default(),
            homes: HashMap::new(),
            enabled: HashMap::new(),
            added: 0,
            generated: 0,
            buckets: Buckets::default(),
            faults: Faults::default(),
            rng: Rng::with_seed(seed),
            calls: VecDeque::new(),
        }
    }

    /// What a place has, for a look: a place that nobody described costs nothing, however often it
    /// is called.
    pub(crate) fn place(&self, place: &Place) -> &PlaceState {
        self.places.get(place).unwrap_or(&self.untouched)
    }

    /// A place that has something, for a change of that.
    pub(crate) fn known_mut(&mut self, place: &Place) -> Option<&mut PlaceState> {
        self.places.get_mut(place)
    }

    /// A place that gets something.
    pub(crate) fn place_mut(&mut self, place: &Place) -> &mut PlaceState {
        self.places.entry(place.clone()).or_default()
    }

    /// The import and export tasks of a place, first added first.
    pub(crate) fn transfers(
        &self,
        place: &Place,
    ) -> impl Iterator<Item = (TaskId, &dyn Transferred)> {
        let here = self.places.get(place).into_iter();
        here.flat_map(|place| place.transfers.iter()).map(|(id, task)| (id, &**task))
    }

    /// A number that no other set of generated tasks has.
    pub(crate) fn next_generated(&mut self) -> u32 {
        self.generated += 1;
        self.generated - 1
    }

    pub(crate) fn record(&mut self, call: Call) {
        if self.calls.len() == MOST_CALLS {
            self.calls.pop_front();
        }
        self.calls.push_back(call);
    }

    /// Says which Regions an account has enabled, in place of what was said before.
    pub(crate) fn enable(&mut self, account: &str, regions: BTreeSet<String>) {
        self.enabled.insert(account.to_owned(), regions);
    }

    /// The Regions that an account has enabled, where that was said.
    pub(crate) fn enabled(&self, account: &str) -> Option<&BTreeSet<String>> {
        self.enabled.get(account)
    }

    /// The Regions in which an account has anything.
    pub(crate) fn regions_of<'a>(&'a self, account: &'a str) -> impl Iterator<Item = &'a str> {
        // The places of an account stand side by side.
        let from_first = self.places.range(Place::new(account, "")..);
        let own = from_first.map(|(place, _)| place).take_while(move |it| it.account == account);
        own.map(|place| place.region.as_str())
    }

    /// Adds a task, which `put` puts into the room of its kind.
    pub(crate) fn add(
        &mut self,
        place: &Place,
        put: impl FnOnce(&mut PlaceState, TaskId),
    ) -> TaskId {
        self.added += 1;
        let id = TaskId(self.added);
        put(self.place_mut(place), id);
        self.homes.insert(id, place.clone());
        id
    }

    pub(crate) fn remove(&mut self, id: TaskId) -> bool {
        let Some(place) = self.homes.remove(&id) else { return false };
        self.known_mut(&place).is_some_and(|here| here.rooms().any(|room| room.remove(id)))
    }

    /// Fixes a task's state; `None` gives it back to its plan. False where there is no such task.
    pub(crate) fn fix(&mut self, id: TaskId, status: Option<TaskStatus>, now: Timestamp) -> bool {
        let Self { places, homes, .. } = self;
        let Some(place) = homes.get(&id).and_then(|place| places.get_mut(place)) else {
            return false;
        };
        place.rooms().find_map(|room| room.held(id)).map(|task| task.fix(status, now)).is_some()
    }
}
