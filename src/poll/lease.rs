//! Takes a poll's lease on telling a record's events, acks what was told, and gives the lease back.

use super::breaker::Breaker;
use super::tell::{Telling, Told};
use super::{Run, Step};
use crate::place::Place;
use crate::ports::Saved;
use crate::record::{Bearer, BearerKey, SinkName, Versioned};

/// How often an ack is tried, over what other pollers write meanwhile.
const ACK_ROUNDS: u32 = 3;

impl Run<'_> {
    /// Takes this poll's lease on a record that does not bear it. `None`: another was first.
    pub(super) async fn take_lease(
        &self,
        place: &Place,
        key: &BearerKey,
        known: Versioned<Bearer>,
        value: Bearer,
    ) -> Result<Option<Versioned<Bearer>>, String> {
        if self.lease_holds(&value) && value == known.value {
            return Ok(Some(known));
        }
        // Where every sink was taken away from a record, nothing is left to be leased.
        let lease = (!value.outbox().is_empty()).then(|| self.lease());
        let value = value.leased(lease);
        match self.poller.memory.save_bearer(place, key, &value, known.version).await {
            Ok(Saved::Written) => Ok(Some(Versioned { value, version: known.version + 1 })),
            Ok(Saved::Conflict) => Ok(None),
            Err(error) => Err(error.to_string()),
        }
    }

    /// Whether this poll may still publish under its lease, however far clocks differ.
    pub(super) fn lease_holds(&self, bearer: &Bearer) -> bool {
        bearer.lease().is_some_and(|lease| {
            lease.by == self.by
                && lease.until.duration_since(self.poller.clock.now())
                    > self.poller.limits.lease_margin
        })
    }

    /// Whether another poller is telling the record's events.
    pub(super) fn is_held_by_other(&self, bearer: &Bearer) -> bool {
        let now = self.poller.clock.now();
        bearer.lease().is_some_and(|lease| lease.holds_against(self.by, now))
    }

    /// Takes off the record what was told, and gives the lease back. Where another poller changed it
    /// meanwhile, such as to add the task's end, what that one wrote stays.
    pub(super) async fn ack(&self, place: &Place, one: &mut Telling) {
        let Telling { key, known, told, .. } = one;
        let store = &self.poller.memory;
        let mut failure = "it was changed by others again and again".to_owned();
        for round in 0..ACK_ROUNDS {
            if round > 0 && !self.has_time(Step::Tell) {
                break;
            }
            let value = self.without(&known.value, told);
            if value == known.value {
                return;
            }
            match store.save_bearer(place, key, &value, known.version).await {
                Ok(Saved::Written) => {
                    *known = Versioned { value, version: known.version + 1 };
                    return;
                }
                Ok(Saved::Conflict) => match store.read_bearer(place, key).await {
                    Ok(Some(changed)) => *known = changed,
                    Ok(None) => return,
                    Err(error) => failure = error.to_string(),
                },
                Err(error) => failure = error.to_string(),
            }
        }
        // It was tried: the lease runs out by itself.
        known.value = known.value.clone().leased(None);
        told.failures.push(if told.done.is_empty() {
            format!("{place}: {key} waits until this poll's lease runs out: {failure}")
        } else {
            format!(
                "{place}: {key} was told, but that could not be noted, so it may be told again with \
                 the same id: {failure}"
            )
        });
    }

    /// The record or sight without what was told, and without this poll's lease.
    fn without(&self, bearer: &Bearer, told: &Told) -> Bearer {
        let mut next = bearer.clone();
        let now = self.poller.clock.now();
        for untold in bearer.outbox() {
            let is_done =
                |sink: &&SinkName| told.done.contains(&(untold.event.id, (*sink).clone()));
            for sink in untold.sinks.iter().filter(is_done) {
                next.note_told(&untold.event, sink, now);
            }
        }
        let outbox = next.outbox_mut();
        for untold in outbox.iter_mut() {
            let id = untold.event.id;
            let before = untold.sinks.len();
            untold.sinks.retain(|sink| !told.done.contains(&(id, sink.clone())));
            untold.acked |= untold.sinks.len() < before;
            // Where the sink takes others, it is this one that it does not take.
            let is_set_aside = told.failed.contains(&id)
                && untold
                    .sinks
                    .iter()
                    .any(|sink| self.breakers.get(sink).is_some_and(Breaker::takes));
            if is_set_aside {
                untold.tried_at = Some(now);
            }
        }
        outbox.retain(|untold| !untold.sinks.is_empty());
        let lease = next.lease().filter(|lease| lease.by != self.by).cloned();
        next.leased(lease)
    }

    /// Gives this poll's lease on a record back: the next poll need not wait until it runs out.
    pub(super) async fn give_back(&self, place: &Place, one: &mut Telling) {
        let lease = one.known.value.lease();
        if lease.is_some_and(|lease| lease.by == self.by) && self.has_time(Step::Tell) {
            self.ack(place, one).await;
        }
    }
}
