//! What holds for a whole simulator: limits, habits that AWS leaves open, and lengths of time.

use std::time::Duration;

use crate::throttle::Throttle;

const MINUTE: Duration = Duration::from_mins(1);
const DAY: Duration = Duration::from_hours(24);

/// The simulator's settings. Begin with [`Settings::default`] and change what you need.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Settings {
    /// Whether `*` and `?` in filter values stand for any text. AWS does not say for these calls.
    pub wildcards: bool,
    /// Whether a full last page carries a token, so that an empty page follows.
    pub trailing_token: bool,
    /// Tasks on a page where the call gives no `MaxResults`; at most 200.
    pub page_size: usize,
    /// How far back store tasks are listed.
    pub retention: Duration,
    /// How long a store task runs that `CreateStoreImageTask` starts.
    pub store_duration: Duration,
    /// How long it waits before that, at 1 percent.
    pub store_queued: Duration,
    /// How long a bundle task runs that `BundleInstance` starts.
    pub bundle_duration: Duration,
    /// How long a bundle task stays listed after its end.
    pub bundle_linger: Duration,
    /// How long an import or export task runs that a call starts.
    pub transfer_duration: Duration,
    /// How long an import or export task stays listed after its end. AWS says 7 days of imports, and
    /// nothing of exports.
    pub transfer_linger: Duration,
    /// How long a task is `cancelling` or `deleting` whose cancellation was asked for.
    pub cancel_duration: Duration,
    /// Whether a request signed for a time more than 15 minutes from the simulated one is
    /// `RequestExpired`.
    pub check_request_time: bool,
    /// Rules out chance: two simulators of one seed answer the same calls in the same way.
    pub seed: u64,
    /// The token buckets.
    pub throttle: Throttle,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            wildcards: false,
            trailing_token: false,
            page_size: 200,
            retention: 31 * DAY,
            store_duration: 10 * MINUTE,
            store_queued: Duration::ZERO,
            bundle_duration: 10 * MINUTE,
            bundle_linger: 60 * MINUTE,
            transfer_duration: 10 * MINUTE,
            transfer_linger: 7 * DAY,
            cancel_duration: MINUTE / 2,
            check_request_time: false,
            seed: 1,
            throttle: Throttle::Documented,
        }
    }
}
