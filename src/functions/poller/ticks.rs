//! Which ticks a worker has polled, so that a message which comes twice, or after a newer one, costs nothing.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

use super::dispatched::{Dispatched, is_overtaken};
use crate::task::Kind;

/// The newest tick that was polled of the same targets.
#[derive(Debug, Default)]
pub(super) struct Ticks(Mutex<HashMap<Targets, Timestamp>>);

/// What a message names: account, Regions and kinds.
type Targets = (String, Vec<String>, BTreeSet<Kind>);

fn targets(message: &Dispatched) -> Targets {
    (message.account.clone(), message.regions.clone(), message.kinds.clone())
}

/// Why a message is dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dropped {
    /// A newer tick has asked for the same targets.
    Overtaken,
    /// Its tick was polled.
    Polled,
}

impl Dropped {
    /// The reason in words.
    pub(super) fn reason(self) -> &'static str {
        match self {
            Self::Overtaken => "a newer tick has asked for the same",
            Self::Polled => "this tick was polled",
        }
    }
}

impl Ticks {
    /// Whether a message need not be polled.
    pub(super) fn dropped(
        &self,
        message: &Dispatched,
        interval: SignedDuration,
        now: Timestamp,
    ) -> Option<Dropped> {
        if is_overtaken(message.tick, interval, now) {
            return Some(Dropped::Overtaken);
        }
        let polled = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let polled = polled.get(&targets(message))?;
        match message.tick.cmp(polled) {
            std::cmp::Ordering::Less => Some(Dropped::Overtaken),
            std::cmp::Ordering::Equal => Some(Dropped::Polled),
            std::cmp::Ordering::Greater => None,
        }
    }

    /// Notes that all of a message was polled.
    pub(super) fn note(&self, message: &Dispatched) {
        let mut polled = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let tick = polled.entry(targets(message)).or_insert(message.tick);
        *tick = message.tick.max(*tick);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::place::Place;
    use crate::poll::PlaceToPoll;

    const MINUTE: SignedDuration = SignedDuration::from_mins(1);

    fn tick(seconds: i64) -> Timestamp {
        let start: Timestamp = "2026-11-26T12:00:00Z".parse().unwrap();
        start + SignedDuration::from_secs(seconds)
    }

    fn place(account: &str, region: &str, kinds: &[Kind]) -> PlaceToPoll {
        PlaceToPoll { place: Place::new(account, region), kinds: kinds.iter().copied().collect() }
    }

    #[test]
    fn a_message_is_dropped_once_its_tick_was_polled_or_a_newer_one_came() {
        let ticks = Ticks::default();
        let message = |seconds| {
            let places = [place("111122223333", "us-east-1", &[Kind::Bundle])];
            Dispatched::of(&places, tick(seconds)).remove(0)
        };
        let dropped = |at, now| ticks.dropped(&message(at), MINUTE, tick(now));
        assert_eq!(dropped(0, 1), None);
        // What failed is not noted, and comes again.
        assert_eq!(dropped(0, 59), None);
        assert_eq!(dropped(0, 60), Some(Dropped::Overtaken));
        ticks.note(&message(30));
        assert_eq!(dropped(0, 31), Some(Dropped::Overtaken));
        assert_eq!(dropped(30, 31), Some(Dropped::Polled));
        assert_eq!(dropped(60, 61), None);
        ticks.note(&message(0));
        assert_eq!(dropped(30, 31), Some(Dropped::Polled), "an older one changes nothing");
        // A message for other Regions of the account is about other targets.
        let elsewhere = Dispatched { regions: vec!["eu-west-1".into()], ..message(30) };
        assert_eq!(ticks.dropped(&elsewhere, MINUTE, tick(31)), None);
        // A dispatcher whose clock is ahead.
        assert_eq!(dropped(90, 31), None);
    }
}
