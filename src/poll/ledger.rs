//! Saves what a poll knows of how far back everything is known.

use jiff::Timestamp;

use super::Step;
use super::target::Target;
use crate::ports::Saved;
use crate::record::{Ledger, Snapshot, Versioned};

/// How often a ledger is written anew over one that another poller wrote meanwhile.
const LEDGER_ROUNDS: u32 = 3;

impl Target<'_> {
    pub(super) async fn save_ledger(
        &mut self,
        mut next: Ledger,
        known: &mut Snapshot,
        now: Timestamp,
    ) {
        let (run, place) = (self.run, self.place);
        let mut expected = self.ledger_version();
        for _ in 0..LEDGER_ROUNDS {
            if !run.has_time(Step::Save) {
                self.summary
                    .failures
                    .push("out of time: the ledger is left to the next poll".into());
                return;
            }
            match run.poller.memory.save_ledger(place, &next, expected).await {
                Ok(Saved::Written) => {
                    let stored = Versioned { value: next, version: expected + 1 };
                    known.ledgers.insert(stored.value.kind, stored);
                    return;
                }
                Ok(Saved::Conflict) => {}
                Err(error) => return self.summary.failures.push(error.to_string()),
            }
            // Another poller moved it. What it says holds; only what this poll watches must stay in
            // sight.
            match run.poller.memory.read_ledger(place, next.kind).await {
                Ok(mut found) => match found.ledgers.remove(&next.kind) {
                    Some(theirs) => {
                        let mut merged = theirs.value.clone();
                        merged.watch_too(known, now);
                        if merged == theirs.value {
                            known.ledgers.insert(next.kind, theirs);
                            return;
                        }
                        (next, expected) = (merged, theirs.version);
                    }
                    None => expected = 0,
                },
                Err(error) => return self.summary.failures.push(error.to_string()),
            }
        }
        self.summary.failures.push("its ledger was changed by others again and again".into());
    }
}
