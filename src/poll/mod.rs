//! One poll: the one place that owns the order of effects.
//!
//! For every place: **list** (both kinds) and **read** the state, at the same time; **decide**;
//! **save** what changed together with what is to be told and a claim on telling it, each record in
//! one conditional write; **publish**; **confirm**. What each failure leaves behind, and what the
//! next poll does about it:
//!
//! | fails | leaves | the next poll |
//! |---|---|---|
//! | listing | nothing | lists again |
//! | listing, on a later page | what was read is judged; absence is concluded from nothing | goes on, or lists again |
//! | read | nothing: without memory nothing is decided | reads again |
//! | save of a record | nothing of that task; the ledger is not moved | decides the same again |
//! | save conflicts | another poller was first | reads what that one wrote |
//! | publish | the record with its untold event, and a claim that runs out | publishes it |
//! | confirm | as above, but the event was published | publishes it once more, same `id` |
//! | the process, anywhere | as for the step that it was in | as above |

mod summary;
mod target;
mod tell;
mod walk;

use std::collections::BTreeSet;

use futures_util::{StreamExt, stream};
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

pub use summary::{Summary, TargetSummary};

use crate::decide::{Context, Policy};
use crate::place::Place;
use crate::ports::{Clock, Known, ListError, Notifier, Page, StateStore, TaskSource};
use crate::record::{Claim, Sink};
use crate::task::Kind;

/// The bounds of a poll, all in one place.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Calls of a listing a poll and Region, those that are tried again included. The bucket of
    /// `DescribeStoreImageTasks` refills at 30 a minute: ten leave most of it to others.
    pub listing_calls: u32,
    /// Places polled at the same time.
    pub places_at_once: usize,
    /// Conditional writes of one place under way at the same time.
    pub saves_at_once: usize,
    /// Events of one place being told at the same time.
    pub tells_at_once: usize,
    /// How long a claim holds. Not under a poll's longest time, not over two polls' distance.
    pub claim_for: SignedDuration,
    /// Nothing is published in the last part of a claim, so that clocks may differ by as much.
    pub claim_margin: SignedDuration,
    /// No listing, write or publish begins when less than this is left until the deadline: a call
    /// takes ten seconds at most, so that what was begun can end.
    pub reserve: SignedDuration,
    /// After so many failures in a row a sink is left alone until the next poll.
    pub sink_failures: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            listing_calls: 10,
            places_at_once: 4,
            saves_at_once: 16,
            tells_at_once: 8,
            claim_for: SignedDuration::from_secs(90),
            claim_margin: SignedDuration::from_secs(30),
            reserve: SignedDuration::from_secs(12),
            sink_failures: 3,
        }
    }
}

/// An account and Region, and the kinds of task to poll there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlaceToPoll {
    /// The account and Region.
    pub place: Place,
    /// The kinds.
    pub kinds: BTreeSet<Kind>,
}

/// Everything that a poll works with.
#[derive(Debug)]
pub struct Poller<S, T, N, C> {
    /// EC2.
    pub source: S,
    /// What is remembered.
    pub store: T,
    /// Where events go.
    pub notifier: N,
    /// The time.
    pub clock: C,
    /// What is told.
    pub policy: Policy,
    /// The bounds.
    pub limits: Limits,
}

impl<S, T, N, C> Poller<S, T, N, C>
where
    S: TaskSource + Sync,
    T: StateStore + Sync,
    N: Notifier + Sync,
    C: Clock + Sync,
{
    /// Polls places once. Begins nothing that would not end before the deadline; what is left is in
    /// the summary. One place's failure is in its summary and costs the others nothing.
    pub async fn poll(&self, places: &[PlaceToPoll], deadline: Option<Timestamp>) -> Summary {
        let by = Uuid::new_v4();
        let sinks: BTreeSet<Sink> = self.notifier.sinks().into_iter().collect();
        let breakers: tell::Breakers = sinks
            .iter()
            .map(|sink| (*sink, tell::Breaker::new(self.limits.sink_failures)))
            .collect();
        let run = Run { poller: self, by, sinks: &sinks, breakers: &breakers, deadline };
        let run = &run;
        stream::iter(places)
            .map(|place| async move { run.place(place).await })
            .buffered(self.limits.places_at_once.max(1))
            .fold(Summary::default(), |mut all, one| async move {
                all.add(one);
                all
            })
            .await
    }
}

/// One poll under way.
struct Run<'a, S, T, N, C> {
    poller: &'a Poller<S, T, N, C>,
    by: Uuid,
    sinks: &'a BTreeSet<Sink>,
    breakers: &'a tell::Breakers,
    deadline: Option<Timestamp>,
}

impl<S, T, N, C> Run<'_, S, T, N, C>
where
    S: TaskSource + Sync,
    T: StateStore + Sync,
    N: Notifier + Sync,
    C: Clock + Sync,
{
    /// Whether there is time to begin another effect.
    fn has_time(&self) -> bool {
        self.deadline.is_none_or(|deadline| {
            deadline.duration_since(self.poller.clock.now()) > self.poller.limits.reserve
        })
    }

    fn claim(&self) -> Claim {
        let now = self.poller.clock.now();
        let until = now.saturating_add(self.poller.limits.claim_for).unwrap_or(now);
        Claim { by: self.by, until }
    }

    async fn place(&self, wanted: &PlaceToPoll) -> Summary {
        let PlaceToPoll { place, kinds } = wanted;
        let mut summary = Summary::default();
        if !self.has_time() {
            summary.targets_left.extend(kinds.iter().map(|kind| format!("{place} {kind}")));
            return summary;
        }
        let first = |kind: Kind| async move {
            if kinds.contains(&kind) {
                let calls_max = self.poller.limits.listing_calls;
                Some(self.poller.source.list(place, kind, None, calls_max).await)
            } else {
                None
            }
        };
        let (known, store_images, bundles) = futures_util::join!(
            self.poller.store.read(place),
            first(Kind::StoreImage),
            first(Kind::Bundle),
        );
        let mut known = match known {
            Ok(known) => known,
            Err(error) => {
                summary.targets.extend(kinds.iter().map(|kind| {
                    let mut target = TargetSummary::new(place, *kind);
                    target.listing_calls = 1;
                    target.failures.push(error.to_string());
                    target
                }));
                return summary;
            }
        };
        for item in &known.unreadable {
            tracing::error!(
                account = place.account,
                region = place.region,
                key = item.key,
                "The stored item {} cannot be understood and is passed over: {}",
                item.key,
                item.reason
            );
            summary.failures.push(format!("{place}: stored item {}: {}", item.key, item.reason));
        }
        for (kind, page) in [(Kind::StoreImage, store_images), (Kind::Bundle, bundles)] {
            if let Some(page) = page {
                summary.targets.push(self.target(place, kind, page, &mut known).await);
            }
        }
        self.tell(place, known, &mut summary).await;
        summary
    }

    async fn target(
        &self,
        place: &Place,
        kind: Kind,
        first: Result<Page, ListError>,
        known: &mut Known,
    ) -> TargetSummary {
        let mut summary = TargetSummary::new(place, kind);
        let claim = self.claim();
        let context = Context {
            place,
            now: self.poller.clock.now(),
            policy: &self.poller.policy,
            sinks: self.sinks,
            claim: &claim,
        };
        match first {
            Err(error) => {
                summary.listing_calls = error.calls;
                summary.failures.push(error.to_string());
            }
            Ok(first) if known.is_ledger_unreadable(kind) => {
                summary.listing_calls = first.calls;
                summary.failures.push("its ledger cannot be understood; nothing was judged".into());
            }
            Ok(first) => self.judge_target(kind, first, known, &context, &mut summary).await,
        }
        for failure in &summary.failures {
            tracing::error!(account = place.account, region = place.region, %kind,
                "Polling {kind} tasks in {place} failed in part: {failure}");
        }
        summary
    }
}

#[cfg(test)]
mod tests;
