//! What the store knows of a place at one moment.

use std::collections::BTreeMap;

use super::{Ledger, Record, Sight, Versioned};
use crate::task::{Kind, TaskKey};

/// A stored item that cannot be understood. It is left as it is, and its task is passed over.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("stored item {key}: {reason}")]
pub struct Unreadable {
    /// The item's key in the store.
    pub key: String,
    /// What is wrong and what to do.
    pub reason: String,
}

/// The sort key of a target's ledger. It sorts behind every task's.
#[must_use]
pub fn ledger_key(kind: Kind) -> String {
    format!("~{kind}")
}

/// The sort key of a target's sight. Like a ledger's, behind every task's.
#[must_use]
pub fn sight_key(kind: Kind) -> String {
    format!("~sight#{kind}")
}

/// What the store knows of a place.
#[derive(Debug, Default)]
pub struct Snapshot {
    /// The ledgers of the targets that have one.
    pub ledgers: BTreeMap<Kind, Versioned<Ledger>>,
    /// The sights of the targets that could not be listed lately.
    pub sights: BTreeMap<Kind, Versioned<Sight>>,
    /// The records of the window, those named as open below the watermark, and all of the kinds that are
    /// not listed by start.
    pub records: BTreeMap<TaskKey, Versioned<Record>>,
    /// Items that cannot be understood.
    pub unreadable: Vec<Unreadable>,
}

impl Snapshot {
    /// Whether the store holds an item for this task that cannot be understood.
    #[must_use]
    pub fn is_unreadable(&self, key: &TaskKey) -> bool {
        self.unreadable.iter().any(|item| item.key == key.as_str())
    }

    /// Whether the store holds a ledger of this kind that cannot be understood.
    #[must_use]
    pub fn is_ledger_unreadable(&self, kind: Kind) -> bool {
        self.unreadable.iter().any(|item| item.key == ledger_key(kind))
    }
}
