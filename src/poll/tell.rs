//! Publishes what is saved and untold, oldest first, and confirms it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU32, Ordering};

use futures_util::{StreamExt, stream};
use jiff::SignedDuration;
use uuid::Uuid;

use super::summary::Summary;
use super::{Phase, Run};
use crate::event::Event;
use crate::place::Place;
use crate::ports::{
    Clock, Known, Notifier, PublishError, Published, Saved, StateStore, TaskSource,
};
use crate::record::{Record, Sink, Untold, Versioned};
use crate::task::TaskKey;

/// An event waits so long for a sink that is not configured: while a new version is deployed, the
/// old one does not know the new sinks yet. Then the sink is given up.
const WAITS_FOR_UNKNOWN_SINK: SignedDuration = SignedDuration::from_hours(1);

/// How often a confirmation is tried, over what other pollers write meanwhile.
const CONFIRM_ROUNDS: u32 = 3;

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
    /// What is done, by event and sink: told, or given up.
    done: BTreeSet<(Uuid, Sink)>,
    failures: Vec<String>,
}

/// What can be done for an event at a sink.
enum At<'a> {
    /// Publish.
    Sink(&'a Breaker),
    /// Wait: the sink is down, or may be configured soon.
    Later,
    /// The sink was taken out of the configuration: nobody waits for this event there.
    GivenUp,
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
            .filter(|(_, record)| !record.value.untold.is_empty())
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
        let mut told = Told { left: known.value.untold.len(), ..Told::default() };
        let now = self.poller.clock.now();
        let held = known.value.claim.as_ref();
        let held_by_another = held.is_some_and(|claim| claim.by != self.by && claim.until > now);
        let mut wanted = known
            .value
            .untold
            .iter()
            .flat_map(|untold| untold.sinks.iter().map(|sink| self.at(*sink, &untold.event)));
        let something_to_do = wanted.any(|at| !matches!(at, At::Later));
        drop(wanted);
        if held_by_another || !something_to_do || !self.has_time(Phase::Tell) {
            return told;
        }
        let known = match self.take_claim(place, key, known).await {
            Ok(Some(known)) => known,
            Ok(None) => return told,
            Err(failure) => {
                told.failures.push(failure);
                return told;
            }
        };
        let mut behind = BTreeSet::new();
        for untold in &known.value.untold {
            if self.publish(&known.value, untold, &mut behind, &mut told).await {
                told.left = told.left.saturating_sub(1);
            }
        }
        if !told.done.is_empty() {
            self.confirm(place, key, known, &mut told).await;
        }
        told
    }

    fn at(&self, sink: Sink, event: &Event) -> At<'_> {
        match self.breakers.get(&sink) {
            Some(breaker) if breaker.is_open() => At::Later,
            Some(breaker) => At::Sink(breaker),
            None => {
                let age = self.poller.clock.now().duration_since(event.time);
                if age < WAITS_FOR_UNKNOWN_SINK { At::Later } else { At::GivenUp }
            }
        }
    }

    /// Lays this poll's claim on a record that does not bear it. `None`: another was first.
    async fn take_claim(
        &self,
        place: &Place,
        key: &TaskKey,
        known: Versioned<Record>,
    ) -> Result<Option<Versioned<Record>>, String> {
        if self.claim_holds(&known.value) {
            return Ok(Some(known));
        }
        let value = Record { claim: Some(self.claim()), ..known.value };
        match self.poller.store.save(place, key, &value, known.version).await {
            Ok(Saved::Written) => Ok(Some(Versioned { value, version: known.version + 1 })),
            Ok(Saved::Conflict) => Ok(None),
            Err(error) => Err(error.to_string()),
        }
    }

    /// Publishes one event to each sink that has not confirmed it; returns whether none is left.
    ///
    /// In order: at a sink that could not be used, a later event of the task waits for the earlier
    /// one (`behind`). For one that the sink refuses nothing waits: it may never be taken.
    async fn publish(
        &self,
        record: &Record,
        untold: &Untold,
        behind: &mut BTreeSet<Sink>,
        told: &mut Told,
    ) -> bool {
        let event = &untold.event;
        let mut all = true;
        for sink in &untold.sinks {
            let breaker = match self.at(*sink, event) {
                At::Sink(breaker) if !behind.contains(sink) => breaker,
                At::Sink(_) | At::Later => {
                    behind.insert(*sink);
                    all = false;
                    continue;
                }
                At::GivenUp => {
                    told.done.insert((event.id, *sink));
                    tracing::warn!(account = event.account, region = event.region, id = %event.id, %sink,
                        "Event {} waited for {sink}, which is not configured; it is not told there", event.id);
                    continue;
                }
            };
            if !self.has_time(Phase::Tell) || !self.claim_holds(record) {
                behind.insert(*sink);
                all = false;
                continue;
            }
            match self.poller.notifier.publish(*sink, event).await {
                Ok(form) => {
                    breaker.note(true);
                    told.published += 1;
                    told.minimal += usize::from(form == Published::Minimal);
                    told.done.insert((event.id, *sink));
                    tracing::info!(account = event.account, region = event.region, id = %event.id, %sink,
                        outcome = %event.detail.outcome, "Told {sink}: {}", crate::render::subject::subject(event));
                }
                Err(error) => {
                    let refused = matches!(error, PublishError::Refused { .. });
                    breaker.note(refused);
                    told.refused += usize::from(refused);
                    told.failures.push(error.to_string());
                    all = false;
                    if !refused {
                        behind.insert(*sink);
                    }
                }
            }
        }
        all
    }

    /// Whether this poll may still publish under its claim, however far clocks differ.
    fn claim_holds(&self, record: &Record) -> bool {
        record.claim.as_ref().is_some_and(|claim| {
            claim.by == self.by
                && claim.until.duration_since(self.poller.clock.now())
                    > self.poller.limits.claim_margin
        })
    }

    /// Takes off the record what was told. Where another poller changed it meanwhile, such as to add
    /// the task's end, what that one wrote stays.
    async fn confirm(
        &self,
        place: &Place,
        key: &TaskKey,
        mut known: Versioned<Record>,
        told: &mut Told,
    ) {
        let store = &self.poller.store;
        let mut failure = "it was changed by others again and again".to_owned();
        for round in 0..CONFIRM_ROUNDS {
            if round > 0 && !self.has_time(Phase::Tell) {
                break;
            }
            let value = self.without(&known.value, &told.done);
            if value == known.value {
                return;
            }
            match store.save(place, key, &value, known.version).await {
                Ok(Saved::Written) => return,
                Ok(Saved::Conflict) => match store.read_one(place, key).await {
                    Ok(mut found) => match found.records.remove(key) {
                        Some(changed) => known = changed,
                        None => return,
                    },
                    Err(error) => failure = error.to_string(),
                },
                Err(error) => failure = error.to_string(),
            }
        }
        told.failures.push(format!(
            "{place}: {key} was told, but that could not be noted, so it may be told again with the \
             same id: {failure}"
        ));
    }

    /// The record without what is done. With what is left this poll is done, too: the next one need
    /// not wait for its claim to run out.
    fn without(&self, record: &Record, done: &BTreeSet<(Uuid, Sink)>) -> Record {
        let mut next = record.clone();
        for untold in &mut next.untold {
            let id = untold.event.id;
            untold.sinks.retain(|sink| !done.contains(&(id, *sink)));
        }
        next.untold.retain(|untold| !untold.sinks.is_empty());
        next.claim = next.claim.filter(|claim| claim.by != self.by);
        next
    }
}

/// The breakers of a poll, one a sink.
pub(super) type Breakers = BTreeMap<Sink, Breaker>;
