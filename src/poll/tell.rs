//! Publishes what is saved and untold, oldest first, and confirms it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU32, Ordering};

use futures_util::{StreamExt, stream};

use super::Run;
use super::summary::Summary;
use crate::place::Place;
use crate::ports::{
    Clock, Known, Notifier, PublishError, Published, Saved, StateStore, TaskSource,
};
use crate::record::{Record, Sink, Untold, Versioned};
use crate::task::TaskKey;

/// Leaves a sink alone after a number of failures in a row, so that an outage costs a poll a few
/// calls and not one for each event that waits.
#[derive(Debug)]
pub(super) struct Breaker {
    failures: AtomicU32,
    limit: u32,
}

impl Breaker {
    pub(super) fn new(limit: u32) -> Self {
        Self { failures: AtomicU32::new(0), limit: limit.max(1) }
    }

    fn is_open(&self) -> bool {
        self.failures.load(Ordering::Relaxed) >= self.limit
    }

    fn note(&self, available: bool) {
        if available {
            self.failures.store(0, Ordering::Relaxed);
        } else {
            self.failures.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// What telling one record's events came to.
#[derive(Default)]
struct Told {
    published: usize,
    minimal: usize,
    refused: usize,
    left: usize,
    failures: Vec<String>,
}

impl<S, T, N, C> Run<'_, S, T, N, C>
where
    S: TaskSource + Sync,
    T: StateStore + Sync,
    N: Notifier + Sync,
    C: Clock + Sync,
{
    /// Tells everything that is untold in a place and that nobody else is telling.
    pub(super) async fn tell(&self, place: &Place, known: Known, summary: &mut Summary) {
        let mut waiting: Vec<(TaskKey, Versioned<Record>)> = known
            .records
            .into_iter()
            .filter(|(key, record)| {
                !record.value.untold.is_empty() && !known.conflicts.contains(key)
            })
            .collect();
        waiting
            .sort_by_key(|(_, record)| record.value.untold.first().map(|untold| untold.event.time));
        let all: Vec<Told> = stream::iter(waiting)
            .map(|(key, record)| async move { self.tell_record(place, &key, record).await })
            .buffered(self.poller.limits.tells_at_once.max(1))
            .collect()
            .await;
        for told in all {
            summary.published += told.published;
            summary.minimal += told.minimal;
            summary.refused += told.refused;
            summary.left += told.left;
            for failure in told.failures {
                // A sink that is down fails every event alike: once is enough.
                if !summary.failures.contains(&failure) {
                    tracing::error!(account = place.account, region = place.region, "{failure}");
                    summary.failures.push(failure);
                }
            }
        }
    }

    async fn tell_record(&self, place: &Place, key: &TaskKey, known: Versioned<Record>) -> Told {
        let mut told = Told::default();
        let waiting = known.value.untold.len();
        let now = self.poller.clock.now();
        let held = known.value.claim.as_ref();
        let held_by_another = held.is_some_and(|claim| claim.by != self.by && claim.until > now);
        let wanted: BTreeSet<Sink> =
            known.value.untold.iter().flat_map(|untold| untold.sinks.iter().copied()).collect();
        let all_closed =
            wanted.iter().all(|sink| self.breakers.get(sink).is_some_and(Breaker::is_open));
        if held_by_another || all_closed || !self.has_time() {
            told.left = waiting;
            return told;
        }
        let known = match self.take_claim(place, key, known).await {
            Ok(Some(known)) => known,
            Ok(None) => {
                told.left = waiting;
                return told;
            }
            Err(failure) => {
                told.left = waiting;
                told.failures.push(failure);
                return told;
            }
        };
        let mut rest = Vec::new();
        let mut behind = BTreeSet::new();
        for untold in &known.value.untold {
            let sinks = self.publish(&known.value, untold, &mut behind, &mut told).await;
            if !sinks.is_empty() {
                told.left += 1;
                rest.push(Untold { event: untold.event.clone(), sinks });
            }
        }
        if rest != known.value.untold {
            self.confirm(place, key, &known, rest, &mut told).await;
        }
        told
    }

    /// Lays this poll's claim on a record that does not bear it. `None`: another was first.
    async fn take_claim(
        &self,
        place: &Place,
        key: &TaskKey,
        known: Versioned<Record>,
    ) -> Result<Option<Versioned<Record>>, String> {
        if known.value.claim.as_ref().is_some_and(|claim| claim.by == self.by) {
            return Ok(Some(known));
        }
        let value = Record { claim: Some(self.claim()), ..known.value };
        match self.poller.store.save(place, key, &value, known.version).await {
            Ok(Saved::Written) => Ok(Some(Versioned { value, version: known.version + 1 })),
            Ok(Saved::Conflict) => Ok(None),
            Err(error) => Err(error.to_string()),
        }
    }

    /// Publishes one event to each sink that has not confirmed it; returns those that still have not.
    ///
    /// In order: at a sink that could not be used, a later event of the task waits for the earlier
    /// one (`behind`). For one that the sink refuses nothing waits: it may never be taken.
    async fn publish(
        &self,
        record: &Record,
        untold: &Untold,
        behind: &mut BTreeSet<Sink>,
        told: &mut Told,
    ) -> BTreeSet<Sink> {
        let mut waiting = BTreeSet::new();
        for sink in &untold.sinks {
            let Some(breaker) = self.breakers.get(sink) else {
                // The sink was taken out of the configuration: nobody waits for this event there.
                continue;
            };
            if behind.contains(sink)
                || breaker.is_open()
                || !self.has_time()
                || !self.claim_holds(record)
            {
                behind.insert(*sink);
                waiting.insert(*sink);
                continue;
            }
            let event = &untold.event;
            match self.poller.notifier.publish(*sink, event).await {
                Ok(form) => {
                    breaker.note(true);
                    told.published += 1;
                    told.minimal += usize::from(form == Published::Minimal);
                    tracing::info!(account = event.account, region = event.region, id = %event.id, %sink,
                        outcome = %event.detail.outcome, "Told {sink}: {}", crate::render::subject::subject(event));
                }
                Err(error) => {
                    let refused = matches!(error, PublishError::Refused { .. });
                    breaker.note(refused);
                    told.refused += usize::from(refused);
                    told.failures.push(error.to_string());
                    waiting.insert(*sink);
                    if !refused {
                        behind.insert(*sink);
                    }
                }
            }
        }
        waiting
    }

    /// Whether this poll may still publish under its claim, however far clocks differ.
    fn claim_holds(&self, record: &Record) -> bool {
        record.claim.as_ref().is_some_and(|claim| {
            claim.by == self.by
                && claim.until.duration_since(self.poller.clock.now())
                    > self.poller.limits.claim_margin
        })
    }

    async fn confirm(
        &self,
        place: &Place,
        key: &TaskKey,
        known: &Versioned<Record>,
        rest: Vec<Untold>,
        told: &mut Told,
    ) {
        // With what is left this poll is done: the next one need not wait for the claim to run out.
        let value = Record { untold: rest, claim: None, ..known.value.clone() };
        match self.poller.store.save(place, key, &value, known.version).await {
            Ok(Saved::Written) => {}
            Ok(Saved::Conflict) => told.failures.push(format!(
                "{place}: {key} was changed while it was told; it may be told again, with the same id"
            )),
            Err(error) => told.failures.push(format!(
                "{place}: {key} was told, but that could not be noted, so it may be told again with \
                 the same id: {error}"
            )),
        }
    }
}

/// The breakers of a poll, one a sink.
pub(super) type Breakers = BTreeMap<Sink, Breaker>;
