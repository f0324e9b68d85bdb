//! The store tasks of a place, in the order of their listing.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;

use super::plan::StorePlan;
use crate::room::{Held, Room, TaskId};

/// Newest start first; of one start the one that was added last.
pub(crate) type StoreKey = (Reverse<Timestamp>, Reverse<TaskId>);

/// The store tasks of one account in one Region.
#[derive(Debug, Default)]
pub(crate) struct Stores {
    plans: BTreeMap<StoreKey, StorePlan>,
    keys: HashMap<TaskId, StoreKey>,
    by_image: HashMap<String, BTreeSet<StoreKey>>,
}

impl Stores {
    /// All of them, in the order of listing.
    pub(crate) fn plans(&self) -> &BTreeMap<StoreKey, StorePlan> {
        &self.plans
    }

    /// The store tasks of an AMI, newest first.
    pub(crate) fn of(&self, image_id: &str) -> impl Iterator<Item = &StorePlan> {
        self.by_image.get(image_id).into_iter().flatten().filter_map(|key| self.plans.get(key))
    }

    pub(crate) fn insert(&mut self, id: TaskId, mut plan: StorePlan) {
        // The API tells times in milliseconds: a finer order would not be one that a caller sees.
        let millis = plan.start.as_millisecond();
        plan.start = Timestamp::from_millisecond(millis).unwrap_or(plan.start);
        let key = (Reverse(plan.start), Reverse(id));
        self.by_image.entry(plan.image_id.clone()).or_default().insert(key);
        self.keys.insert(id, key);
        self.plans.insert(key, plan);
    }

    /// Takes a stored object out of its bucket; false where there is none.
    pub(crate) fn delete_object(&mut self, bucket: &str, key: &str, now: Timestamp) -> bool {
        let mut found = false;
        for plan in self.plans.values_mut() {
            let is_it = plan.bucket == bucket && plan.object_key == key;
            if is_it && !plan.object_deleted && plan.status(now).state == "Completed" {
                plan.object_deleted = true;
                found = true;
            }
        }
        found
    }
}

impl Room for Stores {
    fn remove(&mut self, id: TaskId) -> bool {
        let Some(key) = self.keys.remove(&id) else { return false };
        let Some(plan) = self.plans.remove(&key) else { return false };
        if let Some(keys) = self.by_image.get_mut(&plan.image_id) {
            keys.remove(&key);
        }
        true
    }

    fn held(&mut self, id: TaskId) -> Option<&mut dyn Held> {
        let Self { plans, keys, .. } = self;
        let plan = keys.get(&id).and_then(|key| plans.get_mut(key));
        plan.map(|plan| plan as &mut dyn Held)
    }
}
