//! One event of each kind and outcome, for `amiwatch render`, the documents and the tests.

use jiff::Timestamp;

use super::story;
use crate::event::{Event, Outcome, Sighting, Transition};
use crate::place::Place;
use crate::task::{Kind, TaskKey};

const FIRST_SEEN: Timestamp = Timestamp::constant(1_795_306_230, 456_000_000);
const UNSEEN_SINCE: Timestamp = Timestamp::constant(1_795_304_400, 0);
const OBSERVED: Timestamp = Timestamp::constant(1_795_308_010, 456_000_000);
const OBSERVED_LATE: Timestamp = Timestamp::constant(1_795_320_900, 456_000_000);

/// The event of a made-up task.
#[must_use]
pub fn event(kind: Kind, outcome: Outcome) -> Event {
    if outcome.is_of_target() {
        return of_target(kind, outcome);
    }
    let story::Sample { task, before, image_name } = story::sample(kind, outcome);
    let observed_at = match outcome {
        Outcome::Started => FIRST_SEEN,
        Outcome::Stalled | Outcome::Vanished => OBSERVED_LATE,
        _ => OBSERVED,
    };
    let change =
        Transition { outcome, previous_state: before, first_seen_at: FIRST_SEEN, observed_at };
    let place = Place::new("123456789012", "us-east-1");
    let key = task.key().unwrap_or_else(|| TaskKey::by_id(kind, task.name()));
    let mut event = Event::of(&place, &key, &task, change);
    event.detail.image_name = image_name.map(str::to_owned);
    event
}

fn of_target(kind: Kind, outcome: Outcome) -> Event {
    let operation = kind.identity().operation;
    let failure = (outcome == Outcome::Blind).then(|| {
        format!(
            "{operation} in us-east-1: UnauthorizedOperation: You are not authorized to perform this \
             operation."
        )
    });
    let observed_at = if outcome == Outcome::Blind { OBSERVED } else { OBSERVED_LATE };
    let sighting = Sighting { outcome, since: UNSEEN_SINCE, failure, observed_at };
    Event::of_target(&Place::new("123456789012", "us-east-1"), kind, sighting)
}

/// Every kind with every outcome that it may have.
#[must_use]
pub fn all() -> Vec<Event> {
    Kind::ALL
        .into_iter()
        .flat_map(|kind| outcomes(kind).into_iter().map(move |outcome| event(kind, outcome)))
        .collect()
}

/// The outcomes that a kind may have, its target's among them.
#[must_use]
pub fn outcomes(kind: Kind) -> Vec<Outcome> {
    let tells_cancelled = kind.identity().cancelled.is_some();
    let all = Outcome::ALL.into_iter();
    all.filter(|outcome| *outcome != Outcome::Cancelled || tells_cancelled).collect()
}
