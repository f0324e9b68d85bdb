//! What messages of a queue ask for: the poll of a Region, at once, or of an account's share of a fan-out.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::dispatched::Dispatched;
use super::fleet::Found;
use super::handler::{Handler, log_summary};
use super::request::{QueueBody, QueueRecord, QueueTarget};
use super::selection::Selection;
use super::stored::{PAUSES, Stored};
use crate::place::Place;
use crate::poll::{PlaceToPoll, Summary};
use crate::task::Kind;

impl Handler {
    /// Polls what a batch asks for.
    pub(super) async fn queue(
        &self,
        own: &str,
        records: Vec<QueueRecord>,
        deadline: Option<Timestamp>,
    ) -> Value {
        let mut again = Vec::new();
        let (mut targets, mut dispatched) = (Vec::new(), Vec::new());
        for QueueRecord { message_id, body } in records {
            match body {
                Ok(QueueBody::Target(target)) => targets.push((message_id, target)),
                Ok(QueueBody::Dispatched(message)) => dispatched.push((message_id, message)),
                Err(reason) => again.push(deliver_again(&message_id, &reason)),
            }
        }
        if !targets.is_empty() {
            again.extend(self.targets(own, targets, deadline).await);
        }
        if !dispatched.is_empty() {
            again.extend(self.dispatched(own, dispatched, deadline).await);
        }
        json!({ "batchItemFailures": again })
    }

    /// Polls each Region that the batch names once, however many records name it: each poll of it
    /// takes from what EC2 lets the account list.
    async fn targets(
        &self,
        own: &str,
        named: Vec<(String, QueueTarget)>,
        deadline: Option<Timestamp>,
    ) -> Vec<Value> {
        let mut again = Vec::new();
        let mut targets: BTreeMap<String, Vec<Asked>> = BTreeMap::new();
        let (now, may_ask) = (self.poller.clock.now(), || self.has_time(deadline));
        let known = match self.fleet.places(own, Some(own), now, &may_ask).await {
            Ok(Found { places, failures }) => {
                // Where the Regions are not known, the messages name one that is not among them.
                for failure in failures {
                    tracing::error!("{failure}");
                }
                places
            }
            Err(fault) => {
                return all_again(named.iter().map(|(id, _)| id.as_str()), &fault.to_string());
            }
        };
        for (message_id, QueueTarget { region, kind, stored }) in named {
            let selection = Selection {
                regions: [region.clone()].into(),
                kinds: [kind].into(),
                ..Selection::default()
            };
            match selection.unknown(&known).first() {
                None => targets.entry(region).or_default().push(Asked { kind, stored, message_id }),
                Some(fault) => {
                    let reason = format!("SQS message {message_id} names {fault}");
                    again.push(deliver_again(&message_id, &reason));
                }
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
            let to_poll = PlaceToPoll { place: Place::new(own, region), kinds };
            let summary = self.until_ended(&to_poll, &asked, deadline).await;
            for Asked { kind, message_id, .. } in asked {
                let failures = summary.failures_of(kind);
                if !failures.is_empty() {
                    again.push(deliver_again(&message_id, &failures.join("; ")));
                }
            }
        }
        again
    }

    /// Polls what the scheduled function dispatched, but for what needs no poll any more.
    async fn dispatched(
        &self,
        own: &str,
        messages: Vec<(String, Dispatched)>,
        deadline: Option<Timestamp>,
    ) -> Vec<Value> {
        let now = self.poller.clock.now();
        let named = messages.iter().map(|(_, message)| message.account.clone()).collect();
        let known = match self.fleet.polled(own, named, now).await {
            Ok(accounts) => accounts,
            Err(fault) => {
                return all_again(messages.iter().map(|(id, _)| id.as_str()), &fault.to_string());
            }
        };
        let mut again = Vec::new();
        let mut fresh = Vec::new();
        for (message_id, message) in messages {
            let Dispatched { account, tick, .. } = &message;
            if !known.contains(account) {
                // The document was changed: since the message was sent, or since it was read here.
                tracing::warn!(
                    "SQS message {message_id} is dropped: it names {account}, which is not among the \
                     accounts that are polled"
                );
            } else if let Some(dropped) = self.ticks.dropped(&message, self.interval, now) {
                tracing::info!(
                    dropped = 1,
                    "SQS message {message_id} for {account} at {tick} is dropped: {}",
                    dropped.reason()
                );
            } else {
                fresh.push((message_id, message));
            }
        }
        let places: Vec<PlaceToPoll> =
            fresh.iter().flat_map(|(_, message)| message.places()).collect();
        if places.is_empty() {
            return again;
        }
        let summary = self.poller.poll(&places, deadline).await;
        log_summary(&summary);
        for (message_id, message) in fresh {
            let failures = summary.failures_in(&message.account);
            if failures.is_empty() {
                self.ticks.note(&message);
            } else {
                again.push(deliver_again(&message_id, &failures.join("; ")));
            }
        }
        again
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

fn all_again<'a>(message_ids: impl Iterator<Item = &'a str>, reason: &str) -> Vec<Value> {
    message_ids.map(|message_id| deliver_again(message_id, reason)).collect()
}

fn deliver_again(message_id: &str, reason: &str) -> Value {
    tracing::error!(message_id, "SQS message {message_id} will be delivered again: {reason}");
    json!({ "itemIdentifier": message_id })
}
