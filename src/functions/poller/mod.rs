//! The Lambda function `poller`: configuration, invocation forms, one poll an invocation.

mod allowance;
pub mod config;
pub mod dispatch;
pub mod dispatched;
pub mod failure;
pub mod fleet;
pub mod handler;
mod queue;
pub mod request;
pub mod selection;
mod stored;
mod ticks;

use std::sync::Arc;

use lambda_runtime::{LambdaEvent, service_fn};

use self::config::Config;
use self::dispatch::FanOut;
use self::fleet::{Fleet, Source};
use self::handler::{Handler, Invocation};
use super::environment::Lookup;
use super::sdk::sdk_config;
use crate::aws::clients::endpoint_url;
use crate::aws::dynamodb::DynamoStore;
use crate::aws::ec2::Ec2Tasks;
use crate::aws::event_bridge::EventBus;
use crate::aws::parameters::Parameters;
use crate::aws::roles::Roles;
use crate::aws::sns::SnsTopic;
use crate::aws::targets_queue::TargetsQueue;
use crate::clock::SystemClock;
use crate::memory::Memory;
use crate::poll::{Limits, Poller, Turn};
use crate::ports::{ImageNames, Sink};

/// Runs the function until the runtime ends it.
///
/// # Errors
/// The configuration is wrong: each fault is named. Or the Runtime API cannot be reached.
pub async fn run(lookup: Lookup<'_>) -> Result<(), lambda_runtime::Error> {
    let config = Config::from_lookup(lookup)?;
    let sdk = sdk_config(&config.home_region, config.use_fips, &config.network, lookup);
    let topic = config.topic_arn.as_ref().map(|topic| -> Box<dyn Sink> {
        Box::new(SnsTopic::new(&sdk, endpoint_url("SNS", lookup), topic, config.chat))
    });
    let bus = config.event_bus.as_ref().map(|bus| -> Box<dyn Sink> {
        Box::new(EventBus::new(&sdk, endpoint_url("EVENTBRIDGE", lookup), bus))
    });
    let store = DynamoStore::new(&sdk, endpoint_url("DYNAMODB", lookup), &config.table);
    let roles = Roles::new(&sdk, endpoint_url("STS", lookup));
    let ec2 = Ec2Tasks::new(&sdk, endpoint_url("EC2", lookup)).through(roles.clone());
    let source = match &config.fleet.targets_parameter {
        Some(name) => Source::Document(Parameters::new(&sdk, endpoint_url("SSM", lookup), name)),
        None => Source::Accounts(config.fleet.accounts.clone()),
    };
    let fleet = Fleet::new(source, config.defaults(None), ec2.clone(), roles);
    let fan_out = config.fleet.fan_out.as_ref().map(|fan_out| FanOut {
        queue: TargetsQueue::new(&sdk, endpoint_url("SQS", lookup), &fan_out.queue_url),
        above: fan_out.above,
    });
    let names = config.image_names.then(|| -> Box<dyn ImageNames> { Box::new(ec2.clone()) });
    let poller = Poller {
        source: Box::new(ec2),
        names,
        memory: Memory::new(Arc::new(store)).keeping(config.kept_for),
        sinks: topic.into_iter().chain(bus).collect(),
        clock: Box::new(SystemClock),
        policy: config.policy.clone(),
        limits: Limits { listing_calls: config.listing_calls, ..Limits::default() },
        turn: Turn::default(),
    };
    let handler = Handler {
        account: config.account.clone(),
        account_of_key: config.account_of_key.clone(),
        fan_out,
        ..Handler::new(poller, fleet, config.fleet.tick)
    };
    let handler = &handler;
    lambda_runtime::run(service_fn(move |event: LambdaEvent<serde_json::Value>| async move {
        let invocation = Invocation {
            function_arn: &event.context.invoked_function_arn,
            deadline_ms: event.context.deadline,
        };
        handler.handle(&event.payload, &invocation).await
    }))
    .await
}
