//! Where an account and Region keeps its tasks of one kind.

use std::collections::BTreeMap;
use std::fmt::Debug;

use jiff::Timestamp;

use crate::status::TaskStatus;

/// Names a task that was added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TaskId(pub(crate) u64);

/// The tasks of one kind, for those who do not know which kind it is.
pub(crate) trait Room: Debug + Send {
    /// Takes a task out; false where it is not here.
    fn remove(&mut self, id: TaskId) -> bool;

    /// A task that is here.
    fn held(&mut self, id: TaskId) -> Option<&mut dyn Held>;
}

/// A task whose state can be set by hand.
pub(crate) trait Held: Debug + Send {
    /// Fixes its state from `now` on; `None` gives it back to its plan.
    fn fix(&mut self, status: Option<TaskStatus>, now: Timestamp);
}

/// A room for the tasks of a kind that needs no order of its own.
#[derive(Debug)]
pub(crate) struct Shelf<T>(BTreeMap<TaskId, T>);

impl<T> Default for Shelf<T> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<T> Shelf<T> {
    pub(crate) fn insert(&mut self, id: TaskId, task: T) {
        self.0.insert(id, task);
    }

    pub(crate) fn get_mut(&mut self, id: TaskId) -> Option<&mut T> {
        self.0.get_mut(&id)
    }

    /// The tasks, first added first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (TaskId, &T)> {
        self.0.iter().map(|(&id, task)| (id, task))
    }
}

impl<T: Held> Room for Shelf<T> {
    fn remove(&mut self, id: TaskId) -> bool {
        self.0.remove(&id).is_some()
    }

    fn held(&mut self, id: TaskId) -> Option<&mut dyn Held> {
        self.0.get_mut(&id).map(|task| task as &mut dyn Held)
    }
}
