//! The Lambda function `poller`: configuration, invocation forms, one poll an invocation.

pub mod config;
pub mod handler;
pub mod log;
pub mod request;
pub mod sinks;

use aws_credential_types::Credentials;
use aws_types::SdkConfig;
use aws_types::region::Region;
use aws_types::sdk_config::SharedCredentialsProvider;
use lambda_runtime::{LambdaEvent, service_fn};

use self::config::Config;
use self::handler::{Handler, Invocation};
use self::sinks::Sinks;
use crate::aws::clients::{endpoint_url, with_bounds};
use crate::aws::dynamodb::DynamoStore;
use crate::aws::ec2::Ec2Tasks;
use crate::aws::event_bridge::EventBus;
use crate::aws::sns::SnsTopic;
use crate::clock::SystemClock;
use crate::poll::{Limits, Poller};

/// Runs the function until the runtime ends it.
///
/// # Errors
/// The configuration is wrong: each fault is named. Or the Runtime API cannot be reached.
pub async fn run(lookup: &dyn Fn(&str) -> Option<String>) -> Result<(), lambda_runtime::Error> {
    let config = Config::from_lookup(lookup)?;
    let sdk = sdk_config(&config, lookup);
    let mut sinks = Sinks::default();
    if let Some(topic) = &config.topic_arn {
        let topic = SnsTopic::new(&sdk, endpoint_url("SNS", lookup), topic, config.chat);
        sinks.sns = Some(topic);
    }
    if let Some(bus) = &config.event_bus {
        sinks.event_bridge = Some(EventBus::new(&sdk, endpoint_url("EVENTBRIDGE", lookup), bus));
    }
    let poller = Poller {
        source: Ec2Tasks::new(&sdk, endpoint_url("EC2", lookup)),
        store: DynamoStore::new(&sdk, endpoint_url("DYNAMODB", lookup), &config.table),
        notifier: sinks,
        clock: SystemClock,
        policy: config.policy.clone(),
        limits: Limits { listing_calls: config.listing_calls, ..Limits::default() },
    };
    let handler = Handler { poller, regions: config.regions.clone(), kinds: config.kinds.clone() };
    let handler = &handler;
    lambda_runtime::run(service_fn(move |event: LambdaEvent<serde_json::Value>| async move {
        let invocation = Invocation {
            function_arn: &event.context.invoked_function_arn,
            deadline_ms: event.context.deadline,
        };
        handler.handle(&event.payload, &invocation).await.map_err(lambda_runtime::Error::from)
    }))
    .await
}

/// The SDK's configuration from what Lambda puts into the environment. Lambda's credentials stay
/// valid for as long as the environment lives, so that no provider chain is needed.
fn sdk_config(config: &Config, lookup: &dyn Fn(&str) -> Option<String>) -> SdkConfig {
    let mut builder = SdkConfig::builder()
        .behavior_version(aws_sdk_ec2::config::BehaviorVersion::latest())
        .region(Region::new(config.home_region.clone()));
    if let (Some(id), Some(secret)) = (lookup("AWS_ACCESS_KEY_ID"), lookup("AWS_SECRET_ACCESS_KEY"))
    {
        let token = lookup("AWS_SESSION_TOKEN").filter(|token| !token.is_empty());
        let credentials = Credentials::new(id, secret, token, None, "environment");
        builder = builder.credentials_provider(SharedCredentialsProvider::new(credentials));
    }
    with_bounds(builder).build()
}
