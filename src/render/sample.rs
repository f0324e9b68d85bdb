//! One event of each kind and outcome, for `amiwatch render`, the documents and the tests.

use jiff::Timestamp;

use crate::event::{Event, Outcome, Transition};
use crate::place::Place;
use crate::task::{Failure, Kind, State, Subject, Task, TaskKey};

const STARTED: Timestamp = Timestamp::constant(1_795_306_200, 123_000_000);
const UPDATED: Timestamp = Timestamp::constant(1_795_307_400, 123_000_000);
const OBSERVED: Timestamp = Timestamp::constant(1_795_308_010, 456_000_000);
const OBSERVED_LATE: Timestamp = Timestamp::constant(1_795_320_900, 456_000_000);

/// The event of a made-up task.
#[must_use]
pub fn event(kind: Kind, outcome: Outcome) -> Event {
    let (progress, previous) = match outcome {
        Outcome::Completed => (100, Some(running(kind))),
        Outcome::Failed => (42, Some(running(kind))),
        Outcome::Vanished => (60, Some(running(kind))),
        Outcome::Stalled => (3, Some(running(kind))),
        Outcome::Started => (0, None),
    };
    let task = Task {
        subject: subject(kind),
        bucket: Some("my-bucket".to_owned()),
        state: state(kind, outcome),
        progress_percent: Some(progress),
        started_at: Some(STARTED),
        updated_at: (kind == Kind::Bundle).then_some(UPDATED),
        failure: (outcome == Outcome::Failed).then(|| failure(kind)),
    };
    let key = match kind {
        Kind::StoreImage => TaskKey::store_image("ami-0123456789abcdef0", "my-bucket", STARTED),
        Kind::Bundle => TaskKey::bundle("bun-c1a540a8"),
    };
    let late = matches!(outcome, Outcome::Stalled | Outcome::Vanished);
    let change = Transition {
        outcome,
        previous_state: previous.as_ref().map(State::as_wire),
        observed_at: if late { OBSERVED_LATE } else { OBSERVED },
    };
    Event::of(&Place::new("123456789012", "us-east-1"), &key, &task, change)
}

/// Every kind with every outcome.
#[must_use]
pub fn all() -> Vec<Event> {
    Kind::ALL
        .into_iter()
        .flat_map(|kind| Outcome::ALL.into_iter().map(move |outcome| event(kind, outcome)))
        .collect()
}

fn subject(kind: Kind) -> Subject {
    match kind {
        Kind::StoreImage => Subject::StoreImage {
            image_id: "ami-0123456789abcdef0".to_owned(),
            object_key: Some("ami-0123456789abcdef0.bin".to_owned()),
        },
        Kind::Bundle => Subject::Bundle {
            bundle_id: "bun-c1a540a8".to_owned(),
            instance_id: Some("i-12345678".to_owned()),
            prefix: Some("winami".to_owned()),
        },
    }
}

fn state(kind: Kind, outcome: Outcome) -> State {
    match (outcome, kind) {
        (Outcome::Completed, Kind::StoreImage) => State::Completed,
        (Outcome::Completed, Kind::Bundle) => State::BundleComplete,
        (Outcome::Failed, Kind::StoreImage) => State::Failed,
        (Outcome::Failed, Kind::Bundle) => State::BundleFailed,
        (Outcome::Vanished | Outcome::Stalled | Outcome::Started, kind) => running(kind),
    }
}

fn running(kind: Kind) -> State {
    match kind {
        Kind::StoreImage => State::InProgress,
        Kind::Bundle => State::Storing,
    }
}

fn failure(kind: Kind) -> Failure {
    match kind {
        Kind::StoreImage => Failure {
            code: None,
            message: Some(
                "Snapshot snap-0fedcba9876543210 was deleted while it was being stored.".to_owned(),
            ),
        },
        Kind::Bundle => Failure {
            code: Some("Client.S3Error".to_owned()),
            message: Some("The upload policy has expired.".to_owned()),
        },
    }
}
