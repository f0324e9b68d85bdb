//! What a message to a worker says.
//!
//! It names an account and all its Regions that have the same kinds: a worker assumes the account's role once for
//! all of them. It carries its tick, the time at which the schedule asked. A later tick sends the same targets
//! again, so that a message which is late or lost costs one poll and no ending.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::place::Place;
use crate::poll::PlaceToPoll;
use crate::task::Kind;

/// What a worker is asked to poll.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dispatched {
    /// The account.
    pub account: String,
    /// The Regions' codes.
    pub regions: Vec<String>,
    /// The kinds.
    pub kinds: BTreeSet<Kind>,
    /// When the schedule asked for it.
    pub tick: Timestamp,
}

impl Dispatched {
    /// What is to be polled, a message for each account and set of kinds.
    #[must_use]
    pub fn of(places: &[PlaceToPoll], tick: Timestamp) -> Vec<Self> {
        let mut regions: BTreeMap<(&str, &BTreeSet<Kind>), Vec<String>> = BTreeMap::new();
        for PlaceToPoll { place, kinds } in places {
            regions.entry((&place.account, kinds)).or_default().push(place.region.clone());
        }
        let message = |((account, kinds), regions): ((&str, &BTreeSet<Kind>), Vec<String>)| Self {
            account: account.to_owned(),
            regions,
            kinds: kinds.clone(),
            tick,
        };
        regions.into_iter().map(message).collect()
    }

    /// The places that it names.
    pub(super) fn places(&self) -> impl Iterator<Item = PlaceToPoll> {
        self.regions.iter().map(|region| PlaceToPoll {
            place: Place::new(&self.account, region),
            kinds: self.kinds.clone(),
        })
    }

    /// How many targets it names.
    pub(super) fn targets(&self) -> usize {
        self.regions.len() * self.kinds.len()
    }
}

/// EventBridge Scheduler invokes within so long after the time that it names. What is later is Lambda's retry of
/// a dispatch that failed, and other messages have been sent meanwhile.
const INVOKED_WITHIN: SignedDuration = SignedDuration::from_mins(1);

/// The tick of a dispatch that was due then. Of its own time a message could be overtaken before it is sent, as a
/// schedule may ask each minute; and one from the future would hold up all that come before that.
pub(super) fn tick(due: Option<Timestamp>, now: Timestamp) -> Timestamp {
    due.filter(|due| now.duration_since(*due) >= INVOKED_WITHIN).unwrap_or(now)
}

/// Whether a later tick has asked for the same: one that is as old as the schedule's interval.
pub(super) fn is_overtaken(tick: Timestamp, interval: SignedDuration, now: Timestamp) -> bool {
    now.duration_since(tick) >= interval
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noon(seconds: i64) -> Timestamp {
        let noon: Timestamp = "2026-11-26T12:00:00Z".parse().unwrap();
        noon + SignedDuration::from_secs(seconds)
    }

    fn place(account: &str, region: &str, kinds: &[Kind]) -> PlaceToPoll {
        PlaceToPoll { place: Place::new(account, region), kinds: kinds.iter().copied().collect() }
    }

    #[test]
    fn an_accounts_regions_with_the_same_kinds_are_one_message() {
        let both = [Kind::StoreImage, Kind::Bundle];
        let places = [
            place("111122223333", "us-east-1", &both),
            place("444455556666", "us-east-1", &both),
            place("111122223333", "eu-west-1", &both),
            place("111122223333", "eu-west-2", &both[..1]),
        ];
        let messages = Dispatched::of(&places, noon(0));
        let said: Vec<_> = messages.iter().map(|it| serde_json::to_string(it).unwrap()).collect();
        assert_eq!(
            said,
            [
                r#"{"account":"111122223333","regions":["eu-west-2"],"kinds":["store-image"],"tick":"2026-11-26T12:00:00Z"}"#,
                r#"{"account":"111122223333","regions":["us-east-1","eu-west-1"],"kinds":["store-image","bundle"],"tick":"2026-11-26T12:00:00Z"}"#,
                r#"{"account":"444455556666","regions":["us-east-1"],"kinds":["store-image","bundle"],"tick":"2026-11-26T12:00:00Z"}"#,
            ]
        );
        assert_eq!(messages.iter().map(Dispatched::targets).sum::<usize>(), 7);
    }

    #[test]
    fn a_message_is_fresh_from_its_dispatch_on_but_for_one_that_lambda_tries_again() {
        for (due, expected) in [
            (None, noon(0)),
            (Some(noon(0)), noon(0)),
            (Some(noon(-59)), noon(0)),
            (Some(noon(-60)), noon(-60)),
            (Some(noon(-300)), noon(-300)),
            (Some(noon(1)), noon(0)),
        ] {
            assert_eq!(tick(due, noon(0)), expected, "{due:?}");
        }
    }
}
