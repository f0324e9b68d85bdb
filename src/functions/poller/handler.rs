//! One invocation: from its payload to its answer.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::allowance::Allowance;
use super::dispatch::{Dispatch, FanOut};
use super::dispatched::tick;
use super::failure::{ErrorType, HandlerError};
use super::fleet::{Fleet, Found};
use super::request::Request;
use super::selection::Selection;
use super::ticks::Ticks;
use crate::functions::deadline;
use crate::poll::{Poller, Summary};
use crate::rules::is_account;

/// What Lambda says of an invocation.
#[derive(Debug, Clone, Copy)]
pub struct Invocation<'a> {
    /// The function's ARN; it names the account.
    pub function_arn: &'a str,
    /// When Lambda ends the invocation, in milliseconds since 1970.
    pub deadline_ms: u64,
}

/// What every invocation works with.
pub struct Handler {
    /// The poller.
    pub poller: Poller,
    /// The account as it is configured.
    pub account: Option<String>,
    /// The account that the access key id names, where it names one.
    pub account_of_key: Option<String>,
    /// What is polled.
    pub fleet: Fleet,
    /// The queue of workers, where there is one.
    pub fan_out: Option<FanOut>,
    /// The time from one schedule's event to the next.
    pub interval: SignedDuration,
    /// The ticks that were polled.
    pub(super) ticks: Ticks,
    /// What the objects of stored AMIs may start.
    pub(super) allowance: Allowance,
}

impl Handler {
    /// A handler that takes the account from the function's ARN and has no queue of workers.
    #[must_use]
    pub fn new(poller: Poller, fleet: Fleet, interval: SignedDuration) -> Self {
        Self {
            poller,
            account: None,
            account_of_key: None,
            fleet,
            fan_out: None,
            interval,
            ticks: Ticks::default(),
            allowance: Allowance::default(),
        }
    }

    /// Answers an invocation with its summary, or for SQS with the records to deliver again.
    ///
    /// # Errors
    /// The payload is none of the forms, or some target failed: each is named.
    pub async fn handle(
        &self,
        payload: &Value,
        invocation: &Invocation<'_>,
    ) -> Result<Value, HandlerError> {
        let failed = |kind: ErrorType, reason: String| {
            tracing::error!("{reason}");
            HandlerError { kind, faults: vec![reason] }
        };
        let request = Request::parse(payload)
            .map_err(|error| failed(ErrorType::InvalidRequest, error.to_string()))?;
        let account = self
            .account(invocation.function_arn)
            .map_err(|reason| failed(ErrorType::ConfigurationError, reason))?;
        let deadline = deadline(invocation.deadline_ms, self.poller.clock.now());
        let found = async || {
            let may_ask = || self.has_time(deadline);
            let now = self.poller.clock.now();
            // Boxed: nested deeper, the compiler gives up.
            let found = Box::pin(self.fleet.places(account, None, now, &may_ask)).await;
            found.inspect_err(|error| tracing::error!("{error}"))
        };
        match request {
            Request::Queue(records) => Ok(Box::pin(self.queue(account, records, deadline)).await),
            Request::Some(selection) => self.some(found().await?, &selection, deadline).await,
            Request::Everything(due) => {
                // Now: to find out what is to be polled may take a while.
                let tick = tick(due, self.poller.clock.now());
                let found = found().await?;
                if let Some(fan_out) = &self.fan_out
                    && found.places.len() > fan_out.above
                {
                    let dispatch = Dispatch { tick, interval: self.interval, deadline };
                    return fan_out.dispatch(found, &dispatch, self.poller.clock.as_ref()).await;
                }
                let summary = self.poll_some(found, &Selection::default(), deadline).await;
                // Who is told that a target is blind need not be told by each poll that it fails; an
                // alarm that stands for it would hide whatever else fails.
                answered(&summary, summary.failures_beside_blind())
            }
        }
    }

    /// Whether what is found out now can still be polled.
    pub(super) fn has_time(&self, deadline: Option<Timestamp>) -> bool {
        let reserve = self.poller.limits.reserve_to_list;
        deadline.is_none_or(|by| by.duration_since(self.poller.clock.now()) > reserve)
    }

    /// What is configured goes first: a local runtime's ARN may name an account that is none of ours.
    fn account<'a>(&'a self, function_arn: &'a str) -> Result<&'a str, String> {
        let known = self.account.as_deref().or_else(|| account_of(function_arn));
        known.or(self.account_of_key.as_deref()).ok_or_else(|| {
            format!(
                "the function's ARN \"{function_arn}\" names no 12-digit account, as it does on \
                 Lambda; set AMIWATCH_ACCOUNT to the account's id; nothing was done"
            )
        })
    }

    async fn some(
        &self,
        found: Found,
        selection: &Selection,
        deadline: Option<Timestamp>,
    ) -> Result<Value, HandlerError> {
        let unknown: Vec<String> = selection
            .unknown(&found.places)
            .into_iter()
            .map(|fault| format!("the invocation names {fault}; nothing was done"))
            .collect();
        if !unknown.is_empty() {
            tracing::error!("{}", unknown.join("; "));
            return Err(HandlerError { kind: ErrorType::InvalidRequest, faults: unknown });
        }
        let summary = self.poll_some(found, selection, deadline).await;
        answered(&summary, summary.first_failures())
    }

    async fn poll_some(
        &self,
        found: Found,
        selection: &Selection,
        deadline: Option<Timestamp>,
    ) -> Summary {
        let mut summary = self.poller.poll(&selection.of(found.places), deadline).await;
        for failure in found.failures {
            tracing::error!("{failure}");
            summary.failures.push(failure);
        }
        log_summary(&summary);
        summary
    }
}

/// The answer of a poll: its summary, or an error that names each failure.
fn answered(summary: &Summary, failures: Vec<String>) -> Result<Value, HandlerError> {
    if failures.is_empty() {
        Ok(json!(summary))
    } else {
        Err(HandlerError { kind: ErrorType::PollFailed, faults: failures })
    }
}

/// The account in a function's ARN: `arn:<partition>:lambda:<region>:<account>:function:<name>`.
fn account_of(function_arn: &str) -> Option<&str> {
    function_arn.split(':').nth(4).filter(|account| is_account(account))
}

pub(super) fn log_summary(summary: &Summary) {
    let sum = |of: fn(&crate::poll::TargetSummary) -> usize| {
        summary.targets.iter().map(of).sum::<usize>()
    };
    let listed = sum(|target| target.listed);
    let saved = sum(|target| target.saved);
    let listing_calls = summary.listing_calls();
    let throttled: u32 = summary.targets.iter().map(|target| target.throttled).sum();
    let blind = sum(|target| usize::from(target.blind));
    let failures = summary.all_failures().len();
    tracing::info!(
        targets = summary.targets.len(),
        listed,
        listing_calls,
        out_of_order = sum(|target| target.out_of_order),
        listed_late = sum(|target| target.listed_late),
        saved,
        decided = sum(|target| target.decided),
        published = summary.published,
        minimal = summary.minimal,
        refused = summary.refused,
        left = summary.left,
        untold = summary.untold,
        oldest_untold_seconds = summary.oldest_untold_seconds,
        elsewhere = summary.elsewhere,
        throttled,
        unreadable = summary.unreadable,
        blind,
        failures,
        "Polled {} targets: {listed} tasks listed, {saved} records saved, {} events published, {} left, {failures} failures",
        summary.targets.len(),
        summary.published,
        summary.left,
    );
}
