//! What bears events that wait to be told: the record of a task, or the sight of a target.

use jiff::Timestamp;

use super::{Lease, Record, Sight, SinkName, Told, Unsent};
use crate::event::Event;
use crate::task::{Kind, TaskKey};

/// The key of what bears events.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum BearerKey {
    /// Of a task.
    Task(TaskKey),
    /// Of the target of a kind.
    Target(Kind),
}

impl std::fmt::Display for BearerKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Task(key) => key.fmt(f),
            Self::Target(kind) => write!(f, "the sight of {kind} tasks"),
        }
    }
}

/// What bears events that wait to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Bearer {
    /// The record of a task.
    Record(Box<Record>),
    /// The sight of a target.
    Sight(Sight),
}

impl Bearer {
    /// What is still to be told, oldest first.
    #[must_use]
    pub fn outbox(&self) -> &[Unsent] {
        match self {
            Self::Record(record) => &record.outbox,
            Self::Sight(sight) => &sight.outbox,
        }
    }

    /// The same, to change it.
    pub fn outbox_mut(&mut self) -> &mut Vec<Unsent> {
        match self {
            Self::Record(record) => &mut record.outbox,
            Self::Sight(sight) => &mut sight.outbox,
        }
    }

    /// Who is telling it.
    #[must_use]
    pub fn lease(&self) -> Option<&Lease> {
        match self {
            Self::Record(record) => record.lease.as_ref(),
            Self::Sight(sight) => sight.lease.as_ref(),
        }
    }

    /// The same, with another lease or none.
    #[must_use]
    pub fn leased(mut self, lease: Option<Lease>) -> Self {
        match &mut self {
            Self::Record(record) => record.lease = lease,
            Self::Sight(sight) => sight.lease = lease,
        }
        self
    }

    /// Notes that a sink took an event.
    pub fn note_told(&mut self, event: &Event, sink: &SinkName, now: Timestamp) {
        match self {
            Self::Record(record) => Told::note(&mut record.told, event, sink, now),
            Self::Sight(sight) => Told::note(&mut sight.told, event, sink, now),
        }
    }
}
