//! Notes whether a target could be listed, and what follows from it.

use super::Step;
use super::target::Target;
use crate::decide::{Context, sight};
use crate::ports::Saved;
use crate::record::{Lease, Sight, Snapshot, Versioned, sight_key};

impl Target<'_> {
    /// Saves what changed of the target's sight. Where another poller was first, what that one wrote
    /// stands: it saw the same.
    pub(super) async fn note_sight(
        &mut self,
        failure: Option<&str>,
        lease: &Lease,
        known: &mut Snapshot,
    ) {
        let (run, place, kind) = (self.run, self.place, self.kind);
        let key = sight_key(kind);
        if known.unreadable.iter().any(|item| item.key == key) {
            return;
        }
        let context = Context {
            place,
            now: run.poller.clock.now(),
            policy: &run.poller.policy,
            sinks: run.sinks,
            lease,
        };
        let stored = known.sights.get(&kind);
        let next = sight::sight(kind, stored.map(|it| &it.value), failure, &context);
        if let Some(next) = next.filter(|_| run.has_time(Step::Save)) {
            let expected = stored.map_or(0, |it| it.version);
            match run.poller.memory.save_sight(place, &next, expected).await {
                Ok(Saved::Written) => {
                    let before = stored.map_or(0, |it| it.value.outbox.len());
                    self.summary.decided += next.outbox.len().saturating_sub(before);
                    let stored = Versioned { value: next, version: expected + 1 };
                    known.sights.insert(kind, stored);
                }
                Ok(Saved::Conflict) => {}
                Err(error) => self.summary.failures.push(error.to_string()),
            }
        }
        let is_blind = |it: &Versioned<Sight>| it.value.blind_since.is_some();
        self.summary.blind = known.sights.get(&kind).is_some_and(is_blind);
    }
}
