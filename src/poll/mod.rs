//! One poll: the one place that owns the order of effects.
//!
//! For every place: **read** the state; **list** all kinds, at the same time; **decide**; **save**
//! what changed together with what is to be told and a lease on telling it, each record in one
//! conditional write, endings first; **name** the AMIs in what is to be told; **publish**; **ack**.
//! What each failure leaves behind, and what the next poll does about it:
//!
//! | fails | leaves | the next poll |
//! |---|---|---|
//! | read | nothing: without memory nothing is listed | reads again |
//! | listing | since when it fails, in the target's sight; after an hour that is told | lists again |
//! | listing, on a later page | what was read is judged; absence is concluded from nothing | goes on, or lists again |
//! | listing, at the same place in ten polls | a failure that says so | begins the listing anew |
//! | save of a sight | what it was | notes the same again |
//! | save of a record | nothing of that task; the ledger does not advance | lists the same pages, and decides the same again |
//! | no time to save progress | the progress of an earlier poll; the ledger advances | sees the progress as it is then |
//! | save conflicts | another poller was first | (this one reads what that one wrote, and judges by the same listing) |
//! | name | events without names of AMIs, which go out all the same | asks for those of its own events |
//! | publish | the record with its untold event, and no lease: this poll gives it back | publishes it |
//! | ack | as above, but the event was published | publishes it once more, same `id` |
//! | the process, anywhere | as for the step that it was in | as above |

mod advance;
mod bounds;
mod breaker;
mod lease;
mod ledger;
mod limits;
mod look_up;
mod names;
mod notes;
mod save;
mod scan;
mod sight;
mod summary;
mod target;
mod tell;
mod turn;
mod walk;
mod whole;

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join_all;
use futures_util::{StreamExt, stream};
use jiff::Timestamp;
use tracing::Instrument;
use uuid::Uuid;

pub use limits::{LISTING_CALLS_MAX, LISTING_CALLS_MIN, Limits};
pub use summary::{Summary, TargetSummary};
pub use turn::Turn;

use self::target::Target;

use crate::decide::Policy;
use crate::memory::Memory;
use crate::place::Place;
use crate::ports::{Clock, ImageNames, Sink, TaskSource};
use crate::record::{Lease, SinkName};
use crate::task::Kind;

/// What a poll is about to begin.
#[derive(Debug, Clone, Copy)]
enum Step {
    List,
    Save,
    Name,
    Tell,
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
pub struct Poller {
    /// EC2.
    pub source: Box<dyn TaskSource>,
    /// What AMIs are called; none where nobody wants to know.
    pub names: Option<Box<dyn ImageNames>>,
    /// What is remembered.
    pub memory: Memory,
    /// Where events go.
    pub sinks: Vec<Box<dyn Sink>>,
    /// The time.
    pub clock: Box<dyn Clock>,
    /// What is told.
    pub policy: Policy,
    /// The bounds.
    pub limits: Limits,
    /// Which place is begun with.
    pub turn: Turn,
}

impl Poller {
    /// Polls places once. Begins nothing that would not end before the deadline; what is left is in
    /// the summary. One place's failure is in its summary and costs the others nothing.
    pub async fn poll(&self, places: &[PlaceToPoll], deadline: Option<Timestamp>) -> Summary {
        let by = Uuid::new_v4();
        let sinks: BTreeSet<SinkName> = self.sinks.iter().map(|sink| sink.name()).collect();
        let breakers: breaker::Breakers = sinks
            .iter()
            .map(|sink| (sink.clone(), breaker::Breaker::new(self.limits.sink_failures)))
            .collect();
        let run = Run { poller: self, by, sinks: &sinks, breakers: &breakers, deadline };
        let run = &run;
        let places = self.turn.order(merged(places), self.clock.now());
        let mut summaries: Vec<(usize, Place, Summary)> = stream::iter(places)
            .map(|(index, wanted)| async move {
                let Place { account, region } = &wanted.place;
                let span = tracing::error_span!("place", account, region);
                let summary = run.place(&wanted).instrument(span).await;
                (index, wanted.place, summary)
            })
            .buffer_unordered(self.limits.places_at_once.max(1))
            .collect()
            .await;
        summaries.sort_by_key(|(index, ..)| *index);
        let left = summaries.iter().filter(|(.., one)| !one.targets_left.is_empty());
        self.turn.note(left.map(|(_, place, _)| place.clone()).collect());
        let mut all = Summary::default();
        for (.., one) in summaries {
            all.add(one);
        }
        all
    }
}

/// Each place once, in the order in which they were named.
fn merged(places: &[PlaceToPoll]) -> Vec<PlaceToPoll> {
    let mut at: BTreeMap<&Place, usize> = BTreeMap::new();
    let mut merged: Vec<PlaceToPoll> = Vec::with_capacity(places.len());
    for one in places {
        if let Some(known) = at.get(&one.place).and_then(|index| merged.get_mut(*index)) {
            known.kinds.extend(&one.kinds);
        } else {
            at.insert(&one.place, merged.len());
            merged.push(one.clone());
        }
    }
    merged
}

/// One poll under way.
struct Run<'a> {
    poller: &'a Poller,
    by: Uuid,
    sinks: &'a BTreeSet<SinkName>,
    breakers: &'a breaker::Breakers,
    deadline: Option<Timestamp>,
}

impl Run<'_> {
    /// Whether there is time to begin another effect.
    fn has_time(&self, step: Step) -> bool {
        let limits = &self.poller.limits;
        let reserve = match step {
            Step::List => limits.reserve_to_list,
            Step::Save => limits.reserve_to_save,
            Step::Name => limits.reserve_to_name,
            Step::Tell => limits.reserve_to_tell,
        };
        self.deadline
            .is_none_or(|deadline| deadline.duration_since(self.poller.clock.now()) > reserve)
    }

    fn lease(&self) -> Lease {
        let now = self.poller.clock.now();
        let until = now.saturating_add(self.poller.limits.lease_for).unwrap_or(now);
        Lease { by: self.by, until }
    }

    async fn place(&self, wanted: &PlaceToPoll) -> Summary {
        let PlaceToPoll { place, kinds } = wanted;
        let mut summary = Summary::default();
        if !self.has_time(Step::List) {
            summary.targets_left.extend(kinds.iter().map(|kind| format!("{place} {kind}")));
            tracing::warn!(
                "{place} was not polled, as the time ran out; the next poll begins with it"
            );
            return summary;
        }
        // Before the first call: what ends while the baseline is listed is news.
        let began = self.poller.clock.now();
        let mut known = match self.poller.memory.read(place).await {
            Ok(known) => known,
            Err(error) => {
                // Without memory nothing is decided, and so nothing is listed.
                for kind in kinds {
                    let mut target = TargetSummary::new(place, *kind);
                    target.failures.push(error.to_string());
                    target.log();
                    summary.targets.push(target);
                }
                return summary;
            }
        };
        for item in &known.unreadable {
            tracing::error!(
                key = item.key,
                "The stored item {} cannot be understood and is passed over: {}",
                item.key,
                item.reason
            );
            summary.failures.push(format!("{place}: {item}"));
            summary.unreadable += 1;
        }
        let listings = kinds.iter().map(|kind| {
            let target = Target::new(self, place, *kind, began, &known);
            let known = &known;
            async move {
                let listed = target.list(known).instrument(target.span()).await;
                (target, listed)
            }
        });
        let mut listings = join_all(listings).await;
        // What is listed whole first: its tasks may leave the listing soon after their end.
        listings.sort_by_key(|(target, _)| target.kind.identity().is_newest_first());
        for (target, listed) in listings {
            let span = target.span();
            summary.targets.push(target.settle(listed, &mut known).instrument(span).await);
        }
        summary.targets.sort_by_key(|target| target.kind);
        self.tell(place, known, &mut summary).await;
        summary
    }
}

#[cfg(test)]
mod tests;
