//! From the listing of a target to what is saved of it.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::bounds::Bounds;
use super::ledger::advance;
use super::notes::{note, note_late, note_states};
use super::summary::TargetSummary;
use super::walk::Walk;
use super::{Run, Step};
use crate::decide::Context;
use crate::decide::listing::{self, Listed};
use crate::place::Place;
use crate::ports::ListError;
use crate::record::{Ledger, Snapshot};
use crate::task::{Kind, Listing, TaskKey};

impl Run<'_> {
    /// Lists as much of a target as this poll needs and may read.
    pub(super) async fn list(
        &self,
        place: &Place,
        kind: Kind,
        known: &Snapshot,
        began: Timestamp,
    ) -> Result<Walk, ListError> {
        let source = self.poller.source.as_ref();
        let calls_max = self.poller.limits.listing_calls;
        let open = open_tasks(known, kind);
        let stored = known.ledgers.get(&kind).map(|stored| &stored.value);
        let listing = kind.identity().listing;
        // What the head of a listing by start is expected to show.
        let floor = stored
            .filter(|_| kind.identity().is_newest_first())
            .map(|ledger| TaskKey::lowest_at(kind, ledger.head_floor()));
        let records = floor.map_or(0, |floor| {
            known.records.range(floor..).filter(|(key, _)| key.kind() == kind).count()
        });
        let bounds = Bounds {
            place,
            kind,
            stored,
            open: &open,
            records,
            now: began,
            calls_max,
            has_time: &|| self.has_time(Step::List),
        };
        match listing {
            Listing::Whole => Walk::read_whole(source, &bounds).await,
            Listing::NewestFirst { .. } => Walk::read(source, &bounds).await,
        }
    }

    /// Decides on what was listed and saves it. Afterwards `known` holds what the store holds.
    pub(super) async fn settle_target(
        &self,
        kind: Kind,
        mut walk: Walk,
        began: Timestamp,
        known: &mut Snapshot,
        summary: &mut TargetSummary,
    ) {
        let place = summary.place();
        let stored = known.ledgers.get(&kind).cloned();
        let stored_ledger = stored.as_ref().map(|stored| &stored.value);
        let lease = self.lease();
        let context = Context {
            place: &place,
            now: self.poller.clock.now(),
            policy: &self.poller.policy,
            sinks: self.sinks,
            lease: &lease,
        };
        summary.listing_calls = walk.calls;
        summary.listed = walk.tasks.len();
        summary.out_of_order = walk.disordered;
        summary.baseline = stored_ledger.is_none_or(|ledger| !ledger.baseline_done);
        note(&walk, &context, summary);

        let mut ledger =
            stored_ledger.cloned().unwrap_or_else(|| Ledger::baseline(kind, walk.newest, began));
        ledger.note_torn(&walk.rejected);
        let looked_up = self.look_up(&mut walk, stored_ledger, known, &context, summary).await;
        let listed = Listed {
            tasks: std::mem::take(&mut walk.tasks),
            absent: std::mem::take(&mut walk.absent),
            looked_up: looked_up.clone().unwrap_or_default(),
        };
        let mut decisions = listing::diff(&listed, known, stored_ledger, &ledger, &context);
        note_states(&decisions, &context);
        let expected = stored.as_ref().map_or(0, |stored| stored.version);
        let late = std::mem::take(&mut decisions.late);
        let saved = self.save(kind, expected, decisions, &listed, known, &context, summary).await;
        // What the store held after all is no news.
        let is_new = |key: &&TaskKey| known.records.get(*key).is_some_and(|it| it.version == 1);
        summary.listed_late = late.iter().filter(is_new).count();
        note_late(&context, summary);

        let next = advance(ledger, &walk, saved && looked_up.is_some(), known, &context, summary);
        if stored_ledger != Some(&next) {
            self.save_ledger(next, expected, known, &context, summary).await;
        }
    }
}

fn open_tasks(known: &Snapshot, kind: Kind) -> BTreeSet<TaskKey> {
    known
        .records
        .iter()
        .filter(|(key, record)| key.kind() == kind && record.value.closed.is_none())
        .map(|(key, _)| key.clone())
        .collect()
}
