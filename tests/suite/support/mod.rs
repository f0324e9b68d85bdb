//! What the tests share: local AWS services, SDK configuration, tasks.

pub(crate) mod chat_app;
pub(crate) mod lambda;
pub(crate) mod moto;
pub(crate) mod proxy;
pub(crate) mod scripted;
pub(crate) mod way;

use std::time::Duration;

use amiwatch::aws::clients::{http_client, with_bounds};
use amiwatch::aws::ec2::Ec2Tasks;
use amiwatch::aws::roles::Roles;
use amiwatch::functions::poller::dispatched::Dispatched;
use amiwatch::functions::poller::fleet::{Fleet, Source};
use amiwatch::place::Place;
use amiwatch::poll::PlaceToPoll;
use amiwatch::ports::Clock;
use amiwatch::targets::{Defaults, Regions, Role};
use amiwatch::task::Kind;
use aws_credential_types::Credentials;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SdkConfig;
use aws_types::region::Region;
use aws_types::sdk_config::SharedCredentialsProvider;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

pub(crate) const ACCOUNT: &str = "123456789012";
pub(crate) const REGION: &str = "us-east-1";

pub(crate) fn place() -> Place {
    Place::new(ACCOUNT, REGION)
}

/// The SDK as the function sets it up, in our Region, but with more time: a test that is not about
/// time-outs must pass on a machine that is busy with others.
pub(crate) fn sdk() -> SdkConfig {
    let timeouts = TimeoutConfig::builder()
        .operation_attempt_timeout(Duration::from_secs(60))
        .operation_timeout(Duration::from_secs(120))
        .build();
    sdk_of_the_function().into_builder().timeout_config(timeouts).build()
}

/// The SDK as the function sets it up, in our Region.
pub(crate) fn sdk_of_the_function() -> SdkConfig {
    let credentials = Credentials::new(ACCOUNT, "test", None, None, "test");
    let builder = SdkConfig::builder()
        .behavior_version(aws_sdk_ec2::config::BehaviorVersion::latest())
        .region(Region::new(REGION))
        .credentials_provider(SharedCredentialsProvider::new(credentials));
    with_bounds(builder, http_client()).build()
}

/// Now, in whole milliseconds, as EC2 gives times.
pub(crate) fn now() -> Timestamp {
    let now = amiwatch::clock::SystemClock.now();
    Timestamp::from_millisecond(now.as_millisecond()).expect("a time")
}

pub(crate) fn ago(seconds: i64) -> Timestamp {
    now().saturating_sub(SignedDuration::from_secs(seconds)).expect("a time")
}

/// A name that no other test uses.
pub(crate) fn unique(prefix: &str) -> String {
    format!("{prefix}-{}", uuid::Uuid::new_v4().simple())
}

/// A fleet of these accounts, or of the function's own where there are none, in these Regions.
pub(crate) fn fleet(accounts: &[&str], regions: &[&str], ec2: Ec2Tasks) -> Fleet {
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    let defaults = Defaults {
        regions: Regions::Listed(texts(regions)),
        kinds: Kind::ALL.into(),
        role: Some(Role { name: "amiwatch-member".into(), external_id: None }),
        home_region: REGION.into(),
        own_account: None,
    };
    Fleet::new(Source::Accounts(texts(accounts)), defaults, ec2, Roles::new(&sdk(), None))
}

/// What a worker gets of the queue: some bodies.
pub(crate) fn batch(bodies: &[String]) -> Value {
    let record = |body| json!({ "messageId": "m", "eventSource": "aws:sqs", "body": body });
    json!({ "Records": bodies.iter().map(record).collect::<Vec<_>>() })
}

/// What a dispatch of these places sends.
pub(crate) fn bodies(places: &[PlaceToPoll], tick: Timestamp) -> Vec<String> {
    let messages = Dispatched::of(places, tick);
    messages.iter().map(|message| serde_json::to_string(message).unwrap()).collect()
}
