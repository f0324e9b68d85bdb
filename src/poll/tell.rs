//! Publishes what is saved and untold, oldest first.

use std::collections::BTreeSet;

use futures_util::{StreamExt, stream};
use jiff::Timestamp;
use uuid::Uuid;

use super::breaker::Breaker;
use super::summary::Summary;
use super::{Run, Step};
use crate::decide::route::reroute;
use crate::event::Event;
use crate::place::Place;
use crate::ports::{PublishError, Published};
use crate::record::{Bearer, BearerKey, SinkName, Snapshot, Unsent, Versioned};

/// How often in a poll the events behind those that a sink could not take are gone on with.
const ROUNDS: u32 = 8;

/// What telling the events of one record or sight came to.
#[derive(Default)]
pub(super) struct Told {
    published: usize,
    minimal: usize,
    refused: usize,
    left: usize,
    elsewhere: usize,
    /// What was told, by event and sink.
    pub(super) done: BTreeSet<(Uuid, SinkName)>,
    /// The events that were tried in vain.
    pub(super) failed: BTreeSet<Uuid>,
    pub(super) failures: Vec<String>,
}

/// What bears events, while they are being told.
pub(super) struct Telling {
    pub(super) key: BearerKey,
    /// What the store holds.
    pub(super) known: Versioned<Bearer>,
    pub(super) told: Told,
    /// Its sinks were left alone: nothing was tried.
    was_skipped: bool,
}

impl Telling {
    /// What waits to be told, oldest first.
    pub(super) fn events(&self) -> impl Iterator<Item = &Event> {
        self.known.value.outbox().iter().map(|untold| &untold.event)
    }

    pub(super) fn events_mut(&mut self) -> impl Iterator<Item = &mut Event> {
        self.known.value.outbox_mut().iter_mut().map(|untold| &mut untold.event)
    }
}

impl Run<'_> {
    /// Tells everything that is untold in a place and that nobody else is telling, oldest first;
    /// last what a sink could not take while it took others.
    ///
    /// Where a sink takes none of the oldest events it is away, or it is they. The newest one then
    /// finds out: if the sink takes it, the others are gone on with.
    pub(super) async fn tell(&self, place: &Place, known: Snapshot, summary: &mut Summary) {
        let records = known.records.into_iter().filter(|(_, it)| !it.value.outbox.is_empty());
        let records = records
            .map(|(key, it)| (BearerKey::Task(key), it.map(|it| Bearer::Record(Box::new(it)))));
        let sights = known.sights.into_iter().filter(|(_, it)| !it.value.outbox.is_empty());
        let sights = sights.map(|(kind, it)| (BearerKey::Target(kind), it.map(Bearer::Sight)));
        let mut waiting: Vec<Telling> = records
            .chain(sights)
            .map(|(key, known)| Telling { key, known, told: Told::default(), was_skipped: true })
            .collect();
        waiting.sort_by_cached_key(order);
        self.name_images(place, &mut waiting).await;
        let mut done = Vec::new();
        for _ in 0..ROUNDS {
            let all: Vec<Telling> = stream::iter(waiting)
                .map(|one| self.tell_one(place, one))
                // A slow call holds its own slot and no other.
                .buffer_unordered(self.poller.limits.tells_at_once.max(1))
                .collect()
                .await;
            let (skipped, tried): (Vec<_>, Vec<_>) = all.into_iter().partition(|it| it.was_skipped);
            done.extend(tried);
            waiting = skipped;
            waiting.sort_by_cached_key(order);
            if self.breakers.values().all(|breaker| !breaker.is_open()) {
                break;
            }
            let newest = waiting.iter().rposition(|one| order(one).0.is_none());
            let Some(newest) = newest.map(|at| waiting.remove(at)) else { break };
            self.breakers.values().for_each(Breaker::half_open);
            let probe = self.tell_one(place, newest).await;
            let is_taken = probe.told.published > 0;
            done.push(probe);
            if !is_taken {
                break;
            }
        }
        for mut one in done.into_iter().chain(waiting) {
            self.give_back(place, &mut one).await;
            let now = self.poller.clock.now();
            for event in one.events() {
                let age = u64::try_from(now.duration_since(event.time).as_secs()).unwrap_or(0);
                summary.untold += 1;
                summary.oldest_untold_seconds = summary.oldest_untold_seconds.max(age);
            }
            let Told { published, minimal, refused, left, elsewhere, failures, .. } = one.told;
            summary.published += published;
            summary.minimal += minimal;
            summary.refused += refused;
            summary.left += left;
            summary.elsewhere += elsewhere;
            for failure in failures {
                // A sink that is down fails every event alike: once is enough.
                if !summary.failures.contains(&failure) {
                    tracing::error!("{failure}");
                    summary.failures.push(failure);
                }
            }
        }
    }

    async fn tell_one(&self, place: &Place, one: Telling) -> Telling {
        let Telling { key, known, .. } = one;
        let mut told = Told::default();
        let now = self.poller.clock.now();
        let rerouted = self.reroute(&known.value, now);
        let is_rerouted = rerouted.is_some();
        let value = rerouted.unwrap_or_else(|| known.value.clone());
        for untold in value.outbox() {
            let is_ours = untold.sinks.iter().any(|sink| self.breakers.contains_key(sink));
            *if is_ours { &mut told.left } else { &mut told.elsewhere } += 1;
        }
        if self.is_held_by_other(&known.value) || !self.has_time(Step::Tell) {
            return Telling { key, known, told, was_skipped: false };
        }
        let mut sinks = value.outbox().iter().flat_map(|untold| &untold.sinks);
        if !is_rerouted && !sinks.any(|sink| self.open_sink(sink).is_some()) {
            return Telling { key, known, told, was_skipped: true };
        }
        let before = known.clone();
        let known = match self.take_lease(place, &key, known, value).await {
            Ok(Some(known)) => known,
            Ok(None) => return Telling { key, known: before, told, was_skipped: false },
            Err(failure) => {
                told.failures.push(failure);
                return Telling { key, known: before, told, was_skipped: false };
            }
        };
        let mut behind = BTreeSet::new();
        for untold in known.value.outbox() {
            if self.publish(&known.value, untold, &mut behind, &mut told).await {
                told.left = told.left.saturating_sub(1);
            }
        }
        let mut one = Telling { key, known, told, was_skipped: false };
        if !one.told.done.is_empty() {
            self.ack(place, &mut one).await;
        }
        one
    }

    /// What bears events that wait for sinks that were taken away, with where they go now.
    fn reroute(&self, bearer: &Bearer, now: Timestamp) -> Option<Bearer> {
        let next = reroute(bearer.outbox(), self.sinks, now)?;
        for before in bearer.outbox() {
            let id = before.event.id;
            let after = next.iter().find(|untold| untold.event.id == id);
            let sinks = after.map(|untold| &untold.sinks);
            if sinks != Some(&before.sinks) {
                tracing::warn!(%id,
                    "Event {id} waited for {:?}; not all of them are configured any more, and it goes to {:?}",
                    before.sinks, sinks.into_iter().flatten().collect::<Vec<_>>());
            }
        }
        let mut rerouted = bearer.clone();
        *rerouted.outbox_mut() = next;
        Some(rerouted)
    }

    /// A configured sink that was not left alone after failures.
    fn open_sink(&self, sink: &SinkName) -> Option<&Breaker> {
        self.breakers.get(sink).filter(|breaker| !breaker.is_open())
    }

    /// Publishes one event to each sink that has not acked it; returns whether none is left.
    ///
    /// In order: at a sink that could not be used, a later event of the task waits for the earlier
    /// one (`behind`). For one that the sink refuses nothing waits: it may never be taken.
    async fn publish(
        &self,
        bearer: &Bearer,
        untold: &Unsent,
        behind: &mut BTreeSet<SinkName>,
        told: &mut Told,
    ) -> bool {
        let event = &untold.event;
        let mut all = true;
        for sink in &untold.sinks {
            let open = self.open_sink(sink).filter(|_| !behind.contains(sink));
            let Some(breaker) = open else {
                behind.insert(sink.clone());
                all = false;
                continue;
            };
            if !self.has_time(Step::Tell) || !self.lease_holds(bearer) {
                behind.insert(sink.clone());
                all = false;
                continue;
            }
            match self.publish_to(sink, event).await {
                Ok(form) => {
                    // The first sink that takes it tells it, the others repeat it.
                    let is_first =
                        !untold.acked && !told.done.iter().any(|(id, _)| *id == event.id);
                    let first = |text: &'static str| is_first.then_some(text);
                    breaker.note(true);
                    told.published += 1;
                    told.minimal += usize::from(form == Published::Minimal);
                    told.done.insert((event.id, sink.clone()));
                    let detail = &event.detail;
                    tracing::info!(id = %event.id, %sink, outcome = %detail.outcome,
                        told_outcome = first(detail.outcome.name()),
                        told_kind = first(detail.kind.name()),
                        told_region = is_first.then_some(event.region.as_str()), "Told {sink}: {}", crate::render::subject(event));
                }
                Err(error) => {
                    let refused = matches!(error, PublishError::Refused(_));
                    breaker.note(refused);
                    told.refused += usize::from(refused);
                    told.failures.push(match &error {
                        PublishError::Refused(_) => format!("{sink}, event {}: {error}", event.id),
                        // The same for every event: said once.
                        PublishError::Unavailable(_) => format!("{sink} {error}"),
                    });
                    told.failed.insert(event.id);
                    all = false;
                    if !refused {
                        behind.insert(sink.clone());
                    }
                }
            }
        }
        all
    }

    async fn publish_to(&self, name: &SinkName, event: &Event) -> Result<Published, PublishError> {
        match self.poller.sinks.iter().find(|sink| sink.name() == *name) {
            Some(sink) => sink.publish(event).await,
            None => Err(PublishError::Unavailable("it is not configured".into())),
        }
    }
}

/// What goes first: what was not set aside, then the oldest.
fn order(one: &Telling) -> (Option<Timestamp>, Option<Timestamp>, BearerKey) {
    let untold = one.known.value.outbox();
    let set_aside = untold.iter().map(|it| it.tried_at).min().flatten();
    (set_aside, untold.first().map(|it| it.event.time), one.key.clone())
}
