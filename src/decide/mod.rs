//! What deserves telling: pure functions of what was known, what is listed, and the time.
//!
//! [`task`] judges one task, [`listing`] one whole listing of a target, [`ledger`] how far back
//! everything is known, [`route`] where an event goes whose sinks were taken away, and [`sight`] whether
//! a target is blind. None of them knows EC2's SDK, the store or a clock.

pub mod ledger;
pub mod listing;
pub mod route;
pub mod sight;
pub mod task;

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use crate::event::Outcome;
use crate::place::Place;
use crate::record::{Lease, SinkName};

/// Which outcomes are told, and when a task counts as stalled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// The outcomes that are told.
    pub tell: BTreeSet<Outcome>,
    /// How long the progress must stand still.
    pub stalled_after: SignedDuration,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            tell: [
                Outcome::Completed,
                Outcome::Failed,
                Outcome::Cancelled,
                Outcome::Vanished,
                Outcome::Stalled,
            ]
            .into(),
            stalled_after: SignedDuration::from_hours(3),
        }
    }
}

/// What every judgement of one poll has in common.
#[derive(Debug)]
pub struct Context<'a> {
    /// The account and Region.
    pub place: &'a Place,
    /// The time of the poll.
    pub now: Timestamp,
    /// What is told.
    pub policy: &'a Policy,
    /// Where it is told.
    pub sinks: &'a BTreeSet<SinkName>,
    /// The lease that this poll takes on what it is going to tell.
    pub lease: &'a Lease,
}

impl Context<'_> {
    /// Whether somebody else is telling the record's events at the moment.
    #[must_use]
    pub fn is_held_by_another(&self, lease: Option<&Lease>) -> bool {
        lease.is_some_and(|lease| lease.holds_against(self.lease.by, self.now))
    }
}
