//! What the world holds: the tasks of every account and Region, kept in the order of listing.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use fastrand::Rng;
use jiff::Timestamp;

use crate::bundle::BundlePlan;
use crate::call::Call;
use crate::faults::Faults;
use crate::place::Place;
use crate::plan::{StorePlan, TaskStatus};
use crate::throttle::Buckets;

/// Names a task that was added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TaskId(pub u64);

/// Newest start first; of one start the one that was added last.
pub(crate) type StoreKey = (Reverse<Timestamp>, Reverse<TaskId>);

/// So many calls are kept in the record; of more the oldest are forgotten.
const MOST_CALLS: usize = 100_000;

/// One account in one Region.
#[derive(Debug, Default)]
pub(crate) struct PlaceState {
    stores: BTreeMap<StoreKey, StorePlan>,
    by_image: HashMap<String, BTreeSet<StoreKey>>,
    pub(crate) bundles: BTreeMap<TaskId, BundlePlan>,
    /// The AMIs that exist; any well-formed id does where this is absent.
    pub(crate) images: Option<BTreeSet<String>>,
}

impl PlaceState {
    pub(crate) fn stores(&self) -> &BTreeMap<StoreKey, StorePlan> {
        &self.stores
    }

    /// The store tasks of an AMI, newest first.
    pub(crate) fn stores_of(&self, image_id: &str) -> impl Iterator<Item = &StorePlan> {
        self.by_image.get(image_id).into_iter().flatten().filter_map(|key| self.stores.get(key))
    }

    fn insert(&mut self, id: TaskId, mut plan: StorePlan) -> StoreKey {
        // The API tells times in milliseconds: a finer order would not be one that a caller sees.
        let millis = plan.start.as_millisecond();
        plan.start = Timestamp::from_millisecond(millis).unwrap_or(plan.start);
        let key = (Reverse(plan.start), Reverse(id));
        self.by_image.entry(plan.image_id.clone()).or_default().insert(key);
        self.stores.insert(key, plan);
        key
    }

    fn remove(&mut self, key: &StoreKey) -> bool {
        let Some(plan) = self.stores.remove(key) else { return false };
        if let Some(keys) = self.by_image.get_mut(&plan.image_id) {
            keys.remove(key);
        }
        true
    }
}

#[derive(Debug)]
enum Home {
    Store(Place, StoreKey),
    Bundle(Place),
}

/// Everything that changes.
#[derive(Debug)]
pub(crate) struct State {
    places: BTreeMap<Place, PlaceState>,
    homes: HashMap<TaskId, Home>,
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
            homes: HashMap::new(),
            added: 0,
            generated: 0,
            buckets: Buckets::default(),
            faults: Faults::default(),
            rng: Rng::with_seed(seed),
            calls: VecDeque::new(),
        }
    }

    pub(crate) fn place(&mut self, place: &Place) -> &mut PlaceState {
        self.places.entry(place.clone()).or_default()
    }

    fn next_id(&mut self) -> TaskId {
        self.added += 1;
        TaskId(self.added)
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

    /// The Regions in which an account has anything.
    pub(crate) fn regions_of(&self, account: &str) -> impl Iterator<Item = &str> {
        let own = self.places.keys().filter(move |place| place.account == account);
        own.map(|place| place.region.as_str())
    }

    pub(crate) fn add_store(&mut self, place: &Place, plan: StorePlan) -> TaskId {
        let id = self.next_id();
        let key = self.place(place).insert(id, plan);
        self.homes.insert(id, Home::Store(place.clone(), key));
        id
    }

    pub(crate) fn add_bundle(&mut self, place: &Place, plan: BundlePlan) -> TaskId {
        let id = self.next_id();
        self.place(place).bundles.insert(id, plan);
        self.homes.insert(id, Home::Bundle(place.clone()));
        id
    }

    pub(crate) fn remove(&mut self, id: TaskId) -> bool {
        match self.homes.remove(&id) {
            None => false,
            Some(Home::Store(place, key)) => self.place(&place).remove(&key),
            Some(Home::Bundle(place)) => self.place(&place).bundles.remove(&id).is_some(),
        }
    }

    /// Fixes a task's state; `None` gives it back to its plan. False where there is no such task.
    pub(crate) fn fix(&mut self, id: TaskId, status: Option<TaskStatus>, now: Timestamp) -> bool {
        let Self { places, homes, .. } = self;
        match homes.get(&id) {
            None => false,
            Some(Home::Store(place, key)) => places
                .get_mut(place)
                .and_then(|state| state.stores.get_mut(key))
                .map(|plan| plan.fixed = status)
                .is_some(),
            Some(Home::Bundle(place)) => places
                .get_mut(place)
                .and_then(|state| state.bundles.get_mut(&id))
                .map(|plan| plan.fixed = status.map(|status| (status, now)))
                .is_some(),
        }
    }

    /// Takes a stored object out of its bucket; false where there is none.
    pub(crate) fn delete_object(
        &mut self,
        place: &Place,
        bucket: &str,
        object_key: &str,
        now: Timestamp,
    ) -> bool {
        let mut found = false;
        for plan in self.place(place).stores.values_mut() {
            let is_it = plan.bucket == bucket && plan.object_key == object_key;
            if is_it && !plan.object_deleted && plan.status(now).state == "Completed" {
                plan.object_deleted = true;
                found = true;
            }
        }
        found
    }
}
