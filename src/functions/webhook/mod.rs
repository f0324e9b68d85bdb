//! The Lambda function `webhook`: behind a queue that is subscribed to the topics, it posts each event,
//! and each alarm about amiwatch itself, to a Slack or Microsoft Teams webhook.
//!
//! | the webhook | the function | then |
//! |---|---|---|
//! | takes the message: `ok` from Slack, an empty body or `1` from Teams | answers | done |
//! | refuses its form (400, 413, also where a 2xx body says so) | posts a minimal one | done, with an error in the log; or as below |
//! | refuses it for good (403, 404, 410, …), or answers 2xx with a body that is no yes | puts the message into the dead-letter queue, and answers | a person mends the webhook, and sends the queue's messages again |
//! | has no time or is down (429, 5xx, also where a 2xx body says so; time-out, cut) | tries again within its deadline, then names the message as failed | the queue gives it to a later invocation, many times, and then to the dead-letter queue |
//!
//! A message whose answer was lost may be posted again: it carries the event's id.

pub mod config;
pub mod delivery;
pub mod handler;
pub mod message;

use lambda_runtime::{LambdaEvent, service_fn};

use self::config::Config;
use self::delivery::DeliveryLimits;
use self::handler::Handler;
use super::environment::Lookup;
use super::sdk::sdk_config;
use crate::aws::clients::endpoint_url;
use crate::aws::dead_letters::DeadLetters;
use crate::aws::parameter::Parameter;
use crate::clock::SystemClock;
use crate::webhook::Hook;

/// Runs the function until the runtime ends it.
///
/// # Errors
/// The configuration is wrong: each fault is named. Or the Runtime API cannot be reached.
pub async fn run(lookup: Lookup<'_>) -> Result<(), lambda_runtime::Error> {
    let config = Config::from_lookup(lookup)?;
    let sdk = sdk_config(&config.home_region, config.use_fips, &config.network, lookup);
    let limits = DeliveryLimits::default();
    let handler = Handler {
        app: config.app,
        parameter: Parameter::new(&sdk, endpoint_url("SSM", lookup), &config.parameter),
        hook: Hook::new(limits.attempt, &config.network),
        dead_letters: DeadLetters::new(&sdk, endpoint_url("SQS", lookup), &config.dead_letters_url),
        clock: SystemClock,
        limits,
        url: std::sync::Mutex::default(),
    };
    let handler = &handler;
    lambda_runtime::run(service_fn(move |event: LambdaEvent<serde_json::Value>| async move {
        let deadline_ms = event.context.deadline;
        handler.handle(&event.payload, deadline_ms).await
    }))
    .await
}
