//! Whether a target that cannot be listed is to be told as blind, or as seeing again.

use jiff::SignedDuration;

use super::Context;
use crate::event::{Event, Outcome, Sighting};
use crate::record::{Sight, Unsent};
use crate::task::Kind;

/// A target that cannot be listed for so long is blind.
const BLIND_AFTER: SignedDuration = SignedDuration::from_hours(1);

/// What is to be remembered of a target's sight after a listing: `failure` says why it failed. `None`:
/// nothing changes. A target that is seen costs no write, and one that fails again and again only the
/// first time and when it is told.
#[must_use]
pub fn sight(
    kind: Kind,
    known: Option<&Sight>,
    failure: Option<&str>,
    context: &Context<'_>,
) -> Option<Sight> {
    let now = context.now;
    let Some(failure) = failure else {
        let known = known.filter(|known| known.failing_since.is_some())?;
        let mut next = Sight { failing_since: None, changed_at: now, ..known.clone() };
        if let Some(since) = next.blind_since.take() {
            tell(&mut next, Outcome::Seeing, since, None, context);
        }
        return Some(next);
    };
    let Some((known, since)) = known.and_then(|known| Some((known, known.failing_since?))) else {
        let first = Sight::failing(kind, now);
        let (outbox, told, lease) = known
            .map(|known| (known.outbox.clone(), known.told.clone(), known.lease.clone()))
            .unwrap_or_default();
        return Some(Sight { outbox, told, lease, ..first });
    };
    if known.blind_since.is_some() || now.duration_since(since) < BLIND_AFTER {
        return None;
    }
    let mut next = Sight { blind_since: Some(since), changed_at: now, ..known.clone() };
    tell(&mut next, Outcome::Blind, since, Some(failure), context);
    Some(next)
}

fn tell(
    sight: &mut Sight,
    outcome: Outcome,
    since: jiff::Timestamp,
    failure: Option<&str>,
    context: &Context<'_>,
) {
    let failure = failure.map(str::to_owned);
    let sighting = Sighting { outcome, since, failure, observed_at: context.now };
    let event = Event::of_target(context.place, sight.kind, sighting);
    sight.outbox.push(Unsent::new(event, context.sinks.clone()));
    if !context.is_held_by_another(sight.lease.as_ref()) {
        sight.lease = Some(context.lease.clone());
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use jiff::Timestamp;
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use crate::decide::Policy;
    use crate::place::Place;
    use crate::record::{Lease, SinkName};

    /// What is told of a target that is looked at each minute, by minute; a minute is `true` where its
    /// listing failed.
    fn told(fails: &[bool]) -> Vec<(usize, Outcome)> {
        let start: Timestamp = "2026-11-22T00:00:00Z".parse().unwrap();
        let place = Place::new("123456789012", "us-east-1");
        let (policy, sinks) = (Policy::default(), BTreeSet::from([SinkName::new("sns")]));
        let mut known: Option<Sight> = None;
        let mut all = Vec::new();
        for (minute, fails) in fails.iter().enumerate() {
            let now = start + SignedDuration::from_mins(i64::try_from(minute).unwrap());
            let lease = Lease { by: Uuid::nil(), until: now };
            let context =
                Context { place: &place, now, policy: &policy, sinks: &sinks, lease: &lease };
            let failure = fails.then_some("RequestLimitExceeded");
            if let Some(next) = sight(Kind::Bundle, known.as_ref(), failure, &context) {
                let events = next.outbox.iter().map(|it| it.event.detail.outcome);
                all.extend(events.map(|outcome| (minute, outcome)));
                known = Some(Sight { outbox: Vec::new(), ..next });
            }
        }
        all
    }

    fn minutes(fails: bool, count: usize) -> Vec<bool> {
        vec![fails; count]
    }

    #[test]
    fn a_target_that_fails_for_an_hour_is_told_once_and_once_more_when_it_is_seen_again() {
        use Outcome::{Blind, Seeing};
        for (fails, expected) in [
            (minutes(false, 200), vec![]),
            (minutes(true, 60), vec![]),
            (minutes(true, 61), vec![(60, Blind)]),
            (minutes(true, 500), vec![(60, Blind)]),
            ([minutes(true, 61), minutes(false, 100)].concat(), vec![(60, Blind), (61, Seeing)]),
            ([minutes(true, 60), minutes(false, 1), minutes(true, 60)].concat(), vec![]),
            (
                [minutes(true, 61), minutes(false, 1), minutes(true, 61)].concat(),
                vec![(60, Blind), (61, Seeing), (122, Blind)],
            ),
        ] {
            assert_eq!(told(&fails), expected, "{}", fails.len());
        }
    }

    #[test]
    fn the_same_blindness_has_the_same_id_and_another_one_has_another() {
        let place = Place::new("123456789012", "us-east-1");
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let id = |outcome, since: &str, seen: &str| {
            let sighting =
                Sighting { outcome, since: at(since), failure: None, observed_at: at(seen) };
            Event::of_target(&place, Kind::Bundle, sighting).id
        };
        let (since, seen) = ("2026-11-22T00:00:00Z", "2026-11-22T01:00:00Z");
        let blind = id(Outcome::Blind, since, seen);
        assert_eq!(blind, id(Outcome::Blind, since, "2026-11-22T01:00:59Z"));
        assert_ne!(blind, id(Outcome::Blind, "2026-11-22T00:01:00Z", seen));
        assert_ne!(blind, id(Outcome::Seeing, since, seen));
    }

    proptest! {
        #[test]
        fn blind_and_seeing_take_turns_whatever_fails_when(
            runs in prop::collection::vec((any::<bool>(), 1_usize..90), 0..12)
        ) {
            let fails: Vec<bool> =
                runs.iter().flat_map(|(fails, count)| minutes(*fails, *count)).collect();
            let told = told(&fails);
            for (index, (_, outcome)) in told.iter().enumerate() {
                let expected = if index % 2 == 0 { Outcome::Blind } else { Outcome::Seeing };
                prop_assert_eq!(*outcome, expected);
            }
            for (minute, _) in told.iter().filter(|(_, outcome)| *outcome == Outcome::Blind) {
                prop_assert!(fails[minute - 60..=*minute].iter().all(|fails| *fails));
            }
        }
    }
}
