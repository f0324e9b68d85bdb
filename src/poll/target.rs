//! One target's poll: from its listing to what is saved of it.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::advance::advance;
use super::bounds::Bounds;
use super::notes::{note, note_late, note_states};
use super::summary::TargetSummary;
use super::walk::Walk;
use super::{Run, Step};
use crate::decide::Context;
use crate::decide::listing::{self, Listed};
use crate::place::Place;
use crate::ports::ListError;
use crate::record::{Lease, Ledger, Record, Snapshot, Versioned};
use crate::task::{Kind, Listing, Phase, TaskKey};

/// The poll of one target.
pub(super) struct Target<'a> {
    pub(super) run: &'a Run<'a>,
    pub(super) place: &'a Place,
    pub(super) kind: Kind,
    /// When the place's poll began: what ends while the baseline is listed is news.
    began: Timestamp,
    /// The ledger as it was read.
    pub(super) stored: Option<Versioned<Ledger>>,
    is_ledger_unreadable: bool,
    pub(super) summary: TargetSummary,
}

impl<'a> Target<'a> {
    pub(super) fn new(
        run: &'a Run<'a>,
        place: &'a Place,
        kind: Kind,
        began: Timestamp,
        known: &Snapshot,
    ) -> Self {
        Self {
            run,
            place,
            kind,
            began,
            stored: known.ledgers.get(&kind).cloned(),
            is_ledger_unreadable: known.is_ledger_unreadable(kind),
            summary: TargetSummary::new(place, kind),
        }
    }

    pub(super) fn ledger(&self) -> Option<&Ledger> {
        self.stored.as_ref().map(|stored| &stored.value)
    }

    /// The version that a write of the ledger expects.
    pub(super) fn ledger_version(&self) -> u64 {
        self.stored.as_ref().map_or(0, |stored| stored.version)
    }

    /// A span that says in each log line which target it is about, at whatever level lines are logged.
    pub(super) fn span(&self) -> tracing::Span {
        let Place { account, region } = self.place;
        tracing::error_span!("target", account, region, kind = %self.kind)
    }

    /// Lists as much of the target as this poll needs and may read.
    pub(super) async fn list(&self, known: &Snapshot) -> Result<Walk, ListError> {
        let open: BTreeSet<TaskKey> = self
            .records(known, |_| true)
            .filter(|(_, record)| record.value.closed.is_none())
            .map(|(key, _)| key.clone())
            .collect();
        // What the head of a listing by start is expected to show.
        let floor = self
            .ledger()
            .filter(|_| self.kind.identity().is_newest_first())
            .map(|ledger| TaskKey::lowest_at(self.kind, ledger.head_floor()));
        let records = floor.map_or(0, |floor| self.records(known, |key| *key >= floor).count());
        let bounds = Bounds {
            place: self.place,
            kind: self.kind,
            stored: self.ledger(),
            open: &open,
            records,
            now: self.began,
            calls_max: self.run.poller.limits.listing_calls,
            has_time: &|| self.run.has_time(Step::List),
        };
        let source = self.run.poller.source.as_ref();
        match self.kind.identity().listing {
            Listing::Whole => Walk::read_whole(source, &bounds).await,
            Listing::NewestFirst { .. } => Walk::read(source, &bounds).await,
        }
    }

    /// The known records of the target whose keys pass.
    fn records<'k>(
        &self,
        known: &'k Snapshot,
        passes: impl Fn(&TaskKey) -> bool,
    ) -> impl Iterator<Item = (&'k TaskKey, &'k Versioned<Record>)> {
        let kind = self.kind;
        known.records.iter().filter(move |(key, _)| key.kind() == kind && passes(key))
    }

    /// Decides on what was listed and saves it. Afterwards `known` holds what the store holds.
    pub(super) async fn settle(
        mut self,
        listed: Result<Walk, ListError>,
        known: &mut Snapshot,
    ) -> TargetSummary {
        let lease = self.run.lease();
        // Why not all of it was seen.
        let unseen = match listed {
            Err(error) => {
                self.summary.listing_calls = error.calls;
                self.summary.throttled = error.throttled;
                self.summary.failures.push(error.to_string());
                Some(error.to_string())
            }
            Ok(walk) if self.is_ledger_unreadable => {
                self.summary.listing_calls = walk.calls;
                self.summary.throttled = walk.throttled;
                let failure = "its ledger cannot be understood; nothing was judged";
                self.summary.failures.push(failure.into());
                Some(failure.to_owned())
            }
            Ok(walk) => {
                let unseen = walk.error.as_ref().map(ToString::to_string);
                self.judge(walk, &lease, known).await;
                unseen
            }
        };
        self.note_sight(unseen.as_deref(), &lease, known).await;
        self.summary.log();
        self.summary
    }

    async fn judge(&mut self, mut walk: Walk, lease: &Lease, known: &mut Snapshot) {
        let run = self.run;
        let context = Context {
            place: self.place,
            now: run.poller.clock.now(),
            policy: &run.poller.policy,
            sinks: run.sinks,
            lease,
        };
        self.summary.listing_calls = walk.calls;
        self.summary.throttled = walk.throttled;
        self.summary.listed = walk.tasks.len();
        let running = walk.tasks.values().filter(|task| task.phase() == Phase::Running);
        self.summary.running = running
            .filter_map(|task| Some((task.subject.image_id.clone()?, task.subject.bucket.clone()?)))
            .collect();
        self.summary.out_of_order = walk.disordered;
        self.summary.baseline = self.ledger().is_none_or(|ledger| !ledger.baseline_done);
        note(&walk, &mut self.summary);

        let first = || Ledger::baseline(self.kind, walk.newest, self.began);
        let mut ledger = self.ledger().cloned().unwrap_or_else(first);
        ledger.note_torn(&walk.rejected);
        let looked_up = self.look_up(&mut walk, known).await;
        let listed = Listed {
            tasks: std::mem::take(&mut walk.tasks),
            absent: std::mem::take(&mut walk.absent),
            looked_up: looked_up.clone().unwrap_or_default(),
        };
        let mut decisions = listing::diff(&listed, known, self.ledger(), &ledger, &context);
        note_states(&decisions);
        let late = std::mem::take(&mut decisions.late);
        let saved = self.save(decisions, &listed, known, &context).await;
        // What the store held after all is no news.
        let is_new = |key: &&TaskKey| known.records.get(*key).is_some_and(|it| it.version == 1);
        self.summary.listed_late = late.iter().filter(is_new).count();
        note_late(&self.summary);

        let all_saved = saved && looked_up.is_some();
        let next = advance(ledger, &walk, all_saved, known, &context, &self.summary);
        if self.ledger() != Some(&next) {
            self.save_ledger(next, known, context.now).await;
        }
    }
}
