//! The queue from which workers take what is to be polled.

use std::collections::BTreeMap;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::{SendMessageBatchRequestEntry, SendMessageBatchResultEntry};
use aws_types::SdkConfig;
use futures_util::{StreamExt, stream};

use super::error::reason;

/// What SQS takes in one call.
const BATCH: usize = 10;

/// Calls under way at the same time.
const AT_ONCE: usize = 8;

/// How often an entry is sent that SQS could not take.
const TRIES: usize = 2;

/// The queue.
#[derive(Debug)]
pub struct TargetsQueue {
    client: Client,
    queue_url: String,
}

/// What became of messages.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Sent {
    /// How many the queue took.
    pub taken: usize,
    /// How many it did not take.
    pub refused: usize,
    /// How many were not sent, as there was no time.
    pub left: usize,
    /// Why the queue did not take some, each reason once with how many it is for.
    pub reasons: BTreeMap<String, usize>,
}

impl TargetsQueue {
    /// Names a queue by its URL.
    #[must_use]
    pub fn new(
        config: &SdkConfig,
        endpoint_url: Option<String>,
        queue_url: impl Into<String>,
    ) -> Self {
        let mut builder = aws_sdk_sqs::config::Builder::from(config);
        if let Some(url) = endpoint_url {
            builder = builder.endpoint_url(url);
        }
        Self { client: Client::from_conf(builder.build()), queue_url: queue_url.into() }
    }

    /// Sends messages, ten at a time, as long as another call may begin.
    pub async fn send(&self, bodies: &[String], may_begin: &(dyn Fn() -> bool + Sync)) -> Sent {
        let batches: Vec<&[String]> = bodies.chunks(BATCH).collect();
        let sent: Vec<Sent> = stream::iter(batches)
            .map(|bodies| async move {
                if may_begin() {
                    self.batch(bodies).await
                } else {
                    Sent { left: bodies.len(), ..Sent::default() }
                }
            })
            .buffer_unordered(AT_ONCE)
            .collect()
            .await;
        sent.into_iter().fold(Sent::default(), Sent::with)
    }

    /// Sends a batch, and once more what SQS could not take of it, unless that is the message's fault.
    async fn batch(&self, bodies: &[String]) -> Sent {
        let mut sent = Sent::default();
        let mut waiting: BTreeMap<String, &String> =
            bodies.iter().enumerate().map(|(index, body)| (index.to_string(), body)).collect();
        for attempt in 1..=TRIES {
            let (again, refused) = match self.call(&waiting).await {
                Ok(failed) => failed.into_iter().partition(|failure| !failure.senders_fault),
                // The SDK has tried it again already.
                Err(reason) => {
                    (Vec::new(), waiting.keys().map(|id| Failure::of(id, &reason)).collect())
                }
            };
            let (mut again, mut refused): (Vec<Failure>, Vec<Failure>) = (again, refused);
            if attempt == TRIES {
                refused.append(&mut again);
            }
            sent.taken += waiting.len().saturating_sub(again.len() + refused.len());
            for failure in refused {
                sent.refused += 1;
                *sent.reasons.entry(failure.reason).or_default() += 1;
            }
            waiting.retain(|id, _| again.iter().any(|failure| failure.id == *id));
            if waiting.is_empty() {
                break;
            }
        }
        sent
    }

    /// One call. An answer that is well may name entries that were not taken.
    async fn call(&self, waiting: &BTreeMap<String, &String>) -> Result<Vec<Failure>, String> {
        let entry = |(id, body): (&String, &&String)| {
            SendMessageBatchRequestEntry::builder().id(id).message_body(*body).build()
        };
        let entries: Result<Vec<_>, _> = waiting.iter().map(entry).collect();
        let entries = entries.map_err(|error| error.to_string())?;
        let call = self.client.send_message_batch().queue_url(&self.queue_url);
        let answer = call.set_entries(Some(entries)).send().await.map_err(|error| {
            format!("SQS SendMessageBatch to {}: {}", self.queue_url, reason(&error))
        })?;
        let taken: Vec<&str> =
            answer.successful().iter().map(SendMessageBatchResultEntry::id).collect();
        let named = answer.failed().iter().map(|failed| Failure {
            id: failed.id().to_owned(),
            senders_fault: failed.sender_fault(),
            reason: format!(
                "SQS SendMessageBatch to {} refused messages: {}{}",
                self.queue_url,
                failed.code(),
                failed.message().map(|text| format!(" ({text})")).unwrap_or_default()
            ),
        });
        let mut failures: Vec<Failure> = named.collect();
        let unnamed = waiting.keys().filter(|id| !taken.contains(&id.as_str()));
        let unnamed: Vec<Failure> = unnamed
            .filter(|id| failures.iter().all(|failure| failure.id != **id))
            .map(|id| Failure::of(id, "SQS SendMessageBatch did not say whether it took messages"))
            .collect();
        failures.extend(unnamed);
        Ok(failures)
    }
}

struct Failure {
    id: String,
    senders_fault: bool,
    reason: String,
}

impl Failure {
    fn of(id: &str, reason: &str) -> Self {
        Self { id: id.to_owned(), senders_fault: false, reason: reason.to_owned() }
    }
}

impl Sent {
    fn with(mut self, other: Self) -> Self {
        self.taken += other.taken;
        self.refused += other.refused;
        self.left += other.left;
        for (reason, count) in other.reasons {
            *self.reasons.entry(reason).or_default() += count;
        }
        self
    }
}
