//! Fan-out: the scheduled function only says what is to be polled, and workers take it from a queue.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::dispatched::{Dispatched, is_overtaken};
use super::failure::{ErrorType, HandlerError};
use super::fleet::Found;
use crate::aws::targets_queue::TargetsQueue;
use crate::ports::{CALL_LONGEST, Clock};

/// The queue of workers, and from when on it is used.
#[derive(Debug)]
pub struct FanOut {
    /// The queue.
    pub queue: TargetsQueue,
    /// Up to this many places are polled without workers.
    pub above: usize,
}

/// What is kept of the function's time for the last calls of the queue and the answer.
const RESERVE: SignedDuration = SignedDuration::from_secs(10);

const _: () = assert!(RESERVE.as_secs() > CALL_LONGEST.as_secs().cast_signed());

/// What is dispatched by when.
#[derive(Debug, Clone, Copy)]
pub(super) struct Dispatch {
    /// The time at which the schedule asked.
    pub(super) tick: Timestamp,
    /// The time from one schedule's event to the next.
    pub(super) interval: SignedDuration,
    /// When Lambda ends the invocation.
    pub(super) deadline: Option<Timestamp>,
}

impl FanOut {
    /// Sends workers what is to be polled.
    ///
    /// # Errors
    /// Some of it was not sent, or it was not clear what is to be polled.
    pub(super) async fn dispatch(
        &self,
        found: Found,
        dispatch: &Dispatch,
        clock: &dyn Clock,
    ) -> Result<Value, HandlerError> {
        let Dispatch { tick, interval, deadline } = *dispatch;
        let mut messages = Dispatched::of(&found.places, tick);
        if is_overtaken(tick, interval, clock.now()) {
            tracing::warn!(
                "Nothing is dispatched for {tick}, as workers would drop it: a later poll has been asked for"
            );
            messages.clear();
        }
        // Where workers cannot keep up, it is not always the same accounts that wait.
        fastrand::shuffle(&mut messages);
        let targets: usize = messages.iter().map(Dispatched::targets).sum();
        let bodies: Result<Vec<String>, _> = messages.iter().map(serde_json::to_string).collect();
        let bodies = bodies.map_err(|error| HandlerError {
            kind: ErrorType::PollFailed,
            faults: vec![format!("a message cannot be written: {error}")],
        })?;
        let has_time = || deadline.is_none_or(|by| by.duration_since(clock.now()) > RESERVE);
        let sent = self.queue.send(&bodies, &has_time).await;
        let failures = sent.refused + sent.left + found.failures.len();
        let reasons = sent.reasons.iter().map(|(reason, count)| format!("{reason} ({count})"));
        let left = (sent.left > 0)
            .then(|| format!("{} messages were not sent, as the time ran out", sent.left));
        let faults: Vec<String> = reasons.chain(left).chain(found.failures).collect();
        for fault in &faults {
            tracing::error!("{fault}");
        }
        tracing::info!(
            dispatched_targets = targets,
            dispatched_messages = sent.taken,
            failures,
            "Dispatched {targets} targets in {} messages, {failures} failures",
            sent.taken,
        );
        if faults.is_empty() {
            Ok(json!({ "dispatchedTargets": targets, "dispatchedMessages": sent.taken }))
        } else {
            Err(HandlerError { kind: ErrorType::PollFailed, faults })
        }
    }
}
