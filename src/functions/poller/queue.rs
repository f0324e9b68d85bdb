//! What the queue's messages ask for: the poll of a Region, at once.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::handler::{Handler, log_summary};
use super::request::{QueueRecord, QueueTarget};
use super::stored::{PAUSES, Stored};
use crate::place::Place;
use crate::poll::{PlaceToPoll, Summary};
use crate::task::Kind;

impl Handler {
    /// Polls each Region that the batch names once, however many records name it: each poll of it
    /// takes from what EC2 lets the account list.
    pub(super) async fn queue(
        &self,
        account: &str,
        records: Vec<QueueRecord>,
        deadline: Option<Timestamp>,
    ) -> Value {
        let mut targets: BTreeMap<String, Vec<Asked>> = BTreeMap::new();
        let mut again = Vec::new();
        for QueueRecord { message_id, target } in records {
            let target = target.and_then(|target| {
                let unknown = self.unknown_region(&target.region);
                let unknown = unknown.or_else(|| self.unknown_kind(target.kind));
                match unknown {
                    None => Ok(target),
                    Some(fault) => Err(format!("SQS message {message_id} names {fault}")),
                }
            });
            match target {
                Ok(QueueTarget { region, kind, stored }) => {
                    targets.entry(region).or_default().push(Asked { kind, stored, message_id });
                }
                Err(reason) => again.push(deliver_again(&message_id, &reason)),
            }
        }
        for (region, asked) in targets {
            let only_stored = asked.iter().all(|asked| asked.stored.is_some());
            if only_stored && !self.allowance.is_left(&region, self.poller.clock.now()) {
                tracing::warn!(
                    "{} objects of stored AMIs in {region} start no poll, as there were many: the \
                     schedule tells what ended",
                    asked.len()
                );
                continue;
            }
            let kinds = asked.iter().map(|asked| asked.kind).collect();
            let to_poll = PlaceToPoll { place: Place::new(account, region), kinds };
            let summary = self.until_ended(&to_poll, &asked, deadline).await;
            for Asked { kind, message_id, .. } in asked {
                let failures = summary.failures_of(kind);
                if !failures.is_empty() {
                    again.push(deliver_again(&message_id, &failures.join("; ")));
                }
            }
        }
        json!({ "batchItemFailures": again })
    }

    /// Polls a Region. Where the object of a store is there and EC2 still calls the task running, polls
    /// again a few times, within the calls of one poll; what is still running then is the schedule's.
    async fn until_ended(
        &self,
        to_poll: &PlaceToPoll,
        asked: &[Asked],
        deadline: Option<Timestamp>,
    ) -> Summary {
        let places = std::slice::from_ref(to_poll);
        let mut summary = self.poller.poll(places, deadline).await;
        log_summary(&summary);
        let mut calls = summary.listing_calls();
        for pause in PAUSES {
            let mut stored = asked.iter().filter_map(|asked| asked.stored.as_ref());
            let is_over = !stored.any(|stored| stored.is_running(&summary));
            if is_over || calls >= self.poller.limits.listing_calls {
                break;
            }
            tokio::time::sleep(pause).await;
            let next = self.poller.poll(places, deadline).await;
            if !next.targets_left.is_empty() {
                break;
            }
            log_summary(&next);
            calls += next.listing_calls();
            summary = next;
        }
        if asked.iter().any(|asked| asked.stored.is_some()) {
            self.allowance.take(&to_poll.place.region, calls, self.poller.clock.now());
        }
        summary
    }
}

/// What a message of the queue asks for.
struct Asked {
    kind: Kind,
    stored: Option<Stored>,
    message_id: String,
}

fn deliver_again(message_id: &str, reason: &str) -> Value {
    tracing::error!(message_id, "SQS message {message_id} will be delivered again: {reason}");
    json!({ "itemIdentifier": message_id })
}
