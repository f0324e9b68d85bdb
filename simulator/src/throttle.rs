//! Token buckets: one for each account, Region and action.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;

use crate::clock::elapsed;
use crate::place::Place;

/// The size of a bucket and how fast it fills.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bucket {
    /// How many calls a full bucket allows at once.
    pub capacity: f64,
    /// How many more each simulated second.
    pub per_second: f64,
}

impl Bucket {
    /// A bucket of this size and speed.
    #[must_use]
    pub const fn new(capacity: f64, per_second: f64) -> Self {
        Self { capacity, per_second }
    }
}

/// The buckets' sizes.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub enum Throttle {
    /// As AWS's guides have them.
    #[default]
    Documented,
    /// The documented ones, but for the actions named here.
    With(BTreeMap<String, Bucket>),
    /// No limit.
    Off,
}

impl Throttle {
    /// The bucket of an action, as AWS's guides have it.
    #[must_use]
    pub fn documented(action: &str) -> Bucket {
        match action {
            "DescribeStoreImageTasks" => Bucket::new(50.0, 0.5),
            "CreateStoreImageTask" => Bucket::new(50.0, 0.1),
            // As in the IAM user guide; all else that counts against it there is not served.
            "AssumeRole" | "GetCallerIdentity" => Bucket::new(600.0, 600.0),
            other if other.starts_with("Describe") => Bucket::new(100.0, 20.0),
            _ => Bucket::new(200.0, 5.0),
        }
    }

    fn bucket(&self, action: &str) -> Option<Bucket> {
        match self {
            Self::Off => None,
            Self::Documented => Some(Self::documented(action)),
            Self::With(own) => {
                Some(own.get(action).copied().unwrap_or_else(|| Self::documented(action)))
            }
        }
    }
}

/// From so many buckets on, those that are full again are looked for.
const MANY: usize = 4096;

/// How full every bucket is. One that is not here is full.
#[derive(Debug, Default)]
pub(crate) struct Buckets {
    levels: HashMap<(Place, String), Level>,
    /// So many there were after the last look for full ones.
    left: usize,
}

#[derive(Debug, Clone, Copy)]
struct Level {
    tokens: f64,
    at: Timestamp,
}

impl Level {
    /// The tokens that there are now.
    fn filled(&self, bucket: Bucket, now: Timestamp) -> f64 {
        let refill = elapsed(self.at, now).as_secs_f64() * bucket.per_second;
        (self.tokens + refill).min(bucket.capacity)
    }
}

impl Buckets {
    /// Takes a token; false where there is none.
    pub(crate) fn take(
        &mut self,
        throttle: &Throttle,
        place: &Place,
        action: &str,
        now: Timestamp,
    ) -> bool {
        let Some(bucket) = throttle.bucket(action) else { return true };
        self.forget_full(throttle, now);
        let full = Level { tokens: bucket.capacity, at: now };
        let level = self.levels.entry((place.clone(), action.to_owned())).or_insert(full);
        level.tokens = level.filled(bucket, now);
        level.at = level.at.max(now);
        let allowed = level.tokens >= 1.0;
        if allowed {
            level.tokens -= 1.0;
        }
        allowed
    }

    /// Drops what is full again, each time that there are twice as many as were left: thousands of
    /// places that are called now and then take room for those of the last minutes only.
    fn forget_full(&mut self, throttle: &Throttle, now: Timestamp) {
        if self.levels.len() < MANY.max(self.left.saturating_mul(2)) {
            return;
        }
        self.levels.retain(|(_, action), level| {
            let bucket = throttle.bucket(action);
            bucket.is_some_and(|bucket| level.filled(bucket, now) < bucket.capacity)
        });
        self.left = self.levels.len();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::later;
    use proptest::prelude::*;
    use std::time::Duration;

    const LIST: &str = "DescribeStoreImageTasks";

    fn start() -> Timestamp {
        "2026-11-22T00:00:00Z".parse().unwrap()
    }

    fn take(buckets: &mut Buckets, region: &str, action: &str, second: u64) -> bool {
        let now = later(start(), Duration::from_secs(second));
        buckets.take(&Throttle::Documented, &Place::new("1", region), action, now)
    }

    #[test]
    fn fifty_calls_go_through_at_once_and_then_one_every_two_seconds() {
        let mut buckets = Buckets::default();
        let through = (0..60).filter(|_| take(&mut buckets, "us-east-1", LIST, 0)).count();
        assert_eq!(through, 50);
        assert!(!take(&mut buckets, "us-east-1", LIST, 1));
        assert!(take(&mut buckets, "us-east-1", LIST, 2));
        assert!(!take(&mut buckets, "us-east-1", LIST, 3));
        assert!(take(&mut buckets, "us-west-2", LIST, 3));
        assert!(take(&mut buckets, "us-east-1", "DescribeBundleTasks", 3));
    }

    #[test]
    fn buckets_that_are_full_again_take_no_room() {
        let mut buckets = Buckets::default();
        let most = 3 * MANY;
        for number in 0..most {
            assert!(take(&mut buckets, &format!("r{number}"), LIST, 0));
        }
        assert_eq!(buckets.levels.len(), most, "none is full again");
        assert!(take(&mut buckets, "one", LIST, 9_000));
        for number in 0..=2 * most {
            take(&mut buckets, &format!("s{number}"), LIST, 9_000);
        }
        assert!(buckets.levels.len() <= 2 * most + 2, "the old ones are gone");
        assert_eq!((0..60).filter(|_| take(&mut buckets, "one", LIST, 9_000)).count(), 49);
    }

    proptest! {
        #[test]
        fn no_stretch_of_time_lets_more_through_than_the_bucket_holds_and_gains(
            gaps in prop::collection::vec(0_u64..20, 1..300),
        ) {
            let mut buckets = Buckets::default();
            let (mut second, mut through) = (0, 0_u32);
            for gap in gaps {
                second += gap;
                through += u32::from(take(&mut buckets, "r", LIST, second));
                let most = 50.0 + 0.5 * Duration::from_secs(second).as_secs_f64();
                prop_assert!(f64::from(through) <= most);
            }
        }
    }
}
