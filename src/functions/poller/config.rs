//! The function's configuration.

mod fleet;

use std::collections::BTreeSet;

use jiff::SignedDuration;

use crate::aws::network::Network;
use crate::decide::Policy;
use crate::event::Outcome;
use crate::functions::environment::{ConfigError, Environment, Lookup};
use crate::poll::{LISTING_CALLS_MAX, LISTING_CALLS_MIN, Limits};
use crate::record::{RECORD_KEPT_FOR, RECORD_KEPT_FOR_MAX};
use crate::render::ChatChannel;
use crate::rules;
use crate::targets::Regions;
use crate::task::{Choice, Kind};

pub use self::fleet::{FanOut, Fleet};

/// The longest time that a stall may be set to: tasks are listed no longer.
const STALLED_AFTER_MINUTES_MAX: i64 = 31 * 24 * 60;

/// The function's configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// `AMIWATCH_TABLE`: the DynamoDB table.
    pub table: String,
    /// `AMIWATCH_TOPIC_ARN`: the SNS topic.
    pub topic_arn: Option<String>,
    /// `AMIWATCH_EVENT_BUS`: an EventBridge event bus, by name or ARN.
    pub event_bus: Option<String>,
    /// `AMIWATCH_REGIONS`: the Regions that are polled; the function's own where empty.
    pub regions: Regions,
    /// Which accounts, by which roles, and whether the polls are spread over workers.
    pub fleet: Fleet,
    /// `AMIWATCH_KINDS`.
    pub kinds: BTreeSet<Kind>,
    /// `AMIWATCH_TELL` and `AMIWATCH_STALLED_AFTER_MINUTES`.
    pub policy: Policy,
    /// `AMIWATCH_LISTING_CALLS`: calls of each listing, for each poll, account and Region.
    pub listing_calls: u32,
    /// `AMIWATCH_KEEP_DAYS`: how long records of ended tasks stay in the table.
    pub kept_for: SignedDuration,
    /// `AMIWATCH_IMAGE_NAMES`: whether events say what AMIs are called.
    pub image_names: bool,
    /// `AMIWATCH_CHAT`: whether Amazon Q Developer is subscribed to the topic.
    pub chat: ChatChannel,
    /// `AMIWATCH_ACCOUNT`: the account, where the function's ARN does not name it.
    pub account: Option<String>,
    /// The account that the access key id names, as simulators have it.
    pub account_of_key: Option<String>,
    /// `AWS_REGION`: the function's own Region.
    pub home_region: String,
    /// `AWS_USE_FIPS_ENDPOINT`: whether AWS is called at its FIPS endpoints.
    pub use_fips: bool,
    /// Proxies and certificates.
    pub network: Network,
}

impl Config {
    /// Reads the configuration; `lookup` is the environment.
    ///
    /// # Errors
    /// All faults together.
    pub fn from_lookup(lookup: Lookup<'_>) -> Result<Self, ConfigError> {
        let mut environment = Environment::new(lookup);
        let home_region = environment.home_region();
        let (policy, limits) = (Policy::default(), Limits::default());
        let config = Self {
            table: {
                environment.checked("AMIWATCH_TABLE", rules::table);
                environment.required("AMIWATCH_TABLE", "set it to the name of the DynamoDB table")
            },
            topic_arn: environment.checked("AMIWATCH_TOPIC_ARN", rules::topic_arn),
            event_bus: environment.checked("AMIWATCH_EVENT_BUS", rules::event_bus),
            regions: environment.regions("AMIWATCH_REGIONS", &home_region),
            fleet: Fleet::read(&mut environment),
            kinds: Choice::kinds(&environment.list("AMIWATCH_KINDS").unwrap_or_default()),
            policy: Policy {
                tell: environment.list::<Outcome>("AMIWATCH_TELL").unwrap_or(policy.tell),
                stalled_after: SignedDuration::from_mins(environment.number(
                    "AMIWATCH_STALLED_AFTER_MINUTES",
                    policy.stalled_after.as_mins(),
                    1,
                    STALLED_AFTER_MINUTES_MAX,
                )),
            },
            listing_calls: u32::try_from(environment.number(
                "AMIWATCH_LISTING_CALLS",
                limits.listing_calls.into(),
                LISTING_CALLS_MIN.into(),
                LISTING_CALLS_MAX.into(),
            ))
            .unwrap_or(limits.listing_calls),
            kept_for: SignedDuration::from_hours(
                24 * environment.number(
                    "AMIWATCH_KEEP_DAYS",
                    days(RECORD_KEPT_FOR),
                    days(RECORD_KEPT_FOR),
                    days(RECORD_KEPT_FOR_MAX),
                ),
            ),
            image_names: environment.flag("AMIWATCH_IMAGE_NAMES"),
            chat: if environment.flag("AMIWATCH_CHAT") {
                ChatChannel::Present
            } else {
                ChatChannel::Absent
            },
            account: environment.checked("AMIWATCH_ACCOUNT", rules::account),
            account_of_key: environment.account_of_key(),
            home_region,
            use_fips: environment.flag("AWS_USE_FIPS_ENDPOINT"),
            network: environment.network(),
        };
        environment.credentials();
        config.check_partition(&mut environment);
        if config.topic_arn.is_none() && config.event_bus.is_none() {
            environment.fault("AMIWATCH_TOPIC_ARN", "is not set, and neither is AMIWATCH_EVENT_BUS; set one, so that there is somebody to tell");
        }
        environment.finish(config)
    }
}

const fn days(length: SignedDuration) -> i64 {
    length.as_hours() / 24
}

#[cfg(test)]
mod tests;
